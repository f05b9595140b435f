"""``debtflow team``: people whose accounts are levelled together, and how many each of them works at most."""

from __future__ import annotations

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import Report, Table
from debtflow_tui.cli.session import signed_in
from services.office import Teams


@click.group(cls=Group)
def team() -> None:
    """People whose accounts are levelled together."""


@team.command("list")
@click.pass_obj
def list_teams(report: Report) -> None:
    """List teams, who is in them, and what they hold."""
    with signed_in() as desk:
        _give(report, desk.teams)


@team.command("set")
@click.argument("name")
@click.argument("members", nargs=-1)
@click.pass_obj
def set_team(report: Report, name: str, members: tuple[str, ...]) -> None:
    """Make a team, or say anew who is in it; who was in another one leaves it."""
    with signed_in() as desk:
        desk.teams.set(name, members)
        _give(report, desk.teams, name)


@team.command()
@click.argument("name")
@click.argument("most")
@click.pass_obj
def limit(report: Report, name: str, most: str) -> None:
    """Set how many open accounts each of them works at most; none takes the limit away."""
    wanted = None if most == "none" else given.count(most, "most", "accounts")
    with signed_in() as desk:
        desk.teams.limit(name, wanted)
        _give(report, desk.teams, name)


@team.command()
@click.argument("name")
@click.pass_obj
def remove(report: Report, name: str) -> None:
    """Forget a team; its people keep their accounts."""
    with signed_in() as desk:
        desk.teams.remove(name)
    report.give({"removed": name}, f"team {name} is gone")


def _give(report: Report, teams: Teams, name: str | None = None) -> None:
    found = [each for each in teams.list() if name in (None, each.name)]
    rows = [(each.name, each.most, each.held, ", ".join(each.members)) for each in found]
    heads = ("TEAM", "EACH AT MOST", "ACCOUNTS", "MEMBERS")
    report.give({"teams": found}, Table(heads, rows, empty="no team yet: debtflow team set NAME LOGIN…"))

"""``debtflow session``: who is signed in, from where, doing what, and ending it."""

from __future__ import annotations

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import Report, Table
from debtflow_tui.cli.session import signed_in
from services.access import SignedIn


@click.group(cls=Group)
def session() -> None:
    """Who is signed in, from where, doing what."""


@session.command("list")
@click.pass_obj
def list_sessions(report: Report) -> None:
    """List live sessions: your own, or all of the agency for who may see them; this command's is not shown."""
    with signed_in() as desk:
        found = tuple(each for each in desk.sessions.list() if not each.current)
    rows = [
        (str(each.id), each.user, each.role.replace("_", " "), _where(each), each.since, each.seen,
         _doing(each), ", ".join(each.writes), _in_way(each))
        for each in found
    ]  # fmt: skip
    heads = ("NO", "WHO", "ROLE", "FROM", "SINCE", "SEEN", "DOING", "WRITES IN", "IN THE WAY OF")
    report.give({"sessions": found}, Table(heads, rows, empty="nobody else is signed in"))


@session.command()
@click.argument("number", type=given.ID)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def end(report: Report, number: int, yes: bool) -> None:
    """End a session at once, connections and all: what it was in the middle of is rolled back."""
    with signed_in() as desk:
        report.confirm(f"End session {number}?", yes=yes)
        gone = desk.sessions.end(number)
    left = "" if gone.connections is not None else "; its connections stay, powerless: debtflow db bootstrap"
    report.give(gone, f"session {number} is ended{left}")


def _where(each: SignedIn) -> str:
    return " ".join(filter(None, (each.host, each.tty, f"from {each.ssh or each.address}" if each.ssh or each.address
                                  else None)))  # fmt: skip


def _doing(each: SignedIn) -> str:
    if not each.connections:
        return "not connected"
    now = each.act.replace("_", " ") if each.act else ""
    waiting = " (waits)" if each.waits else ""
    return f"{each.doing or ''}{': ' if each.doing and now else ''}{now}{waiting}"


def _in_way(each: SignedIn) -> str:
    on = f" on {', '.join(each.accounts)}" if each.accounts else ""
    return f"{', '.join(each.in_way_of)}{on}" if each.in_way_of else ""

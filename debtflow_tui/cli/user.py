"""``debtflow user``: the people who work here, each with a PostgreSQL login of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import Report, Table, facts
from debtflow_tui.cli.session import agency_of, in_office, signed_in
from services.errors import BadInput, Misconfigured

if TYPE_CHECKING:
    from services.office import HandOver, Person, User

F = TypeVar("F", bound=Callable[..., object])
NO_LIMIT = 10**15


@click.group(cls=Group)
def user() -> None:
    """The people who work here."""


@user.command()
@click.argument("login")
@click.option("--name", required=True, help="Their full name.")
@click.option("--role", required=True, help="agency_admin, supervisor, collector, readonly, worker or webhook.")
@click.option("--agency", help="Needed only by the installation's owner, where there are several.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of stdin.")
@click.pass_obj
def add(report: Report, login: str, name: str, role: str, agency: str | None, password_stdin: bool) -> None:
    """Make a login. Its password is asked twice, or read from stdin or DEBTFLOW_NEW_PASSWORD."""
    password = _new_password(login, password_stdin)
    with in_office() as office:
        made = office.users.add(login, name, role, password=password, agency=agency_of(office, agency))
    report.give(made, _table((made,)))


@user.command("list")
@click.pass_obj
def list_users(report: Report) -> None:
    """List users of the agency, or of all for the installation's owner."""
    with in_office() as office:
        found = office.users.list()
    report.give({"users": found}, _table(found))


def takers(command: F) -> F:
    """Who takes what somebody leaves: people, or a team."""
    to = click.option("--to", "people", multiple=True, metavar="LOGIN", help="Who takes the open work; several share.")
    team = click.option("--team", metavar="NAME", help="The team that shares it.")
    return to(team(command))


@user.command()
@click.argument("login")
@takers
@click.option("--leave", is_flag=True, help="Let the open work lie; debtflow user hand-over gives it away later.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def disable(report: Report, login: str, people: tuple[str, ...], team: str | None, leave: bool, yes: bool) -> None:
    """End a login's sessions and let it sign in no more; open work goes to others, history stays."""
    with in_office() as office:
        report.confirm(f"Disable {login}?", yes=yes)
        gone = office.users.disable(login, to=people, team=team, leave=leave)
        found = next(each for each in office.users.list() if each.login == login)
    said = {"login": login, "full_name": found.full_name, "role": found.role, "agency": found.agency,
            "created_at": found.created_at, "disabled_at": found.disabled_at, "handed_over": gone}  # fmt: skip
    report.give(said, f"{login} can sign in no more", *_went(gone))


@user.command("hand-over")
@click.argument("login")
@takers
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def hand_over(report: Report, login: str, people: tuple[str, ...], team: str | None, yes: bool) -> None:
    """Give all that somebody has under way to others: accounts, batches of payments, places as clients' collectors."""
    with signed_in() as desk:
        work = desk.users.open_work(login)
        report.confirm(f"Hand over {work.accounts:,} accounts and {len(work.batches)} batches of {login}?", yes=yes)
        went = desk.users.hand_over(login, to=people, team=team)
    report.give(went, *(_went(went) or ("nothing was left open",)))


def _went(gone: HandOver) -> tuple[str, ...]:
    told = {"accounts": gone.accounts, "batches": gone.batches, "clients": gone.clients, "left": gone.left}
    words = ", ".join(f"{count:,} {what}" for what, count in told.items() if count)
    return (f"handed over: {words}",) if words else ()


@user.command()
@click.argument("login", required=False)
@click.pass_obj
def work(report: Report, login: str | None) -> None:
    """Show who works how many accounts, or all that one person has under way."""
    with signed_in() as desk:
        if login is None:
            found = desk.users.people()
            report.give({"people": found}, _loads(found))
            return
        one = desk.users.open_work(login)
    batches = [f"{each.id}{'' if each.goes else ' (nobody can go on with it)'}" for each in one.batches]
    report.give(one, facts({
        "accounts": one.accounts, "follow-ups": f"{one.follow_ups:,}, {one.due:,} of them due",
        "promises": one.promises, "plans": one.plans, "offers": one.settlements, "batches": batches or None,
        "clients": list(one.clients) or None, "questions": one.questions,
    }))  # fmt: skip


@user.command()
@click.option("--team", metavar="NAME", help="Over this team; over every collector where none is named.")
@click.option("--unassigned", is_flag=True, help="Spread the accounts of nobody as well.")
@click.option("--dry-run", is_flag=True, help="Only show where everybody would end.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def rebalance(report: Report, team: str | None, unassigned: bool, dry_run: bool, yes: bool) -> None:
    """Spread accounts evenly, nobody above their limit, and as few from hand to hand as that takes."""
    with signed_in() as desk:
        done = desk.assigning.plan(team, unassigned=unassigned)
        if not dry_run:
            going = sum(max(each.change, 0) for each in done.shares)
            report.confirm(f"Give {going:,} accounts to somebody else?", yes=yes)
            done = desk.assigning.rebalance(team, unassigned=unassigned)
    rows = [(each.login, each.held, _most(each.most), each.target, f"{each.change:+d}") for each in done.shares]
    moved = () if done.moved is None else (f"{done.moved:,} accounts changed hands",)
    report.give(done, Table(("LOGIN", "ACCOUNTS", "AT MOST", "THEN", "CHANGE"), rows, empty="nobody is there"), *moved)


@user.command()
@click.argument("login")
@click.argument("role")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def role(report: Report, login: str, role: str, yes: bool) -> None:
    """Give somebody another role: agency_admin, supervisor, collector or readonly. Their sessions end."""
    with in_office() as office:
        report.confirm(f"Make {login} {role}? Who is signed in has to sign in again.", yes=yes)
        changed = office.users.set_role(login, role)
    report.give(changed, _table((changed,)))


@user.command()
@click.argument("login")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of stdin.")
@click.pass_obj
def enable(report: Report, login: str, password_stdin: bool) -> None:
    """Let somebody who was disabled sign in again, with a new password."""
    word = _new_password(login, password_stdin)
    with in_office() as office:
        back = office.users.enable(login, word)
    report.give(back, _table((back,)))


@user.command()
@click.argument("login")
@click.pass_obj
def unlock(report: Report, login: str) -> None:
    """Let somebody in again who failed to sign in too often. For supervisors and administrators."""
    with in_office() as office:
        back = office.users.unlock(login)
    report.give(back, f"{login} can sign in again")


@user.command()
@click.argument("login")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of stdin.")
@click.pass_obj
def password(report: Report, login: str, password_stdin: bool) -> None:
    """Set one's own password, or as an administrator somebody's."""
    word = _new_password(login, password_stdin)
    with in_office() as office:
        office.users.set_password(login, word)
    report.give({"login": login, "changed": True}, f"{login} has a new password")


def _new_password(login: str, from_stdin: bool) -> str:
    if from_stdin:
        word = sys.stdin.readline().rstrip("\r\n")
        if not word:
            raise BadInput("password", "the first line of stdin is empty", hint="it must hold the new password")
        return word
    if word := os.environ.get("DEBTFLOW_NEW_PASSWORD", ""):
        return word
    if not sys.stdin.isatty():
        raise Misconfigured(
            "no new password was given, and there is no terminal to ask at",
            hint="use --password-stdin or DEBTFLOW_NEW_PASSWORD",
        )
    return str(click.prompt(f"New password of {login}", hide_input=True, confirmation_prompt=True, err=True))


def _table(users: tuple[User, ...]) -> Table:
    return Table(
        ("LOGIN", "NAME", "ROLE", "AGENCY", "SINCE", "DISABLED", "SHUT OUT"),
        [(u.login, u.full_name, u.role, u.agency, u.created_at, u.disabled_at, u.locked_at) for u in users],
        empty="no user yet: debtflow user add",
    )


def _loads(people: tuple[Person, ...]) -> Table:
    rows = [
        (each.login, each.full_name, each.role, each.team, each.held, _most(each.most), each.due, each.disabled_at)
        for each in people
    ]
    return Table(("LOGIN", "NAME", "ROLE", "TEAM", "ACCOUNTS", "AT MOST", "DUE", "DISABLED"), rows)


def _most(most: int | None) -> str | int | None:
    return "no limit" if most == NO_LIMIT else most

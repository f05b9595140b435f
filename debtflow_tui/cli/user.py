"""``debtflow user``: the people who work here, each with a PostgreSQL login of their own."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import Report, Table
from debtflow_tui.cli.session import agency_of, in_office
from services.errors import BadInput, Misconfigured

if TYPE_CHECKING:
    from services.office.results import User


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


@user.command()
@click.argument("login")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def disable(report: Report, login: str, yes: bool) -> None:
    """End a login's sessions and let it sign in no more; its history stays."""
    with in_office() as office:
        report.confirm(f"Disable {login}?", yes=yes)
        gone = office.users.disable(login)
    report.give(gone, f"{login} can sign in no more")


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

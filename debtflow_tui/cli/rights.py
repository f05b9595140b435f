"""``debtflow rights``, ``limit`` and ``approval``: who may do what, how much of it, and what takes two persons."""

from __future__ import annotations

import click

from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import Report, Table
from debtflow_tui.cli.session import signed_in
from services.access import ROLES, Limit, Question, Rights
from services.access.limits import most_in_words, parse_most
from services.errors import BadInput

ANSWERS = {"yes": True, "no": False}


@click.group(cls=Group)
def rights() -> None:
    """Who may do what, and what takes two persons."""


@rights.command()
@click.argument("act", required=False)
@click.pass_obj
def show(report: Report, act: str | None) -> None:
    """Show who may do each act: yes or no, in brackets what a role can never be allowed, * where you have decided."""
    with signed_in() as desk:
        _give(report, desk.rights, act)


@rights.command("set")
@click.argument("act")
@click.argument("role")
@click.argument("answer", type=click.Choice(list(ANSWERS)))
@click.pass_obj
def set_right(report: Report, act: str, role: str, answer: str) -> None:
    """Let a role do an act (yes), or no longer (no). For agency administrators."""
    with signed_in() as desk:
        desk.rights.set(act, role, allowed=ANSWERS[answer])
        _give(report, desk.rights, act)


@rights.command()
@click.argument("act")
@click.argument("answer", type=click.Choice(list(ANSWERS)))
@click.pass_obj
def two(report: Report, act: str, answer: str) -> None:
    """Want two persons for an act (yes), or no longer (no). For agency administrators."""
    with signed_in() as desk:
        desk.rights.set_two(act, wanted=ANSWERS[answer])
        _give(report, desk.rights, act)


def _give(report: Report, rights: Rights, act: str | None) -> None:
    found = [each for each in rights.show() if act in (None, each.act)]
    if not found:
        raise BadInput("act", f"no act is called {act}", hint="debtflow rights show")
    rows = []
    for each in found:
        said = []
        for role in ROLES:
            word = "yes" if role in each.roles else "no" if role in each.possible else "(no)"
            said.append(word + ("*" if (role in each.roles) != (role in each.shipped) else ""))
        rows.append((each.act, *said, "two" if each.two_wanted else "one", each.what))
    heads = ("ACT", *(role.replace("_", " ").upper() for role in ROLES), "PERSONS", "TO")
    report.give({"rights": found}, Table(heads, rows))


# ---- how much --------------------------------------------------------------------------------------------------------


@click.group(cls=Group)
def limit() -> None:
    """How much each role and person may."""


@limit.command("list")
@click.pass_obj
def list_limits(report: Report) -> None:
    """List the limits of roles, and those that single persons were given instead."""
    with signed_in() as desk:
        _give_limits(report, desk.rights.limits(), desk.session.currency)


@limit.command("set")
@click.argument("what")
@click.argument("most")
@click.option("--role", help="Of everybody in this role.")
@click.option("--user", help="Of one person, whatever their role may.")
@click.pass_obj
def set_limit(report: Report, what: str, most: str, role: str | None, user: str | None) -> None:
    """Set a limit: an amount, a percentage, rows of an export, reveals in 24 hours, accounts; none takes it back.

    WHAT is payment, fee, cost, write_off, correct_up, correct_down, settlement, export, refund_freely, reveal or
    accounts.
    """
    with signed_in() as desk:
        desk.rights.set_limit(what, parse_most(what, most, desk.session.currency), role=role, user=user)
        _give_limits(report, desk.rights.limits(), desk.session.currency)


def _give_limits(report: Report, found: tuple[Limit, ...], currency: str) -> None:
    rows = [
        (
            each.what,
            each.role,
            each.user,
            most_in_words(each.what, each.most, currency),
            "set" if each.agreed else "shipped",
        )
        for each in found
    ]
    report.give({"limits": found}, Table(("WHAT", "ROLE", "PERSON", "AT MOST", ""), rows))


# ---- a second person -------------------------------------------------------------------------------------------------


@click.group(cls=Group)
def approval() -> None:
    """What waits for a second person."""


@approval.command("list")
@click.option("--all", "old", is_flag=True, help="Those of earlier days as well.")
@click.pass_obj
def list_questions(report: Report, old: bool) -> None:
    """List what you asked for and what you may approve, newest first."""
    with signed_in() as desk:
        _give_questions(report, desk.approvals.list(old=old))


@approval.command()
@click.argument("question", type=click.IntRange(1, 2**63 - 1))
@click.pass_obj
def give(report: Report, question: int) -> None:
    """Say yes: whoever asked may do exactly this, once, within a day."""
    with signed_in() as desk:
        desk.approvals.give(question)
        _give_questions(report, _one(desk.approvals.list(), question))


@approval.command()
@click.argument("question", type=click.IntRange(1, 2**63 - 1))
@click.pass_obj
def refuse(report: Report, question: int) -> None:
    """Say no."""
    with signed_in() as desk:
        desk.approvals.refuse(question)
        _give_questions(report, _one(desk.approvals.list(), question))


def _one(found: tuple[Question, ...], question: int) -> tuple[Question, ...]:
    return tuple(each for each in found if each.id == question)


def _give_questions(report: Report, found: tuple[Question, ...]) -> None:
    rows = [(each.id, each.state, each.what, each.asked_by, each.asked_at, each.decided_by) for each in found]
    heads = ("NO", "STATE", "WHAT", "ASKED BY", "ASKED AT", "DECIDED BY")
    report.give({"approvals": found}, Table(heads, rows, empty="nothing waits for a second person"))

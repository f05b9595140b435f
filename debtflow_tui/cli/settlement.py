"""``debtflow settlement``: offer, accept, cancel, list, floor, run."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import Report, Table, facts
from debtflow_tui.cli.session import agency_of, in_office, repeatable, signed_in
from services.domain.money import Money

if TYPE_CHECKING:
    from services.plans.results import Offer


@click.group(cls=Group)
def settlement() -> None:
    """Offers to settle for less."""


@settlement.command()
@click.argument("number")
@click.option("--amount", required=True, help="What is taken for all that is owed.")
@click.option("--until", required=True, metavar="DATE", help="The last day on which a payment counts.")
@click.option("--reason", default="", help="Why; needed below the client's floor, by a supervisor.")
@click.option("--version", type=given.VERSION, help="The account's version that was looked at.")
@click.option("--submission-id", metavar="UUID", help="Offers once, however often it is sent.")
@click.pass_obj
def offer(
    report: Report, number: str, amount: str, until: str, reason: str, version: int | None, submission_id: str | None
) -> None:
    """Offer to take less than what is owed, if it is paid in time."""
    wanted, submission = given.account(number), given.submission(submission_id) or uuid4()
    with repeatable(submission), signed_in() as desk:
        day = given.coming_day(until, desk.session.today, "until")
        money = Money.parse(amount, desk.session.currency)
        seen = desk.accounts.version(wanted) if version is None else version
        made = desk.settlements.offer(wanted, money, day, version=seen, reason=reason, submission_id=submission)
    _give(report, made)


@settlement.command()
@click.argument("number")
@click.pass_obj
def accept(report: Report, number: str) -> None:
    """Note that the debtor said yes; the payment decides all the same."""
    wanted = given.account(number)
    with signed_in() as desk:
        done = desk.settlements.accept(wanted)
    _give(report, done)


@settlement.command()
@click.argument("number")
@click.option("--reason", default="", help="Why, in a few words.")
@click.pass_obj
def cancel(report: Report, number: str, reason: str) -> None:
    """Take the open offer back."""
    wanted = given.account(number)
    with signed_in() as desk:
        done = desk.settlements.cancel(wanted, reason)
    _give(report, done)


@settlement.command("list")
@click.argument("number")
@click.pass_obj
def list_offers(report: Report, number: str) -> None:
    """List the offers of an account as they stand now, and the client's floor."""
    wanted = given.account(number)
    with signed_in() as desk:
        found = desk.settlements.show(wanted)
    rows = [
        (each.id, each.amount, each.owing, each.expires_on, each.state, each.paid, each.written_off, each.by)
        for each in found.offers
    ]
    headings = ("OFFER", "AMOUNT", "OF", "UNTIL", "STATE", "PAID", "WRITTEN OFF", "BY")
    report.give(
        {"number": wanted, "floor_bp": found.floor_bp, "offers": found.offers},
        f"the client's floor: {_percent(found.floor_bp)}", Table(headings, rows, empty="no offer"),
    )  # fmt: skip


@settlement.command()
@click.argument("client", required=False)
@click.argument("percent", required=False)
@click.option("--from", "since", metavar="DATE", help="The first day of the new terms; today by itself.")
@click.option("--none", "nothing", is_flag=True, help="The client settles for nothing less any more.")
@click.option("--agency", help="Needed only by the installation's owner, where there are several.")
@click.pass_obj
def floor(
    report: Report, client: str | None, percent: str | None, since: str | None, nothing: bool, agency: str | None
) -> None:
    """Show what clients settle for at least, or set it: CLIENT and PERCENT of the balance."""
    with in_office() as office:
        if client is not None and (percent is not None or nothing):
            points = None if percent is None or nothing else given.basis_points(percent, "floor")
            day = given.day(since, given.own_today(), "from")
            office.clients.set_settlement_floor(client, points, starts_on=day, agency=agency_of(office, agency))
        found = office.clients.settlement_floors(client)
    rows = [(each.code, each.name, _percent(each.floor_bp), each.since) for each in found]
    report.give({"floors": found}, Table(("CLIENT", "NAME", "FLOOR", "SINCE"), rows))


@settlement.command("run")
@click.pass_obj
def run_due(report: Report) -> None:
    """Complete offers that are paid, expire those whose day is over; the worker does it by itself."""
    with signed_in() as desk:
        done = desk.settlements.expire_due()
    report.give({"settlements": done}, f"{done} offers completed or expired")


def _percent(points: int | None) -> str:
    return "none" if points is None else f"{points / 100:.2f} %"


def _give(report: Report, made: Offer) -> None:
    head = {
        "offer": made.id, "state": made.state, "amount": made.amount, "of": made.owing, "until": made.expires_on,
        "paid": made.paid, "written off": made.written_off or None, "accepted": made.accepted_at,
        "reason": made.reason or None, "by": made.by,
    }  # fmt: skip
    report.give(made, facts(head))

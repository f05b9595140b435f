"""``debtflow account``: find an account, see all about it, write down what was said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import Report, Table, facts
from debtflow_tui.cli.session import repeatable, signed_in
from services.errors import BadInput

if TYPE_CHECKING:
    from services.accounts.results import Account, AccountRow


@click.group(cls=Group)
def account() -> None:
    """Find, show and work accounts."""


@account.command()
@click.argument("query", nargs=-1)
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="At most so many.")
@click.option("--after", metavar="CURSOR", help="Go on after a page: what it gave as next.")
@click.pass_obj
def find(report: Report, query: tuple[str, ...], limit: int, after: str | None) -> None:
    """Find accounts by number, reference, phone, e-mail, SSN digits or name.

    Nothing to look for lists your own accounts by follow-up date. A prefix forces the search (phone: ref: name: email:
    ssn: number:), filters narrow it (status: client: collector: flag: priority: balance> followup<).
    """
    from services.domain.lookup import parse_lookup

    asked = parse_lookup(" ".join(query))
    if asked.notes:
        raise BadInput("query", "; ".join(asked.notes))
    with signed_in() as desk:
        page = desk.accounts.find(asked, limit=limit, after=after)
    report.give({"accounts": [_found(row) for row in page.rows], "next": page.next, "how": page.how}, _list(page.rows))
    if page.next and not report.as_json:
        report.say(f"more: --after {page.next}")


def _found(row: AccountRow) -> dict[str, object]:
    return {
        "number": row.number, "client": row.client, "external_ref": row.external_ref, "debtor": row.debtor,
        "status": row.status, "balance": row.balance, "follow_up_on": row.follow_up_on, "collector": row.collector,
        "flags": row.flags, "person": row.person_id,
    }  # fmt: skip


def _list(rows: tuple[AccountRow, ...]) -> Table:
    return Table(
        ("ACCOUNT", "DEBTOR", "CLIENT", "REFERENCE", "STATUS", "BALANCE", "FOLLOW UP", "COLLECTOR", "FLAGS"),
        [(row.number, row.debtor, row.client, row.external_ref, row.status, row.balance, row.follow_up_on,
          row.collector, row.flags) for row in rows],
        empty="no account found",
    )  # fmt: skip


@account.command()
@click.argument("number")
@click.pass_obj
def show(report: Report, number: str) -> None:
    """Show everything about one account."""
    wanted = given.account(number)
    with signed_in() as desk:
        found = desk.accounts.show(wanted)
    report.give(found, *_picture(found))


def _picture(found: Account) -> Iterator[Table | str]:
    yield facts(_head(found))
    for table in _tables(found):
        if table.rows:
            yield ""
            yield table


def _head(found: Account) -> dict[str, object]:
    return {
        "account": found.number, "debtor": found.debtor.name, "client": f"{found.client} {found.client_name}",
        "reference": found.external_ref, "status": found.status, "reason": found.closed_reason,
        "collector": found.collector, "balance": found.balance, **dict(found.buckets.items()),
        "unapplied": found.unapplied or None, "placed": found.placed_on, "due": found.due_on,
        "last payment": found.last_payment_on, "follow up": found.follow_up_on, "version": str(found.version),
        "flags": [flag.kind for flag in found.flags] or None,
        "next moves": [move.to for move in found.moves] or None,
    }  # fmt: skip


def _tables(found: Account) -> Iterator[Table]:
    contacts = [(each.kind, each.value, each.label, each.primary) for each in found.debtor.contacts]
    yield Table(("CONTACT", "VALUE", "LABEL", "PRIMARY"), contacts)
    others = [(each.number, each.client, each.status, each.collector, each.balance) for each in found.others]
    yield Table(("OTHER DEBT", "CLIENT", "STATUS", "COLLECTOR", "BALANCE"), others)
    payments = [
        (each.receipt, each.amount, each.method, each.effective_on, each.by, each.reversed_by)
        for each in found.payments
    ]
    yield Table(("RECEIPT", "AMOUNT", "METHOD", "EFFECTIVE", "BY", "REVERSED BY"), payments)
    timeline = [(each.at, each.by, each.outcome or each.kind, each.text) for each in found.activities]
    yield Table(("WHEN", "BY", "WHAT", "TEXT"), timeline)


@account.command()
@click.argument("numbers", nargs=-1, required=True)
@click.option("--to", "collector", required=True, metavar="USER", help="Who works them from now on.")
@click.pass_obj
def assign(report: Report, numbers: tuple[str, ...], collector: str) -> None:
    """Assign accounts to a collector; - reads their numbers from stdin."""
    wanted = given.accounts(numbers)
    with signed_in() as desk:
        assigned = desk.accounts.assign(wanted, collector)
    report.give({"assigned": assigned}, f"{assigned} assigned to {collector}")


@account.command()
@click.argument("number")
@click.argument("text")
@click.option("--submission-id", metavar="UUID", help="Writes once, however often it is sent.")
@click.pass_obj
def note(report: Report, number: str, text: str, submission_id: str | None) -> None:
    """Write a note; - reads it from stdin."""
    wanted, submission = given.account(number), given.submission(submission_id) or uuid4()
    with repeatable(submission), signed_in() as desk:
        written = desk.accounts.note(wanted, given.text(text), submission_id=submission)
    report.give(written, f"noted on {wanted}")


@account.command()
@click.argument("number")
@click.option("--outcome", required=True, help="promise_to_pay, contacted, left_message, no_answer, busy, …")
@click.option("--text", default="", help="What was said.")
@click.option("--promised", metavar="AMOUNT", help="What was promised.")
@click.option("--promised-on", metavar="DATE", help="When it will be paid.")
@click.option("--submission-id", metavar="UUID", help="Writes once, however often it is sent.")
@click.pass_obj
def call(
    report: Report, number: str, outcome: str, text: str, promised: str | None, promised_on: str | None,
    submission_id: str | None,
) -> None:  # fmt: skip
    """Write down a call and how it ended."""
    from services.domain.money import Money

    wanted, submission = given.account(number), given.submission(submission_id) or uuid4()
    with repeatable(submission), signed_in() as desk:
        day = given.coming_day(promised_on, desk.session.today, "promised_on") if promised_on else None
        amount = Money.parse(promised, desk.session.currency, field="promised") if promised else None
        said = given.text(text)
        written = desk.accounts.call(wanted, outcome, said, day, amount, submission_id=submission)
    report.give(written, f"{outcome} on {wanted}")


@account.command()
@click.argument("number")
@click.argument("to")
@click.option("--reason", help="Why, where the move needs a reason.")
@click.option("--note", default="", help="A note that goes with it.")
@click.option("--version", type=int, help="The version that was looked at; the present one by itself.")
@click.pass_obj
def status(report: Report, number: str, to: str, reason: str | None, note: str, version: int | None) -> None:
    """Move an account to another status."""
    wanted = given.account(number)
    with signed_in() as desk:
        seen = desk.accounts.version(wanted) if version is None else version
        moved = desk.accounts.change_status(wanted, to, version=seen, reason=reason, note=note)
    report.give({"number": wanted, "status": to, "version": moved}, f"{wanted} is {to}")


@account.command("follow-up")
@click.argument("number")
@click.argument("on", metavar="DATE|none")
@click.pass_obj
def follow_up(report: Report, number: str, on: str) -> None:
    """Set the day to come back to an account, or none."""
    wanted = given.account(number)
    with signed_in() as desk:
        day = None if on == "none" else given.coming_day(on, desk.session.today, "follow_up")
        desk.accounts.follow_up(wanted, day)
    report.give({"number": wanted, "follow_up_on": day}, f"follow up {wanted} on {day}" if day else "no follow-up")

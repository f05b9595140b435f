"""``debtflow account``: find an account and see all about it; the work on it is in ``work``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import Report, Table, facts
from debtflow_tui.cli.session import signed_in
from services.errors import BadInput

if TYPE_CHECKING:
    from services.accounts.results import Account, AccountRow


# A payment's line of the timeline has a negative id.
LINE = click.IntRange(-(2**63) + 1, 2**63 - 1)
WORK = {
    "assign": "Assign accounts to a collector.",
    "note": "Write a note.",
    "call": "Write down a call and how it ended.",
    "status": "Move an account to another status.",
    "follow-up": "Set the day to come back to an account, or none.",
    "priority": "Set the priority.",
    "flag": "Raise or lift a flag.",
    "contact": "Save a phone, email or address.",
    "contact-remove": "Take a contact off the account.",
}


@click.group(
    cls=Group,
    lazy={name: (f"debtflow_tui.cli.work:{name.replace('-', '_')}", line) for name, line in WORK.items()}
    | {"reveal": ("debtflow_tui.cli.reveal:reveal", "Show what is masked of an account, with a reason.")}
    | {"payoff": ("debtflow_tui.cli.interest:payoff", "Show what pays a debt off on a day.")},
)
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
        (each.receipt, each.amount, each.method, each.effective_on, each.by, each.reversed_by, each.returned or None)
        for each in found.payments
    ]
    yield Table(("RECEIPT", "AMOUNT", "METHOD", "EFFECTIVE", "BY", "REVERSED BY", "RETURNED"), payments)
    timeline = [(each.at, each.by, each.outcome or each.kind, each.text) for each in found.activities]
    yield Table(("WHEN", "BY", "WHAT", "TEXT"), timeline)


@account.command()
@click.argument("number")
@click.option("--bucket", help="principal, interest, fees or costs; all of them by itself.")
@click.pass_obj
def postings(report: Report, number: str, bucket: str | None) -> None:
    """Show every movement behind the balance, oldest first."""
    wanted = given.account(number)
    with signed_in() as desk:
        found = desk.accounts.postings(wanted, bucket)
    lines = [
        (each.effective_on, each.kind, each.receipt, each.bucket, each.amount, each.running, each.recorded_at)
        for each in found
    ]
    headings = ("EFFECTIVE", "WHAT", "RECEIPT", "BUCKET", "AMOUNT", "AFTER", "RECORDED")
    report.give({"number": wanted, "postings": found}, Table(headings, lines))


@account.command()
@click.argument("number")
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True)
@click.option("--before", type=LINE, metavar="ID", help="Go on below this line.")
@click.pass_obj
def timeline(report: Report, number: str, limit: int, before: int | None) -> None:
    """Show what was done, newest first."""
    wanted = given.account(number)
    with signed_in() as desk:
        found = desk.accounts.activities(wanted, before_id=before, limit=limit)
    lines = [(each.id, each.at, each.by, each.outcome or each.kind, each.text) for each in found]
    report.give({"number": wanted, "activities": found}, Table(("ID", "WHEN", "BY", "WHAT", "TEXT"), lines))

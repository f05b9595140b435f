"""``debtflow payment spread``: one receipt over several debts of a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING
from uuid import uuid4

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Command
from debtflow_tui.cli.report import Report, Table, facts
from debtflow_tui.cli.session import repeatable, signed_in
from services.domain.money import Money
from services.errors import BadInput

if TYPE_CHECKING:
    from services.receipts.results import GroupReceipt, SpreadLine


@click.command(cls=Command)
@click.argument("number")
@click.option("--amount", required=True, help='Exact figures, such as 250.00 or "250.00 EUR".')
@click.option("--method", required=True, help="cash, check or bank_transfer.")
@click.option("--reference", help="The check's number, the transfer's text.")
@click.option("--effective", metavar="DATE", help="The day it counts from; today by itself.")
@click.option("--payer", default="debtor", show_default=True, help="debtor, spouse, attorney, employer or third_party.")
@click.option("--line", "lines", multiple=True, metavar="NUMBER=AMOUNT", help="What this account gets; again for more.")
@click.option(
    "--instruction", help="The lines are the payer's own, as said by memo, letter, phone, email or in_person."
)
@click.option("--remainder", default="refuse", show_default=True, help="refuse, or unapplied to keep what is left.")
@click.option(
    "--version", "versions", multiple=True, metavar="NUMBER=V", help="What was looked at; refused if it moved."
)
@click.option("--allow-duplicate", is_flag=True, help="An account gets the same amount again within 24 hours.")
@click.option("--submission-id", metavar="UUID", help="Posts once, however often it is sent.")
@click.option("--dry-run", is_flag=True, help="Do everything, then take it back.")
@click.pass_obj
def spread(
    report: Report, number: str, amount: str, method: str, reference: str | None, effective: str | None, payer: str,
    lines: tuple[str, ...], instruction: str | None, remainder: str, versions: tuple[str, ...], allow_duplicate: bool,
    submission_id: str | None, dry_run: bool,
) -> None:  # fmt: skip
    """Spread one receipt over the debts of the person who owes NUMBER.

    The clients' contracts say how, unless --line says it by hand. All of it is posted, or nothing.
    """
    from services.receipts.results import SpreadForm

    wanted, submission = given.account(number), given.submission(submission_id) or uuid4()
    seen = {account: given.whole(text, "version", "a version") for account, text in _pairs(versions, "version")}
    with repeatable(submission), signed_in() as desk:
        day = given.day(effective, desk.session.today, "effective")
        currency = desk.session.currency
        by_hand = {account: Money.parse(text, currency, field="line") for account, text in _pairs(lines, "line")}
        form = SpreadForm(
            wanted, Money.parse(amount, currency), method, reference, day, payer, by_hand or None, instruction,
            remainder, seen, allow_duplicate, submission,
        )  # fmt: skip
        receipt = desk.receipts.post(form, dry_run=dry_run)
    report.give(document(receipt) | ({"dry_run": True} if dry_run else {}), *slip(receipt))
    if dry_run:
        report.say("nothing was posted: this was a dry run")


def _pairs(texts: Iterable[str], option: str) -> Iterable[tuple[str, str]]:
    for text in texts:
        number, equals, value = text.partition("=")
        if not equals:
            raise BadInput(option, f"{text} names no account", hint=f"write it like --{option} 10023-3=50.00")
        yield given.account(number), value


def document(receipt: GroupReceipt) -> dict[str, object]:
    """A receipt over several debts as it is given to scripts."""
    return {entry.name: getattr(receipt, entry.name) for entry in fields(receipt)}


def slip(receipt: GroupReceipt) -> list[Table | str]:
    """The same for reading."""
    head = {
        "receipt": receipt.receipt, "amount": receipt.amount, "method": receipt.method, "reference": receipt.reference,
        "effective": receipt.effective_on, "by": receipt.by, "spread": receipt.policy,
        "shown": None if receipt.whole else "only the accounts that you may see",
        "replayed": "posted before; nothing was done now" if receipt.replayed else None,
    }  # fmt: skip
    rows = [row for line in receipt.lines for row in _rows(line)]
    return [facts(head), "", Table(("ACCOUNT", "RECEIPT", "FALLS ON", "BEFORE", "PAID", "AFTER", "RULE"), rows)]


def _rows(line: SpreadLine) -> Iterable[tuple[object, ...]]:
    told = f"{line.rule} (taken back by {line.reversed_by})" if line.reversed_by else line.rule
    yield line.account, line.receipt, f"{line.client}, all", line.before, line.amount, line.after, told
    for part in line.allocation:
        if part.amount:
            yield "", "", f"  {part.bucket}", part.before, part.amount, part.after, part.rule
    if line.unapplied:
        yield "", "", "  unapplied", "", line.unapplied, "", ""

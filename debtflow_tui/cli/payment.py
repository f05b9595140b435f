"""``debtflow payment``: post, reverse, show, and what charges.py adds; ``debtflow day-sheet``."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING
from uuid import uuid4

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.charges import COMMANDS
from debtflow_tui.cli.lazy import Command, Group
from debtflow_tui.cli.report import Report, Table, facts
from debtflow_tui.cli.session import repeatable, signed_in
from services.domain.money import Money

if TYPE_CHECKING:
    from debtflow_tui.wiring import Services
    from services.errors import NotFound
    from services.payments.results import DaySheet, Receipt


MORE = {
    "spread": ("debtflow_tui.cli.spread:spread", "Spread one receipt over the debts of a person."),
    "batch": (
        "debtflow_tui.cli.batches:batch",
        "Post a file of payments, all against its expected totals; - reads stdin.",
    ),
    "batches": ("debtflow_tui.cli.batches:batches", "List the batches, newest first."),
    "batch-open": ("debtflow_tui.cli.batches:batch_open", "Open a batch to key into."),
    "batch-key": (
        "debtflow_tui.cli.batches:batch_key",
        'Key lines such as "10023-3 250.00 1991" into a batch; - reads them from stdin.',
    ),
    "batch-amend": ("debtflow_tui.cli.batches:batch_amend", "Replace what a line of a batch says."),
    "batch-drop": ("debtflow_tui.cli.batches:batch_drop", "Take lines out of a batch."),
    "batch-expect": ("debtflow_tui.cli.batches:batch_expect", "Correct the expected totals of a batch."),
    "batch-show": ("debtflow_tui.cli.batches:batch_show", "Show a batch, its running difference and its newest lines."),
    "batch-post": ("debtflow_tui.cli.batches:batch_post", "Post a batch that agrees with its expected totals."),
    "batch-cancel": ("debtflow_tui.cli.batches:batch_cancel", "Give up a batch of which nothing is posted."),
    "batch-hand-over": (
        "debtflow_tui.cli.batches:batch_hand_over",
        "End the first keying; another operator keys the stack again.",
    ),
    "batch-take": ("debtflow_tui.cli.batches:batch_take", "Take over a batch for its second keying."),
    "batch-compare": ("debtflow_tui.cli.batches:batch_compare", "End the second keying and compare both."),
    "batch-differences": (
        "debtflow_tui.cli.batches:batch_differences",
        "Show what the two keyings of a batch do not agree on.",
    ),
    "batch-settle": (
        "debtflow_tui.cli.batches:batch_settle",
        "Settle a difference between the two keyings of a batch.",
    ),
}


@click.group(cls=Group, lazy=MORE)
def payment() -> None:
    """Post, reverse and show payments."""


@payment.command()
@click.option("--account", required=True, metavar="NUMBER", help="The account, with its check digit.")
@click.option("--amount", required=True, help='Exact figures, such as 250.00 or "250.00 EUR".')
@click.option("--method", required=True, help="cash, check, bank_transfer or paid_to_client.")
@click.option("--reference", help="The check's number, the transfer's text.")
@click.option("--effective", metavar="DATE", help="The day it counts from; today by itself.")
@click.option("--payer", default="debtor", show_default=True, help="debtor, spouse, attorney, employer or third_party.")
@click.option("--submission-id", metavar="UUID", help="Posts once, however often it is sent.")
@click.option(
    "--version", type=given.VERSION, help="The account's version that was looked at; refused if it has moved."
)
@click.option("--overpayment", default="refuse", show_default=True, help="refuse, or unapplied to keep the rest.")
@click.option("--allow-duplicate", is_flag=True, help="It is a second payment of the same amount within 24 hours.")
@click.option("--dry-run", is_flag=True, help="Do everything, then take it back.")
@click.pass_obj
def post(
    report: Report, account: str, amount: str, method: str, reference: str | None, effective: str | None, payer: str,
    submission_id: str | None, version: int | None, overpayment: str, allow_duplicate: bool, dry_run: bool,
) -> None:  # fmt: skip
    """Post a payment."""
    from services.payments.results import PaymentForm

    number, submission = given.account(account), given.submission(submission_id) or uuid4()
    with repeatable(submission), signed_in() as desk:
        day = given.day(effective, desk.session.today, "effective")
        money = Money.parse(amount, desk.session.currency)
        form = PaymentForm(
            number, money, method, reference, day, payer, version, overpayment, allow_duplicate, submission
        )
        receipt = desk.payments.post(form, dry_run=dry_run)
    report.give(_receipt(receipt) | ({"dry_run": True} if dry_run else {}), *_slip(receipt))
    if dry_run:
        report.say("nothing was posted: this was a dry run")


def _receipt(receipt: Receipt) -> dict[str, object]:
    return {entry.name: getattr(receipt, entry.name) for entry in fields(receipt)}


def _slip(receipt: Receipt) -> list[Table | str]:
    head = {
        "receipt": receipt.receipt, "account": receipt.account, "debtor": receipt.debtor, "amount": receipt.amount,
        "method": receipt.method, "reference": receipt.reference, "effective": receipt.effective_on, "by": receipt.by,
        "balance": receipt.balance, "replayed": "posted before; nothing was done now" if receipt.replayed else None,
    }  # fmt: skip
    lines = [(line.bucket, line.before, line.amount, line.after, line.rule) for line in receipt.allocation]
    return [facts(head), "", Table(("BUCKET", "BEFORE", "PAID", "AFTER", "RULE"), lines)]


@payment.command()
@click.argument("receipt")
@click.option("--reason", required=True, help="nsf, chargeback, refund or void.")
@click.option("--submission-id", metavar="UUID", help="Reverses once, however often it is sent.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def reverse(report: Report, receipt: str, reason: str, submission_id: str | None, yes: bool) -> None:
    """Take a payment back by a linked reversal."""
    from services.domain.numbers import parse_receipt_number

    parse_receipt_number(receipt)
    submission = given.submission(submission_id) or uuid4()
    with repeatable(submission), signed_in() as desk:
        report.confirm(f"Reverse {receipt} ({reason})?", yes=yes)
        done = desk.payments.reverse(receipt, reason, submission_id=submission)
    report.give(done, f"{done.receipt} is reversed by {done.reversal}; {done.account} owes {done.balance}")


@payment.command()
@click.argument("receipt")
@click.pass_obj
def show(report: Report, receipt: str) -> None:
    """Show the receipt of a payment again, or that of one spread over several debts."""
    from services.domain.numbers import parse_receipt_number
    from services.errors import NotFound

    parse_receipt_number(receipt)
    with signed_in() as desk:
        try:
            found = desk.payments.show(receipt)
        except NotFound as missing:
            _show_spread(report, desk, receipt, missing)
            return
    report.give(_receipt(found), *_slip(found))


def _show_spread(report: Report, desk: Services, receipt: str, missing: NotFound) -> None:
    from debtflow_tui.cli.spread import document, slip
    from services.errors import NotFound

    try:
        found = desk.receipts.show(receipt)
    except NotFound:
        raise missing from None
    report.give(document(found), *slip(found))


def _day_sheet(report: Report, day: str | None, user: str | None) -> None:
    """What one person entered on one day, by method: today and oneself unless named."""
    with signed_in() as desk:
        sheet = desk.payments.day_sheet(given.day(day, desk.session.today, "day"), user)
    report.give(sheet, *_sheet(sheet))


def _sheet(sheet: DaySheet) -> list[Table | str]:
    return [
        f"Day sheet of {sheet.user}, {sheet.day}",
        Table(("METHOD", "ENTRIES", "TOTAL"), [(each.method, each.count, each.total) for each in sheet.lines],
              empty="no entries"),
        f"total {sheet.total}",
        "",
        Table(("RECEIPT", "ACCOUNT", "DEBTOR", "AMOUNT", "METHOD", "REFERENCE", "REASON"),
              [(each.receipt, each.account, each.debtor, each.amount, each.method, each.reference, each.reason)
               for each in sheet.entries], empty=""),
    ]  # fmt: skip


def _sheet_command(name: str) -> Command:
    options: list[click.Parameter] = [
        click.Option(["--day"], metavar="DATE", help="Today by itself."),
        click.Option(["--user"], help="Yourself by itself."),
    ]
    return Command(name, callback=click.pass_obj(_day_sheet), params=options, help=_day_sheet.__doc__)


payment.add_command(_sheet_command("sheet"))
for each in COMMANDS:
    payment.add_command(each)
day_sheet = _sheet_command("day-sheet")

"""``debtflow adjust``: fees, costs, write-offs and corrections, and taking them back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Command, Group
from debtflow_tui.cli.report import Report, Table, facts
from debtflow_tui.cli.session import repeatable, signed_in
from services.domain.money import Money
from services.errors import BadInput

if TYPE_CHECKING:
    from services.adjustments.results import Adjusted

KINDS = {
    "fee": ("fee", "Add a fee."),
    "cost": ("cost", "Add a cost."),
    "write-off": ("write_off", "Give up a part of a debt, or with --all the whole of it."),
    "up": ("correct_up", "Correct a placement upward."),
    "down": ("correct_down", "Correct a placement downward."),
}


@click.group(cls=Group)
def adjust() -> None:
    """Add fees and costs, write off, correct placements."""


def _add(name: str, kind: str, line: str) -> None:
    params: list[click.Parameter] = [
        click.Argument(["number"]),
        click.Argument(["amount"], required=kind != "write_off"),
        click.Option(["--reason"], required=True, help="One of: debtflow adjust reasons."),
        click.Option(["--effective"], metavar="DATE", help="The day it counts from; today by itself."),
        click.Option(["--version"], type=given.VERSION, help="The account's version that was looked at."),
        click.Option(["--submission-id"], metavar="UUID", help="Posts once, however often it is sent."),
        click.Option(["--dry-run"], is_flag=True, help="Do everything, then take it back."),
    ]
    if kind not in ("fee", "cost"):
        params.insert(2, click.Option(["--bucket"], help="principal, interest, fees or costs."))
    if kind == "write_off":
        params.insert(2, click.Option(["--all", "whole"], is_flag=True, help="All that is owed; closes the account."))
    adjust.add_command(Command(name, callback=click.pass_obj(_poster(kind)), params=params, help=line))


def _poster(kind: str) -> Callable[..., None]:
    def post(
        report: Report, number: str, amount: str | None, reason: str, effective: str | None, version: int | None,
        submission_id: str | None, dry_run: bool, bucket: str | None = None, whole: bool = False,
    ) -> None:  # fmt: skip
        from services.adjustments.results import AdjustmentForm

        wanted, submission = given.account(number), given.submission(submission_id) or uuid4()
        if (amount is None) != whole:
            raise BadInput("amount", "say how much, or --all for the whole debt, and not both")
        with repeatable(submission), signed_in() as desk:
            day = given.day(effective, desk.session.today, "effective")
            money = None if amount is None else Money.parse(amount, desk.session.currency)
            form = AdjustmentForm(wanted, kind, reason, money, bucket, day, version, submission)
            done = desk.adjustments.post(form, dry_run=dry_run)
        report.give(done, *_slip(done))
        if dry_run:
            report.say("nothing was posted: this was a dry run")

    return post


for _name, (_kind, _line) in KINDS.items():
    _add(_name, _kind, _line)


@adjust.command()
@click.argument("receipt")
@click.option("--reason", required=True, help="void or waived.")
@click.option("--submission-id", metavar="UUID", help="Takes back once, however often it is sent.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def reverse(report: Report, receipt: str, reason: str, submission_id: str | None, yes: bool) -> None:
    """Take an adjustment back by a linked transfer."""
    from services.domain.numbers import parse_receipt_number

    parse_receipt_number(receipt)
    submission = given.submission(submission_id) or uuid4()
    with repeatable(submission), signed_in() as desk:
        report.confirm(f"Take {receipt} back ({reason})?", yes=yes)
        done = desk.adjustments.reverse(receipt, reason, submission_id=submission)
    report.give(done, *_slip(done))


@adjust.command("list")
@click.argument("number")
@click.pass_obj
def list_adjustments(report: Report, number: str) -> None:
    """List the adjustments of an account, newest first."""
    wanted = given.account(number)
    with signed_in() as desk:
        found = desk.adjustments.list(wanted)
    rows = [(each.receipt, each.effective_on, each.kind, each.reason, each.amount, each.by,
             each.reverses or each.reversed_by) for each in found]  # fmt: skip
    headings = ("RECEIPT", "EFFECTIVE", "KIND", "REASON", "AMOUNT", "BY", "TAKES BACK / TAKEN BACK BY")
    report.give({"number": wanted, "adjustments": found}, Table(headings, rows, empty="never adjusted"))


@adjust.command()
@click.pass_obj
def reasons(report: Report) -> None:
    """List the reasons of each kind, and what closes an account."""
    with signed_in() as desk:
        found = desk.adjustments.reasons()
    rows = [(each.kind, each.name, each.what, each.closes_as) for each in found]
    report.give({"reasons": found}, Table(("KIND", "REASON", "MEANS", "THE WHOLE CLOSES AS"), rows))


@adjust.command()
@click.option("--set", "changes", multiple=True, metavar="ROLE:KIND=AMOUNT", help="Such as collector:fee=25.00.")
@click.pass_obj
def limits(report: Report, changes: tuple[str, ...]) -> None:
    """Show what each role may do of each kind on one account in 24 hours, or set it."""
    with signed_in() as desk:
        for change in changes:
            desk.adjustments.set_limit(*_limit(change, desk.session.currency))
        found = desk.adjustments.limits()
    rows = [(each.role, each.kind, each.most, "set" if each.agreed else "by itself") for each in found]
    report.give({"limits": found}, Table(("ROLE", "KIND", "AT MOST", ""), rows))


def _limit(text: str, currency: str) -> tuple[str, str, Money]:
    named, equals, amount = text.partition("=")
    role, colon, kind = named.partition(":")
    if not (equals and colon):
        raise BadInput("set", f"{text} sets no limit", hint="write it like collector:fee=25.00")
    return role, kind, Money.parse(amount, currency, field="set")


def _slip(done: Adjusted) -> list[Table | str]:
    head = {
        "receipt": done.receipt, "account": done.account, "debtor": done.debtor, "what": done.kind,
        "reason": done.reason, "takes back": done.reverses, "amount": done.amount, "effective": done.effective_on,
        "by": done.by, "balance": done.balance, "closed as": done.closed_as,
        "replayed": "posted before; nothing was done now" if done.replayed else None,
    }  # fmt: skip
    lines = [(line.bucket, line.before, line.change, line.after) for line in done.lines]
    return [facts(head), "", Table(("BUCKET", "BEFORE", "CHANGE", "AFTER"), lines)]

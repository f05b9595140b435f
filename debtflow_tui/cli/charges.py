"""``debtflow payment charge, link, refund, charges, cancel, methods``: payments through a provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Command
from debtflow_tui.cli.report import DONE, REFUSED, Report, Table, facts
from debtflow_tui.cli.session import repeatable, signed_in
from services.domain.money import Money
from services.errors import BadInput

if TYPE_CHECKING:
    from services.charges.results import Charge, Refund

UNDECIDED: Final = 5
"""The exit code of what never reached the provider, or of which nobody knows yet what became of it."""


@click.command(cls=Command)
@click.option("--account", required=True, metavar="NUMBER", help="The account, with its check digit.")
@click.option("--amount", required=True, help='Exact figures, such as 250.00 or "250.00 EUR".')
@click.option("--method", type=given.ID, required=True, metavar="ID", help="A saved method: debtflow payment methods.")
@click.option("--submission-id", metavar="UUID", help="Charges once, however often it is sent.")
@click.option(
    "--version", type=given.VERSION, help="The account's version that was looked at; refused if it has moved."
)
@click.option("--allow-duplicate", is_flag=True, help="It is a second payment of the same amount within 24 hours.")
@click.pass_context
def charge(
    context: click.Context, account: str, amount: str, method: int, submission_id: str | None, version: int | None,
    allow_duplicate: bool,
) -> None:  # fmt: skip
    """Charge a saved card or bank account. Exit code 1 where it is declined, 5 where its outcome is not known yet."""
    from services.charges import ChargeForm

    number, submission = given.account(account), given.submission(submission_id) or uuid4()
    with repeatable(submission), signed_in() as desk:
        money = Money.parse(amount, desk.session.currency)
        done = desk.charges.start(ChargeForm(number, money, method, version, submission, allow_duplicate))
    _give(context, done)


@click.command(cls=Command)
@click.option("--account", required=True, metavar="NUMBER", help="The account, with its check digit.")
@click.option("--amount", required=True, help='Exact figures, such as 250.00 or "250.00 EUR".')
@click.option("--minutes", type=int, default=60, show_default=True, help="How long it lives: 30 to 1440.")
@click.option("--once", is_flag=True, help="Do not keep the card or bank account for later charges.")
@click.option("--submission-id", metavar="UUID", help="Makes one link, however often it is sent.")
@click.option(
    "--version", type=given.VERSION, help="The account's version that was looked at; refused if it has moved."
)
@click.option("--allow-duplicate", is_flag=True, help="It is a second payment of the same amount within 24 hours.")
@click.pass_context
def link(
    context: click.Context, account: str, amount: str, minutes: int, once: bool, submission_id: str | None,
    version: int | None, allow_duplicate: bool,
) -> None:  # fmt: skip
    """Make a page where the debtor pays by card or bank account; the amount is held until it is paid or over."""
    from services.charges import LinkForm

    number, submission = given.account(account), given.submission(submission_id) or uuid4()
    with repeatable(submission), signed_in() as desk:
        money = Money.parse(amount, desk.session.currency)
        form = LinkForm(number, money, version, submission, not once, minutes, allow_duplicate)
        done = desk.charges.link(form)
    _give(context, done)


@click.command(cls=Command)
@click.argument("receipt")
@click.option("--amount", help="All that is left by itself.")
@click.option("--submission-id", metavar="UUID", help="Refunds once, however often it is sent.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def refund(context: click.Context, receipt: str, amount: str | None, submission_id: str | None, yes: bool) -> None:
    """Return part or all of a payment that came through the provider. Supervisors and administrators only."""
    from services.domain.numbers import parse_receipt_number

    report: Report = context.obj
    parse_receipt_number(receipt)
    submission = given.submission(submission_id) or uuid4()
    with repeatable(submission), signed_in() as desk:
        money = Money.parse(amount, desk.session.currency) if amount is not None else None
        report.confirm(f"Return {money or 'all that is left'} of {receipt}?", yes=yes)
        done = desk.charges.refund(receipt, money, submission_id=submission)
    report.give(done, facts(_refund(done)))
    context.exit({"posted": DONE, "pending": DONE}.get(done.state, _failed(done.reason, done.state)))


@click.command(cls=Command)
@click.option("--account", metavar="NUMBER", help="All charges of one account, decided or not.")
@click.pass_obj
def charges(report: Report, account: str | None) -> None:
    """List the charges that are not decided yet, or all of one account."""
    number = given.account(account) if account is not None else None
    with signed_in() as desk:
        found = desk.charges.of_account(number) if number else desk.charges.waiting()
        breaker = desk.charges.breaker()
    rows = [
        (each.id, each.account, each.amount, each.shown, each.state, each.reason, each.receipt, each.next_ask_at)
        for each in found
    ]
    table = Table(
        ("CHARGE", "ACCOUNT", "AMOUNT", "PAID WITH", "STATE", "REASON", "RECEIPT", "ASKED AGAIN"), rows, empty="none"
    )
    report.give({"charges": found, "breaker": breaker}, table)
    if breaker.state != "closed":
        until = f" until {breaker.next_try_at:%H:%M:%S} UTC" if breaker.next_try_at else ""
        report.say(f"the provider is not called{until}: {breaker.cause or 'no answer'}")


@click.command(cls=Command)
@click.argument("charge_id", metavar="CHARGE")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def cancel(context: click.Context, charge_id: str, yes: bool) -> None:
    """End a payment link, or give up a charge that was never sent; what it held is free again."""
    report: Report = context.obj
    wanted = _charge_id(charge_id)
    with signed_in() as desk:
        report.confirm(f"Give up charge {wanted}?", yes=yes)
        done = desk.charges.cancel(wanted)
    report.give(done, facts(_charge(done)))


@click.command(cls=Command)
@click.argument("number")
@click.option("--remove", type=given.ID, metavar="ID", help="Forget this method, here and at the provider.")
@click.pass_obj
def methods(report: Report, number: str, remove: int | None) -> None:
    """List the cards and bank accounts that an account's debtor left at the provider, or forget one."""
    account = given.account(number)
    with signed_in() as desk:
        if remove is not None:
            desk.charges.remove_method(account, remove)
        found = desk.charges.methods(account)
    rows = [(each.id, each.kind, f"{each.brand} ···{each.last4}", each.expires, each.added_on) for each in found]
    report.give({"methods": found}, Table(("ID", "KIND", "METHOD", "EXPIRES", "ADDED"), rows, empty="none is saved"))


COMMANDS: Final = (charge, link, refund, charges, cancel, methods)


def _give(context: click.Context, done: Charge) -> None:
    report: Report = context.obj
    report.give(done, facts(_charge(done)))
    if done.state == "unknown":
        report.say("nobody knows yet whether it was charged: the provider is asked; do not charge again")
    decided = done.state in ("posted", "processing", "pending")
    context.exit(DONE if decided else _failed(done.reason, done.state))


def _failed(reason: str | None, state: str) -> int:
    from services.charges import NOT_SENT

    return UNDECIDED if state == "unknown" or reason in NOT_SENT else REFUSED


def _charge(done: Charge) -> dict[str, object]:
    return {
        "charge": done.id, "account": done.account, "debtor": done.debtor, "amount": done.amount, "by": done.shown,
        "state": done.state, "reason": done.reason, "receipt": done.receipt, "pay at": done.url,
        "until": done.expires_at, "asked again": done.next_ask_at if done.state == "unknown" else None,
        "provider says": done.told,
    }  # fmt: skip


def _refund(done: Refund) -> dict[str, object]:
    return {
        "refund": done.receipt or done.id, "of": done.of, "amount": done.amount, "state": done.state,
        "reason": done.reason, "left": done.left,
    }  # fmt: skip


def _charge_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadInput("charge", f"{text} is not a charge", hint="debtflow payment charges lists them") from None

"""The receipt: on the screen, as text to hand over, and as the command that would have done the same."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.payment.fields import full
from screens.widgets import Fact, Facts, plain, words

if TYPE_CHECKING:
    from screens.base import Desk
    from services.charges.results import Charge, SavedMethod
    from services.payments.results import PaymentForm, Receipt


class ReceiptPane(VerticalScroll, can_focus=True):
    """What was posted, and what is owed now."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(id="receipt")
        self._desk = desk
        self._heading = Static("", classes="heading")
        self._facts = Facts(12)
        self._command = Static("", classes="command")

    def compose(self) -> ComposeResult:
        yield self._heading
        yield self._facts
        yield self._command

    def show(self, receipt: Receipt, equal: str) -> None:
        """Show a receipt with the command that equals what was done."""
        word = "Posted before: nothing was done now" if receipt.replayed else "Posted"
        self._heading.update(Content.assemble(plain(f"✓ {word}   ", "$text-accent"), plain(receipt.receipt, "bold")))
        self._facts.show(_facts(receipt, self._desk))
        self._command.update(plain(f"$ {equal}", "$text-muted"))


def _facts(receipt: Receipt, desk: Desk) -> Iterator[Fact]:
    by = " · ".join(filter(None, (words(receipt.method), receipt.reference)))
    before = sum((line.amount for line in receipt.allocation), receipt.balance)
    yield "", ""
    yield "debtor", receipt.debtor
    yield "account", receipt.account
    yield "amount", plain(str(receipt.amount), "bold") + plain(f"   {by}")
    yield "effective", f"{receipt.effective_on:%A}, {full(receipt.effective_on)}"
    yield (
        "posted",
        f"{full(desk.local(receipt.recorded_at).date())}, {desk.local(receipt.recorded_at):%H:%M:%S}, by {receipt.by}",
    )
    yield "", ""
    yield from _fell_on(receipt)
    yield "", ""
    yield "owing now", plain(str(receipt.balance), "bold") + plain(f"   before {before.figures}", "$text-muted")


def _fell_on(receipt: Receipt) -> Iterator[Fact]:
    parts = [line for line in receipt.allocation if line.amount.minor]
    width = max((len(line.amount.figures) for line in parts), default=0)
    for line in parts:
        yield line.bucket, plain(f"− {line.amount.figures:>{width}}")
    unapplied = receipt.amount - sum((line.amount for line in parts), receipt.amount - receipt.amount)
    if unapplied.minor:
        yield "unapplied", plain(f"+ {unapplied.figures:>{width}}")


def text_of(receipt: Receipt, desk: Desk) -> str:
    """The receipt as plain text, one fact a line."""
    lines = [f"{desk.session.agency_name}", f"Receipt {receipt.receipt}"]
    for label, value in _facts(receipt, desk):
        lines.append(f"{label:<12}{value if isinstance(value, str) else value.plain}".rstrip())
    return "\n".join(lines) + "\n"


def save(receipt: Receipt, desk: Desk) -> Path:
    """Write the receipt where the program was started, readable by its owner only; raises OSError."""
    target = Path.cwd() / f"{receipt.receipt}.txt"
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text_of(receipt, desk))
    return target


def command(form: PaymentForm, home: str) -> str:
    """What a script would have typed; sent again it gives the same receipt, for it names the submission."""
    figures = form.amount.figures.replace(",", "")
    options = {
        "account": form.account,
        "amount": figures if form.amount.currency == home else f"{figures} {form.amount.currency}",
        "method": form.method,
        "reference": form.reference,
        "effective": form.effective_on.isoformat() if form.effective_on else None,
        "payer": form.payer if form.payer != "debtor" else None,
        "overpayment": form.overpayment if form.overpayment != "refuse" else None,
        "submission-id": str(form.submission_id),
    }
    given = " ".join(f"--{name} {shlex.quote(value)}" for name, value in options.items() if value)
    return f"debtflow payment post {given}{' --allow-duplicate' if form.allow_duplicate else ''}"


def charge_command(charge: Charge, method: SavedMethod | None, home: str) -> str:
    """What a script would have typed for a charge; sent again it charges nothing, for it names the submission."""
    figures = charge.amount.figures.replace(",", "")
    amount = figures if charge.amount.currency == home else f"{figures} {charge.amount.currency}"
    given = {"account": charge.account, "amount": amount, "submission-id": str(charge.id)}
    if method is not None:
        given["method"] = str(method.id)
    options = " ".join(f"--{name} {shlex.quote(value)}" for name, value in given.items())
    return f"debtflow payment {'link' if method is None else 'charge'} {options}"

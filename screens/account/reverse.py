"""Taking a payment back: a linked reversal, confirmed by typing its amount."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens.account.ports import Reversals
from screens.base import Desk, FormDialog
from screens.widgets import Entry, day, money, words
from services.domain.money import Money
from services.errors import BadInput

if TYPE_CHECKING:
    from services.accounts.results import Account, PaymentRow
    from services.payments.results import Reversal

REASONS = ("nsf", "chargeback", "refund", "void")


class ReverseForm(FormDialog[str]):
    """Gives the words to say when the payment was taken back."""

    def __init__(self, desk: Desk, payments: Reversals, account: Account, row: PaymentRow) -> None:
        self._payments = payments
        self._row = row
        after = account.balance + row.amount
        how = " ".join(filter(None, (words(row.method), row.reference)))
        about = (
            f"Takes back {money(row.amount)} ({how}, {day(row.effective_on)}). "
            f"Owing goes from {money(account.balance)} to {after}."
        )
        super().__init__(desk, f"Reverse {row.receipt}", about, "reverse")

    def entries(self) -> tuple[Entry, ...]:
        return (
            Entry("reason", "Reason", codes=REASONS),
            Entry("amount", "Type amount", required=True, placeholder=money(self._row.amount), check=self._same),
        )

    def _same(self, text: str) -> str:
        if Money.parse(text, self._row.amount.currency) != self._row.amount:
            raise BadInput("amount", f"type {money(self._row.amount)} to reverse exactly this payment")
        return "agrees"

    def send(self) -> None:
        receipt, reason = self._row.receipt, self.form["reason"].value
        self.act_once(
            lambda submission: self._payments.reverse(receipt, reason, submission_id=submission),
            self._reversed,
            doing="Reversing…",
        )

    def _reversed(self, reversal: Reversal) -> None:
        self.dismiss(f"{reversal.receipt} reversed by {reversal.reversal}: owing {reversal.balance}")

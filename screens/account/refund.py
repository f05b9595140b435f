"""Giving a card payment back, whole or in part: the amount that is typed is the confirmation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from screens.account.ports import ChargeBook
from screens.base import Desk, FormDialog
from screens.widgets import Entry, Tone, day, money, words
from screens.widgets.reasons import why
from services.domain.money import Money
from services.errors import BadInput
from services.gateways.base import KINDS

if TYPE_CHECKING:
    from services.accounts.results import Account, PaymentRow
    from services.charges.results import Refund, RefundUnderWay

MANY = 2
"""More refunds of one payment than these are told as a sum."""

_OUTCOMES: dict[str, tuple[str, Tone]] = {
    "posted": ("{receipt}: {amount} given back on {of}, {left} could still be", "good"),
    "pending": ("{amount} are on their way back: it counts when the provider confirms", "plain"),
    "unknown": ("Do NOT refund again: {amount} may be on their way; DebtFlow keeps asking", "warn"),
}


class RefundForm(FormDialog[tuple[str, Tone]]):
    """Gives the words to say, and how loud, once the provider has answered."""

    def __init__(
        self, desk: Desk, charges: ChargeBook, account: Account, row: PaymentRow,
        under_way: Iterable[RefundUnderWay] = (),
    ) -> None:  # fmt: skip
        self._charges = charges
        self._row = row
        self._under_way = [refund for refund in under_way if refund.of == row.receipt]
        self._left = left_of(row, account.payments, self._under_way)
        super().__init__(desk, f"Refund {row.receipt}", " ".join(self._explained(account)), "refund")

    def _explained(self, account: Account) -> Iterable[str]:
        row, left = self._row, self._left
        back = [part for part in account.payments if part.reverses == row.receipt]
        yield f"{money(row.amount)} by {words(row.method)} on {day(row.effective_on)}."
        if len(back) > MANY:
            total = -Money.sum((part.amount for part in back), row.amount.currency)
            yield f"{money(total)} given back already, in {len(back)} refunds."
        else:
            yield from (
                f"{money(-part.amount)} given back already ({part.receipt}, {day(part.effective_on)})." for part in back
            )
        yield from (f"{money(refund.amount)} on its way back already." for refund in self._under_way)
        yield f"At most {left} can go back to where it came from. Owing rises from {money(account.balance)} by as much."

    def entries(self) -> tuple[Entry, ...]:
        return (Entry("amount", "Give back", required=True, placeholder=money(self._left), check=self._part, width=18),)

    def _amount(self, text: str) -> Money:
        amount = Money.parse(text, self._left.currency)
        if not amount.minor or amount.currency != self._left.currency or amount > self._left:
            raise BadInput("amount", f"at most {self._left} can be given back")
        return amount

    def _part(self, text: str) -> str:
        amount = self._amount(text)
        return "all of it" if amount == self._left else f"{money(self._left - amount)} stay paid"

    def send(self) -> None:
        amount = self._amount(self.form["amount"].value)
        self.act_once(
            lambda submission: self._charges.refund(self._row.receipt, amount, submission_id=submission),
            self._refunded,
            doing="Calling the provider… This cannot be cancelled.",
        )

    def _refunded(self, refund: Refund) -> None:
        if refund.state not in _OUTCOMES:
            self.say(f"Nothing was given back: {why(refund.reason)}. {refund.left} still can be.", "error")
            return
        said, tone = _OUTCOMES[refund.state]
        values = {"receipt": refund.receipt, "amount": refund.amount, "of": refund.of, "left": refund.left}
        self.dismiss((said.format(**values), tone))


def by_charge(row: PaymentRow) -> bool:
    """Whether the provider took it and can give it back."""
    return row.method in KINDS and row.reverses is None


def left_of(row: PaymentRow, payments: Iterable[PaymentRow], under_way: Iterable[RefundUnderWay] = ()) -> Money:
    """What could still be given back of a payment."""
    back = (part.amount for part in payments if part.reverses == row.receipt)
    promised = (-refund.amount for refund in under_way if refund.of == row.receipt)
    return sum((*back, *promised), row.amount)


def why_not(row: PaymentRow | None) -> tuple[str, Tone]:
    """Why nothing of what the cursor stands on can be taken back."""
    if row is None:
        return "There is no payment to take back", "plain"
    if row.reverses is not None:
        return f"{row.receipt} takes {row.reverses} back: put the cursor on a payment", "warn"
    return f"All of {row.receipt} is back already or on its way", "warn"

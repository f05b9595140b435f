"""The fields of a payment: typed short, echoed back in full."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from textual import events
from textual.widgets import Input

from screens.widgets import Entry, Form, words
from services.domain.dates import parse_date
from services.domain.money import Money
from services.errors import BadInput
from services.payments.results import METHODS, PAYERS, PaymentForm

if TYPE_CHECKING:
    from screens.base import Desk

STICKY = ("method", "effective", "payer")
TIDIED = ("amount", "effective")
AS_LAST = "↻ last"


def full(on: date) -> str:
    """A day as it is echoed back; typing it again means the same day."""
    return f"{on.day} {on:%b %Y}"


def method_meant(typed: str) -> str:
    """The method whose name begins with what was typed; raises BadInput for none."""
    spelled = typed.lower().replace("_", "").replace(" ", "")
    found = next((code for code in METHODS if code.replace("_", "").startswith(spelled)), None)
    if found is None:
        known = ", ".join(map(words, METHODS))
        raise BadInput("method", f"“{words(typed)}” is no method: there are {known}")
    return found


@dataclass(frozen=True, slots=True)
class Terms:
    """What a form is sent with beside its fields."""

    account: str
    currency: str
    version: int | None
    submission: UUID
    overpayment: str = "refuse"
    allow_duplicate: bool = False


class PaymentFields(Form):
    """Amount, method, reference, effective date and payer; ``currency`` says what an amount without one is in."""

    def __init__(self, desk: Desk, values: Mapping[str, str], currency: Callable[[], str]) -> None:
        self._today = desk.today
        self._currency = currency
        self._stuck: dict[str, str] = {}
        blank = self.blank()

        def entry(field: str, label: str, **more: object) -> Entry:
            made = Entry(field, label, values.get(field) or blank[field], **more)  # type: ignore[arg-type]
            made.initial = blank[field]
            made.add_class(field)
            if isinstance(made.editor, Input):
                # What stands in a field is replaced by typing, so that a date or an amount is never typed into.
                made.editor.select_on_focus = True
            return made

        super().__init__(
            entry("amount", "Amount", check=self._echo_amount, required=True, width=13,
                  max_length=40),
            entry("method", "Method", codes=METHODS, check=lambda code: self._mark("method", code), width=18),
            entry("reference", "Reference", max_length=100),
            entry("effective", "Effective", check=self._echo_date, placeholder="t, -1, 15", width=13, max_length=40),
            entry("payer", "Payer", codes=PAYERS, check=lambda code: self._mark("payer", code), width=18),
        )  # fmt: skip

    def blank(self) -> dict[str, str]:
        """What an untouched form holds."""
        return {"amount": "", "method": METHODS[0], "reference": "", "effective": full(self._today), "payer": PAYERS[0]}

    def clear(self) -> None:
        """Take everything that was typed away."""
        self._stuck = {}
        self.fill(self.blank())
        for entry in self.entries:
            entry.clear_error()

    def stick(self, values: Mapping[str, str]) -> None:
        """Fill the fields that stay the same in a run, and mark them."""
        kept = {field: values[field] for field in STICKY if values.get(field)}
        self._stuck = kept
        self.fill(kept)
        for field in kept:
            self[field].check()

    def run(self) -> dict[str, str]:
        """What the next payment of a run has in common with this one."""
        return {field: self[field].value for field in STICKY}

    @property
    def gist(self) -> tuple[str, ...]:
        """What decides how a payment falls, as far as it can be read; an unreadable amount or date is empty."""
        return (self._tidy("amount"), self["method"].value, self._tidy("effective"), self["payer"].value)

    @property
    def meaning(self) -> tuple[str, ...]:
        """What was typed, whether short or in full; what cannot be read stands for itself."""
        values = self.values
        return tuple(self._tidy(field) or text if field in TIDIED else text for field, text in values.items())

    def payment(self, terms: Terms) -> PaymentForm:
        """The payment that was typed; raises BadInput."""
        values = self.values
        return PaymentForm(
            account=terms.account,
            amount=self._amount(values["amount"], terms.currency),
            method=values["method"],
            reference=values["reference"] or None,
            effective_on=self._day(values["effective"]),
            payer=values["payer"],
            version=terms.version,
            overpayment=terms.overpayment,
            allow_duplicate=terms.allow_duplicate,
            submission_id=terms.submission,
        )

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Write out in full what was typed short."""
        left = next((entry for entry in self.entries if entry.editor is event.widget), None)
        if left is not None and left.field in TIDIED:
            tidy = self._tidy(left.field)
            if tidy and tidy != left.value:
                left.value = tidy

    # ---- how it was understood -------------------------------------------------------------------------------------

    def _amount(self, text: str, currency: str) -> Money:
        amount = Money.parse(text, currency)
        if not amount:
            raise BadInput("amount", "nothing is no payment: type figures such as 250.00")
        return amount

    def _day(self, text: str) -> date:
        return parse_date(text, self._today, field="effective") if text else self._today

    def _tidy(self, field: str) -> str:
        """The field in full; empty where it cannot be read (yet)."""
        text = self[field].value
        try:
            if field == "effective":
                return full(self._day(text))
            amount = self._amount(text, self._currency())
            return amount.figures if amount.currency == self._currency() else str(amount)
        except BadInput:
            return ""

    def _echo_amount(self, text: str) -> str:
        amount = self._amount(text, self._currency())
        return amount.currency if text == amount.figures else str(amount)

    def _echo_date(self, text: str) -> str:
        on = self._day(text)
        if text != full(on):
            return full(on)
        return self._mark("effective", text) or _how_far((on - self._today).days)

    def _mark(self, field: str, value: str) -> str:
        return AS_LAST if self._stuck.get(field) == value else ""


def _how_far(days: int) -> str:
    near = {0: "today", -1: "yesterday", 1: "tomorrow !"}.get(days)
    return near or (f"in {days} days !" if days > 0 else f"{-days} days ago")

"""The fields of a payment: typed short, echoed back in full."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from textual import events
from textual.widgets import Input

from screens.payment.saved import LINK, Wallet, codes, expiry, is_charge
from screens.widgets import Entry, Form, words
from services.charges.results import ChargeForm, LinkForm
from services.domain.dates import parse_date
from services.domain.money import Money
from services.errors import BadInput
from services.gateways.base import KINDS
from services.payments.results import METHODS, PAYERS, PaymentForm

if TYPE_CHECKING:
    from screens.base import Desk
    from services.charges.results import SavedMethod

STICKY = ("method", "effective", "payer")
TIDIED = ("amount", "effective")
BY_HAND = ("reference", "effective", "payer")
BY_LINK = ("open_for", "keep")
OPEN_FOR = {"1_hour": 60, "4_hours": 240, "24_hours": 1440}
AS_LAST = "↻ last"


def full(on: date) -> str:
    """A day as it is echoed back; typing it again means the same day."""
    return f"{on.day} {on:%b %Y}"


def method_meant(typed: str) -> str:
    """The method whose name begins with what was typed; raises BadInput for none."""
    spelled = typed.lower().replace("_", "").replace(" ", "")
    found = next((code for code in (*METHODS, *KINDS) if code.replace("_", "").startswith(spelled)), None)
    if found is None:
        known = ", ".join(map(words, (*METHODS, *KINDS)))
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
    """Amount and method, then what the method asks for; ``currency`` says what an amount without one is in."""

    def __init__(self, desk: Desk, values: Mapping[str, str], currency: Callable[[], str]) -> None:
        self._today = desk.today
        self._currency = currency
        self._stuck: dict[str, str] = {}
        self.wallet = Wallet()
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
            entry("method", "Method", codes=codes(METHODS, self.wallet), check=self._echo_method, width=18),
            entry("saved", "With", codes=(), check=self._echo_saved, width=18),
            entry("open_for", "Open for", codes=tuple(OPEN_FOR), width=18),
            entry("keep", "Keep it", codes=("yes", "no"), width=18),
            entry("reference", "Reference", max_length=100),
            entry("effective", "Effective", check=self._echo_date, placeholder="t, -1, 15", width=13, max_length=40),
            entry("payer", "Payer", codes=PAYERS, check=lambda code: self._mark("payer", code), width=18),
        )  # fmt: skip
        self._arrange()

    def blank(self) -> dict[str, str]:
        """What an untouched form holds."""
        by_hand = {"reference": "", "effective": full(self._today), "payer": PAYERS[0]}
        by_charge = {"saved": "", "open_for": next(iter(OPEN_FOR)), "keep": "yes"}
        return {"amount": "", "method": METHODS[0]} | by_hand | by_charge

    def fill(self, values: dict[str, str]) -> None:
        super().fill(values)
        self._arrange(anew="method" in values and "saved" not in values)

    def clear(self) -> None:
        """Take everything that was typed away."""
        self._stuck = {}
        self.fill(self.blank())
        for entry in self.entries:
            entry.clear_error()

    def stick(self, values: Mapping[str, str]) -> None:
        """Fill the fields that stay the same in a run, and mark them."""
        kept = {field: values[field] for field in STICKY if values.get(field)}
        if is_charge(kept.get("method", "")) and not self.wallet.ready:
            del kept["method"]
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
        values = {entry.field: entry.value for entry in self._shown}
        return tuple(self._tidy(field) or text if field in TIDIED else text for field, text in values.items())

    # ---- through the payment provider ------------------------------------------------------------------------------

    @property
    def kind(self) -> str | None:
        """What the provider is asked to take, a card or a bank account; None for what is entered by hand."""
        method = self["method"].value
        direct = self.wallet.find(method)
        return direct.kind if direct is not None else method if is_charge(method) else None

    @property
    def chosen(self) -> SavedMethod | None:
        """The saved method that would be charged; None for a payment link."""
        return self.wallet.find(self["method"].value) or self.wallet.find(self["saved"].value)

    def offer(self, wallet: Wallet) -> None:
        """Offer a debtor's saved methods; one that was chosen stays chosen while it is there."""
        self.wallet = wallet
        self["method"].offer(codes(METHODS, wallet))
        self["method"].check()
        self._arrange()

    def choose(self, name: str) -> None:
        """Take a saved method by its name."""
        self["method"].value = name
        self._write_out(self["method"])

    def charge(self, terms: Terms) -> ChargeForm | LinkForm:
        """The charge or the link that was asked for; raises BadInput."""
        values = self.values
        amount = self._amount(values["amount"], terms.currency)
        method = self.chosen
        if method is not None:
            return ChargeForm(
                terms.account, amount, method.id, terms.version, terms.submission, terms.allow_duplicate
            )  # fmt: skip
        minutes = OPEN_FOR[values["open_for"]]
        keep = values["keep"] == "yes"
        return LinkForm(
            terms.account, amount, terms.version, terms.submission, keep, minutes, terms.allow_duplicate
        )  # fmt: skip

    def _arrange(self, *, anew: bool = False) -> None:
        """Show what the method asks for and nothing else; ``anew`` proposes what to charge."""
        kind, saved = self.kind, self["saved"]
        if kind is not None and self.wallet.known:
            method = self.wallet.find(saved.value)
            if anew and (method is None or method.kind != kind):
                saved.value = ""
            untouched = not saved.value
            saved.offer(self.wallet.offered(kind, self._today))
            if untouched:
                saved.initial = saved.value
        for entry in self.entries:
            if entry.field in BY_HAND:
                entry.display = kind is None
            elif entry.field == "saved":
                entry.display = kind is not None
            elif entry.field in BY_LINK:
                entry.display = kind is not None and saved.value == LINK and self.wallet.ready

    def on_form_changed(self, event: Form.Changed) -> None:
        """Another method asks for other fields."""
        if event.entry.field in ("method", "saved"):
            self._arrange(anew=event.entry.field == "method")

    def _write_out(self, entry: Entry) -> None:
        """A saved method chosen by its name is a card, or a bank account, that is charged with it."""
        method = self.wallet.find(entry.value)
        if entry.field == "method" and method is not None:
            name, entry.value = entry.value, method.kind
            self["saved"].offer(self.wallet.offered(method.kind, self._today))
            self["saved"].value = name
            self._arrange()

    def payment(self, terms: Terms) -> PaymentForm:
        """The payment that was typed; raises BadInput.

        A charge is weighed as what comes by bank transfer: both fall alike, into the trust account, and the kernel lets
        nobody enter a charge by hand.
        """
        values = self.values
        if self.kind is not None:
            amount = self._amount(values["amount"], terms.currency)
            return PaymentForm(terms.account, amount, "bank_transfer", effective_on=self._today)
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
        if left is not None:
            self._write_out(left)
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

    def _echo_method(self, code: str) -> str:
        method = self.wallet.find(code)
        return expiry(method, self._today) if method is not None else self._mark("method", code)

    def _echo_saved(self, name: str) -> str:
        method = self.wallet.find(name)
        return expiry(method, self._today) if method is not None else ""

    def _mark(self, field: str, value: str) -> str:
        return AS_LAST if self._stuck.get(field) == value else ""


def _how_far(days: int) -> str:
    near = {0: "today", -1: "yesterday", 1: "tomorrow !"}.get(days)
    return near or (f"in {days} days !" if days > 0 else f"{-days} days ago")

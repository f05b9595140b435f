"""The payment provider in memory, behind the charge service's own dataclasses: for drawing screens only."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.charges.results import Breaker, Charge, ChargeForm, LinkForm, Refund, RefundUnderWay, SavedMethod
from services.domain.money import Money
from services.payments.results import PaymentForm
from tests.screens.fakes import FIRST, NOW, Fake, usd
from tests.screens.fakes_money import FakeTill

ADDED = datetime(2026, 10, 3, tzinfo=UTC)
VISA = SavedMethod(7, "card", "visa", "4242", "08/29", ADDED)
OLD = SavedMethod(8, "card", "mastercard", "4444", "03/26", ADDED)
BANK = SavedMethod(9, "us_bank_account", "STRIPE TEST BANK", "6789", None, ADDED)
URL = "http://127.0.0.1:8123/c/pay/cs_standin_4f1fA0c29b7d4e11"
LONG_URL = f"https://checkout.stripe.com/c/pay/cs_live_{'a1B2' * 16}#{'fidkdWxOYHwn' * 24}"
CLOSED = Breaker("closed", None, None, None)
RESTING = Breaker("open", "3 timeouts in a row", NOW - timedelta(minutes=1), NOW + timedelta(seconds=90))


def charge(state: str = "pending", **changes: Any) -> Charge:
    """A charge of 250.00 on the visa; its id is the same in every run."""
    base = Charge(
        UUID(int=42), FIRST, "Quillfeather Oyelaran", usd("250"), "saved", "card", "visa ···4242", state, None, None,
        None, None, NOW - timedelta(minutes=3), "ana", None, 3,
    )  # fmt: skip
    return replace(base, **changes)


def link(state: str = "pending", **changes: Any) -> Charge:
    """A link over 250.00 that is open for an hour."""
    until = NOW + timedelta(minutes=57)
    return charge(state, **({"kind": "link", "shown": "link", "url": URL, "expires_at": until} | changes))


def on_its_way(state: str = "pending", **changes: Any) -> RefundUnderWay:
    """A refund of 40.00 to the visa, ten minutes old."""
    base = RefundUnderWay(
        UUID(int=43), "R-000491-9", usd("40"), "visa ···4242", state, NOW - timedelta(minutes=10), "bea"
    )
    return replace(base, **changes)


@dataclass
class FakeCharges(Fake):
    """Charges as ``outcome`` says; what posts goes into the till, so that its receipt can be shown."""

    till: FakeTill = field(default_factory=FakeTill)
    saved: tuple[SavedMethod, ...] = (VISA, OLD, BANK)
    outcome: str = "posted"
    reason: str | None = None
    state: Breaker = CLOSED
    known: dict[UUID, Charge] = field(default_factory=dict)
    back: Refund | None = None
    configured: bool = True
    under_way: tuple[RefundUnderWay, ...] = ()

    def ready(self) -> bool:
        self.enter("ready")
        return self.configured

    def refunds_under_way(self, number: str) -> tuple[RefundUnderWay, ...]:
        self.enter("refunds_under_way", number)
        return self.under_way

    def methods(self, number: str) -> tuple[SavedMethod, ...]:
        self.enter("methods", number)
        return self.saved

    def breaker(self) -> Breaker:
        self.enter("breaker")
        return self.state

    def start(self, form: ChargeForm) -> Charge:
        self.enter("start", form)
        method = next(method for method in self.saved if method.id == form.method_id)
        shown = f"{method.brand} ···{method.last4}"
        made = charge(self.outcome, id=form.submission_id, amount=form.amount, method=method.kind, shown=shown)
        return self._keep(replace(made, reason=self.reason, receipt=self._post(form.submission_id, form.amount)))

    def link(self, form: LinkForm) -> Charge:
        self.enter("link", form)
        until = NOW + timedelta(minutes=form.minutes)
        return self._keep(link(id=form.submission_id, amount=form.amount, expires_at=until))

    def _post(self, submission: UUID, amount: Money) -> str | None:
        if self.outcome != "posted":
            return None
        form = PaymentForm(FIRST, amount, "card", "pi_1", submission_id=submission)
        return self.till.post(form).receipt

    def _keep(self, made: Charge) -> Charge:
        return self.known.setdefault(made.id, made)

    def show(self, charge_id: UUID) -> Charge:
        self.enter("show", charge_id)
        return self.known[charge_id]

    def of_account(self, number: str) -> tuple[Charge, ...]:
        self.enter("of_account", number)
        return tuple(self.known.values())

    def cancel(self, charge_id: UUID) -> Charge:
        self.enter("cancel", charge_id)
        self.known[charge_id] = replace(self.known[charge_id], state="canceled", url=None)
        return self.known[charge_id]

    def remove_method(self, number: str, method_id: int) -> None:
        self.enter("remove_method", number, method_id)
        self.saved = tuple(method for method in self.saved if method.id != method_id)

    def refund(self, receipt: str, amount: Money | None, *, submission_id: UUID) -> Refund:
        self.enter("refund", receipt, amount, submission_id)
        given = amount or usd("100")
        return self.back or Refund("R-000490-1", receipt, given, usd("60"), "posted", replayed=False)

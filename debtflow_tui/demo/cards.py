"""Cards and bank debits at the demo's own stand-in: no money moves, and no card exists.

Saved methods come as in life: a link is paid by the payer, and the provider tells of it by webhook.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from debtflow_tui.demo.agreed import Chosen
from debtflow_tui.provider import DEMO_KEY
from debtflow_tui.wiring import Services
from services.accounts.results import AccountRow
from services.charges import Charge, ChargeForm, Charges, LinkForm
from services.domain.money import Money
from services.gateways import signatures
from services.gateways.notices import notice_of
from services.gateways.stripe import Stripe
from services.plans import PlanForm
from services.webhooks.intake import Delivery, Intake

SECRET: Final = "whsec_standin_demo"  # noqa: S105 - it guards nothing: the stand-in is this machine's
FIRST: Final = {
    "cards": "pm_card_visa",
    "card plan": "pm_card_mastercard",
    "refunded": "pm_card_amex",
    "disputed": "pm_card_discover",
    "card plan declined": "pm_card_visa_debit",
    "unknown": "pm_card_mastercard",
}
"""Who pays a link first, and so leaves which method."""


@dataclass(frozen=True)
class Provider:
    """The stand-in's levers, over its address."""

    address: str

    def tell(self, name: str, /, **given: object) -> Any:
        return self._call("POST", name, json.dumps(given))

    def look(self, name: str) -> Any:
        return self._call("GET", name, None)

    def _call(self, method: str, name: str, body: str | None) -> Any:
        parts = urlsplit(self.address)
        line = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=10)
        try:
            line.request(method, f"/_standin/{name}", body, {"Content-Type": "application/json"})
            answer = line.getresponse()
            told = json.loads(answer.read())
            if answer.status != 200:
                raise RuntimeError(f"the stand-in says to {name}: {told}")
            return told
        finally:
            line.close()


class Counter:
    """One collector's card payments; ``bea`` refunds, ``worker`` hears what the provider tells."""

    def __init__(
        self, ana: Services, bea: Services, worker: Services, intake: Intake, provider: Provider, chosen: Chosen
    ) -> None:
        self._ana, self._bea, self._worker = ana, bea, worker
        self._intake, self._provider, self._chosen = intake, provider, chosen
        self._earlier = {event["id"] for event in provider.look("events")}
        self._told: set[str] = set()

    def work(self) -> None:
        """Everything that can become of a charge."""
        first = {story: self._paid_by_link(story, kind) for story, kind in FIRST.items() if story in self._chosen}
        self._paid_by_link("cards", "pm_card_mastercard")
        self._paid_by_link("debit", "pm_usBankAccount_processing")
        self.hear()
        self._with("cards", self._declined)
        self._with("card plan", self._plan)
        self._with("card plan declined", self._plan_declined)
        self._with("refunded", self._refunded)
        self._with("link", self._pending_link)
        self._bea.plans.run_due()
        if "disputed" in first:
            self._dispute(first["disputed"])
        self.hear()
        self._strangers()
        self._with("unknown", self._unknown)

    def _with(self, story: str, tell: Callable[[AccountRow], None]) -> None:
        if row := self._chosen.get(story):
            tell(row)

    # ---- what the payer does

    def _paid_by_link(self, story: str, kind: str) -> Charge | None:
        row = self._chosen.get(story)
        if row is None:
            return None
        charge = self._ana.charges.link(LinkForm(row.number, _part(row, 8), allow_duplicate=True))
        self._provider.tell("pay", session=(charge.url or "").rpartition("/")[2], name=kind)
        return charge

    def _dispute(self, charge: Charge | None) -> None:
        if charge is not None:
            taken = next(one for one in self._provider.look("charges") if one["payment"] == str(charge.id))
            self._provider.tell("disputes", intent=taken["payment_intent"], reason="product_not_received")

    # ---- what the people at the desk do

    def _declined(self, row: AccountRow) -> None:
        """The visa has no money on it any more; the other card is good."""
        visa = self._method(row, "visa")
        self._empty(row)
        self._ana.charges.start(ChargeForm(row.number, _part(row, 5), visa))
        self._ana.charges.start(ChargeForm(row.number, _part(row, 6), self._method(row, "mastercard")))

    def _plan(self, row: AccountRow) -> None:
        version = self._ana.accounts.version(row.number)
        form = PlanForm(self._ana.session.today, "monthly", times=6, method_id=self._method(row))
        self._ana.plans.make(row.number, form, version=version)

    def _plan_declined(self, row: AccountRow) -> None:
        self._plan(row)
        self._empty(row)

    def _refunded(self, row: AccountRow) -> None:
        charge = self._ana.charges.start(ChargeForm(row.number, _part(row, 4), self._method(row)))
        if charge.receipt:
            self._bea.charges.refund(charge.receipt, Money(2500, charge.amount.currency), submission_id=uuid4())

    def _pending_link(self, row: AccountRow) -> None:
        self._ana.charges.link(LinkForm(row.number, _part(row, 3), minutes=1440))

    def _unknown(self, row: AccountRow) -> None:
        """The money is taken, the answer gets lost; the worker finds it."""
        once = Stripe(DEMO_KEY, api_base=self._provider.address, retries=0)
        self._provider.tell("faults", kind="drop_after", path="/v1/payment_intents")
        Charges(self._ana.store, once).start(ChargeForm(row.number, _part(row, 5), self._method(row)))

    def _method(self, row: AccountRow, brand: str | None = None) -> int:
        return next(one.id for one in self._ana.charges.methods(row.number) if brand in (None, one.brand))

    def _empty(self, row: AccountRow) -> None:
        """From now on there is no money on the card that this person paid first with."""
        paid = (event["data"]["object"] for event in self._news() if event["type"] == "payment_intent.succeeded")
        first = next(intent for intent in paid if intent["metadata"]["account"] == row.number)
        self._provider.tell("turn", method=first["payment_method"], outcome="insufficient_funds")

    # ---- what the provider tells

    def hear(self) -> None:
        """Have every event since the last time come in by the door, the first of them twice, and looked at."""
        news = [event for event in self._news() if event["id"] not in self._told]
        self._told |= {event["id"] for event in news}
        for event in news + news[:1]:
            self._come_in(event)
        for each in reversed(self._bea.webhooks.list(state="queued", limit=500)[0]):
            self._worker.webhooks.process(each.id, self._worker.charges, last=True)
        self._worker.charges.resolve_due()  # what was paid with is asked for, not told

    def _news(self) -> list[Mapping[str, Any]]:
        return [event for event in self._provider.look("events") if event["id"] not in self._earlier]

    def _come_in(self, event: Mapping[str, Any], *, secret: str = SECRET) -> None:
        body = json.dumps(event, indent=2).encode()
        now = datetime.now(UTC)
        signature = signatures.sign_stripe(body, secret, now)
        reason = None
        try:
            signatures.verify_stripe(body, signature, (SECRET,), now)
        except signatures.BadSignature as wrong:
            reason = str(wrong)
        headers = (("content-type", "application/json"), ("stripe-signature", signature))
        notice = None if reason else notice_of("stripe", body)
        self._intake.keep([Delivery("stripe", headers, signature, body, len(body), notice, reason)])

    def _strangers(self) -> None:
        """One that somebody else signed, and one of a kind that means nothing to us."""
        event = {
            "id": f"evt_{uuid4().hex}", "object": "event", "type": "radar.early_fraud_warning.created",
            "created": int(datetime.now(UTC).timestamp()), "livemode": False,
            "data": {"object": {"id": "issfr_1", "object": "radar.early_fraud_warning"}},
        }  # fmt: skip
        self._come_in(event)
        self._come_in({**event, "id": "evt_forged", "type": "payment_intent.succeeded"}, secret="whsec_guessed")  # noqa: S106
        self.hear()


def _part(row: AccountRow, parts: int) -> Money:
    return Money(max(1000, row.balance.minor // parts // 100 * 100), row.balance.currency)

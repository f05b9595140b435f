"""Stripe behind our interface, through its own library; importing this loads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

import stripe

from services.domain.money import Money
from services.errors import BadInput
from services.gateways import translate
from services.gateways.base import (
    KINDS,
    Charged,
    Disputed,
    Kind,
    Link,
    Notice,
    ProviderRefused,
    ProviderUnavailable,
    Refunded,
    RefundReason,
    Saved,
)
from services.gateways.currencies import to_stripe
from services.gateways.failures import translated
from services.gateways.keys import check_key, is_live
from services.gateways.line import Line
from services.gateways.words import description_of, metadata_of, name_of

CONNECT: Final = 3.0
READ: Final = 10.0
RETRIES: Final = 2

SKEW: Final = timedelta(minutes=5)
"""How far the provider's clock may be from ours."""

SHOWN: Final = ["payment_method", "latest_charge"]

# Neither the machine's name nor how long calls took is anybody's business.
stripe.enable_telemetry = False

T = TypeVar("T")
Table = dict[str, Any]


class Stripe:
    """A Gateway to one Stripe account; ``api_base`` is a stand-in's, ``thanks_url`` where a payer lands afterwards.

    Safe to share between threads.
    """

    def __init__(
        self,
        key: str,
        *,
        api_base: str | None = None,
        thanks_url: str | None = None,
        connect: float = CONNECT,
        read: float = READ,
        retries: int = RETRIES,
    ) -> None:
        check_key(key, api_base)
        self.live = is_live(key)
        self._thanks = thanks_url or (f"{api_base}/thanks" if api_base else None)
        self._line = Line(connect, read, direct=api_base is not None)
        client = stripe.StripeClient(
            key,
            http_client=self._line,
            max_network_retries=retries,
            base_addresses={"api": api_base} if api_base else {},
        )
        self._api = client.v1

    @property
    def provider(self) -> str:
        return "stripe"

    # ---- asking for money --------------------------------------------------------------------------------------------

    def customer(self, key: UUID, name: str) -> str:
        given = {"name": name_of(name)}
        return self._asked(lambda: str(self._api.customers.create(given, _once(key, "customer")).id))  # type: ignore[arg-type]

    def charge(
        self,
        key: UUID,
        amount: Money,
        *,
        customer: str,
        method: Saved,
        description: str,
        metadata: Mapping[str, str],
    ) -> Charged:
        minor, currency = to_stripe(amount)
        given: Any = {
            "amount": minor,
            "currency": currency,
            "customer": customer,
            "payment_method": method.provider_id,
            "payment_method_types": [method.kind],
            "confirm": True,
            "off_session": True,
            "description": description_of(description),
            "metadata": metadata_of({**metadata, "payment": str(key)}),
            "expand": SHOWN,
        }
        return self._asked(lambda: translate.charged(_table(self._api.payment_intents.create(given, _once(key)))))

    def link(
        self,
        key: UUID,
        amount: Money,
        *,
        customer: str | None,
        description: str,
        expires_at: datetime,
        metadata: Mapping[str, str],
        save: bool,
        kinds: Sequence[Kind] = KINDS,
    ) -> Link:
        if self._thanks is None:
            raise ProviderRefused(
                "no page is set where a payer lands after paying",
                decline_code="no_thanks_url",
                hint="set thanks_url in [gateway]",
            )
        minor, currency = to_stripe(amount)
        words, told = description_of(description), metadata_of({**metadata, "payment": str(key)})
        price = {"currency": currency, "unit_amount": minor, "product_data": {"name": words}}
        inner: Table = {"description": words, "metadata": {**told, "by": translate.BY_LINK}}
        given: Any = {
            "mode": "payment",
            "line_items": [{"price_data": price, "quantity": 1}],
            "payment_method_types": _kinds(kinds, currency),
            "payment_intent_data": inner | ({"setup_future_usage": "off_session"} if save and customer else {}),
            "metadata": told,
            "expires_at": int(expires_at.timestamp()),
            "success_url": self._thanks,
            **({"customer": customer} if customer else {}),
        }
        return self._asked(lambda: _link(_table(self._api.checkout.sessions.create(given, _once(key)))))

    def expire_link(self, provider_id: str) -> Charged:
        try:
            self._asked(lambda: self._api.checkout.sessions.expire(provider_id))
        except ProviderRefused:
            # Paid or expired meanwhile: what counts is where it stands.
            return self.link_state(provider_id)
        return self.link_state(provider_id)

    # ---- asking what became of it ------------------------------------------------------------------------------------

    def link_state(self, provider_id: str) -> Charged:
        given: Any = {"expand": ["payment_intent.payment_method", "payment_intent.latest_charge"]}
        return self._asked(
            lambda: translate.charged_by_link(_table(self._api.checkout.sessions.retrieve(provider_id, given)))
        )

    def look_at(self, provider_id: str) -> Charged:
        if provider_id.startswith("cs_"):
            return self.link_state(provider_id)
        given: Any = {"expand": SHOWN}
        return self._standing(self._asked(lambda: _table(self._api.payment_intents.retrieve(provider_id, given))))

    def look_up(self, key: UUID, *, customer: str | None, since: datetime) -> Charged | None:
        given: Any = {
            "created": {"gte": int((since.astimezone(UTC) - SKEW).timestamp())},
            "limit": 100,
            **({"customer": customer} if customer else {}),
        }
        shown: Any = {**given, "expand": [f"data.{name}" for name in SHOWN]}
        intents = self._asked(
            lambda: [
                row
                for row in map(_table, self._api.payment_intents.list(shown).auto_paging_iter())
                if translate.key_of(row) == key
            ]
        )
        if intents:
            return self._standing(max(intents, key=_weight))
        links = self._asked(
            lambda: [
                row
                for row in map(_table, self._api.checkout.sessions.list(given).auto_paging_iter())
                if translate.key_of(row) == key
            ]
        )
        return self.link_state(str(links[0]["id"])) if links else None

    def _standing(self, intent: Table) -> Charged:
        """Where a payment stands; only its link knows whether a declined card was the last word."""
        told = self._asked(lambda: translate.charged(intent))
        if not translate.is_by_link(intent):
            return told
        given: Any = {"payment_intent": told.provider_id, "limit": 1}
        links = self._asked(lambda: [_table(row) for row in self._api.checkout.sessions.list(given).data])
        return self._asked(lambda: translate.charged_by_link({**links[0], "payment_intent": intent})) if links else told

    # ---- giving it back ----------------------------------------------------------------------------------------------

    def refund(
        self, key: UUID, provider_id: str, amount: Money, *, reason: RefundReason = "requested_by_customer"
    ) -> Refunded:
        minor, _ = to_stripe(amount)
        given: Any = {
            "payment_intent": provider_id,
            "amount": minor,
            "reason": reason,
            "metadata": metadata_of({"payment": str(key)}),
        }
        return self._asked(lambda: translate.refunded(_table(self._api.refunds.create(given, _once(key)))))

    def refunds(self, provider_id: str) -> tuple[Refunded, ...]:
        given: Any = {"payment_intent": provider_id, "limit": 100}
        return self._asked(
            lambda: tuple(translate.refunded(_table(row)) for row in self._api.refunds.list(given).auto_paging_iter())
        )

    # ---- saved methods -----------------------------------------------------------------------------------------------

    def methods(self, customer: str) -> tuple[Saved, ...]:
        given: Any = {"limit": 100}
        rows = self._asked(
            lambda: [
                _table(row) for row in self._api.customers.payment_methods.list(customer, given).auto_paging_iter()
            ]
        )
        return self._asked(lambda: tuple(translate.saved(row) for row in rows if row["type"] in KINDS))

    def forget(self, method: str) -> None:
        try:
            self._asked(lambda: self._api.payment_methods.detach(method))
        except ProviderRefused:
            if self._asked(lambda: _table(self._api.payment_methods.retrieve(method))).get("customer") is not None:
                raise

    # ---- notices -----------------------------------------------------------------------------------------------------

    def charged_from(self, notice: Notice) -> Charged | None:
        return self._asked(lambda: translate.charged_from(notice))

    def refunded_from(self, notice: Notice) -> Refunded | None:
        return self._asked(lambda: translate.refunded_from(notice))

    def disputed_from(self, notice: Notice) -> Disputed | None:
        return self._asked(lambda: translate.disputed_from(notice))

    def _asked(self, work: Callable[[], T]) -> T:
        self._line.begin()
        try:
            return work()
        except stripe.StripeError as error:
            # What the library raises quotes requests and answers; none of it belongs into a log of ours.
            raise translated(error, sent=self._line.reached) from None
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, BadInput):
            raise ProviderUnavailable(
                "Stripe's answer cannot be understood",
                sent=True,
                hint="what became of it is asked again; tell the administrator if it stays",
            ) from None


def _once(key: UUID, of: str = "") -> Any:
    return {"idempotency_key": f"{key}:{of}" if of else str(key)}


def _table(row: stripe.StripeObject) -> Table:
    return dict(row.to_dict())


def _link(session: Table) -> Link:
    return Link(str(session["id"]), str(session["url"]), datetime.fromtimestamp(int(session["expires_at"]), UTC))


def _kinds(kinds: Sequence[Kind], currency: str) -> list[str]:
    return [kind for kind in kinds if kind != "us_bank_account" or currency == "usd"]


def _weight(intent: Table) -> int:
    """Money that moved counts before money that may, and that before none."""
    return {"succeeded": 2, "processing": 1}.get(str(intent["status"]), 0)

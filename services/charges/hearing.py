"""What a provider's webhooks mean: each notice says something of a charge, a refund or a dispute."""

from __future__ import annotations

import json
from typing import Final
from uuid import UUID

from services.charges import reading
from services.charges.calls import Calls, Change, Pass, one_json
from services.charges.results import Breaker, Heard
from services.charges.rules import blocked
from services.errors import NotFound, Refused
from services.gateways.base import Charged, Disputed, Notice, ProviderRefused, Refunded

NAMED: Final = "select debtflow.charge_named(%s)"
FOUND: Final = "select debtflow.refund_found(%s, %s, %s, %s)"
KNOWN_REFUND: Final = "select true from debtflow.refund_seen(%s)"
DISPUTED: Final = "select debtflow.dispute_hear(%s)"
AGENCY: Final = "select agency from debtflow.session_whoami()"


class Hearing:
    """Notices become answers to the kernel; the provider is asked only where a notice leaves something open."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def hear(self, notice: Notice) -> Heard:
        """As Charges.hear."""
        gateway = self._calls.gateway
        if notice.live != gateway.live:
            return Heard("ignored", "it is of the provider's other mode: test events move no money, nor live ones here")
        if (disputed := gateway.disputed_from(notice)) is not None:
            return self._dispute(disputed)
        if (refunded := gateway.refunded_from(notice)) is not None:
            return self._refund(refunded, "webhook")
        if (charged := gateway.charged_from(notice)) is not None:
            return self._charge(notice, charged)
        return Heard("ignored", f"{notice.type} says nothing of a charge, refund or dispute")

    def _charge(self, notice: Notice, charged: Charged) -> Heard:
        change = self._charged(charged, "webhook")
        if change is None:
            return self._stranger(notice, charged)
        if charged.refunded:
            for refunded in self._refunds(charged.provider_id):
                change = self._refunded(refunded, "ask") or change
        return _said("charge", change)

    def _charged(self, charged: Charged, source: str) -> Change | None:
        wanted = charged.key or self._named(charged.provider_id)
        if wanted is None:
            return None
        try:
            return self._calls.note("charge", wanted, reading.heard(charged, source))
        except NotFound:
            return None

    def _refund(self, refunded: Refunded, source: str) -> Heard:
        change = self._refunded(refunded, source)
        if change is None and refunded.payment is not None and self._ask_about(refunded.payment):
            change = self._refunded(refunded, source)
        if change is None and refunded.payment is not None and self._named(refunded.payment):
            raise _unposted("refund", refunded.provider_id)
        return _said("refund", change) if change else Heard("ignored", "a refund of a payment that is not ours")

    def _refunded(self, refunded: Refunded, source: str) -> Change | None:
        store, wanted = self._calls.store, refunded.key
        if wanted is None or one_json(store, KNOWN_REFUND, wanted) is None:
            values = (refunded.payment, refunded.provider_id, refunded.amount.minor, refunded.amount.currency)
            wanted = one_json(store, FOUND, *values)
        return self._calls.note("refund", wanted, reading.refund_heard(refunded, source)) if wanted else None

    def _dispute(self, disputed: Disputed) -> Heard:
        said = json.dumps(reading.dispute_heard(disputed))
        outcome = one_json(self._calls.store, DISPUTED, said)
        if outcome in ("unknown", "unposted") and self._ask_about(disputed.payment):
            outcome = one_json(self._calls.store, DISPUTED, said)
        if outcome in ("processed", "replayed"):
            return Heard(outcome, f"dispute {disputed.state}")
        if outcome != "unknown":
            raise _unposted("dispute", disputed.provider_id)
        return Heard("ignored", "a dispute of a payment that is not ours")

    def _ask_about(self, payment: str) -> bool:
        """Hear of a payment whose own notice has not come yet; False where it is none of ours."""
        try:
            charged = self._calls.guarded(self._leave(), lambda gateway: gateway.look_at(payment))
        except ProviderRefused:
            return False
        return self._charged(charged, "ask") is not None

    def _refunds(self, payment: str) -> tuple[Refunded, ...]:
        return self._calls.guarded(self._leave(), lambda gateway: gateway.refunds(payment))

    def _leave(self) -> Pass:
        passed = self._calls.enter()
        if not passed.entered:
            raise blocked(Breaker("open", passed.cause, None, passed.next_try_at))
        return passed

    def _named(self, provider_id: str) -> UUID | None:
        found = one_json(self._calls.store, NAMED, provider_id)
        return UUID(str(found)) if found else None

    def _stranger(self, notice: Notice, charged: Charged) -> Heard:
        metadata = notice.object.get("metadata") or {}
        if charged.key is not None and metadata.get("agency") == one_json(self._calls.store, AGENCY):
            raise NotFound(
                f"the provider tells of charge {charged.key}, which is not known here",
                rule="charge",
                hint="was the database restored? look at the payment at the provider, then enter it by hand",
            )
        return Heard("ignored", "a payment that was not made from here")


def _unposted(what: str, name: str) -> Refused:
    return Refused(
        f"{what} {name} is of a charge that could not be posted, or in another currency",
        rule="charge_unposted",
        hint="settle the charge first (debtflow payment charges), then take the event in again",
    )


def _said(what: str, change: Change) -> Heard:
    if change.changed:
        return Heard("processed", f"{what} {change.was} → {change.state}")
    return Heard("replayed", f"{what} is {change.state} already")

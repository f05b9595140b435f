"""The calls that move money, each made with leave, a lease and the key that stands in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.charges import reading
from services.charges.calls import Calls
from services.charges.reading import Json
from services.domain.money import Money
from services.gateways.base import ProviderRefused, ProviderUnavailable

ENTER: Final = {
    "charge": "select * from debtflow.charge_enter(%s)",
    "refund": "select * from debtflow.refund_enter(%s)",
}
KEY_IN_USE: Final = ("idempotency_error", "idempotency_key_in_use", "lock_timeout")
CUSTOMER: Final = "select debtflow.customer_known(%s, %s)"
LINKED: Final = "select debtflow.charge_linked(%s, %s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Entry:
    """Whether the call may be made now (``call``), or why not; ``order`` is what to tell the provider."""

    outcome: str
    order: Json
    probe: UUID | None

    def unanswered(self, failure: ProviderUnavailable) -> Json:
        """Nobody knows, unless this was the first request ever and it never left."""
        if failure.sent or self.order["called"]:
            return {"source": "call", "state": "unknown", "code": "no_answer"}
        return {"source": "call", "state": "failed", "code": "not_sent"}

    def refused(self, refusal: ProviderRefused) -> Json:
        """A no is for good; that another request has the key says nothing of what became of it."""
        if refusal.decline_code in KEY_IN_USE:
            return {"source": "call", "state": "unknown", "code": refusal.decline_code}
        return {
            "source": "call",
            "state": "failed",
            "code": refusal.decline_code,
            "message": refusal.message,
            "provider_id": refusal.provider_id,
        }


def enter(calls: Calls, what: str, wanted: UUID) -> Entry:
    """Ask for the lease and the breaker's leave in one act; raises NotFound, Unreachable: then nobody calls."""
    row = calls.store.act(lambda c: c.exec_driver_sql(ENTER[what], (wanted,)).one())
    return Entry(row.outcome, row.call_order, row.probe)


def charge_or_link(calls: Calls, entry: Entry) -> None:
    """Make the call and write its answer; raises ProviderUnavailable or ProviderRefused with nothing written."""
    order = entry.order
    customer = order["customer"] or _customer(calls, order)
    if order["kind"] == "link":
        _link(calls, entry, customer)
        return
    charged = calls.gateway.charge(
        UUID(order["id"]),
        amount_of(order),
        customer=customer,
        method=reading.saved(order["method"]),
        description=_description(order),
        metadata=_metadata(order),
    )
    calls.hear("charge", UUID(order["id"]), reading.heard(charged, "call"), probe=entry.probe)


def amount_of(order: Json) -> Money:
    return Money(order["amount"], order["currency"])


def _customer(calls: Calls, order: Json) -> str:
    # Noted before anything is charged: by it a charge whose answer is lost is found again.
    try:
        made = calls.gateway.customer(UUID(order["customer_key"]), order["debtor"])
    except ProviderUnavailable as failure:
        raise ProviderUnavailable(failure.message, sent=False, hint=failure.hint) from failure
    calls.store.act(lambda c: c.exec_driver_sql(CUSTOMER, (order["customer_id"], made)))
    return made


def _link(calls: Calls, entry: Entry, customer: str) -> None:
    order = entry.order
    made = calls.gateway.link(
        UUID(order["id"]),
        amount_of(order),
        customer=customer,
        description=_description(order),
        expires_at=datetime.fromisoformat(order["expires_at"]),
        metadata=_metadata(order),
        save=order["save"],
    )
    values = (UUID(order["id"]), UUID(order["lease"]), made.provider_id, made.url, made.expires_at)
    calls.store.act(lambda c: c.exec_driver_sql(LINKED, values))
    calls.tell(entry.probe, None)


def _description(order: Json) -> str:
    # The payer reads it, and perhaps others with them: it says nothing of a debt.
    return f"Account {order['account']}"


def _metadata(order: Json) -> dict[str, str]:
    return {"payment": order["id"], "agency": order["agency"], "account": order["account"]}

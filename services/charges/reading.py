"""Kernel rows as charges, and what a provider said as the kernel takes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.charges.results import Charge
from services.domain.money import Money
from services.domain.numbers import receipt_number
from services.errors import BadInput
from services.gateways.base import Charged, Disputed, Refunded, Saved

Json = dict[str, Any]


def charge(row: Mapping[str, Any]) -> Charge:
    """A charge as people read it."""
    return Charge(
        id=UUID(row["id"]),
        account=row["account"],
        debtor=row["debtor"],
        amount=Money(row["amount"], row["currency"]),
        kind=row["kind"],
        method=row["method"],
        shown=shown(row),
        state=row["state"],
        reason=row["reason"],
        url=row["url"],
        expires_at=_moment(row["expires_at"]),
        receipt=receipt_number(row["payment_id"]) if row["payment_id"] else None,
        started_at=datetime.fromisoformat(row["started_at"]).astimezone(UTC),
        by=row["login"] or "",
        next_ask_at=_moment(row["next_ask_at"]),
        version=row["version"],
        late=row["late"],
        told=_told(row["told"], row["told_currency"]),
    )


def shown(row: Mapping[str, Any]) -> str:
    """What is charged as it is shown: never more than the brand and the last 4 digits."""
    return f"{row['brand']} ···{row['last4']}" if row["last4"] else "link"


def heard(charged: Charged, source: str) -> Json:
    """What a provider said of a charge; a link's own name is not that of a payment."""
    paid = None if charged.provider_id == charged.link else charged.provider_id
    return {
        "source": source,
        "state": charged.state,
        "provider_id": paid,
        "amount": charged.amount.minor,
        "currency": charged.amount.currency,
        "kind": charged.kind,
        "code": charged.code,
        "message": charged.message,
        "saved": saved_json(charged.saved) if charged.saved else None,
    }


def saved_json(saved: Saved) -> Json:
    return {
        "provider_id": saved.provider_id,
        "kind": saved.kind,
        "brand": saved.brand,
        "last4": saved.last4,
        "expires": saved.expires,
    }


def saved(method: Mapping[str, Any]) -> Saved:
    """A saved method as the provider knows it."""
    return Saved(method["provider_id"], method["kind"], method["brand"], method["last4"], method["expires"])


def refund_heard(refunded: Refunded, source: str) -> Json:
    """What a provider said of a refund."""
    return {
        "source": source,
        "state": refunded.state,
        "provider_id": refunded.provider_id,
        "amount": refunded.amount.minor,
        "currency": refunded.amount.currency,
        "code": refunded.code,
    }


def dispute_heard(disputed: Disputed) -> Json:
    """What a provider said of a dispute."""
    return {
        "payment": disputed.payment,
        "provider_id": disputed.provider_id,
        "state": disputed.state,
        "amount": disputed.amount.minor,
        "taken": disputed.taken.minor,
        "currency": disputed.amount.currency,
        "fee": disputed.fee.minor,
        "fee_currency": disputed.fee.currency,
        "reason": disputed.reason,
        "opened_at": disputed.opened_at.isoformat(),
    }


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def _told(minor: int | None, currency: str | None) -> str | None:
    if minor is None or currency is None:
        return None
    try:
        return str(Money(minor, currency))
    except BadInput:  # whatever the provider called a currency
        return f"{minor} {currency}"

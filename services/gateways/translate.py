"""What Stripe shows, in our words: plain tables from an answer or from a webhook, read the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from services.domain.money import Money
from services.gateways.base import (
    Charged,
    ChargeState,
    Disputed,
    DisputeState,
    Kind,
    Notice,
    Refunded,
    RefundState,
    Saved,
)
from services.gateways.currencies import from_stripe

Table = Mapping[str, Any]

BY_LINK: Final = "link"
"""Metadata of a payment that stands behind a link: a declined card is not its end."""

_INTENT: Final[dict[str, ChargeState]] = {"succeeded": "succeeded", "processing": "processing", "canceled": "canceled"}
_REFUND: Final[dict[str, RefundState]] = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}
_DISPUTE: Final[dict[str, DisputeState]] = {
    "won": "won",
    "warning_closed": "won",
    "prevented": "won",
    "lost": "lost",
}
_REFUND_NOTICES: Final = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")


def charged(intent: Table) -> Charged:
    """A payment intent."""
    currency = str(intent["currency"])
    state = _state(intent)
    paid = intent["amount_received"] if state == "succeeded" else intent["amount"]
    why = intent.get("last_payment_error") or {} if state != "succeeded" else {}
    method = intent.get("payment_method") or why.get("payment_method")
    charge = intent.get("latest_charge")
    returned = charge["amount_refunded"] if isinstance(charge, Mapping) else 0
    return Charged(
        provider_id=str(intent["id"]),
        state=state,
        amount=from_stripe(int(paid), currency),
        refunded=from_stripe(int(returned), currency),
        code=why.get("decline_code") or why.get("code"),
        message=why.get("message"),
        customer=_id(intent.get("customer")),
        saved=saved(method) if isinstance(method, Mapping) and method.get("customer") else None,
        key=key_of(intent),
        kind=_kind(intent, method),
    )


def charged_by_link(session: Table) -> Charged:
    """A checkout session, with its payment where one is shown."""
    link, intent = str(session["id"]), session.get("payment_intent")
    inner = charged(intent) if isinstance(intent, Mapping) else None
    state = _session_state(session, inner)
    if inner is None:
        amount = from_stripe(int(session["amount_total"]), str(session["currency"]))
        inner = Charged(
            _id(intent) or link, state, amount, Money.zero(amount.currency), customer=_id(session.get("customer"))
        )
    return replace(inner, state=state, link=link, key=inner.key or key_of(session))


def refunded(refund: Table) -> Refunded:
    """A refund; Stripe may still fail one that it once called succeeded."""
    return Refunded(
        provider_id=str(refund["id"]),
        state=_REFUND.get(str(refund["status"]), "pending"),
        amount=from_stripe(int(refund["amount"]), str(refund["currency"])),
        code=refund.get("failure_reason"),
        key=key_of(refund),
        payment=_id(refund.get("payment_intent")),
    )


def disputed(dispute: Table) -> Disputed:
    """A dispute, an inquiry, or the late return of a bank debit, which Stripe shows as a dispute."""
    currency = str(dispute["currency"])
    moved = dispute.get("balance_transactions") or []
    amount = from_stripe(int(dispute["amount"]), currency)
    fee = sum(int(row["fee"]) for row in moved)
    gone = sum(int(row["amount"]) for row in moved) < 0
    return Disputed(
        provider_id=str(dispute["id"]),
        payment=_id(dispute.get("payment_intent")) or "",
        state=_DISPUTE.get(str(dispute["status"]), "open"),
        amount=amount,
        taken=amount if gone else Money.zero(amount.currency),
        fee=from_stripe(fee, str(moved[0]["currency"]) if moved else currency),
        reason=str(dispute["reason"]),
        opened_at=datetime.fromtimestamp(int(dispute["created"]), UTC),
    )


def saved(method: Table) -> Saved:
    """A payment method."""
    kind: Kind = "us_bank_account" if method["type"] == "us_bank_account" else "card"
    details = method[method["type"]]
    if kind == "us_bank_account":
        return Saved(str(method["id"]), kind, str(details["bank_name"] or "bank"), str(details["last4"] or ""))
    expires = f"{int(details['exp_month']):02d}/{int(details['exp_year']) % 100:02d}"
    return Saved(str(method["id"]), kind, str(details["brand"]), str(details["last4"]), expires)


# ---- notices ---------------------------------------------------------------------------------------------------------


def charged_from(notice: Notice) -> Charged | None:
    """What a notice says about a charge, None where it is about something else."""
    if notice.type.startswith("payment_intent."):
        return charged(notice.object)
    if not notice.type.startswith("checkout.session."):
        return None
    told = charged_by_link(notice.object)
    return replace(told, state="failed") if notice.type.endswith(".async_payment_failed") else told


def refunded_from(notice: Notice) -> Refunded | None:
    """What a notice says about a refund, None where it is about something else."""
    return refunded(notice.object) if notice.type in _REFUND_NOTICES else None


def disputed_from(notice: Notice) -> Disputed | None:
    """What a notice says about a dispute, None where it is about something else."""
    return disputed(notice.object) if notice.type.startswith("charge.dispute.") else None


# ---- readings --------------------------------------------------------------------------------------------------------


def key_of(row: Table) -> UUID | None:
    """The payment that something was made for, where it was us who made it."""
    try:
        return UUID((row.get("metadata") or {})["payment"])
    except (KeyError, ValueError, AttributeError):
        return None


def is_by_link(intent: Table) -> bool:
    """Whether a payment stands behind a link."""
    return bool((intent.get("metadata") or {}).get("by") == BY_LINK)


def _state(intent: Table) -> ChargeState:
    if (known := _INTENT.get(str(intent["status"]))) is not None:
        return known
    why = intent.get("last_payment_error")
    if not why:
        return "open"
    # On a page a declined card is followed by the next one; a bank debit that came back had left the page for good.
    returned = (why.get("payment_method") or {}).get("type") == "us_bank_account"
    return "open" if is_by_link(intent) and not returned else "failed"


def _session_state(session: Table, inner: Charged | None) -> ChargeState:
    if session["status"] == "expired":
        return "expired"
    if session["status"] == "open":
        return "open"
    if inner is not None:
        return "failed" if inner.state == "open" else inner.state
    return "succeeded" if session["payment_status"] in ("paid", "no_payment_required") else "processing"


def _kind(intent: Table, method: object) -> Kind | None:
    named = method.get("type") if isinstance(method, Mapping) else None
    types = intent.get("payment_method_types") or []
    if named is None and len(types) == 1:
        named = types[0]
    if named is None and intent["status"] == "processing":
        named = "us_bank_account"
    return named if named in ("card", "us_bank_account") else None


def _id(value: object) -> str | None:
    if isinstance(value, Mapping):
        return str(value["id"])
    return value if isinstance(value, str) else None

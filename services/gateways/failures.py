"""What Stripe's library raises becomes ours: refused for good, or unavailable and perhaps done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import stripe

from services.domain.quoting import shown
from services.errors import DebtFlowError
from services.gateways.base import ProviderRefused, ProviderUnavailable

HINTS: Final = {
    "insufficient_funds": "ask for another method, a smaller amount, or another day",
    "authentication_required": "the bank wants its owner to confirm: send a payment link",
    "expired_card": "ask for another method through a payment link",
    "charge_already_refunded": "nothing is left to return",
    "charge_disputed": "the payer's bank took it back already",
}


def translated(error: stripe.StripeError, *, sent: bool) -> DebtFlowError:
    """Our word for it; ``sent`` says whether any try of this call may have arrived."""
    if isinstance(error, stripe.CardError | stripe.InvalidRequestError):
        return _refused(error)
    if isinstance(error, stripe.IdempotencyError):
        # The key was used before for something else: what that was has to be asked.
        return ProviderUnavailable("Stripe knows this key from another request", sent=True, hint="it is asked about")
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return ProviderUnavailable(
            "Stripe does not accept this installation's key, or not for this",
            sent=sent,
            hint="tell the administrator: docs/cards.md lists what the key must be allowed",
        )
    if isinstance(error, stripe.RateLimitError):
        return ProviderUnavailable("Stripe is asked too often right now", sent=sent, hint="try again in a moment")
    if isinstance(error, stripe.APIConnectionError):
        return ProviderUnavailable(
            "Stripe did not answer" if sent else "Stripe cannot be reached",
            sent=sent,
            hint="what became of it is asked" if sent else "check the network; nothing was sent",
        )
    return ProviderUnavailable("Stripe has trouble of its own", sent=sent or error.http_status is not None)


def _refused(error: stripe.StripeError) -> ProviderRefused:
    body = error.json_body if isinstance(error.json_body, Mapping) else {}
    told: Mapping[str, Any] = body.get("error") or {}
    code = str(told.get("decline_code") or error.code or told.get("type") or "refused")
    intent = told.get("payment_intent")
    return ProviderRefused(
        shown(error.user_message or "Stripe refuses this", 200),
        decline_code=code,
        hint=HINTS.get(code),
        provider_id=str(intent["id"]) if isinstance(intent, Mapping) else None,
    )

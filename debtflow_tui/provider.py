"""Who takes card payments for this installation, and what their webhooks are signed with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from debtflow_tui.config import GatewaySettings, Settings
from debtflow_tui.whereabouts import address_of
from services.errors import Misconfigured

if TYPE_CHECKING:
    from services.gateways.base import Gateway

DEMO_KEY: Final = "sk_standin_demo"
"""What the demo's stand-in for the payment provider is asked with."""


def gateway_of(settings: Settings) -> Gateway | None:
    """The payment provider of this installation, or None where none is set or its key is not on this machine.

    Raises Misconfigured for a key that cannot be used here; loads the provider's library only where it is used.
    """
    demo = _of_demo(settings)
    chosen = demo or settings.gateway
    # The demo never looks for another key than its own.
    key = DEMO_KEY if demo else _provider_key(settings)
    if chosen.provider is None or key is None:
        return None
    from services.gateways.keys import check_key, is_live

    check_key(key, chosen.api_base)
    if settings.ui.production and not is_live(key):
        raise Misconfigured(
            "this is a production installation, and its Stripe key moves no real money",
            hint="use a live key, or take production = true out of [ui]",
        )
    from services.gateways.stripe import Stripe

    return Stripe(key, api_base=chosen.api_base, thanks_url=chosen.thanks_url)


def _of_demo(settings: Settings) -> GatewaySettings | None:
    """The demo's own stand-in, whatever else was chosen: its saved methods and its webhooks are there."""
    if not settings.embedded:
        return None
    from debtflow_tui.standin import beside

    return GatewaySettings("stripe", api_base=beside.joined(settings.home)) if beside.is_demo(settings.home) else None


def _provider_key(settings: Settings) -> str | None:
    if settings.gateway.provider is None:
        return None
    from debtflow_tui.secrets import find_key

    # A stand-in takes any key of its own kind, so nobody has to invent one.
    return find_key("stripe", address_of(settings)) or (DEMO_KEY if settings.gateway.api_base else None)


def webhook_secrets(settings: Settings) -> dict[str, tuple[str, ...]]:
    """What webhooks are signed with, by provider; several while one is being replaced, none where it is not set."""
    from debtflow_tui.secrets import find_key

    server = address_of(settings)
    found = {"stripe": find_key("stripe-webhook", server), "paystack": find_key("paystack", server)}
    return {name: tuple(filter(None, map(str.strip, (value or "").split(",")))) for name, value in found.items()}

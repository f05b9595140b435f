"""One charge or payment link, watched until it is decided."""

from screens.charge.screen import ChargeScreen

__all__ = ["ChargeScreen"]

"""Payment entry: the preview is the truth, and Enter posts once."""

from screens.payment.screen import PaymentScreen

__all__ = ["PaymentScreen"]

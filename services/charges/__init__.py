"""Card payments and bank debits: charges, links, refunds, saved methods."""

from services.charges.results import (
    Breaker,
    Charge,
    ChargeForm,
    Heard,
    LinkForm,
    Refund,
    SavedMethod,
)

__all__ = ["Breaker", "Charge", "ChargeForm", "Heard", "LinkForm", "Refund", "SavedMethod"]

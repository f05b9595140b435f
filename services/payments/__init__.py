"""Payments: preview, post, reverse, receipts and the day sheet."""

from services.payments.results import (
    METHODS,
    PAYERS,
    REVERSAL_REASONS,
    AllocationLine,
    DayEntry,
    DayLine,
    DaySheet,
    Earlier,
    PaymentForm,
    Preview,
    Receipt,
    Reversal,
)
from services.payments.service import Payments

__all__ = [
    "METHODS",
    "PAYERS",
    "REVERSAL_REASONS",
    "AllocationLine",
    "DayEntry",
    "DayLine",
    "DaySheet",
    "Earlier",
    "PaymentForm",
    "Payments",
    "Preview",
    "Receipt",
    "Reversal",
]

"""What changes a debt without money: fees, costs, write-offs, corrections, interest."""

from services.adjustments.interest import Interest
from services.adjustments.results import (
    ADJUSTMENT_KINDS,
    Accrual,
    Adjusted,
    Adjustment,
    AdjustmentForm,
    AdjustmentPreview,
    Limit,
    Payoff,
    Reason,
)
from services.adjustments.service import Adjustments

__all__ = [
    "ADJUSTMENT_KINDS",
    "Accrual",
    "Adjusted",
    "Adjustment",
    "AdjustmentForm",
    "AdjustmentPreview",
    "Adjustments",
    "Interest",
    "Limit",
    "Payoff",
    "Reason",
]

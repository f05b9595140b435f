"""Heads-down batches: keyed against expected totals, posted in one act."""

from services.batches.results import (
    BATCH_STATES,
    Batch,
    BatchDifference,
    BatchEntry,
    BatchForm,
    BatchLine,
    BatchPage,
    BatchPosting,
    Choice,
    Comparison,
    Totals,
)
from services.batches.service import PaymentBatches

__all__ = [
    "BATCH_STATES",
    "Batch",
    "BatchDifference",
    "BatchEntry",
    "BatchForm",
    "BatchLine",
    "BatchPage",
    "BatchPosting",
    "Choice",
    "Comparison",
    "PaymentBatches",
    "Totals",
]

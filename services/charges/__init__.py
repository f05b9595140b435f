"""Charges through a payment provider: saved methods, links, refunds, disputes."""

from services.charges.results import (
    MAY_BEGIN_AGAIN,
    NOT_SENT,
    OPEN_STATES,
    Breaker,
    Charge,
    ChargeForm,
    Heard,
    LinkForm,
    Refund,
    RefundUnderWay,
    SavedMethod,
)
from services.charges.service import Charges

__all__ = [
    "MAY_BEGIN_AGAIN",
    "NOT_SENT",
    "OPEN_STATES",
    "Breaker",
    "Charge",
    "ChargeForm",
    "Charges",
    "Heard",
    "LinkForm",
    "Refund",
    "RefundUnderWay",
    "SavedMethod",
]

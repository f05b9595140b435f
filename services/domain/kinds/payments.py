"""A row of a payments file: what the client received directly from a debtor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Literal, cast

from pydantic import Field

from services.domain import cells
from services.domain.findings import Report
from services.domain.kinds.readers import (
    REFERENCE_LIMIT,
    Reference,
    Row,
    Terms,
    read_choice,
    read_past_day,
    read_positive,
    read_text,
)
from services.domain.money import MAX_MINOR

PAYERS = ("debtor", "spouse", "attorney", "employer", "third_party")
Payer = Literal["debtor", "spouse", "attorney", "employer", "third_party"]


class PaymentRow(Row):
    """Money that the client has; ``reference`` is the client's own receipt, by which a payment is known again."""

    amount: Annotated[int, Field(gt=0, le=MAX_MINOR)]
    paid_on: dt.date
    payer: Payer
    reference: Reference | None


def read_payment(cell: Mapping[str, str], terms: Terms, report: Report) -> PaymentRow | None:
    """The payment; None where a cell was refused."""
    ref = cells.read_ref(cell["external_ref"], report)
    amount = read_positive("amount", cell["amount"], terms, report)
    paid_on = read_past_day("paid_on", cell["paid_on"], terms, report)
    if not cell["paid_on"] and "paid_on" not in report.spoilt:
        report.error("paid_on", "", "day-missing", "the day of the payment is missing: write it as 2025-11-30")
    payer = read_choice("payer", cell["payer"], PAYERS, report)
    reference = read_text("reference", cell["reference"], REFERENCE_LIMIT, report)
    if report.has_error or paid_on is None:
        return None
    return PaymentRow(
        ref=ref, amount=amount, paid_on=paid_on, payer=cast(Payer, payer or "debtor"), reference=reference
    )

"""A row of an adjustments file: what the client says a debt has grown or shrunk by, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Final, Literal, cast

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
    read_signed,
    read_text,
)
from services.domain.money import MAX_MINOR

BUCKETS: Final = ("principal", "interest", "fees", "costs")
Adjustment = Literal["correct_up", "correct_down", "fee", "cost", "write_off"]

# The reasons that the house knows for each, the one a file means by itself first; a cost always says what it is.
REASONS: Final[Mapping[str, tuple[str, ...]]] = {
    "correct_up": ("client_statement", "placed_too_low"),
    "correct_down": ("client_statement", "placed_too_high", "paid_before_placement"),
    "fee": ("agreed", "returned_payment", "late_payment"),
    "cost": ("court", "attorney", "tracing", "postage"),
    "write_off": (
        "goodwill", "small_balance", "hardship", "uncollectable", "bankrupt", "deceased", "statute_barred",
    ),
}  # fmt: skip


class AdjustmentRow(Row):
    """What a debt is corrected by; ``bucket`` counts from 1, principal first, and is None for the contract's order."""

    adjustment: Adjustment
    amount: Annotated[int, Field(gt=0, le=MAX_MINOR)]
    bucket: Annotated[int, Field(ge=1, le=4)] | None
    reason: str
    effective_on: dt.date | None
    reference: Reference | None


def read_adjustment(cell: Mapping[str, str], terms: Terms, report: Report) -> AdjustmentRow | None:
    """The adjustment; None where a cell was refused. Without a word for it, the sign says which way it goes."""
    ref = cells.read_ref(cell["external_ref"], report)
    named = read_choice("adjustment", cell["adjustment"], tuple(REASONS), report)
    sign, amount = read_signed("amount", cell["amount"], terms, report)
    if named and sign < 0:
        report.error(
            "amount", cell["amount"], "amount-sign", f"{named} says which way it goes: write the amount without a sign"
        )
    which = named or ("correct_up" if sign > 0 else "correct_down")
    bucket = _bucket(cell["bucket"], which, report)
    reason = read_choice("reason", cell["reason"], REASONS[which], report) or _own_reason(which, cell["reason"], report)
    day = read_past_day("effective_on", cell["effective_on"], terms, report)
    reference = read_text("reference", cell["reference"], REFERENCE_LIMIT, report)
    if report.has_error:
        return None
    return AdjustmentRow(
        ref=ref, adjustment=cast(Adjustment, which), amount=amount, bucket=bucket, reason=reason, effective_on=day,
        reference=reference,
    )  # fmt: skip


def _bucket(text: str, which: str, report: Report) -> int | None:
    bucket = read_choice("bucket", text, BUCKETS, report)
    if bucket and which in ("fee", "cost"):
        report.error("bucket", text, "bucket-own", f"a {which} has a bucket of its own: leave this cell empty")
        return None
    return BUCKETS.index(bucket) + 1 if bucket else None


def _own_reason(which: str, text: str, report: Report) -> str:
    if which == "cost" and not text:
        known = ", ".join(REASONS[which])
        report.error("reason", "", "reason-missing", f"a cost says what it was for: write one of {known}")
    return REASONS[which][0]

"""A row of a recalls file: an account that the client takes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from services.domain import cells
from services.domain.findings import Report
from services.domain.kinds.readers import REASON_LIMIT, Row, Terms, read_text


class RecallRow(Row):
    """An account to be closed and given back; ``reason`` is the client's own words."""

    reason: Annotated[str, Field(min_length=1, max_length=REASON_LIMIT)] | None


def read_recall(cell: Mapping[str, str], _terms: Terms, report: Report) -> RecallRow | None:
    """The recall; None where a cell was refused."""
    ref = cells.read_ref(cell["external_ref"], report)
    reason = read_text("reason", cell["reason"], REASON_LIMIT, report)
    return None if report.has_error else RecallRow(ref=ref, reason=reason)

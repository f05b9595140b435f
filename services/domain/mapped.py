"""The check of a record as a profile has turned it, whatever kind of row it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel

from services.domain import cells
from services.domain.csvfile import RawRow
from services.domain.findings import Finding, Report
from services.domain.profile.mapper import Mapped

Model = TypeVar("Model", bound=BaseModel)


def check_mapped(
    row: RawRow, mapped: Mapped, width: int, judge: Callable[[], tuple[Model | None, tuple[Finding, ...]]]
) -> tuple[Model | None, tuple[Finding, ...]]:
    """Its shape first, what the profile found, then what ``judge`` finds in its cells; no row where one is an error."""
    report = Report()
    cells.check_shape(row, width, report)
    model, findings = judge()
    whole = model if not (report.has_error or mapped.findings) else None
    return whole, (*report.findings, *mapped.findings, *findings)

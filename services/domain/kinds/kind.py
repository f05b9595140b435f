"""A kind of file: its columns, its row model, and the check of one row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial

from pydantic import BaseModel

from services.domain import cells
from services.domain.columns import Layout, layout_of
from services.domain.csvfile import RawRow
from services.domain.findings import Finding, Report
from services.domain.kinds.adjustments import read_adjustment
from services.domain.kinds.contacts import read_contact
from services.domain.kinds.payments import read_payment
from services.domain.kinds.readers import Terms
from services.domain.kinds.recalls import read_recall
from services.domain.mapped import check_mapped
from services.domain.placement import check_row as check_placement
from services.domain.profile.mapper import Mapped

Checked = tuple[BaseModel | None, tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class Kind:
    """What tells files of one kind from another; ``currency`` is always the one that the client places in."""

    name: str
    layout: Layout
    _read: Callable[[Mapping[str, str], Terms, Report], BaseModel | None] | None

    def check_mapped(self, row: RawRow, mapped: Mapped, width: int, *, currency: str, today: dt.date) -> Checked:
        """A record as a profile has turned it: its shape first, what the profile found, then its cells."""
        judge = partial(self.check_row, mapped.cells, currency=currency, today=today, spoilt=mapped.spoilt)
        return check_mapped(row, mapped, width, judge)

    def check_row(
        self, values: Mapping[str, str], *, currency: str, today: dt.date, spoilt: Collection[str] = ()
    ) -> Checked:
        """The row by column name and what was found in its cells; no row where a finding is an error.

        What is wrong with the columns in ``spoilt`` is known already.
        """
        if self._read is None:
            return check_placement(values, currency=currency, today=today, spoilt=spoilt)
        report = Report(spoilt)
        cells.check_text(values, report)
        named = {
            column: "" if column in report.spoilt else values.get(column, "").strip() for column in self.layout.columns
        }
        model = self._read(named, Terms(currency, today), report)
        return (None if report.has_error else model), tuple(report.findings)


KINDS: Mapping[str, Kind] = {
    name: Kind(name, layout_of(name), read)
    for name, read in (
        ("placements", None),
        ("adjustments", read_adjustment),
        ("payments", read_payment),
        ("recalls", read_recall),
        ("contacts", read_contact),
    )
}


def kind_of(name: str) -> Kind:
    """The kind of that name; raises BadInput where there is none."""
    layout_of(name)
    return KINDS[name]

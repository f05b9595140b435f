"""Which rows of a batch to look at: those that a rule found, or those in a state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from screens.widgets import words
from services.imports.results import ROW_STATES, Where

if TYPE_CHECKING:
    from services.domain.findings import Finding
    from services.imports.results import Batch, ImportRow, RuleCount

PROBLEMS = frozenset({"error", "warning", "duplicate"})
MARKS = {
    "valid": "✓", "warning": "!", "error": "✗", "duplicate": "=", "excluded": "–", "released": "→", "undone": "←",
}  # fmt: skip
_PLURAL = {"warning": "warnings", "error": "errors", "duplicate": "duplicates"}


@dataclass(frozen=True, slots=True)
class Filter:
    """One line of the list on the left; ``rule``, ``state`` and ``column`` all None means every row.

    ``rows`` is None where they have not been counted; ``column`` and ``value`` are those of ``Where``.
    """

    label: str
    what: str
    rows: int | None
    mark: str = " "
    rule: str | None = None
    state: str | None = None
    column: str | None = None
    value: str | None = None

    @property
    def key(self) -> str:
        further = "" if self.column is None else f"/{self.column}/{self.value!r}"
        return f"{self.rule}/{self.state}{further}"

    @property
    def where(self) -> Where:
        """The same, as the service takes it."""
        return Where(state=self.state, rule=self.rule, column=self.column, value=self.value)

    @property
    def widened(self) -> Filter:
        """The finding, state or everything that this was narrowed from."""
        if self.column is None:
            return self
        return replace(self, label=words(self.rule or self.state or "all rows"), what="", column=None, value=None)

    def fits(self, row: ImportRow) -> bool:
        """Whether a row, as it is now, still belongs here."""
        if self.rule is not None:
            return any(finding.rule == self.rule for finding in row.findings)
        return self.state in (None, row.state)

    def finding(self, row: ImportRow) -> Finding | None:
        """What to show of a row here: what this rule found, or was found in this column, else its worst."""
        mine = [finding for finding in row.findings if finding.rule == self.rule]
        mine = mine or [finding for finding in row.findings if finding.column == self.column]
        return next(iter(mine), worst(row))

    def column_of(self, row: ImportRow) -> str | None:
        """The cell to go to in a row; None where no cell is at fault."""
        found = self.finding(row)
        column = self.column or (found.column if found is not None else None)
        return column if column in row.values else None


def worst(row: ImportRow) -> Finding | None:
    """An error before a warning."""
    return next(iter(ranked(row)), None)


def ranked(row: ImportRow) -> list[Finding]:
    """What was found in a row, errors first."""
    return sorted(row.findings, key=lambda finding: finding.severity != "error")


def filters(batch: Batch, findings: tuple[RuleCount, ...]) -> tuple[Filter, ...]:
    """What was found, errors first, then the states, then everything."""
    return (*map(_rule, findings), *_states(batch), Filter("all rows", "", batch.rows))


def _rule(found: RuleCount) -> Filter:
    return Filter(found.rule, found.what, found.rows, MARKS[found.severity], rule=found.rule)


def _states(batch: Batch) -> Iterator[Filter]:
    counts = (batch.valid, batch.warnings, batch.errors, batch.duplicates, batch.excluded, batch.released, batch.undone)
    for state, count in zip(ROW_STATES, counts, strict=True):
        if count:
            yield Filter(words(_PLURAL.get(state, state)), "", count, MARKS[state], state=state)

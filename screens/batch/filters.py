"""Which rows of a batch to look at: those that a rule found, or those in a state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from screens.widgets import words
from services.imports.results import ROW_STATES

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
    """One line of the list on the left; both ``rule`` and ``state`` None means every row."""

    label: str
    what: str
    rows: int
    mark: str = " "
    rule: str | None = None
    state: str | None = None

    @property
    def key(self) -> str:
        return f"{self.rule}/{self.state}"

    def fits(self, row: ImportRow) -> bool:
        """Whether a row, as it is now, still belongs here."""
        if self.rule is not None:
            return any(finding.rule == self.rule for finding in row.findings)
        return self.state in (None, row.state)

    def finding(self, row: ImportRow) -> Finding | None:
        """What to show of a row here: what this rule found, else its worst."""
        mine = [finding for finding in row.findings if finding.rule == self.rule]
        return next(iter(mine), worst(row))


def worst(row: ImportRow) -> Finding | None:
    """An error before a warning."""
    return next(iter(sorted(row.findings, key=lambda finding: finding.severity != "error")), None)


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

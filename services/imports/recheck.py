"""A row with other cells, checked as a whole: what is put in its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from services.domain.findings import Finding
from services.domain.kinds import kind_of
from services.domain.profile import Profile, missing
from services.imports.profiles import bound_to_batch
from services.imports.records import (
    as_sent,
    cells_json,
    findings_json,
    parsed_json,
    reference,
    still_spoilt,
    without_cards,
)
from services.imports.results import ImportRow

_BETWEEN_ROWS = frozenset({"key-duplicate", "already-placed", "already-posted", "already-closed", "unchanged"})
_TERMS = """
select b.kind, k.currency, debtflow.today()
  from debtflow.import_batch b join debtflow.client c on c.id = b.client_id join debtflow.book k on k.id = c.book_id
 where b.id = %s
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """A corrected row as it is put in place; JSON texts, ``parsed`` is None where nothing can be released of it."""

    row: int
    version: int
    cells: Mapping[str, str]
    findings: tuple[Finding, ...]
    parsed: str | None
    ref: str | None

    @property
    def state(self) -> str:
        """What the row itself is; it may still repeat another one."""
        if self.parsed is None or any(finding.severity == "error" for finding in self.findings):
            return "error"
        return "warning" if self.findings else "valid"

    def parameters(self) -> tuple[object, ...]:
        return (
            self.row, self.version, cells_json(self.cells), findings_json(self.findings), self.parsed, self.ref,
        )  # fmt: skip

    def item(self) -> str:
        """The row as `import_alike_step` reads it."""
        row, version, cells, findings, parsed, ref = self.parameters()
        return (
            f'{{"row":{row},"version":{version},"cells":{cells},"findings":{findings},'
            f'"parsed":{parsed or "null"},"ref":{json.dumps(ref)}}}'
        )


@dataclass(frozen=True, slots=True)
class Check:
    """What the rows of one batch are checked by."""

    kind: str
    currency: str
    today: date
    profile: Profile

    def again(self, seen: ImportRow, values: Mapping[str, str | None], version: int | None = None) -> Checked:
        """The row with these cells instead (None: without the cell); its shape (cells too few, open quote) counts as
        looked at.
        """
        merged = {**seen.values, **values}
        cells = as_sent({column: text for column, text in merged.items() if text is not None})
        spoilt = (*still_spoilt(seen.findings, values), *missing(self.profile, cells))
        columns = {finding.column for finding in spoilt}
        row, found = kind_of(self.kind).check_row(cells, currency=self.currency, today=self.today, spoilt=columns)
        safe = without_cards(cells, found)
        return Checked(
            seen.row, seen.version if version is None else version, safe, (*spoilt, *found),
            parsed_json(None if spoilt else row), reference(safe),
        )  # fmt: skip

    def state(self, seen: ImportRow, checked: Checked) -> str:
        """The state to expect: a row that keeps its reference keeps what it repeats."""
        repeats = any(finding.rule in _BETWEEN_ROWS for finding in seen.findings)
        same = reference(seen.values) == checked.ref
        return "duplicate" if repeats and same and checked.parsed is not None else checked.state


def check_in(connection: Connection, batch_id: int) -> Check:
    """What the rows of this batch are checked by."""
    kind, currency, today = connection.exec_driver_sql(_TERMS, (batch_id,)).one()
    return Check(kind, currency, today, bound_to_batch(connection, batch_id) or Profile())

"""Import files in memory: for drawing screens, never for proving placements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from services.domain.alike import Alike, described
from services.domain.files.reading import Reading
from services.domain.findings import RULES, Finding
from services.errors import NotFound, Refused, Stale
from services.imports.report import ErrorReport
from services.imports.results import (
    AlikePreview,
    Batch,
    Change,
    Changed,
    ImportRow,
    News,
    Progress,
    RawBytes,
    RowPage,
    RuleCount,
    Sample,
    ValueCount,
    Where,
)
from services.office.results import Client
from tests.screens.fakes import NOW, Fake

HEADER = ("external_ref", "debtor_name", "debtor_ssn_last4", "debtor_email", "debtor_phone", "original_amount",
          "due_date", "creditor_name", "account_type")  # fmt: skip
FAULTS = {
    3: ("original_amount", "ten", "amount-format", "error"),
    5: ("due_date", "2025-02-31", "date-invalid", "error"),
    6: ("debtor_email", "q7@", "email-format", "warning"),
    8: ("external_ref", "", "ref-missing", "error"),
    9: ("original_amount", "12,-", "amount-format", "error"),
    11: ("external_ref", "HX-007", "key-duplicate", "error"),
}


def import_row(number: int, **changes: Any) -> ImportRow:
    """One row of the fake file; some of the first dozen are at fault."""
    values = dict(
        zip(HEADER, (f"HX-{number:03d}", "Oyelaran, Quillfeather", "4022", "q7@example.org", "+13125551007",
                     f"{1000 + number}.00", "2025-11-30", "Harbor Lending", "rent"), strict=True)
    )  # fmt: skip
    findings: tuple[Finding, ...] = ()
    state = "valid"
    if number in FAULTS:
        column, value, rule, severity = FAULTS[number]
        values[column] = value
        state = "duplicate" if rule == "key-duplicate" else severity
        findings = (Finding(column, value, rule, severity, f"“{value}” cannot stand here: type it as it should be"),)  # type: ignore[arg-type]
    base = ImportRow(number, number + 1, state, values, findings, ";".join(values.values()), 1, None, None)
    return replace(base, **changes)


def import_batch(**changes: Any) -> Batch:
    """The batch most tests look at."""
    base = Batch(
        118, "harbor_2025-11.csv", "HARBOR", "in_review", 12, 6, 1, 4, 1, 0, 0, "ab" * 32, "utf-8", ";", "bea",
        NOW - timedelta(hours=2), None, None, 1, None, None, currency="USD",
    )  # fmt: skip
    return replace(base, **changes)


def client(code: str = "HARBOR", name: str = "Harbor Lending") -> Client:
    """Somebody who sends files."""
    order = ("costs", "fees", "interest", "principal")
    return Client(code, name, 2500, order, date(2025, 1, 1), "round_robin", ("ana", "ben"), 120, "oldest_first", 0)


@dataclass
class FakeClients(Fake):
    """Who sends files."""

    known: tuple[Client, ...] = (client(), client("NORTHBY", "Northby Telecom"))

    def list(self) -> tuple[Client, ...]:
        self.enter("list")
        return self.known


@dataclass
class FakeImports(Fake):
    """One batch under review, and older ones in the list."""

    book: dict[int, ImportRow] = field(default_factory=lambda: {n: import_row(n) for n in range(1, 13)})
    batch: Batch = field(default_factory=import_batch)
    older: tuple[Batch, ...] = ()
    made: list[Change] = field(default_factory=list)
    heard: News = field(default_factory=lambda: News(1, (), (), 0))

    def _count(self) -> Batch:
        states = Counter(row.state for row in self.book.values())
        self.batch = replace(
            self.batch, rows=len(self.book), valid=states["valid"], warnings=states["warning"], errors=states["error"],
            duplicates=states["duplicate"], excluded=states["excluded"], released=states["released"],
        )  # fmt: skip
        return self.batch

    def stage(
        self, source: Path, name: str, client: str, *, kind: str = "placements", reading: Reading | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Batch:  # fmt: skip
        self.enter("stage", source.read_bytes(), name, client, kind, reading)
        if progress:
            progress(Progress("stage", 1000, None))
        return self._count()

    def batches(
        self, *, state: str | None = None, after: str | None = None, limit: int = 50
    ) -> tuple[tuple[Batch, ...], str | None]:
        self.enter("batches", state, after)
        every = [batch for batch in (self.batch, *self.older) if state in (None, batch.state)]
        start = int(after or 0)
        more = start + limit < len(every)
        return tuple(every[start : start + limit]), str(start + limit) if more else None

    def show(self, batch_id: int) -> Batch:
        self.enter("show", batch_id)
        if batch_id != self.batch.id:
            raise NotFound(f"there is no import batch {batch_id}")
        return self.batch if self.batch.state == "releasing" else self._count()

    def findings(self, batch_id: int) -> tuple[RuleCount, ...]:
        self.enter("findings", batch_id)
        found = Counter(
            (each.severity, each.rule, each.column)
            for row in self.book.values() if row.state != "excluded" for each in row.findings
        )  # fmt: skip
        ordered = sorted(found.items(), key=lambda item: (item[0][0], -item[1], item[0][1]))
        return tuple(
            RuleCount(rule, severity, column, count, RULES.get(rule, "A reference stands once in a file."))
            for (severity, rule, column), count in ordered
        )

    def rows(
        self, batch_id: int, *, state: str | None = None, rule: str | None = None, column: str | None = None,
        value: str | None = None, after: str | None = None, numbers: Sequence[int] | None = None, limit: int = 100,
    ) -> RowPage:  # fmt: skip
        self.enter("rows", state, rule, after)
        if column is not None:
            self.enter("narrowed", state, rule, column, value)
        fitting = [
            row for number, row in sorted(self.book.items())
            if number > int(after or 0) and (numbers is None or number in numbers) and state in (None, row.state)
            and (rule is None or any(each.rule == rule for each in row.findings))
            and (value is None or row.values.get(column or "") == value)
            and (column is None or value is not None or any(each.column == column for each in row.findings))
        ]  # fmt: skip
        page = tuple(fitting[:limit])
        return RowPage(page, str(page[-1].row) if len(fitting) > limit else None)

    def row(self, batch_id: int, row: int) -> ImportRow:
        self.enter("row", row)
        return self.book[row]

    def raw(self, batch_id: int, row: int) -> RawBytes:
        self.enter("raw", row)
        found = self.book[row]
        return RawBytes(row, found.line, 120 + 90 * row, f"{found.raw}\r\n".encode(), "utf-8")

    def undo(self, batch_id: int, reason: str, *, progress: Callable[[Progress], None] | None = None) -> Batch:
        self.enter("undo", reason)
        released = [number for number, row in self.book.items() if row.state == "released"]
        for done, number in enumerate(released, start=1):
            self.book[number] = replace(self.book[number], state="undone")
            if progress:
                progress(Progress("undo", done, len(released)))
                self.enter("chunk", done)
        self.batch = replace(self.batch, state="undone", undo_reason=reason, undone=len(released))
        return self._count()

    def fix(self, batch_id: int, row: int, values: Mapping[str, str], *, version: int | None = None) -> ImportRow:
        self.enter("fix", row, dict(values), version)
        old = self.book[row]
        if version is not None and version != old.version:
            raise Stale(f"row {row} has changed since you looked")
        kept = tuple(each for each in old.findings if each.column not in values or "bad" in values[each.column])
        state = "error" if any(each.severity == "error" for each in kept) else "warning" if kept else "valid"
        self.book[row] = replace(
            old, values={**old.values, **values}, findings=kept, state=state, version=old.version + 1
        )
        return self.book[row]

    def exclude(self, batch_id: int, rows: Sequence[int], reason: str) -> Batch:
        self.enter("exclude", tuple(rows), reason)
        for number in rows:
            self.book[number] = replace(self.book[number], state="excluded", reason=reason)
        return self._count()

    def include(self, batch_id: int, rows: Sequence[int]) -> Batch:
        self.enter("include", tuple(rows))
        for number in rows:
            self.book[number] = replace(import_row(number), version=self.book[number].version)
        return self._count()

    def release(
        self, batch_id: int, *, leave_errors: bool = False, progress: Callable[[Progress], None] | None = None
    ) -> Batch:
        self.enter("release", leave_errors)
        if self._count().errors and not leave_errors:
            raise Refused(f"{self.batch.errors} rows are in error", rule="errors-remain")
        ready = [number for number, row in self.book.items() if row.state in ("valid", "warning")]
        for done, number in enumerate(ready, start=1):
            self.book[number] = replace(self.book[number], state="released", account="10023-3")
            if progress:
                progress(Progress("release", done, len(ready)))
                self.enter("chunk", done)
        self.batch = replace(self.batch, state="released", finished_at=NOW)
        return self._count()

    def reject(self, batch_id: int, reason: str) -> Batch:
        self.enter("reject", reason)
        self.batch = replace(self.batch, state="rejected", reason=reason)
        return self.batch

    # ---- many rows -------------------------------------------------------------------------------------------------

    def _meant(self, where: Where) -> list[ImportRow]:
        return [
            row for number, row in sorted(self.book.items())
            if where.state in (None, row.state) and (where.rows is None or number in where.rows)
            and (where.rule is None or any(each.rule == where.rule for each in row.findings))
        ]  # fmt: skip

    def values(self, batch_id: int, column: str, where: Where) -> tuple[ValueCount, ...]:
        self.enter("values", column, where)
        counted = Counter(row.values.get(column, "") for row in self._meant(where))
        return tuple(ValueCount(value, rows) for value, rows in counted.most_common())

    def preview_alike(self, batch_id: int, change: Alike, where: Where) -> AlikePreview:
        self.enter("preview_alike", change, where)
        meant = self._meant(where)
        samples = tuple(
            Sample(row.row, old, change.of(old), row.state, "error" if "bad" in change.of(old) else "valid")
            for row in meant
            for old in [row.values[change.column]] if change.of(old) != old
        )  # fmt: skip
        good = sum(each.state_after == "valid" for each in samples)
        return AlikePreview("", len(meant), len(samples), good, 0, len(samples) - good, 0, samples)

    def fix_alike(
        self, batch_id: int, change: Alike, where: Where, *, progress: Callable[[Progress], None] | None = None
    ) -> Changed:
        self.enter("fix_alike", change, where)
        moved = [row for row in self._meant(where) if change.of(row.values[change.column]) != row.values[change.column]]
        for row in moved:
            self.fix(batch_id, row.row, {change.column: change.of(row.values[change.column])})
        made = Change(len(self.made) + 1, "alike", described(change), "bea", NOW, len(moved), 2, None, None)
        self.made.append(made)
        return Changed(made.id, len(moved), 0)

    def changes(self, batch_id: int) -> tuple[Change, ...]:
        self.enter("changes")
        return tuple(reversed(self.made))

    def undo_change(self, batch_id: int, change: int) -> Changed:
        self.enter("undo_change", change)
        self.book = {n: import_row(n) for n in range(1, 13)}
        self.made = [replace(each, undone_by=99) for each in self.made]
        return Changed(99, 2, 0)

    def news(self, batch_id: int, since: int) -> News:
        self.enter("news", since)
        return replace(self.heard, version=self.batch.version)

    def approve(self, batch_id: int, *, version: int | None = None) -> Batch:
        self.enter("approve")
        self.batch = replace(self._count(), approved_by="bea", approved_at=NOW)
        return self.batch

    def report(self, batch_id: int) -> ErrorReport:
        self.enter("report")
        return ErrorReport("harbor.errors.csv", 4, iter((b"head\n", b"row\n")))

"""A batch as a delimited file: one payment a row, under a header line."""

from __future__ import annotations

import re
from datetime import date
from uuid import UUID, uuid5

from services.batches.results import MAX_LINES, BatchEntry
from services.domain.csvfile import DELIMITERS, Dialect, RawRow, read_rows
from services.domain.dates import parse_date
from services.domain.keying import METHODS, keyable
from services.domain.money import Money
from services.domain.prose import prose
from services.domain.quoting import shown
from services.errors import BadInput, DebtFlowError

COLUMNS = ("account", "amount", "method", "reference", "date", "payer", "second", "unapplied")
YES, NO = ("y", "yes", "true", "1", "x", "!", "+"), ("", "n", "no", "false", "0")
MOST_TOLD = 5


def read_file(data: bytes, currency: str, today: date, *, method: str, submission_id: UUID) -> tuple[BatchEntry, ...]:
    """The entries of a file; raises BadInput naming the rows that cannot be read.

    Columns account and amount are needed; method and date fall back on ``method`` and today. A row's submission id is
    made of the batch's and its number, so the same file under the same id is the same batch.
    """
    rows = iter(read_rows(data, _dialect(data)))
    header = next(rows, None)
    names = _names(header)
    entries: list[BatchEntry] = []
    wrong: list[str] = []
    for row in rows:
        if len(entries) + len(wrong) == MAX_LINES:
            raise BadInput("file", f"a batch holds at most {MAX_LINES:,} lines", hint="split the file")
        try:
            cells = dict(zip(names, (cell.strip() for cell in row.cells), strict=False))
            entries.append(_entry(cells, currency, today, method, uuid5(submission_id, str(row.number))))
        except DebtFlowError as error:
            wrong.append(f"row {row.number}: {error.message}")
    if wrong:
        more = f"; and {len(wrong) - MOST_TOLD} more" if len(wrong) > MOST_TOLD else ""
        raise BadInput("file", "; ".join(wrong[:MOST_TOLD]) + more, hint="nothing was posted; correct the file")
    if not entries:
        raise BadInput("file", "the file has no rows below its header line")
    return tuple(entries)


def _entry(cells: dict[str, str], currency: str, today: date, method: str, submission_id: UUID) -> BatchEntry:
    chosen = cells.get("method", "").lower() or method
    if chosen not in METHODS:
        raise BadInput("method", f"“{shown(chosen)}” is not a method", hint=", ".join(METHODS))
    day = cells.get("date", "")
    amount = Money.parse(cells.get("amount", ""), currency)
    if amount.currency != currency:
        raise BadInput("amount", f"the batch is in {currency}, not in {amount.currency}")
    if amount.minor == 0:
        raise BadInput("amount", "an amount is at least one cent")
    return BatchEntry(
        account=keyable(cells.get("account", "")),
        amount=amount,
        method=METHODS[chosen],
        reference=prose(" ".join(cells.get("reference", "").split()), "reference", 100),
        effective_on=parse_date(day, today) if day else today,
        payer=cells.get("payer", "") or "debtor",
        allow_duplicate=_marked(cells, "second"),
        overpayment="unapplied" if _marked(cells, "unapplied") else "refuse",
        submission_id=submission_id,
    )


def _marked(cells: dict[str, str], column: str) -> bool:
    said = cells.get(column, "").lower()
    if said not in (*YES, *NO):
        raise BadInput(column, f"“{shown(said)}” is neither yes nor no")
    return said in YES


def _names(header: RawRow | None) -> tuple[str, ...]:
    names = tuple(re.sub(r"[^a-z]", "", cell.lower()) for cell in header.cells) if header else ()
    missing = [name for name in COLUMNS[:2] if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    if missing or unknown or len(set(names)) < len(names):
        said = f"does not name {' and '.join(missing)}" if missing else f"names {shown(', '.join(unknown or names))}"
        raise BadInput("header", f"the first line {said}", hint=f"name these columns: {', '.join(COLUMNS)}")
    return names


def _dialect(data: bytes) -> Dialect:
    try:
        data.decode("utf-8")
        encoding = "utf-8"
    except UnicodeDecodeError:
        encoding = "windows-1252"
    first = data.decode(encoding, "replace").lstrip("\ufeff").partition("\n")[0]
    return Dialect(encoding, max(DELIMITERS, key=first.count))

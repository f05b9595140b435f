"""What a review reads: batches, what was found in them, their rows. Plain questions, under the caller's policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias, TypeVar

from sqlalchemy import Connection

from services.domain.files.reading import Reading
from services.domain.findings import RULES
from services.domain.kinds.rules import COMPARED_RULES, KIND_RULES
from services.domain.profile.mapper import RULES as RULES_OF_PROFILE
from services.domain.quoting import shown
from services.errors import BadInput, NotFound
from services.imports.records import kept, read_cells, read_findings
from services.imports.results import BATCH_STATES, ROW_STATES, Batch, ImportRow, RowPage, RuleCount, Where
from services.store import Store

RULES_OF_REVIEW: Final = COMPARED_RULES
_WHAT: Final = RULES | KIND_RULES | RULES_OF_PROFILE | RULES_OF_REVIEW
_LARGEST_PAGE: Final = 1000
_MAX_ID, _MAX_ROW = 2**63 - 1, 2**31 - 1

T = TypeVar("T")
Purpose: TypeAlias = Literal["correction", "report"]
"""What rows are opened for, masked cells and all."""

_BATCH: Final = """
select b.id, b.file_name, c.code, b.state, b.rows, b.valid, b.warnings, b.errors, b.duplicates, b.excluded, b.released,
       encode(f.sha256, 'hex'), b.encoding, b.delimiter, u.login, b.staged_at, b.finished_at, b.reason,
       b.version, v.login, b.approved_at, b.kind, b.undone, b.undo_reason, debtflow.client_currency(b.client_id),
       b.reading
  from debtflow.import_batch b
  join debtflow.client c on c.id = b.client_id
  join debtflow.file f on f.id = b.file_id
  join debtflow.users u on u.id = b.staged_by
  left join debtflow.users v on v.id = b.approved_by
"""
_SEEN: Final = "select * from debtflow.import_rows_seen(%s, %s::int[])"
_OPEN: Final = "select * from debtflow.import_rows_open(%s, %s::int[], %s)"
_OPENING: Final = "select debtflow.import_opening(%s, %s)"
_PICKED: Final = "select debtflow.import_rows_picked(%s, %s, %s, %s, %s, %s, %s, %s::int[])"
_FINDINGS: Final = """
select t.rule, t.severity, (array_agg(t.col order by t.rows desc, t.col))[1], sum(t.rows)::bigint
  from debtflow.import_tally t
 where t.batch_id = %s and t.rows > 0
 group by t.rule, t.severity
 order by t.severity, sum(t.rows) desc, t.rule
"""


def batches(store: Store, state: str | None, after: str | None, limit: int) -> tuple[tuple[Batch, ...], str | None]:
    """Newest first; the cursor is None on the last page."""
    size = _page(limit)
    _known_state(state, BATCH_STATES)
    before = _MAX_ID if after is None else _cursor(after, _MAX_ID)
    query = _BATCH + " where b.id < %s and (%s::text is null or b.state = %s) order by b.id desc limit %s"
    found = store.ask(lambda c: c.exec_driver_sql(query, (before, state, state, size + 1)).fetchall())
    page = tuple(_batch(row) for row in found[:size])
    return page, str(page[-1].id) if len(found) > size else None


def batch(store: Store, batch_id: int) -> Batch:
    """One batch; raises NotFound where the caller sees none."""
    return store.ask(lambda c: _batch_in(c, batch_id))


def findings(store: Store, batch_id: int) -> tuple[RuleCount, ...]:
    """Errors before warnings, the most frequent first; excluded rows are not counted."""

    def work(connection: Connection) -> tuple[RuleCount, ...]:
        _batch_in(connection, batch_id)
        counted = connection.exec_driver_sql(_FINDINGS, (batch_id,)).fetchall()
        return tuple(
            RuleCount(rule, severity, column, n, _WHAT.get(rule, rule)) for rule, severity, column, n in counted
        )

    return store.ask(work)


def rows(store: Store, batch_id: int, where: Where, after: str | None, limit: int) -> RowPage:
    """Rows in the order of the file."""
    size = _page(limit)
    begin = 0 if after is None else _cursor(after, _MAX_ROW)
    known_where(where)

    def work(connection: Connection) -> RowPage:
        _batch_in(connection, batch_id)
        page = rows_in(connection, batch_id, where, begin, size + 1)
        return RowPage(page[:size], str(page[size - 1].row) if len(page) > size else None)

    return store.ask(work)


def rows_in(
    connection: Connection, batch_id: int, where: Where, after: int, size: int, purpose: Purpose | None = None
) -> tuple[ImportRow, ...]:
    """The next rows, inside a transaction that is already open: as the caller sees them, or opened for a purpose.

    Opening them is on record: that transaction runs in ``on_record``.
    """
    numbers = connection.exec_driver_sql(_PICKED, (batch_id, after, size, *_picking(where))).scalar_one()
    return _rows(connection, batch_id, numbers, purpose) if numbers else ()


def on_record(store: Store, batch_id: int, purpose: Purpose, work: Callable[[Connection], T]) -> T:
    """Run ``work``, which opens rows for a purpose: that it does is on record before, in a transaction of its own."""
    store.act(lambda c: c.exec_driver_sql(_OPENING, (known_batch(batch_id), purpose)))
    return store.act(work)


def _picking(where: Where) -> tuple[object, ...]:
    value = None if where.value is None else kept(where.value.strip())
    return where.state, where.rule, where.column, value, None if where.rows is None else list(where.rows)


def _rows(connection: Connection, batch_id: int, numbers: list[int], purpose: Purpose | None) -> tuple[ImportRow, ...]:
    query, values = (_SEEN, (batch_id, numbers)) if purpose is None else (_OPEN, (batch_id, numbers, purpose))
    return tuple(_row(each) for each in connection.exec_driver_sql(query, values).fetchall())


def row(store: Store, batch_id: int, row_no: int) -> ImportRow:
    """One row; raises NotFound where the batch has none of that number."""
    return store.ask(lambda c: row_in(c, batch_id, row_no))


def row_in(connection: Connection, batch_id: int, row_no: int, purpose: Purpose | None = None) -> ImportRow:
    """One row, inside a transaction that is already open; see ``rows_in``."""
    _batch_in(connection, batch_id)
    found = _rows(connection, batch_id, [row_no], purpose) if 0 < row_no <= _MAX_ROW else ()
    if not found:
        raise NotFound(f"batch {batch_id} has no row {row_no}", rule="row", hint="debtflow import rows")
    return found[0]


def currency_in(connection: Connection, batch_id: int) -> str:
    """The currency that the batch's client places in; raises NotFound."""
    return _batch_in(connection, batch_id).currency


def known_batch(batch_id: int) -> int:
    """The id, where it can be one."""
    if not 0 < batch_id <= _MAX_ID:
        raise NotFound(f"there is no import batch {batch_id}", rule="batch", hint="debtflow import list")
    return batch_id


def _batch_in(connection: Connection, batch_id: int) -> Batch:
    found = connection.exec_driver_sql(_BATCH + " where b.id = %s", (known_batch(batch_id),)).first()
    if found is None:
        raise NotFound(f"there is no import batch {batch_id}", rule="batch", hint="debtflow import list")
    return _batch(found)


def _batch(found: Any) -> Batch:
    return Batch(*(*found[:-1], Reading.of(found[-1])))


def _row(found: Any) -> ImportRow:
    number, line, state, cells, found_in, raw, version, reason, account, verdict, difference, *where = found
    return ImportRow(
        number, line, state, read_cells(cells), read_findings(found_in), raw, version, reason, account, verdict,
        {column: (before, after) for column, (before, after) in (difference or {}).items()}, *where,
    )  # fmt: skip


def _page(limit: int) -> int:
    if not 1 <= limit <= _LARGEST_PAGE:
        raise BadInput("limit", f"a page has 1 to {_LARGEST_PAGE} rows, not {limit}")
    return limit


def _known_state(state: str | None, states: tuple[str, ...]) -> None:
    if state is not None and state not in states:
        raise BadInput("state", f"there is no state {shown(state)}", hint=f"one of {', '.join(states)}")


def known_where(where: Where) -> None:
    """Raises BadInput for a state or rule that there is none of."""
    _known_state(where.state, ROW_STATES)
    if where.rule is not None and where.rule not in _WHAT:
        raise BadInput("rule", f"there is no rule {shown(where.rule)}", hint=f"one of {', '.join(sorted(_WHAT))}")
    if where.value is not None and where.column is None:
        raise BadInput("value", "a value is looked for in a column", hint="name the column too")


def _cursor(after: str, largest: int) -> int:
    if not (after.isascii() and after.isdigit()) or int(after[:20]) > largest:
        raise BadInput("after", f"{shown(after)} is no place in this list", hint="take `next` of the page before")
    return int(after)

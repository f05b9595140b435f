"""What a person does to a batch under review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from services.domain.columns import layout_of
from services.domain.prose import prose
from services.domain.quoting import shown
from services.errors import BadInput, NotFound
from services.imports.queries import known_batch, on_record, row_in
from services.imports.recheck import check_in
from services.imports.results import ImportRow
from services.store import Store

_MAX_ROW = 2**31 - 1


def fix(
    store: Store, batch_id: int, row_no: int, values: Mapping[str, str], version: int | None, *, rehearse: bool = False
) -> ImportRow:
    """Correct cells of a row and check all of it again; its shape (cells too few, open quote) counts as looked at."""
    seen, check = on_record(
        store, batch_id, "correction", lambda c: (row_in(c, batch_id, row_no, "correction"), check_in(c, batch_id))
    )
    refuse_unknown(values, seen, check.kind)
    parameters = (batch_id, *check.again(seen, values, version).parameters())

    def work(connection: Connection) -> ImportRow:
        query = "select debtflow.import_fix(%s, %s, %s, %s::jsonb, %s::jsonb, %s::jsonb, %s)"
        connection.exec_driver_sql(query, parameters)
        return row_in(connection, batch_id, row_no)

    return (store.rehearse if rehearse else store.act)(work)


def exclude(store: Store, batch_id: int, rows: Sequence[int], reason: str) -> None:
    """Leave rows out, with a reason."""
    _call(store, "import_exclude(%s, %s::int[], %s)", batch_id, _numbers(batch_id, rows), _reason(reason))


def _reason(text: str) -> str:
    return prose(text, "reason", 400, required=True)


def include(store: Store, batch_id: int, rows: Sequence[int]) -> None:
    """Take rows back that were left out."""
    _call(store, "import_include(%s, %s::int[])", batch_id, _numbers(batch_id, rows))


def reject(store: Store, batch_id: int, reason: str) -> None:
    """Refuse the whole file, with a reason."""
    _call(store, "import_reject(%s, %s)", batch_id, _reason(reason))


def approve(store: Store, batch_id: int, version: int | None) -> None:
    """Stand in for the rows as they are."""
    _call(store, "import_approve(%s, %s)", batch_id, version)


def four_eyes(store: Store) -> bool:
    """Whether the agency wants four eyes."""
    return bool(store.ask(lambda c: c.exec_driver_sql("select debtflow.import_four_eyes()").scalar_one()))


def set_four_eyes(store: Store, wanted: bool) -> None:
    """Say whether the agency wants four eyes."""
    store.act(lambda c: c.exec_driver_sql("select debtflow.import_four_eyes_set(%s)", (wanted,)))


def _call(store: Store, call: str, batch_id: int, *parameters: object) -> None:
    values = (known_batch(batch_id), *parameters)
    store.act(lambda c: c.exec_driver_sql(f"select debtflow.{call}", values))


def refuse_unknown(values: Mapping[str, str], seen: ImportRow, kind: str) -> None:
    """Raises BadInput for a column that is neither ours nor the sender's."""
    ours = layout_of(kind).columns
    if not values:
        raise BadInput("values", "nothing to correct was given", hint="write COLUMN=VALUE")
    for column in values:
        if column not in ours and column not in seen.values:
            known = [*ours, *(own for own in seen.values if own not in ours)]
            raise BadInput("column", f"there is no column {shown(column)}", hint=f"one of {', '.join(known)}")


def _numbers(batch_id: int, rows: Sequence[int]) -> list[int]:
    for row in rows:
        if not 0 < row <= _MAX_ROW:
            raise NotFound(f"batch {batch_id} has no row {row}", rule="row", hint="debtflow import rows")
    return sorted(set(rows))

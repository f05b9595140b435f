"""What a person does to a batch under review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Connection

from services.domain.columns import COLUMNS
from services.domain.placement import check_row
from services.domain.prose import refuse_card_number
from services.domain.quoting import shown
from services.errors import BadInput, NotFound
from services.imports.queries import known_batch, row_in
from services.imports.records import (
    as_sent,
    cells_json,
    findings_json,
    kept,
    parsed_json,
    reference,
    still_spoilt,
    without_cards,
)
from services.imports.results import ImportRow
from services.store import Store

_MAX_ROW = 2**31 - 1
_TERMS = """
select k.currency, debtflow.today()
  from debtflow.import_batch b join debtflow.client c on c.id = b.client_id join debtflow.book k on k.id = c.book_id
 where b.id = %s
"""


def fix(store: Store, batch_id: int, row_no: int, values: Mapping[str, str], version: int | None) -> ImportRow:
    """Correct cells of a row and check all of it again; its shape (cells too few, open quote) counts as looked at."""
    seen, currency, today = store.ask(lambda c: (row_in(c, batch_id, row_no), *_terms(c, batch_id)))
    _refuse_unknown(values, seen)
    cells = as_sent({**seen.values, **values})
    placement, found = check_row(cells, currency=currency, today=today)
    spoilt = still_spoilt(seen.findings, values)
    findings = (*spoilt, *found)
    safe = without_cards(cells, found)
    parameters = (
        batch_id, row_no, seen.version if version is None else version,
        cells_json(safe), findings_json(findings), parsed_json(None if spoilt else placement), reference(safe),
    )  # fmt: skip

    def work(connection: Connection) -> ImportRow:
        query = "select debtflow.import_fix(%s, %s, %s, %s::jsonb, %s::jsonb, %s::jsonb, %s)"
        connection.exec_driver_sql(query, parameters)
        return row_in(connection, batch_id, row_no)

    return store.act(work)


def exclude(store: Store, batch_id: int, rows: Sequence[int], reason: str) -> None:
    """Leave rows out, with a reason."""
    _call(store, "import_exclude(%s, %s::int[], %s)", batch_id, _numbers(batch_id, rows), _reason(reason))


def _reason(text: str) -> str:
    refuse_card_number(text, "the reason")
    return kept(text.strip())


def include(store: Store, batch_id: int, rows: Sequence[int]) -> None:
    """Take rows back that were left out."""
    _call(store, "import_include(%s, %s::int[])", batch_id, _numbers(batch_id, rows))


def reject(store: Store, batch_id: int, reason: str) -> None:
    """Refuse the whole file, with a reason."""
    _call(store, "import_reject(%s, %s)", batch_id, _reason(reason))


def _call(store: Store, call: str, batch_id: int, *parameters: object) -> None:
    values = (known_batch(batch_id), *parameters)
    store.act(lambda c: c.exec_driver_sql(f"select debtflow.{call}", values))


def _terms(connection: Connection, batch_id: int) -> tuple[str, date]:
    currency, today = connection.exec_driver_sql(_TERMS, (batch_id,)).one()
    return currency, today


def _refuse_unknown(values: Mapping[str, str], seen: ImportRow) -> None:
    if not values:
        raise BadInput("values", "nothing to correct was given", hint="write COLUMN=VALUE")
    for column in values:
        if column not in COLUMNS and column not in seen.values:
            known = [*COLUMNS, *(own for own in seen.values if own not in COLUMNS)]
            raise BadInput("column", f"there is no column {shown(column)}", hint=f"one of {', '.join(known)}")


def _numbers(batch_id: int, rows: Sequence[int]) -> list[int]:
    for row in rows:
        if not 0 < row <= _MAX_ROW:
            raise NotFound(f"batch {batch_id} has no row {row}", rule="row", hint="debtflow import rows")
    return sorted(set(rows))

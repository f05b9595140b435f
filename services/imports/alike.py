"""The same correction to many rows: what it would do, doing it in steps, and undoing it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection

from services.domain.alike import Alike, described
from services.domain.prose import refuse_card_number
from services.errors import NotFound, Refused
from services.imports.queries import Purpose, known_batch, known_where, on_record, row_in, rows_in
from services.imports.recheck import Check, Checked, check_in
from services.imports.records import kept
from services.imports.results import AlikePreview, Changed, ImportRow, Progress, Sample, ValueCount, Where
from services.imports.review import refuse_unknown
from services.store import Store

STEP: Final = 1000
SAMPLES: Final = 50
MOST_VALUES: Final = 200
Report: TypeAlias = Callable[[Progress], None]
Moves: TypeAlias = Iterator[tuple[int, list[tuple[ImportRow, Checked]]]]

_CHANGE: Final = """
select c.kind, debtflow.import_change_said(c.batch_id, c.id),
       (select x.id from debtflow.import_change x where x.undoes = c.id
                         and exists (select from debtflow.import_change_step s where s.change_id = x.id) limit 1)
  from debtflow.import_change c
 where c.batch_id = %s and c.id = %s
"""
_MOVED: Final = "select row_no, before, now from debtflow.import_change_open(%s, %s, %s, %s)"


def preview(store: Store, batch_id: int, change: Alike, where: Where, progress: Report | None = None) -> AlikePreview:
    """What the correction would do to the rows as they are now; writes nothing."""
    check = _begin(store, batch_id, change, where)
    matched, states, samples = 0, Counter[str](), list[Sample]()
    for seen, moves in _moves(store, batch_id, change, where, check):
        matched += seen
        for row, checked in moves:
            state = check.state(row, checked)
            states[state] += 1
            if len(samples) < SAMPLES:
                before, after = row.values.get(change.column, ""), checked.cells.get(change.column, "")
                samples.append(Sample(row.row, before, after, row.state, state))
        if progress:
            progress(Progress("preview", matched, None))
    return AlikePreview(
        described(change), matched, states.total(), states["valid"], states["warning"], states["error"],
        states["duplicate"], _as_seen(store, batch_id, change, samples),
    )  # fmt: skip


def _as_seen(store: Store, batch_id: int, change: Alike, samples: list[Sample]) -> tuple[Sample, ...]:
    """The samples without what their reader sees masked."""
    numbers = tuple(sample.row for sample in samples)
    page = store.ask(lambda c: rows_in(c, batch_id, Where(rows=numbers), 0, SAMPLES)) if numbers else ()
    seen = {row.row: row.values.get(change.column, "") for row in page}
    return tuple(
        sample if seen[sample.row] == sample.before
        else replace(sample, before=seen[sample.row], after=change.of(seen[sample.row]))
        for sample in samples
    )  # fmt: skip


def fix(store: Store, batch_id: int, change: Alike, where: Where, progress: Report | None = None) -> Changed:
    """Correct every row that is meant, a step a transaction; what is done stays done where it is stopped."""
    check = _begin(store, batch_id, change, where)
    what = {"change": described(change), "where": {k: v for k, v in asdict(where).items() if v is not None}}
    return _put(store, batch_id, what, None, _moves(store, batch_id, change, where, check), progress)


def undo(store: Store, batch_id: int, change: int, progress: Report | None = None) -> Changed:
    """Give the cells of a change back what they held; cells that were changed once more stay as they are."""
    found = store.ask(lambda c: c.exec_driver_sql(_CHANGE, (known_batch(batch_id), change)).first())
    if found is None:
        raise NotFound(f"batch {batch_id} knows no change {change}", rule="change", hint="debtflow import changes")
    kind, what, undone_by = found
    if undone_by is not None:
        raise Refused(f"change {change} is undone already, by change {undone_by}", rule="change-undone")
    if kind == "include":
        raise Refused("rows that were taken back are left out again with a reason", rule="change-include")
    if kind == "exclude":
        return _take_back(store, batch_id, change)
    check = store.ask(lambda c: check_in(c, batch_id))
    said = {"change": f"undoes {change}", **({"where": what["where"]} if "where" in what else {})}
    return _put(store, batch_id, said, change, _back(store, batch_id, change, check), progress)


def values(store: Store, batch_id: int, column: str, where: Where) -> tuple[ValueCount, ...]:
    """The values that the rows in question hold in a column, the most frequent first."""
    known_where(where)
    counted = Counter[str]()
    for page in _pages(store, batch_id, where, None):
        counted.update(row.values.get(column, "").strip() for row in page)
    return tuple(ValueCount(value, count) for value, count in counted.most_common(MOST_VALUES))


# ---- which rows, and what becomes of them --------------------------------------------------------------------------


def _begin(store: Store, batch_id: int, change: Alike, where: Where) -> Check:
    known_where(where)
    for text in _texts(asdict(change)):
        refuse_card_number(text, "the correction")
    first = store.ask(lambda c: rows_in(c, known_batch(batch_id), Where(), 0, 1))
    if not first:
        store.ask(lambda c: row_in(c, batch_id, 1))
    check = store.ask(lambda c: check_in(c, batch_id))
    refuse_unknown({change.column: ""}, first[0], check.kind)
    return check


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in (*value.keys(), *value.values()):
            yield from _texts(each)


def _pages(store: Store, batch_id: int, where: Where, purpose: Purpose | None) -> Iterator[tuple[ImportRow, ...]]:
    after, page = 0, tuple[ImportRow, ...]()
    while page or not after:
        read = partial(_page, batch_id, where, after, purpose)
        page = store.ask(read) if purpose is None else on_record(store, batch_id, purpose, read)
        if not page:
            return
        after = page[-1].row
        yield page


def _page(
    batch_id: int, where: Where, after: int, purpose: Purpose | None, connection: Connection
) -> tuple[ImportRow, ...]:
    return rows_in(connection, batch_id, where, after, STEP, purpose)


def _moves(store: Store, batch_id: int, change: Alike, where: Where, check: Check) -> Moves:
    """A page of rows at a time: how many there were, and those that become something else."""
    for page in _pages(store, batch_id, where, "correction"):
        open_rows = [row for row in page if row.state not in ("excluded", "released")]
        moved = [(row, kept(change.of(row.values.get(change.column, "")))) for row in open_rows]
        yield (
            len(open_rows),
            [
                (row, check.again(row, {change.column: text}))
                for row, text in moved
                if text != row.values.get(change.column, "")
            ],
        )


def _back(store: Store, batch_id: int, change: int, check: Check) -> Moves:
    after = 0
    while True:
        page = on_record(store, batch_id, "correction", partial(_standing, batch_id, change, after))
        if not page:
            return
        after = page[-1][0].row
        yield len(page), [(row, check.again(row, cells)) for row, cells in page if cells]


def _standing(
    batch_id: int, change: int, after: int, connection: Connection
) -> list[tuple[ImportRow, Mapping[str, str | None]]]:
    """Rows that a change touched, and what to give back to the cells that nobody has touched since."""
    moved = connection.exec_driver_sql(_MOVED, (batch_id, change, after, STEP)).fetchall()
    numbers = tuple(row_no for row_no, _before, _after in moved)
    rows = {row.row: row for row in rows_in(connection, batch_id, Where(rows=numbers), after, STEP, "correction")}
    return [(rows[row_no], _unmoved(rows[row_no], before or {}, now or {})) for row_no, before, now in moved]


def _unmoved(row: ImportRow, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, str | None]:
    if row.state in ("excluded", "released"):
        return {}
    return {column: old for column, old in before.items() if row.values.get(column) == after[column]}


# ---- writing -------------------------------------------------------------------------------------------------------


def _put(
    store: Store, batch_id: int, what: Mapping[str, object], undoes: int | None, moves: Moves, progress: Report | None
) -> Changed:
    change: int | None = None
    seen = changed = tried = 0
    for count, page in moves:
        seen += count
        if page:
            change, done = store.act(partial(_step, batch_id, change, what, undoes, [each for _, each in page]))
            changed, tried = changed + done, tried + len(page)
        if progress:
            progress(Progress("fix", seen, None))
    if change is None:
        _refuse_closed(store, batch_id)
    return Changed(change if changed else None, changed, tried - changed)


def _step(
    batch_id: int, change: int | None, what: Mapping[str, object], undoes: int | None, page: list[Checked],
    connection: Connection,
) -> tuple[int, int]:  # fmt: skip
    if change is None:
        begin = "select debtflow.import_alike_begin(%s, %s::jsonb, %s)"
        values = (batch_id, kept(json.dumps(what, ensure_ascii=False)), undoes)
        change = int(connection.exec_driver_sql(begin, values).scalar_one())
    items = f"[{','.join(each.item() for each in page)}]"
    step = connection.exec_driver_sql("select debtflow.import_alike_step(%s, %s::jsonb)", (change, items))
    return change, int(step.scalar_one())


def _refuse_closed(store: Store, batch_id: int) -> None:
    """Says why nothing changes any more, where that is the reason."""
    query = "select state from debtflow.import_batch where id = %s"
    state = store.ask(lambda c: c.exec_driver_sql(query, (batch_id,)).scalar_one())
    if state != "in_review":
        raise Refused(f"batch {batch_id} is {state}: its rows do not change any more", rule="batch-state")


def _take_back(store: Store, batch_id: int, change: int) -> Changed:
    query = """
    select array_agg(r.row_no order by r.row_no) filter (where r.state = 'excluded'), count(*)
      from debtflow.import_change_row m
      join debtflow.import_row r on r.batch_id = %s and r.row_no = m.row_no
     where m.change_id = %s
    """
    out, every = store.ask(lambda c: c.exec_driver_sql(query, (batch_id, change)).one())
    if out:
        include = "select debtflow.import_include(%s, %s::int[], %s)"
        store.act(lambda c: c.exec_driver_sql(include, (batch_id, out, change)))
    return Changed(None, len(out or ()), every - len(out or ()))

"""Which rows are meant, as a question to the database: their numbers, in the order of the file."""

from __future__ import annotations

from services.imports.records import kept
from services.imports.results import Where

# Numbers first, rows after: the planner does not know a batch that was just staged, and with both in one question it
# would rather read and sort all of it.
_BY_RULE = "select f.row_no from debtflow.import_found f where f.batch_id = %s and f.row_no > %s and f.rule = %s"
_BY_STATE = "select r.row_no from debtflow.import_row r where r.batch_id = %s and r.row_no > %s and r.state = %s"
_PLAIN = "select r.row_no from debtflow.import_row r where r.batch_id = %s and r.row_no > %s"
_HERE = "exists (select from debtflow.import_row r where r.batch_id = f.batch_id and r.row_no = f.row_no{more})"


def picking(batch_id: int, where: Where, after: int, size: int) -> tuple[str, tuple[object, ...]]:
    """The query for the next numbers and its parameters."""
    query, values = _start(batch_id, where, after)
    more, further = _further(where)
    if where.rule is not None:
        query += " and " + _HERE.format(more=more) if more else ""
        number = "f.row_no"
    else:
        query, number = query + more, "r.row_no"
    if where.rows is not None:
        query, further = f"{query} and {number} = any (%s::int[])", [*further, list(where.rows)]
    return f"{query} order by {number} limit %s", (*values, *further, size)


def _start(batch_id: int, where: Where, after: int) -> tuple[str, list[object]]:
    if where.rule is not None:
        return _BY_RULE, [batch_id, after, where.rule]
    if where.state is not None:
        return _BY_STATE, [batch_id, after, where.state]
    return _PLAIN, [batch_id, after]


def _further(where: Where) -> tuple[str, list[object]]:
    """What the index cannot tell."""
    more, values = "", list[object]()
    if where.rule is not None and where.state is not None:
        more, values = " and r.state = %s", [where.state]
    if where.value is not None:
        more, values = more + " and btrim(r.cells ->> %s) = %s", [*values, where.column, kept(where.value.strip())]
    elif where.column is not None:
        fault = "jsonb_build_object('column', %s::text" + (", 'rule', %s::text)" if where.rule else ")")
        more += f" and r.findings <> '[]' and r.findings @> jsonb_build_array({fault})"
        values = [*values, where.column, *([where.rule] if where.rule else [])]
    return more, values

"""Rows of the trail as events: what the caller may read of personal values, where from, and whether they are sealed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from services.audit.results import WAITING, AuditEvent, Proof

PERSONAL: Final = "select audit_id, path, value from debtflow.audit_values(%s::bigint[], %s::timestamptz[])"
ORIGINS: Final = "select session_id, origin from debtflow.audit_origins(%s::bigint[])"
PROOFS: Final = "select audit_id, seal, verified_at from debtflow.audit_proofs(%s::bigint[], %s::timestamptz[])"
SECURITY_PROOFS: Final = PROOFS.replace("audit_proofs", "security_proofs")

Known = Mapping[tuple[int, str], Mapping[str, str]]


def events_of(
    connection: Connection, rows: Sequence[Any], *, security: bool, known: Known | None = None
) -> tuple[AuditEvent, ...]:
    """The rows with everything that stands elsewhere; security events have no commitments.

    ``known`` are the values behind commitments, where somebody has asked for them already.
    """
    if not rows:
        return ()
    if known is None:
        holding = [row for row in rows if _holds_commitment(row.before) or _holds_commitment(row.after)]
        known = personal(connection, holding) if holding else defaultdict(dict)
    proofs = _proofs(connection, rows, SECURITY_PROOFS if security else PROOFS)
    origins = _origins(connection, rows)
    return tuple(
        AuditEvent(
            row.id, row.at, row.login, row.act, _entity(row), plain(row.before, known[row.id, "before"]),
            *_after(row, known), row.transaction, row.session_id, origins.get(row.session_id),
            proofs.get(row.id, WAITING),
        )
        for row in rows
    )  # fmt: skip


def personal(connection: Connection, rows: Sequence[Any]) -> Known:
    """The values behind commitments, by row and side."""
    found: defaultdict[tuple[int, str], dict[str, str]] = defaultdict(dict)
    for row in connection.exec_driver_sql(PERSONAL, _keys(rows)):
        side, _, column = row.path.partition(".")
        found[row.audit_id, side][column] = row.value
    return found


def plain(columns: Mapping[str, object] | None, known: Mapping[str, str]) -> dict[str, object]:
    """The columns with what may be shown of personal values; forgotten ones say so."""
    return {
        name: known.get(name, "(forgotten)") if is_commitment(value) else value
        for name, value in (columns or {}).items()
    }


def is_commitment(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"sha256"}


def _holds_commitment(columns: Mapping[str, object] | None) -> bool:
    return columns is not None and any(map(is_commitment, columns.values()))


def _entity(row: Any) -> str:
    return f"{row.entity}/{row.ref or row.entity_id or ''}".rstrip("/")


def _after(row: Any, known: Known) -> tuple[dict[str, object], str | None]:
    """A reason in words stands among the personal values, a code in a column of its own; an event shows either."""
    after = plain(row.after, known[row.id, "after"])
    said = str(after.pop("reason")) if is_commitment((row.after or {}).get("reason")) else None
    return after, row.reason or said


def _proofs(connection: Connection, rows: Sequence[Any], query: str) -> dict[int, Proof]:
    found = connection.exec_driver_sql(query, _keys(rows)).all()
    return {row.audit_id: Proof("sealed", row.seal, row.verified_at) for row in found}


def _origins(connection: Connection, rows: Sequence[Any]) -> dict[int, str | None]:
    sessions = sorted({row.session_id for row in rows if row.session_id is not None})
    return {row.session_id: row.origin for row in connection.exec_driver_sql(ORIGINS, (sessions,))} if sessions else {}


def _keys(rows: Sequence[Any]) -> tuple[list[int], list[Any]]:
    return [row.id for row in rows], [row.at for row in rows]

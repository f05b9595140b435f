"""Who changed what: the audit trail, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from services.audit.asking import Place, Written, asked, cursor, place
from services.audit.exporting import export, form_of, place_of_manifest
from services.audit.names import Names, names
from services.audit.past import as_it_was
from services.audit.reading import events_of
from services.audit.results import AuditEvent, AuditPage, EntityState, Manifest, SavedFilter
from services.audit.tailing import parse_tail, tail_now
from services.domain.trail import AuditQuery
from services.errors import BadInput
from services.store import Store

LARGEST_PAGE: Final = 500
EXPORTED_AT_ONCE: Final = 2000
SAVED: Final = "select name, text from debtflow.audit_filter order by name"
SAVE: Final = "select debtflow.audit_filter_save(%s, %s)"
DROP: Final = "select debtflow.audit_filter_drop(%s)"
BEGIN: Final = "select debtflow.audit_export_begin(%s, %s)"
DONE: Final = "select debtflow.audit_export_done(%s, %s, %s)"


class Audit:
    """The audit trail under the caller's rights: a collector sees their own acts, and those on accounts they hold."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self, query: AuditQuery, *, limit: int = 50, after: str | None = None) -> AuditPage:
        """A page of the trail, newest first; ``after`` is the ``next`` of the page before.

        ``act:security.*`` lists security events instead of changes; those who may not read them get NotAllowed. Raises
        NotFound where the named person or entity is none that the caller may see.
        """
        _check(limit)
        begin = place(after)

        def work(connection: Connection) -> AuditPage:
            events, more = _page(connection, query, begin, limit)
            return AuditPage(events, more, str(tail_now(connection)))

        return self._store.ask(work)

    def count(self, query: AuditQuery) -> int:
        """How many there are, each looked at: over millions of rows this takes its time."""
        return self._store.ask(lambda connection: asked(connection, query).count(connection))

    def newer(self, query: AuditQuery, tail: str, *, limit: int = LARGEST_PAGE) -> AuditPage:
        """What was written since the page whose ``tail`` this is, newest first; each event comes exactly once.

        Where more came than ``limit``, the rest follows with the page's ``next`` in the place of ``tail``; the ``tail``
        of any of these pages goes on after all of them.
        """
        _check(limit)
        before = parse_tail(tail)

        def work(connection: Connection) -> AuditPage:
            now = tail_now(connection, before) if before.upto is None else replace(before, seen=before.upto)
            question = asked(connection, query)
            written = Written(before.seen, datetime.fromisoformat(before.since), before.upto)
            rows = question.page(connection, before.where, limit + 1, written)
            events = events_of(connection, rows[:limit], security=query.of_security)
            more = str(before.paged(now.seen, rows[limit - 1])) if len(rows) > limit else None
            return AuditPage(events, more, str(replace(now, upto=None, place=None)))

        return self._store.ask(work)

    def as_it_was(self, entity: str, at: datetime) -> EntityState:
        """What an entity was at a moment (aware), such as ``account/10023-3``, as far as the caller may read it."""
        return self._store.ask(lambda connection: as_it_was(connection, entity, at))

    def names(self) -> Names:
        """Who and what the numbers in the trail stand for, as far as the caller may see them."""
        return self._store.ask(names)

    # ---- filters that a person keeps

    def saved(self) -> tuple[SavedFilter, ...]:
        """The caller's own, by name."""
        rows = self._store.ask(lambda connection: connection.exec_driver_sql(SAVED).all())
        return tuple(SavedFilter(row.name, row.text) for row in rows)

    def save(self, name: str, text: str) -> None:
        """Keep a question under a name; one of that name is replaced."""
        self._store.act(lambda connection: connection.exec_driver_sql(SAVE, (name, text)))

    def drop_saved(self, name: str) -> None:
        """Raises NotFound where there is none."""
        self._store.act(lambda connection: connection.exec_driver_sql(DROP, (name,)))

    # ---- taking rows out

    def export(
        self, query: AuditQuery, *, path: Path, form: str | None = None, limit: int | None = None
    ) -> Manifest:  # fmt: skip
        """Write what is listed to a new file, newest first, and a manifest beside it; both are for their owner only.

        ``form`` is csv, jsonl or parquet, else as the file's name ends; ``limit`` takes the newest. A security event
        says that it began, another how many rows left and their hash. Raises NotAllowed for those who may not, Refused
        for more rows than they may take out, or a file that is there.
        """
        wanted = form_of(path, form)
        place_of_manifest(path)
        if limit is not None and limit < 1:
            raise BadInput("limit", "take out one row at least")
        asked_for = str(replace(query, text=()))
        # Words that are looked for may name somebody, and what is said here stays for good.
        noted = " ".join(filter(None, (asked_for, "text:…" if query.text else "")))
        most = self._store.act(lambda connection: int(connection.exec_driver_sql(BEGIN, (noted, wanted)).scalar_one()))
        said: dict[str, object] = {
            "query": str(query),
            "exported_at": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        }
        made = export(path, wanted, self._all(query), said, most, limit)
        self._store.act(lambda connection: connection.exec_driver_sql(DONE, (wanted, made.rows, made.sha256)))
        return made

    def _all(self, query: AuditQuery) -> Iterator[Sequence[AuditEvent]]:
        """Page after page, each a question of its own: the trail only grows at its other end."""
        after: str | None = None
        while True:
            begin = place(after)
            events, after = self._store.ask(lambda connection: _page(connection, query, begin, EXPORTED_AT_ONCE))  # noqa: B023 - asked at once
            yield events
            if after is None:
                return


def _page(
    connection: Connection, query: AuditQuery, begin: Place | None, limit: int
) -> tuple[tuple[AuditEvent, ...], str | None]:
    rows = asked(connection, query).page(connection, begin, limit + 1)
    more = cursor(rows[limit - 1]) if len(rows) > limit else None
    return events_of(connection, rows[:limit], security=query.of_security), more


def _check(limit: int) -> None:
    if not 1 <= limit <= LARGEST_PAGE:
        raise BadInput("limit", f"a page has 1 to {LARGEST_PAGE} events")

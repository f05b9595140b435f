"""An audit trail in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from services.audit.names import Names
from services.audit.results import AuditEvent, AuditPage, EntityState, Manifest, Proof, SavedFilter
from services.domain.trail import AuditQuery
from tests.screens.fakes import FIRST, NOW, Fake


def audit_event(number: int, **changes: Any) -> AuditEvent:
    """One event; the higher the number the newer."""
    base = AuditEvent(
        number, NOW - timedelta(days=9, minutes=100 - number), "ana", "payment.post", f"account/{FIRST}",
        {"owing": 135907, "due": [110000, 10907, 7500, 7500], "unapplied": 0, "version": 16, "currency": "USD"},
        {"owing": 125907, "due": [110000, 8407, 7500, 0], "unapplied": 0, "version": 17, "currency": "USD"},
        None, 99120, 7, "till-4 ssh 10.2.0.18", Proof("sealed", 118, NOW - timedelta(hours=2)),
    )  # fmt: skip
    return replace(base, **changes)


def story() -> list[AuditEvent]:
    """What happened lately, newest first."""
    return [
        audit_event(90, act="payment.reverse", who="bea", reason="nsf", transaction=99200,
                    before=audit_event(1).after, after=audit_event(1).before, proof=Proof()),
        audit_event(89, proof=Proof("sealed", 119), act="payment.reverse", who="bea", reason="nsf", transaction=99200,
                    before={"status": "closed", "closed_reason": "paid_in_full"}, after={"status": "in_contact"}),
        audit_event(80),
        audit_event(70, act="activity.add", before={},
                    after={"kind": "call", "text": "promised 100 a month from December", "outcome": "promise_to_pay"}),
        audit_event(60, act="account.status", who="ben", before={"status": "assigned"}, after={"status": "in_contact"}),
        audit_event(50, act="contact.save", entity="debtor/12", before={"value": "(forgotten)"},
                    after={"value": "+13125551007"}),
        audit_event(40, act="import.release", who="bea", entity="batch/118", before={"state": "in_review"},
                    after={"state": "released"}, origin=None, session=None),
    ]  # fmt: skip


@dataclass
class FakeAudit(Fake):
    """Filters by the plain parts of a question; ``came`` are written after the first page was read."""

    trail: list[AuditEvent] = field(default_factory=story)
    came: list[AuditEvent] = field(default_factory=list)
    filters: dict[str, str] = field(default_factory=dict)

    def list(self, query: AuditQuery, *, limit: int = 50, after: str | None = None) -> AuditPage:
        self.enter("list", str(query), after)
        fitting = self._fitting(query)
        start = int(after or 0)
        more = start + limit < len(fitting)
        return AuditPage(tuple(fitting[start : start + limit]), str(start + limit) if more else None, "0")

    def newer(self, query: AuditQuery, tail: str) -> AuditPage:
        self.enter("newer", str(query), tail)
        return AuditPage(tuple(reversed(self.came[int(tail) :])), None, str(len(self.came)))

    def names(self) -> Names:
        self.enter("names")
        return Names({1: "ana", 2: "bea", 3: "ben", 4: "zoe"}, {1: "HXL"})

    def count(self, query: AuditQuery) -> int:
        self.enter("count", str(query))
        return len(self._fitting(query))

    def as_it_was(self, entity: str, at: datetime) -> EntityState:
        """What the changes up to then left, the newest last."""
        self.enter("as_it_was", entity, at)
        told = [event for event in reversed(self.trail) if event.at <= at and event.entity == entity]
        columns: dict[str, object] = {"number": entity.partition("/")[2]}
        for event in told:
            columns |= event.before if event is told[0] else {}
            columns |= event.after
        return EntityState(entity, at, columns if told else {}, told[-1].at if told else None)

    def saved(self) -> tuple[SavedFilter, ...]:
        self.enter("saved")
        return tuple(SavedFilter(name, text) for name, text in sorted(self.filters.items()))

    def save(self, name: str, text: str) -> None:
        self.enter("save", name, text)
        self.filters[name] = text

    def drop_saved(self, name: str) -> None:
        self.enter("drop_saved", name)
        del self.filters[name]

    def export(
        self, query: AuditQuery, *, path: Path, form: str | None = None, limit: int | None = None
    ) -> Manifest:  # fmt: skip
        self.enter("export", str(query), path, form, limit)
        rows = min(len(self._fitting(query)), limit or 10**6)
        return Manifest(path, rows, "ab" * 32, "csv", path.with_name(f"{path.name}.manifest.json"))

    def _fitting(self, query: AuditQuery) -> Sequence[AuditEvent]:
        entity = "/".join(part for part in (query.entity_kind, query.entity_ref) if part)
        return [
            event for event in self.trail
            if query.who in (None, event.who) and event.entity.startswith(entity)
            and query.transaction in (None, event.transaction)
            and (query.act is None or event.act.startswith(query.act.rstrip("*")))
        ]  # fmt: skip

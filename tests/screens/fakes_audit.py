"""An audit trail in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from services.audit.results import AuditEvent, AuditPage
from services.domain.trail import AuditQuery
from tests.screens.fakes import FIRST, NOW, Fake


def audit_event(number: int, **changes: Any) -> AuditEvent:
    """One event; the higher the number the newer."""
    base = AuditEvent(
        number, NOW - timedelta(days=9, minutes=100 - number), "ana", "payment.post", f"account/{FIRST}",
        {"owing": 135907, "due": [110000, 10907, 7500, 7500], "unapplied": 0, "version": 16, "currency": "USD"},
        {"owing": 125907, "due": [110000, 8407, 7500, 0], "unapplied": 0, "version": 17, "currency": "USD"},
        None, 99120, 7, "till-4 ssh 10.2.0.18",
    )  # fmt: skip
    return replace(base, **changes)


def story() -> list[AuditEvent]:
    """What happened lately, newest first."""
    return [
        audit_event(90, act="payment.reverse", who="bea", reason="nsf", transaction=99200,
                    before=audit_event(1).after, after=audit_event(1).before),
        audit_event(89, act="payment.reverse", who="bea", reason="nsf", transaction=99200,
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
    """Filters by the plain parts of a question."""

    trail: list[AuditEvent] = field(default_factory=story)

    def list(self, query: AuditQuery, *, limit: int = 50, after: str | None = None) -> AuditPage:
        self.enter("list", str(query), after)
        entity = "/".join(part for part in (query.entity_kind, query.entity_ref) if part)
        fitting = [
            event for event in self.trail
            if query.who in (None, event.who) and event.entity.startswith(entity)
            and query.transaction in (None, event.transaction)
            and (query.act is None or event.act.startswith(query.act.rstrip("*")))
        ]  # fmt: skip
        start = int(after or 0)
        more = start + limit < len(fitting)
        return AuditPage(tuple(fitting[start : start + limit]), str(start + limit) if more else None)

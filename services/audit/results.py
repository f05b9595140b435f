"""What the audit service gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.domain.trail import KINDS


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One recorded change; ``before`` and ``after`` hold only the columns that changed."""

    id: int
    at: datetime
    who: str
    act: str
    entity: str
    before: Mapping[str, object]
    after: Mapping[str, object]
    reason: str | None
    transaction: int
    session: int | None
    origin: str | None

    @property
    def about(self) -> str:
        """What was changed, in words."""
        kind, _, ref = self.entity.partition("/")
        return f"{KINDS.get(kind, kind)} {ref}"


@dataclass(frozen=True, slots=True)
class AuditPage:
    events: tuple[AuditEvent, ...]
    next: str | None

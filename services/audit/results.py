"""What the audit service gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from services.domain.trail import KINDS, SECURITY

Form = Literal["csv", "jsonl", "parquet"]


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether a row is sealed, and when its seal was last checked without a finding.

    Of a security event it is the seal of the list that holds its hash.
    """

    state: Literal["sealed", "waiting"] = "waiting"
    seal: int | None = None
    verified_at: datetime | None = None


WAITING: Final = Proof()


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One recorded change; ``before`` and ``after`` hold only the columns that changed.

    A security event has no transaction (0); ``after`` holds what it tells, ``reason`` the rule that it is about.
    """

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
    proof: Proof = WAITING

    @property
    def about(self) -> str:
        """What was changed, in words."""
        kind, _, ref = self.entity.partition("/")
        return f"{KINDS.get(kind, kind)} {ref}".strip()

    @property
    def of_security(self) -> bool:
        """Whether it is no change but a sign-in, a refusal, an export."""
        return self.act.startswith(SECURITY)


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Events, newest first; ``next`` goes on with older ones, ``tail`` asks for what was written since."""

    events: tuple[AuditEvent, ...]
    next: str | None
    tail: str = ""


@dataclass(frozen=True, slots=True)
class EntityState:
    """What the columns of an entity held at a moment; none where it was not there yet.

    Columns appear as far as the trail tells of them; ``since`` is the last change before, None where there is none.
    """

    entity: str
    at: datetime
    columns: Mapping[str, object]
    since: datetime | None


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A question that a person keeps, under a name of theirs."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was taken out: the file, its rows, the hash of its bytes, and the file beside it that says the same."""

    path: Path
    rows: int
    sha256: str
    form: Form
    manifest_path: Path

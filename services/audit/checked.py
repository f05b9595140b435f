"""What a check of the trail gives back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was sealed.

    ``kind`` is changed, removed, added (a row), value (kept beside it), event (of security), archive, seal or digest;
    ``columns`` are those that differ, in the order of the table.
    """

    kind: str
    message: str
    id: int | None = None
    at: datetime | None = None
    columns: tuple[str, ...] = ()
    seal: int | None = None


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """One chain: the agency's, by its code, or "installation".

    ``rows`` were compared, ``hidden`` of them on the database's word, because the caller may not read them; ``waiting``
    are not sealed yet. ``signed`` counts the digests that fit and are signed with a key known here. ``findings`` come
    in the order of time.
    """

    chain: str
    seals: int
    head: str | None
    rows: int
    hidden: int
    waiting: int
    waiting_since: datetime | None
    signed: int
    first: int | None
    last: int | None
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not self.findings

    @property
    def count(self) -> int:
        return len(self.findings)


@dataclass(frozen=True, slots=True)
class Verdict:
    ok: bool
    chains: tuple[ChainVerdict, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for chain in self.chains for finding in chain.findings)

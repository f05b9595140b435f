"""Profiles of files, version by version, and what a batch was read with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NoReturn

from sqlalchemy import Connection

from services.domain.findings import Finding
from services.domain.money import Money
from services.domain.profile.fields import KINDS, fields_of
from services.domain.profile.model import Profile, profile_of
from services.domain.prose import prose
from services.domain.quoting import shown
from services.errors import BadInput, Misconfigured, NotFound
from services.imports.queries import known_batch
from services.imports.records import kept, read_findings
from services.store import Store

NOTE_LIMIT: Final = 400
_KEPT: Final = """
select p.id, c.code, p.kind, p.version, p.body, p.note, u.login, p.made_at,
       (select count(*) from debtflow.import_batch b where b.profile_id = p.id)
  from debtflow.import_profile p
  join debtflow.client c on c.id = p.client_id
  join debtflow.users u on u.id = p.made_by
"""


@dataclass(frozen=True, slots=True)
class KeptProfile:
    """One version of a client's profile for a kind of file; ``batches`` were read with it."""

    id: int
    client: str
    kind: str
    version: int
    body: Mapping[str, Any]
    note: str | None
    made_by: str
    made_at: datetime
    batches: int

    @property
    def profile(self) -> Profile:
        """What it says; raises Misconfigured where this release cannot read it."""
        return _readable(self.body, self.client, self.version)


@dataclass(frozen=True, slots=True)
class Totals:
    """How a file compares with its control records, as it was read, and who has taken the difference."""

    rows: int
    sums: Mapping[str, Money]
    unread: Mapping[str, int]
    findings: tuple[Finding, ...]
    accepted_by: str | None
    accepted_at: datetime | None
    reason: str | None

    @property
    def holds(self) -> bool:
        """Whether the release waits for somebody."""
        return bool(self.findings) and self.accepted_by is None

    @classmethod
    def of(cls, control: dict[str, Any], by: str | None, at: datetime | None, reason: str | None) -> Totals:
        """As it is kept with the batch."""
        sums = {name: Money(amount["minor"], amount["currency"]) for name, amount in control["sums"].items()}
        return cls(control["rows"], sums, control["unread"], read_findings(control["findings"]), by, at, reason)


class Profiles:
    """How each client writes its files; kept by supervisors and agency administrators, read by the office.

    A version is never changed: ``keep`` adds another, and a batch stays bound to the one it was read with.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self) -> tuple[KeptProfile, ...]:
        """The newest version of every profile, by client and kind."""
        newest = """
        where p.version = (select max(n.version) from debtflow.import_profile n
                            where (n.agency_id, n.client_id, n.kind) = (p.agency_id, p.client_id, p.kind))
        order by c.code, p.kind
        """
        return self._ask(_KEPT + newest, ())

    def history(self, client: str, kind: str = "placements") -> tuple[KeptProfile, ...]:
        """Every version, newest first; raises NotFound for a client that is not there."""
        known_kind(kind)
        query = _KEPT + " where c.code = %s and p.kind = %s order by p.version desc"
        found = self._ask(query, (kept(client), kind))
        if not found:
            self._refuse_unknown(client)
        return found

    def show(self, client: str, kind: str = "placements", version: int | None = None) -> KeptProfile | None:
        """One version, the newest by itself; None where the client has none and none was asked for by number."""
        found = self.history(client, kind)
        if version is None:
            return found[0] if found else None
        return next((each for each in found if each.version == version), None) or _no_version(client, kind, version)

    def keep(self, client: str, profile: Profile, *, after: int, note: str = "") -> KeptProfile:
        """Add a version after the one that was looked at, 0 where there was none; the same again adds nothing.

        Raises Stale where somebody else has added one meanwhile, NotFound for an unknown client, NotAllowed.
        """
        words = prose(note, "note", NOTE_LIMIT) or None
        query = "select debtflow.import_profile_keep(%s, %s, %s::jsonb, %s, %s)"
        body = json.dumps(profile.body(), ensure_ascii=False)
        values = (kept(client), profile.kind, body, after, words)
        version = self._store.act(lambda c: c.exec_driver_sql(query, values).scalar_one())
        found = self.show(client, profile.kind, version)
        assert found is not None  # noqa: S101 - it was just kept, and none is ever removed
        return found

    def terms(self, client: str) -> tuple[str, date]:
        """The currency that the client places in and the agency's day: what a file is tried out with."""
        query = """
        select b.currency::text, debtflow.today() from debtflow.client c join debtflow.book b on b.id = c.book_id
         where c.code = %s
        """
        row = self._store.ask(lambda c: c.exec_driver_sql(query, (kept(client),)).first())
        if row is None:
            raise NotFound(f"there is no client {shown(client)}", rule="client", hint="debtflow client list")
        return row[0], row[1]

    def totals(self, batch_id: int) -> Totals | None:
        """What a file's control records say of it, None where its profile knows none."""
        query = """
        select b.control, u.login, b.control_accepted_at, b.control_reason
          from debtflow.import_batch b left join debtflow.users u on u.id = b.control_accepted_by where b.id = %s
        """
        row = self._store.ask(lambda c: c.exec_driver_sql(query, (known_batch(batch_id),)).first())
        if row is None:
            raise NotFound(f"there is no import batch {batch_id}", rule="batch", hint="debtflow import list")
        return None if row[0] is None else Totals.of(*row)

    def accept_totals(self, batch_id: int, reason: str) -> None:
        """Take the difference between a file and its control records upon oneself; its release is free then."""
        words = prose(reason, "reason", NOTE_LIMIT, required=True)
        values = (known_batch(batch_id), words)
        self._store.act(lambda c: c.exec_driver_sql("select debtflow.import_control_accept(%s, %s)", values))

    def _ask(self, query: str, values: Sequence[object]) -> tuple[KeptProfile, ...]:
        return tuple(
            _kept(row) for row in self._store.ask(lambda c: c.exec_driver_sql(query, tuple(values)).fetchall())
        )

    def _refuse_unknown(self, client: str) -> None:
        query = "select 1 from debtflow.client where code = %s"
        if self._store.ask(lambda c: c.exec_driver_sql(query, (kept(client),)).first()) is None:
            raise NotFound(f"there is no client {shown(client)}", rule="client", hint="debtflow client list")


@dataclass(frozen=True, slots=True)
class Bound:
    """The profile that a file is read with; ``id`` is None for none, which reads files under our own names."""

    id: int | None
    version: int
    profile: Profile


def bound_to_client(connection: Connection, client: str, kind: str, version: int | None) -> Bound:
    """The newest version for this client and kind, the one that is named, or with 0 none."""
    known_kind(kind)
    if version == 0:
        return Bound(None, 0, Profile.model_validate({"kind": kind}))
    query = "select id, version, body from debtflow.import_profile_bound(%s, %s, %s)"
    row = connection.exec_driver_sql(query, (kept(client), kind, version)).first()
    if row is None:
        if version is not None:
            _no_version(client, kind, version)
        return Bound(None, 0, Profile.model_validate({"kind": kind}))
    return Bound(row[0], row[1], _readable(row[2], client, row[1]))


def bound_to_batch(connection: Connection, batch_id: int) -> Profile | None:
    """The profile that a batch was read with, None where there was none."""
    query = """
    select p.body, c.code, p.version from debtflow.import_batch b join debtflow.import_profile p on p.id = b.profile_id
      join debtflow.client c on c.id = p.client_id where b.id = %s
    """
    row = connection.exec_driver_sql(query, (known_batch(batch_id),)).first()
    return None if row is None else _readable(*row)


def known_kind(kind: str) -> str:
    """The kind of file; raises BadInput where it is none."""
    fields_of(kind)
    return kind


def _kept(row: Any) -> KeptProfile:
    return KeptProfile(*row)


def _readable(body: object, client: str, version: int) -> Profile:
    """Nobody but this program writes them, but a later release may have written one that this one cannot read."""
    try:
        return profile_of(body)
    except BadInput as problem:
        raise Misconfigured(
            f"version {version} of the profile of {client} cannot be read: {problem.message}",
            hint="was it kept by a newer release? debtflow import profile history, then edit it",
        ) from None


def _no_version(client: str, kind: str, version: int) -> NoReturn:
    raise NotFound(
        f"the profile of {shown(client)} for {kind} has no version {version}",
        rule="profile", hint="debtflow import profile history",
    )  # fmt: skip


__all__ = ["KINDS", "Bound", "KeptProfile", "Profiles", "Totals", "bound_to_batch", "bound_to_client", "known_kind"]

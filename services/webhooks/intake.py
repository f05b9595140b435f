"""The way in: what came over the wire is written down, by a login that can do nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection

from services.errors import NotAllowed
from services.gateways.base import Notice
from services.store import Store
from services.store.door import driver_of

LARGEST_BODY: Final = 1_048_576
KEPT_OF_REFUSED: Final = 4096
LONGEST_REASON: Final = 400
LONGEST_SIGNATURE: Final = 4096

# Without a conflict target: naming one would need the right to read, and this login has none. One statement for all
# rows, so that their jobs are deferred together.
KEEP: Final = """
  insert into debtflow.webhook_event
    (provider, event_id, type, created_at, headers, signature, body, size, sha256, reason)
  select provider, event_id, type, created_at, headers::jsonb, signature, body, size, sha256, reason
    from unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::bytea[],
                %s::bigint[], %s::bytea[], %s::text[])
         as d(provider, event_id, type, created_at, headers, signature, body, size, sha256, reason)
  on conflict do nothing"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request of a provider's, or of somebody who says so; with a ``reason`` it is refused.

    ``size`` is the body's whole length as far as it is known; ``body`` of a refused one may be its beginning.
    """

    provider: str
    headers: tuple[tuple[str, str], ...]
    signature: str | None
    body: bytes
    size: int
    notice: Notice | None = None
    reason: str | None = None

    def values(self) -> tuple[Any, ...]:
        """The columns of its row."""
        notice, whole = self.notice, self.size == len(self.body)
        return (
            self.provider,
            notice and notice.event_id,
            notice and notice.type,
            notice and notice.created_at,
            json.dumps(self.headers),
            _text(self.signature, LONGEST_SIGNATURE),
            self.body if self.reason is None else self.body[:KEPT_OF_REFUSED],
            self.size,
            sha256(self.body).digest() if whole and self.reason is not None else None,
            _text(self.reason, LONGEST_REASON),
        )


class Intake:
    """Writes deliveries down; an event that is there already is counted once more, and not kept again."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, deliveries: Sequence[Delivery]) -> None:
        """All of them in one transaction, with the jobs that will look at them; returns after the commit.

        Raises Unreachable, Busy or NotAllowed; then none was kept, or, with Unreachable, nobody knows.
        """
        # Two batches that hold the same events take their locks in one order.
        rows = sorted((each.values() for each in deliveries), key=lambda row: (row[0], row[1] or ""))

        def work(connection: Connection) -> None:
            driver_of(connection).execute(KEEP, [list(column) for column in zip(*rows, strict=True)])

        self._store.act(work)

    def ready(self) -> None:
        """Ask the database whether it is there and lets this login in; raises Unreachable, Busy or NotAllowed."""
        agency = self._store.ask(lambda c: c.exec_driver_sql("select debtflow.webhook_agency()").scalar_one())
        if agency is None:
            raise NotAllowed(
                "this login is not one that webhooks come in by",
                rule="webhook_login",
                hint="make one: debtflow user add LOGIN --role webhook",
            )


def _text(value: str | None, most: int) -> str | None:
    # A header may hold any byte; PostgreSQL's text cannot hold a zero.
    return None if value is None else value.replace("\x00", "�")[:most]

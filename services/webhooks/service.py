"""The inbox of what providers sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection

from services.errors import BadInput, NotFound
from services.store import Store, shown
from services.webhooks import processing
from services.webhooks.results import STATES, Raw, Webhook

COLUMNS: Final = """id, provider, event_id, type, state, reason, created_at, received_at, settled_at, deliveries,
  last_delivery_at, attempts, size, encode(sha256, 'hex') as sha256"""
PAGE: Final = f"""
  select {COLUMNS} from debtflow.webhook_event
   where (cast(%s as text) is null or state = %s) and (cast(%s as bigint) is null or id < %s)
   order by id desc limit %s"""  # noqa: S608 - column names
ONE: Final = f"select {COLUMNS} from debtflow.webhook_event where id = %s"  # noqa: S608
COUNTS: Final = "select state, count(*) as events from debtflow.webhook_event group by state"
LARGEST_PAGE: Final = 500
LARGEST_ID: Final = 2**63 - 1


class Webhooks:
    """Events of the caller's agency, for those who oversee it; others get NotAllowed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(
        self, *, state: str | None = None, after: int | None = None, limit: int = 50
    ) -> tuple[tuple[Webhook, ...], int | None]:
        """A page, the latest first, and where the next one begins; ``state`` is one of ``STATES``."""
        if state is not None and state not in STATES:
            raise BadInput("state", f"{state} is not a state of a webhook", hint=", ".join(STATES))
        if not 1 <= limit <= LARGEST_PAGE:
            raise BadInput("limit", f"a page has 1 to {LARGEST_PAGE} webhooks")

        def work(connection: Connection) -> Sequence[Any]:
            return connection.exec_driver_sql(PAGE, (state, state, after, after, limit + 1)).all()

        rows = self._store.ask(work)
        return tuple(map(_webhook, rows[:limit])), rows[limit - 1].id if len(rows) > limit else None

    def counts(self) -> dict[str, int]:
        """How many events are in each state, also those that none is in."""
        rows = self._store.ask(lambda c: c.exec_driver_sql(COUNTS).all())
        found = {row.state: int(row.events) for row in rows}
        return {state: found.get(state, 0) for state in STATES}

    def show(self, webhook: int) -> Webhook:
        """One event as it stands; raises NotFound."""
        row = self._store.ask(lambda c: c.exec_driver_sql(ONE, (_known(webhook),)).one_or_none())
        if row is None:
            raise NotFound(f"there is no webhook {webhook}", rule="webhook", hint="debtflow webhook list")
        return _webhook(row)

    def reveal(self, webhook: int) -> Raw:
        """The delivery as it came; for supervisors, on record. Raises NotFound, NotAllowed."""
        query = "select * from debtflow.webhook_reveal(%s)"
        row = shown(self._store, query, (_known(webhook),))
        return Raw(tuple((name, value) for name, value in row.headers), row.signature, bytes(row.body))

    def redrive(self, webhook: int) -> Webhook:
        """Have an event looked at again, whatever became of it; what was done already is found done.

        For supervisors. Raises Refused (``webhook_refused``) for one that was never accepted.
        """
        query = "select debtflow.webhook_redrive(%s)"
        self._store.act(lambda c: c.exec_driver_sql(query, (_known(webhook),)))
        return self.show(webhook)

    # ---- the worker's

    def process(self, webhook: int, charges: processing.Hearer, *, last: bool = False) -> str | None:
        """Look at a queued event; gives what became of it, None where somebody already had. See ``processing``."""
        heard = processing.process(self._store, webhook, charges, last=last)
        return heard.outcome if heard else None

    def give_up(self, webhook: int, why: str) -> None:
        """Mark an event as failed that nobody will look at again by itself."""
        processing.give_up(self._store, webhook, why)

    def requeue_lost(self) -> int:
        """Give events that wait without a job one; how many there were."""
        return self._count("select debtflow.webhook_requeue_lost()")

    def forget(self) -> int:
        """Delete refused deliveries after a month; how many there were."""
        return self._count("select debtflow.webhook_forget()")

    def _count(self, query: str) -> int:
        return int(self._store.act(lambda c: c.exec_driver_sql(query).scalar_one()))


def _known(webhook: int) -> int:
    if not 0 < webhook <= LARGEST_ID:
        raise NotFound(f"there is no webhook {webhook}", rule="webhook", hint="debtflow webhook list")
    return webhook


def _webhook(row: Any) -> Webhook:
    return Webhook(**row._mapping)

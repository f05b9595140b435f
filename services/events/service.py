"""Events are written with the transfer; here they get their order and are handed to consumers, at least once."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection

from services.domain.money import Money
from services.domain.quoting import shown
from services.errors import BadInput, Busy
from services.events.results import Consumer, Event, EventPage, Stream
from services.store import Store

AFTER = "select * from debtflow.events_after(%s, %s)"
TAKE = "select * from debtflow.event_consumer_take(%s, %s, %s)"
LARGEST_PAGE = 500
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")


class Events:
    """The stream of the caller's agency. Positions begin at 1 and have no gap.

    Supervisors, administrators and the worker follow it; readonly lists it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._holder: UUID = uuid4()

    def sequence(self) -> int:
        """Give positions to the events that have none yet; says to how many, 0 where somebody else is at it."""
        return self._store.act(_sequence)

    def list(self, *, after: int = 0, limit: int = 50) -> EventPage:
        """A page of the stream, oldest first; nothing is committed."""
        _check_limit(limit)

        def work(connection: Connection) -> EventPage:
            found = _after(connection, after, limit + 1)
            following = found[limit - 1].position if len(found) > limit else None
            return EventPage(found[:limit], following, _stream(connection))

        return self._store.ask(work)

    def follow(self, consumer: str, start: int | None = None, limit: int = 100) -> tuple[Event, ...]:
        """The next events of a consumer, from its stored offset, or from ``start`` on; holds it for 30 seconds.

        Raises Busy while another process holds the consumer. What was dealt with is said by ``commit``; after a crash
        the rest comes again, so every event is given at least once.
        """
        name = _check_name(consumer)
        _check_limit(limit)
        if start is not None and not 1 <= start < 2**62:
            raise BadInput("from", f"{start} is not a position", hint="positions begin at 1")

        def work(connection: Connection) -> tuple[Event, ...]:
            row = connection.exec_driver_sql(TAKE, (name, self._holder, start)).one()
            if not row.taken:
                raise Busy(
                    f"consumer {name} is held by another process", holder=row.held_by, since=row.held_since,
                    hint="wait for it to end; a dead one is let go after 30 seconds",
                )  # fmt: skip
            _sequence(connection)
            return _after(connection, row.position, limit)

        return self._store.act(work)

    def commit(self, consumer: str, position: int) -> None:
        """Store that everything up to ``position`` was dealt with; raises Stale where the consumer was lost."""
        query = "select debtflow.event_consumer_commit(%s, %s, %s)"
        self._store.act(lambda c: c.exec_driver_sql(query, (consumer, self._holder, position)).scalar_one())

    def leave(self, consumer: str) -> None:
        """Let the consumer go, so that another process may follow at once."""
        query = "select debtflow.event_consumer_leave(%s, %s)"
        self._store.act(lambda c: c.exec_driver_sql(query, (consumer, self._holder)).scalar_one())


def _sequence(connection: Connection) -> int:
    return int(connection.exec_driver_sql("select debtflow.events_sequence()").scalar_one())


def _after(connection: Connection, position: int, limit: int) -> tuple[Event, ...]:
    return tuple(map(_event, connection.exec_driver_sql(AFTER, (position, limit))))


def _event(row: Any) -> Event:
    amount = row.payload.get("amount")
    money = Money(amount, row.payload["currency"]) if amount is not None else None
    return Event(row.position, row.id, row.type, row.aggregate, row.subject, row.recorded_at, money, row.payload)


def _stream(connection: Connection) -> Stream:
    state = connection.exec_driver_sql("select * from debtflow.events_state()").one()
    consumers = connection.exec_driver_sql("select * from debtflow.event_consumers()").all()
    return Stream(state.position, state.waiting, tuple(Consumer(*row) for row in consumers))


def _check_name(consumer: str) -> str:
    if not _NAME.fullmatch(consumer):
        raise BadInput(
            "consumer", f"“{shown(consumer)}” is not a consumer's name",
            hint="small letters, digits, _ . and -, at most 63 of them",
        )  # fmt: skip
    return consumer


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= LARGEST_PAGE:
        raise BadInput("limit", f"a page has 1 to {LARGEST_PAGE} events")

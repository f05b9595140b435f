"""Calls to the provider: through the shared breaker, outside any transaction, and what came of them written down.

The order of things is the safety: the database is asked first (breaker and lease; where it cannot be asked, nobody
calls), then the provider, then the answer is written in one act together with the breaker's word. A process may die
between any two of them: the lease runs out and somebody else asks the provider.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from services.charges.reading import Json
from services.errors import Busy, Misconfigured, NotFound, SessionExpired, Unreachable
from services.gateways.base import Gateway, ProviderRefused, ProviderUnavailable
from services.store import Store

T = TypeVar("T")

ENTER: Final = "select * from debtflow.breaker_enter(%s)"
TELL: Final = "select debtflow.breaker_tell(%s, %s, %s, %s)"
HEAR: Final = {
    "charge": "select * from debtflow.charge_hear(%s, %s)",
    "refund": "select * from debtflow.refund_hear(%s, %s)",
}
RELEASE: Final = {
    "charge": "select debtflow.charge_release(%s, %s, %s)",
    "refund": "select debtflow.refund_release(%s, %s, %s)",
}
WRITES: Final = 3
"""How often an answer is tried to be written while somebody holds the account."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Leave to call; ``probe`` is set for the one call that tries whether the provider is back."""

    entered: bool
    probe: UUID | None
    cause: str | None
    next_try_at: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """What an answer did to a charge or refund."""

    changed: bool
    was: str
    state: str


class Calls:
    """The way to the provider and back, for one login."""

    def __init__(self, store: Store, gateway: Gateway | None) -> None:
        self.store = store
        self._gateway = gateway

    @property
    def ready(self) -> bool:
        """Whether a provider is configured at all; nobody is asked."""
        return self._gateway is not None

    @property
    def gateway(self) -> Gateway:
        """The provider; raises Misconfigured where none is configured."""
        if self._gateway is None:
            raise Misconfigured(
                "no payment provider is configured", hint="name one under [gateway] and give its key: docs/cards.md"
            )
        return self._gateway

    @property
    def name(self) -> str:
        return self._gateway.provider if self._gateway is not None else "stripe"

    def enter(self) -> Pass:
        """Ask the breaker for leave to call; raises Unreachable where the database cannot be asked: nobody calls."""
        row = self.store.act(lambda c: c.exec_driver_sql(ENTER, (self.name,)).one())
        return Pass(row.entered, row.probe, row.cause, row.next_try_at)

    def tell(self, probe: UUID | None, failure: ProviderUnavailable | None) -> None:
        """Say to the breaker what came of a call that nothing else is written about."""
        self.store.act(lambda c: self._tell(c, probe, failure))

    def hear(
        self, what: str, wanted: UUID, answer: Json, *, probe: UUID | None, failure: ProviderUnavailable | None = None
    ) -> Change:
        """Write an answer of our own call, and what it says of the provider, in one act.

        Raises Unreachable where it cannot be written: the provider is asked again later.
        """

        def work(connection: Connection) -> Change:
            row = connection.exec_driver_sql(HEAR[what], (wanted, json.dumps(answer))).one()
            self._tell(connection, probe, failure)
            return Change(row.changed, row.was, row.state)

        return self._persistently(lambda: self.store.act(work))

    def note(self, what: str, wanted: UUID, answer: Json) -> Change:
        """Write what somebody else told us; nothing was called."""
        row = self.store.act(lambda c: c.exec_driver_sql(HEAR[what], (wanted, json.dumps(answer))).one())
        return Change(row.changed, row.was, row.state)

    def release(self, what: str, order: Json, later: datetime | None = None) -> None:
        """Give a claim back without an answer."""
        values = (UUID(order["id"]), UUID(order["lease"]), later)
        self.store.act(lambda c: c.exec_driver_sql(RELEASE[what], values))

    def guarded(self, passed: Pass, call: Callable[[Gateway], T]) -> T:
        """Call the provider with leave that nothing else is written about; raises what the provider raises."""
        try:
            answer = call(self.gateway)
        except ProviderUnavailable as failure:
            self.tell(passed.probe, failure)
            raise
        except ProviderRefused:
            self.tell(passed.probe, None)
            raise
        self.tell(passed.probe, None)
        return answer

    def _tell(self, connection: Connection, probe: UUID | None, failure: ProviderUnavailable | None) -> None:
        cause = failure.message if failure else None
        connection.exec_driver_sql(TELL, (self.name, failure is None, cause, probe))

    def _persistently(self, write: Callable[[], Change]) -> Change:
        for _ in range(WRITES - 1):
            try:
                return write()
            except Busy:
                continue
            except (NotFound, SessionExpired) as error:
                raise _unwritten() from error
        try:
            return write()
        except (Busy, NotFound, SessionExpired) as error:
            raise _unwritten() from error


def _unwritten() -> Unreachable:
    return Unreachable(
        "the provider has answered, but the answer could not be written down",
        rule="charge_unwritten",
        hint="do not charge again: the worker asks the provider and posts what it took",
    )


def one_json(store: Store, query: str, *values: object) -> Any:
    """The one JSON value of an act's query, or None."""
    return store.act(lambda c: c.exec_driver_sql(query, values).scalar_one_or_none())

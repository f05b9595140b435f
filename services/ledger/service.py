"""The ledger proves itself, and the house is examined."""

from __future__ import annotations

from sqlalchemy import Connection

from services.domain.money import Money
from services.ledger.results import Check, Difference, Health, Replay
from services.store import Store

SCOPE = "select 'agency ' || agency from debtflow.session_whoami()"


class Ledger:
    """The double-entry ledger of the caller's agency."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def replay_check(self) -> Replay:
        """Rebuild every balance from the postings and compare; supervisors and administrators only."""

        def work(connection: Connection) -> Replay:
            rows = connection.exec_driver_sql("select * from debtflow.ledger_replay()").all()
            transfers = connection.exec_driver_sql("select debtflow.ledger_transfers()").scalar_one()
            differences = tuple(
                Difference(row.what, Money(row.stored, row.currency), Money(row.replayed, row.currency)) for row in rows
            )
            scope = connection.exec_driver_sql(SCOPE).scalar_one()
            return Replay(not differences, scope, transfers, differences)

        return self._store.ask(work)


class Doctor:
    """What must hold at any time, checked now."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def examine(self) -> Health:
        """Check the money of the agency and the safeguards of the installation; supervisors and administrators only."""
        replay = Ledger(self._store).replay_check()

        def work(connection: Connection) -> tuple[Check, ...]:
            money = connection.exec_driver_sql("select * from debtflow.ledger_health()").all()
            house = connection.exec_driver_sql("select * from debtflow.house_health()").all()
            return (
                *(
                    Check(row.name, row.broken == 0, row.what + ("" if row.broken == 0 else f": {row.broken} broken"))
                    for row in money
                ),
                *(Check(row.name, row.ok, row.detail) for row in house),
            )

        checks = (_replayed(replay), *self._store.ask(work))
        return Health(all(check.ok for check in checks), replay.scope, checks)


def _replayed(replay: Replay) -> Check:
    if replay.ok:
        return Check("replay", True, f"every balance equals its postings ({replay.transfers} transfers)")
    first = replay.differences[0]
    return Check("replay", False, f"{first.what} is {first.stored}, its postings say {first.replayed}")

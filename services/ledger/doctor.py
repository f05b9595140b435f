"""What must hold at any time, checked now."""

from __future__ import annotations

from sqlalchemy import Connection

from services.ledger.replay import replay
from services.ledger.results import Check, Health, Replay
from services.store import Store


class Doctor:
    """Examines the money of the agency and the safeguards of the installation."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def examine(self) -> Health:
        """Check the money of the agency and the safeguards of the installation; supervisors and administrators only."""
        replayed = self._store.ask(replay)

        def work(connection: Connection) -> tuple[Check, ...]:
            money = connection.exec_driver_sql("select * from debtflow.ledger_health()").all()
            charges = connection.exec_driver_sql("select * from debtflow.charge_health()").all()
            papers = connection.exec_driver_sql("select * from debtflow.debts_health()").all()
            imports = connection.exec_driver_sql("select * from debtflow.imports_health()").all()
            seals = connection.exec_driver_sql("select * from debtflow.seal_health()").all()
            archive = connection.exec_driver_sql("select * from debtflow.archive_health()").all()
            house = connection.exec_driver_sql("select * from debtflow.house_health()").all()
            return (
                *(
                    Check(row.name, row.broken == 0, row.what + ("" if row.broken == 0 else f": {row.broken} broken"))
                    for row in money
                ),
                *(
                    Check(row.name, row.ok, row.detail)
                    for row in (*papers, *imports, *charges, *seals, *archive, *house)
                ),
            )

        checks = (_replayed(replayed), *self._store.ask(work))
        return Health(all(check.ok for check in checks), replayed.scope, checks)


def _replayed(found: Replay) -> Check:
    if found.ok:
        return Check("replay", True, f"every balance equals its postings ({found.transfers} transfers)")
    first = found.differences[0]
    return Check("replay", False, f"{first.what} is {first.stored}, its postings say {first.replayed}")

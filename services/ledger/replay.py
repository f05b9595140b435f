"""Every balance rebuilt from its postings."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from services.domain.money import Money
from services.ledger.results import Difference, Parting, Replay

SCOPE = "select 'agency ' || agency from debtflow.session_whoami()"


def replay(connection: Connection) -> Replay:
    """What a replay of the caller's agency finds."""
    rows = connection.exec_driver_sql("select * from debtflow.ledger_replay()").all()
    transfers = connection.exec_driver_sql("select debtflow.ledger_transfers()").scalar_one()
    scope = connection.exec_driver_sql(SCOPE).scalar_one()
    return Replay(not rows, scope, transfers, tuple(map(_difference, rows)))


def _difference(row: Any) -> Difference:
    return Difference(
        row.what, Money(row.stored, row.currency), Money(row.replayed, row.currency),
        Parting(row.parts_at, row.parts_leg) if row.parts_at is not None else None, row.last_transfer,
    )  # fmt: skip

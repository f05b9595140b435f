"""The worker's round over due instalments, page by page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Row

from services.charges.results import MAY_BEGIN_AGAIN, OPEN_STATES, ChargeForm
from services.domain.money import Money
from services.errors import BadInput, Busy, NotFound, Refused, Unreachable
from services.gateways.base import ProviderUnavailable
from services.store import Store

if TYPE_CHECKING:
    from services.plans.plans import Cashier

CLAIM: Final = "select * from debtflow.plan_claim(%s, %s)"
OUTCOMES: Final = "select debtflow.plan_outcomes(%s::jsonb)"
PAGE: Final = 500

PASSING: Final = ("overpayment", "closed")
"""Refusals that a look at the account explains: what is left to take is weighed anew."""

Told = dict[str, object]


class Round:
    """One round. What is due is found, claimed and answered for in pages; only the charges go one by one."""

    def __init__(self, store: Store, charges: Cashier | None) -> None:
        self._store = store
        self._charges = charges

    def run(self, limit: int | None) -> int:
        """Work until nothing is due, or ``limit`` instalments were looked at; gives how many were."""
        done = 0
        while limit is None or done < limit:
            page = PAGE if limit is None else min(PAGE, limit - done)
            rows = self._claim(page)
            if not rows:
                break
            done += int(rows[0].seen)
            if self._charges is not None:
                self._answer(_charged(self._charges, row) for row in rows if row.instalment is not None)
        return done

    def _claim(self, size: int) -> list[Row[Any]]:
        def work(connection: Connection) -> list[Row[Any]]:
            return list(connection.exec_driver_sql(CLAIM, (size, self._charges is not None)).all())

        return self._store.act(work)

    def _answer(self, outcomes: Iterable[Told | None]) -> None:
        told = [outcome for outcome in outcomes if outcome is not None]
        if told:
            self._store.act(lambda connection: connection.exec_driver_sql(OUTCOMES, (json.dumps(told),)))


def _charged(cashier: Cashier, row: Row[Any]) -> Told | None:
    """What came of one charge; None where nobody knows: it is begun again later, under the same key."""
    amount = Money(row.amount, row.currency)
    form = ChargeForm(row.account, amount, row.method_id, submission_id=row.charge_key, allow_duplicate=True)
    try:
        charge = cashier.start(form)
    except (Unreachable, ProviderUnavailable):
        return None
    except Busy:
        return _told(row, "again")
    except (Refused, NotFound, BadInput) as refused:
        return _told(row, "again" if refused.rule in PASSING else "refused", refused.message)
    if charge.state in OPEN_STATES or charge.reason in MAY_BEGIN_AGAIN:
        return _told(row, "open")
    return _told(row, "posted" if charge.state == "posted" else "declined", charge.reason or "")


def _told(row: Row[Any], outcome: str, words: str = "") -> Told:
    return {"instalment": row.instalment, "outcome": outcome, "told": words}

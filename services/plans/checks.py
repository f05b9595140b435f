"""What need not be asked of the database because it cannot be right, and how a plan's acts are sent."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection

from services.domain.money import Money
from services.errors import BadInput
from services.plans.results import EVERY, PlanForm, PromiseForm
from services.store import Store

REASON_LENGTH = 400
MOST_TIMES = 360
MOST_GRACE = 30


class Kernel:
    """Kernel functions that answer with one JSON document."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def ask(self, query: str, *values: object) -> Any:
        return self._store.ask(lambda connection: _one(connection, query, values))

    def act(self, query: str, *values: object) -> Any:
        return self._store.act(lambda connection: _one(connection, query, values))


def _one(connection: Connection, query: str, values: tuple[object, ...]) -> Any:
    return connection.exec_driver_sql(query, values).scalar_one()


def asked_promise(form: PromiseForm) -> str:
    """The promise as the kernel takes it; raises BadInput on the field that cannot be right."""
    _every(form.every)
    times = 1 if form.every == "once" else form.times
    if not 1 <= times <= 120:
        raise BadInput("times", f"a promise is for 1 to 120 times, not {times}")
    if form.amount is not None and form.amount.minor <= 0:
        raise BadInput("amount", "a promise is for an amount above zero", hint="type figures such as 100.00")
    return json.dumps(
        {
            "amount": None if form.amount is None else form.amount.minor,
            "currency": None if form.amount is None else form.amount.currency,
            "every": form.every,
            "times": times,
            "first_on": form.first_on.isoformat(),
            "grace_days": _grace(form.grace_days),
        }
    )


def asked_plan(form: PlanForm) -> str:
    """The plan as the kernel takes it; raises BadInput on the field that cannot be right."""
    _every(form.every)
    if (form.times is None) == (form.amount is None):
        raise BadInput("times", "say how many instalments, or how much each is", hint="one of the two, not both")
    if form.times is not None and not 1 <= form.times <= MOST_TIMES:
        raise BadInput("times", f"a plan has 1 to {MOST_TIMES} instalments, not {form.times}")
    if form.amount is not None and form.amount.minor <= 0:
        raise BadInput("amount", "an instalment is above zero", hint="type figures such as 100.00")
    return json.dumps(
        {
            "every": form.every,
            "times": form.times,
            "amount": None if form.amount is None else form.amount.minor,
            "currency": None if form.amount is None else form.amount.currency,
            "first_on": form.first_on.isoformat(),
            "grace_days": _grace(form.grace_days),
        }
    )


def _every(every: str) -> None:
    if every not in EVERY:
        raise BadInput("every", f"“{every[:40]}” is not a distance between days", hint=", ".join(EVERY))


def _grace(days: int) -> int:
    if not 0 <= days <= MOST_GRACE:
        raise BadInput("grace", f"{days} days of grace are too many" if days > 0 else "grace is 0 days or more")
    return days


def grace(days: int | None) -> int | None:
    """Days of grace, if any are named."""
    return None if days is None else _grace(days)


def positive(amount: Money | None) -> Money | None:
    """The amount; raises BadInput for none that could be paid."""
    if amount is not None and amount.minor <= 0:
        raise BadInput("amount", "an amount is above zero", hint="type figures such as 100.00")
    return amount

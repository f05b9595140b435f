"""Promises to pay: made on a call or by themselves, kept or broken by the payments that come."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services.domain.numbers import parse_account_number
from services.domain.prose import prose
from services.plans import checks, reading
from services.plans.results import Promise, PromiseForm
from services.store import Store

MAKE: Final = "select debtflow.promise_make(%s, %s::jsonb, %s)"
CANCEL: Final = "select debtflow.promise_cancel(%s, %s, %s)"
LIST: Final = "select debtflow.promises_of(%s)"
JUDGE: Final = "select debtflow.promises_judge(%s)"
PAGE: Final = 500


class Promises:
    """Promises of an account; every reading says what has become of them by now, whether the worker ran or not."""

    def __init__(self, store: Store) -> None:
        self._kernel = checks.Kernel(store)

    def make(self, number: str, form: PromiseForm, *, submission_id: UUID | None = None) -> Promise:
        """Write down a promise; an open one is replaced by it. The same submission again gives the same promise.

        Raises BadInput for a day gone by, Refused where nothing is owed in that currency.
        """
        values = (parse_account_number(number), checks.asked_promise(form), submission_id)
        return reading.promise(self._kernel.act(MAKE, *values))

    def cancel(self, number: str, promise: int, reason: str = "") -> Promise:
        """Take an open promise back; Refused for one that is decided."""
        why = prose(reason, "reason", checks.REASON_LENGTH)
        return reading.promise(self._kernel.act(CANCEL, parse_account_number(number), promise, why))

    def of_account(self, number: str) -> tuple[Promise, ...]:
        """All promises of an account, newest first."""
        return tuple(map(reading.promise, self._kernel.ask(LIST, parse_account_number(number))))

    def judge(self) -> int:
        """Write down what became of promises whose day is over or whose account moved; gives how many were judged.

        For the worker, supervisors and administrators.
        """
        judged = 0
        while page := int(self._kernel.act(JUDGE, PAGE)):
            judged += page
        return judged

"""Settlement offers: less than what is owed, if it is paid in time."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from services.domain.money import Money
from services.domain.numbers import parse_account_number
from services.domain.prose import prose
from services.plans import checks, reading
from services.plans.results import Offer, Settling
from services.store import Store

LIST: Final = "select debtflow.settlements_of(%s)"
OFFER: Final = "select debtflow.settlement_offer(%s, %s, %s, %s, %s, %s, %s)"
ACCEPT: Final = "select debtflow.settlement_accept(%s)"
CANCEL: Final = "select debtflow.settlement_cancel(%s, %s)"
RUN: Final = "select debtflow.settlements_run(%s)"
PAGE: Final = 200


class Settlements:
    """Offers of an account; nothing is taken off the debt before one is paid in full and in time."""

    def __init__(self, store: Store) -> None:
        self._kernel = checks.Kernel(store)

    def show(self, number: str) -> Settling:
        """All offers, newest first, as they stand by now, and the client's floor."""
        return reading.settling(self._kernel.ask(LIST, parse_account_number(number)))

    def offer(
        self, number: str, amount: Money, expires_on: date, *, version: int, reason: str = "",
        submission_id: UUID | None = None,
    ) -> Offer:  # fmt: skip
        """Offer to take ``amount`` for all that is owed until ``expires_on``, on the account as it was at ``version``.

        Below the client's floor it is Refused for collectors; supervisors and administrators give a reason.
        """
        why = prose(reason, "reason", checks.REASON_LENGTH)
        values = (parse_account_number(number), amount.minor, amount.currency, expires_on, version, why, submission_id)
        return reading.offer(self._kernel.act(OFFER, *values))

    def accept(self, number: str) -> Offer:
        """Note that the debtor said yes; the money decides all the same."""
        return reading.offer(self._kernel.act(ACCEPT, parse_account_number(number)))

    def cancel(self, number: str, reason: str = "") -> Offer:
        """Take the open offer back."""
        why = prose(reason, "reason", checks.REASON_LENGTH // 2)
        return reading.offer(self._kernel.act(CANCEL, parse_account_number(number), why))

    def expire_due(self) -> int:
        """Complete offers that are paid and expire those whose day is over; gives how many.

        For the worker, supervisors and administrators. Completing writes the rest off and settles the account.
        """
        done = 0
        while page := int(self._kernel.act(RUN, PAGE)):
            done += page
        return done

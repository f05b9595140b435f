"""Interest: what pays a debt off on a day, the day's accrual, and pauses."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from services.adjustments.results import Accrual, Payoff
from services.domain.money import Money, exponent
from services.domain.numbers import parse_account_number
from services.domain.prose import prose
from services.store import Store

PAYOFF = "select debtflow.interest_payoff(%s, %s)"
ACCRUE = "select * from debtflow.interest_accrue(%s)"
PAUSE = "select debtflow.interest_pause(%s, %s)"
RESUME = "select debtflow.interest_resume(%s)"

PAGE = 500
NOTE_LENGTH = 400


class Interest:
    """Simple daily interest on principal, actual/365 (ISDA 2006 Definitions, section 4.16 (d)), by the clients'
    contracts."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def payoff(self, account: str, on: date | None = None) -> Payoff:
        """What pays the debt off on a day from today to ten years ahead, today by itself; raises BadInput beyond."""
        number = parse_account_number(account)
        return _payoff(self._store.ask(lambda c: c.exec_driver_sql(PAYOFF, (number, on)).scalar_one()))

    def accrue_due(self) -> int:
        """What the worker calls: post the interest that is due; gives on how many accounts."""
        return self.accrue().posted

    def accrue(self, page: int = PAGE) -> Accrual:
        """Post all interest that is due up to today, page by page, each page an act; a second run finds nothing to do.

        The worker, supervisors and administrators only.
        """
        accounts = posted = 0
        while True:
            row = self._store.act(lambda c: c.exec_driver_sql(ACCRUE, (page,)).one())
            accounts, posted = accounts + row.looked, posted + row.posted
            if row.done:
                return Accrual(accounts, posted)

    def pause(self, account: str, reason: str) -> Payoff:
        """Stop an account's interest from today on."""
        number = parse_account_number(account)
        said = prose(reason, "reason", NOTE_LENGTH, required=True)
        self._store.act(lambda c: c.exec_driver_sql(PAUSE, (number, said)))
        return self.payoff(number)

    def resume(self, account: str) -> Payoff:
        """Let an account's interest run again from today on; the days between stay free of it."""
        number = parse_account_number(account)
        self._store.act(lambda c: c.exec_driver_sql(RESUME, (number,)))
        return self.payoff(number)


def _payoff(seen: dict[str, Any]) -> Payoff:
    currency = seen["currency"]
    balance, coming = Money(sum(seen["due"]), currency), Money(seen["coming"], currency)
    rate = 0 if seen["stopped"] else seen["rate_bp"]
    return Payoff(
        account=seen["account"],
        debtor=seen["debtor"],
        on=date.fromisoformat(seen["on"]),
        balance=balance,
        interest_to_come=coming,
        payoff=balance + coming,
        held=Money(seen["held"], currency),
        rate_bp=seen["rate_bp"],
        since=_day(seen["since"]),
        daily=_daily(seen["due"][0] * rate, exponent(currency)),
        posted=Money(seen["posted"], currency),
        stopped=seen["stopped"],
        note=seen["note"],
        paused_on=_day(seen["paused_on"]),
        version=seen["version"],
    )


def _daily(basis: int, decimals: int) -> str:
    """A day's interest with four more decimals than the currency has."""
    return f"{Decimal(basis) / 3_650_000 / 10**decimals:.{decimals + 4}f}"


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)

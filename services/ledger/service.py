"""The books of the caller's agency: balances, statements, transfers, months, and the proof of them all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from services.domain.numbers import number_candidates, parse_account_number, parse_receipt_number
from services.domain.prose import prose
from services.domain.quoting import shown
from services.errors import BadInput
from services.ledger import books, statements
from services.ledger.periods import parse_month, periods
from services.ledger.replay import replay
from services.ledger.results import (
    KINDS,
    NOW,
    Chart,
    Clocks,
    DebtBalance,
    Period,
    Replay,
    Statement,
    Subject,
    Transfer,
    TrialBalance,
    Trust,
)
from services.ledger.transfers import transfer
from services.store import Store

T = TypeVar("T")
LARGEST_PAGE = 500
REASON_LIMIT = 400


def subject_of(words: str | None, kind: str | None = None, currency: str | None = None) -> Subject:
    """Whose statement is meant: an account number, a client's code, or None for the whole agency.

    Raises BadInput for a kind that no book has, or a kind beside an account.
    """
    if kind is not None and kind not in KINDS:
        raise BadInput("kind", f"“{shown(kind)}” is not a ledger account", hint=", ".join(KINDS))
    if words is None:
        return Subject(kind=kind or "trust", currency=currency)
    if words[:1].isdigit():
        if kind is not None:
            raise BadInput("kind", "an account has one statement, that of its debt", hint="leave --kind out")
        candidates = number_candidates(words)
        return Subject(account=candidates[0] if "-" not in words and candidates else parse_account_number(words))
    return Subject(client=words.upper(), kind=kind or "trust", currency=currency)


class Ledger:
    """The double-entry ledger of the caller's agency; everything takes both clocks where it makes sense.

    Read by supervisors, administrators and readonly; a collector reads the statements of accounts they hold.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def accounts(self, at: Clocks = NOW) -> Chart:
        """The chart of accounts: every ledger account with its balance."""
        return self._store.ask(lambda connection: books.chart(connection, at))

    def trial_balance(self, at: Clocks = NOW) -> TrialBalance:
        """Debits and credits of every ledger account; they are equal in every currency, or the books are broken."""
        return books.trial_balance(self.accounts(at))

    def trust(self, at: Clocks = NOW) -> Trust:
        """Whether the cash in trust is exactly what it is held for."""
        return books.trust(self.accounts(at))

    def balance(self, number: str, at: Clocks = NOW) -> DebtBalance:
        """What was owed on an account; raises NotFound where the caller does not see it."""
        return self._store.ask(lambda connection: statements.debt_balance(connection, number, at))

    def statement(self, of: Subject, at: Clocks = NOW, *, limit: int = 50, after: str | None = None) -> Statement:
        """A page of a statement, newest recorded first; ``after`` is the ``next`` of the page before."""
        if not 1 <= limit <= LARGEST_PAGE:
            raise BadInput("limit", f"a page has 1 to {LARGEST_PAGE} lines")
        read = statements.debt_statement if of.account is not None else statements.book_statement
        return self._store.ask(lambda connection: read(connection, of, at, limit, after))

    def transfer(self, ref: int | str) -> Transfer:
        """One transfer by its number, or by the receipt it was given; raises NotFound."""
        number = _transfer_number(ref)
        return self._store.ask(lambda connection: transfer(connection, number))

    def replay_check(self) -> Replay:
        """Rebuild every balance from the postings and compare; supervisors and administrators only."""
        return self._store.ask(replay)

    # ---- months

    def periods(self) -> tuple[Period, ...]:
        """Every month since the first posting, newest first."""
        return self._store.ask(periods)

    def close(self, month: str) -> Period:
        """Close a month (``2026-10``); supervisors. Refused before it is over, out of order, or over a difference.

        Waits for the postings under way; raises Busy where they take too long.
        """
        first = parse_month(month)
        return self._in_month(
            f"{first:%Y-%m}", lambda c: c.exec_driver_sql("select debtflow.period_close(%s)", (first,)).scalar_one()
        )

    def reopen(self, month: str, reason: str) -> Period:
        """Open the last closed month again; agency administrators, with the reason in words."""
        first, why = parse_month(month), prose(reason, "reason", REASON_LIMIT, required=True)
        query = "select debtflow.period_reopen(%s, %s)"
        return self._in_month(f"{first:%Y-%m}", lambda c: c.exec_driver_sql(query, (first, why)).scalar_one())

    def _in_month(self, month: str, act: Callable[[Connection], object]) -> Period:
        def work(connection: Connection) -> Period:
            act(connection)
            return next(period for period in periods(connection) if period.month == month)

        return self._store.act(work)


def _transfer_number(ref: int | str) -> int:
    if isinstance(ref, int):
        return ref
    typed = ref.strip()
    if typed.isascii() and typed.isdigit():
        if not 0 < len(typed) <= 18:
            raise BadInput("transfer", f"“{shown(typed)}” is not a transfer", hint="a number, or a receipt R-000481-4")
        return int(typed)
    return parse_receipt_number(typed)

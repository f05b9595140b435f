"""Balances of the books at a moment of both clocks, and what must hold of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from sqlalchemy import Connection

from services.domain.money import Money
from services.ledger.results import Chart, Clocks, LedgerBalance, TrialBalance, TrialLine, TrialTotal, Trust, TrustLine

HELD_FOR = ("client_due", "commission", "escrow", "unapplied")


def chart(connection: Connection, at: Clocks) -> Chart:
    """Every ledger account, by currency, client and kind."""
    rows = connection.exec_driver_sql("select * from debtflow.ledger_chart(%s, %s)", (at.as_of, at.known_at))
    return Chart(
        at.as_of,
        at.known_at,
        tuple(
            LedgerBalance(
                row.client, row.kind, row.side, row.what,
                Money(row.balance if row.side == "debit" else -row.balance, row.currency),
            )
            for row in rows
        ),
    )  # fmt: skip


def trial_balance(found: Chart) -> TrialBalance:
    """Debits and credits of every ledger account that is not empty, and their totals per currency."""
    lines = tuple(
        TrialLine(
            account.client, account.kind, max(account.debit, Money.zero(account.debit.currency)),
            max(-account.debit, Money.zero(account.debit.currency)),
        )
        for account in found.accounts
        if account.balance
    )  # fmt: skip
    totals = tuple(_trial_total(currency, list(of)) for currency, of in _by_currency(lines))
    return TrialBalance(found.as_of, found.known_at, not any(total.difference for total in totals), lines, totals)


def _by_currency(lines: Iterable[TrialLine]) -> Iterable[tuple[str, Iterable[TrialLine]]]:
    return groupby(sorted(lines, key=lambda line: line.debit.currency), key=lambda line: line.debit.currency)


def _trial_total(currency: str, lines: Sequence[TrialLine]) -> TrialTotal:
    debit = Money.sum((line.debit for line in lines), currency)
    credit = Money.sum((line.credit for line in lines), currency)
    return TrialTotal(currency, debit, credit, debit - credit)


def trust(found: Chart) -> Trust:
    """The trust equation per client and per currency, to the minor unit."""
    clients = tuple(
        _trust_line(client, currency, list(of))
        for (currency, client), of in groupby(found.accounts, key=lambda each: (each.balance.currency, each.client))
    )
    currencies = sorted({line.currency for line in clients})
    totals = tuple(
        _trust_line(None, currency, [each for each in found.accounts if each.balance.currency == currency])
        for currency in currencies
    )
    return Trust(found.as_of, found.known_at, not any(line.difference for line in clients), clients, totals)


def _trust_line(client: str | None, currency: str, accounts: Sequence[LedgerBalance]) -> TrustLine:
    def total(kind: str) -> Money:
        return Money.sum((each.balance for each in accounts if each.kind == kind), currency)

    cash, held = total("trust"), {kind: total(kind) for kind in HELD_FOR}
    return TrustLine(client, currency, cash, **held, difference=cash - Money.sum(held.values(), currency))

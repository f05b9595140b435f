"""Statements, newest recorded first: a page and the balance after each of its lines."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any
from zlib import crc32

from sqlalchemy import Connection

from services.domain.money import Money
from services.errors import BadInput, NotFound
from services.ledger.books import chart
from services.ledger.results import Clocks, DebtBalance, Statement, StatementLine, Subject

BUCKETS = ("principal", "interest", "fees", "costs")
HOME = "select currency from debtflow.session_whoami()"
DEBT = "select * from debtflow.debt_balance(%s, %s, %s)"
DEBT_LINES = "select * from debtflow.debt_statement(%s, %s, %s, %s, %s, %s)"
BOOK_LINES = "select * from debtflow.book_statement(%s, %s, %s, %s, %s, %s, %s, %s)"

Place = tuple[int, int, int]
"""Where a page ended: its last transfer and leg, and the balance before that leg."""


def debt_balance(connection: Connection, number: str, at: Clocks) -> DebtBalance:
    """What was owed on an account, by bucket."""
    row = connection.exec_driver_sql(DEBT, (number, at.as_of, at.known_at)).one()
    return DebtBalance(
        number, at.as_of, at.known_at, Money(sum(row.due), row.currency), _buckets(row.due, row.currency),
        Money(row.unapplied, row.currency),
    )  # fmt: skip


def debt_statement(connection: Connection, subject: Subject, at: Clocks, limit: int, after: str | None) -> Statement:
    """A page of what moved on one debt."""
    number = str(subject.account)
    question = _question(subject, at)
    place = _place(after, question)
    debt = debt_balance(connection, number, at)
    asked = (number, at.as_of, at.known_at, *(place or (None, None))[:2], limit + 1)
    rows = connection.exec_driver_sql(DEBT_LINES, asked).all()
    lines = tuple(_debt_line(row, number, debt.balance.currency) for row in rows[:limit])
    return _page(subject, at, debt.balance, lines, len(rows) > limit, question)


def book_statement(connection: Connection, subject: Subject, at: Clocks, limit: int, after: str | None) -> Statement:
    """A page of what moved on the ledger accounts of one kind, of a client or of the whole agency."""
    question = _question(subject, at)
    place = _place(after, question)
    balance, side = _standing(connection, subject, at)
    currency = balance.currency
    asked = (subject.client, subject.kind, currency, at.as_of, at.known_at, *(place or (None, None))[:2], limit + 1)
    rows = connection.exec_driver_sql(BOOK_LINES, asked).all()
    sign = 1 if side == "debit" else -1
    running = balance.minor if place is None else place[2]
    lines = []
    for row in rows[:limit]:
        lines.append(_book_line(row, sign, running, currency))
        running -= sign * row.amount
    return _page(subject, at, balance, tuple(lines), len(rows) > limit, question)


def _standing(connection: Connection, subject: Subject, at: Clocks) -> tuple[Money, str]:
    """What the ledger accounts come to, and their side."""
    accounts = [
        each
        for each in chart(connection, at).accounts
        if each.kind == subject.kind and subject.client in (None, each.client)
    ]
    if not accounts:
        what = f"client {subject.client}" if subject.client is not None else "book"
        raise NotFound(f"there is no {what}", rule="client", hint="debtflow client list")
    currency = subject.currency or (
        accounts[0].balance.currency if subject.client else connection.exec_driver_sql(HOME).scalar_one()
    )
    of_currency = [each for each in accounts if each.balance.currency == currency]
    if not of_currency:
        raise NotFound(f"there is no book in {currency}", rule="currency", hint="debtflow ledger balance")
    return Money.sum((each.balance for each in of_currency), currency), accounts[0].side


def _page(
    subject: Subject, at: Clocks, balance: Money, lines: Sequence[StatementLine], more: bool, question: str
) -> Statement:
    following = None
    if more:
        last = lines[-1]
        following = _pack((last.transfer, last.leg, (last.after - last.amount).minor), question)
    return Statement(str(subject), at.as_of, at.known_at, balance, tuple(lines), following)


def _debt_line(row: Any, number: str, currency: str) -> StatementLine:
    return StatementLine(
        row.transfer, row.no, row.kind, row.receipt, row.effective_on, row.recorded_at, row.entered_by, row.reason,
        None, number, None, Money(row.amount, currency), Money(row.after, currency), _buckets(row.parts, currency),
    )  # fmt: skip


def _book_line(row: Any, sign: int, after: int, currency: str) -> StatementLine:
    return StatementLine(
        row.transfer, row.no, row.kind_of_transfer, row.receipt, row.effective_on, row.recorded_at, row.entered_by,
        row.reason, row.client_code, row.account, row.other, Money(sign * row.amount, currency),
        Money(after, currency), None,
    )  # fmt: skip


def _buckets(parts: Sequence[int], currency: str) -> Mapping[str, Money]:
    return {name: Money(part, currency) for name, part in zip(BUCKETS, parts, strict=True)}


# ---- where a page ended ----------------------------------------------------------------------------------------------


def _question(subject: Subject, at: Clocks) -> str:
    return f"{subject} {subject.currency} {at}"


def _pack(place: Place, question: str) -> str:
    text = json.dumps([crc32(question.encode()), *place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _place(cursor: str | None, question: str) -> Place | None:
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        numbers = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if len(numbers) != 4 or any(type(number) is not int or abs(number) >= 2**62 for number in numbers):
            raise ValueError(numbers)
    except (binascii.Error, ValueError, TypeError):
        raise BadInput("after", "this is not a place in a statement", hint="pass the next of the page before") from None
    digest, transfer, leg, balance = numbers
    if digest != crc32(question.encode()) or leg >= 2**31 or transfer < 0 or leg < 0:
        raise BadInput("after", "this place belongs to another statement", hint="begin at its first page")
    return transfer, leg, balance

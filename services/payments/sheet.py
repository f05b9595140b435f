"""The day sheet: what one person entered, by method."""

from __future__ import annotations

from datetime import date
from itertools import groupby

from sqlalchemy import Connection

from services.domain.money import Money
from services.domain.numbers import receipt_number
from services.errors import NotFound
from services.payments.results import DayEntry, DayLine, DaySheet

WHOSE = """
  select u.id, u.login, a.zone, a.currency, coalesce(%s::date, debtflow.today()) as day
    from debtflow.users u join debtflow.agency a on a.id = u.agency_id where u.login = coalesce(%s, session_user)"""

ENTRIES = """
  select p.id, a.number, a.debtor_name, case when l.debit %% 16 in (2, 3) then -p.amount else p.amount end as amount,
         p.currency, p.method, debtflow.payment_reference(p.id) as reference, p.recorded_at, p.reason
    from debtflow.payment p join debtflow.account a on a.id = p.account_id
   cross join lateral (select l.debit from debtflow.leg l where l.transfer_id = p.id order by l.no limit 1) l
   where p.user_id = %(user)s and p.recorded_at >= %(day)s::timestamp at time zone %(zone)s
     and p.recorded_at < (%(day)s::date + 1)::timestamp at time zone %(zone)s
   order by p.id desc"""


def day_sheet(connection: Connection, day: date | None, user: str | None) -> DaySheet:
    """The entries of ``user`` on ``day``; raises NotFound for somebody of another agency."""
    whose = connection.exec_driver_sql(WHOSE, (day, user)).one_or_none()
    if whose is None:
        raise NotFound(f"there is no user {user}", rule="user")
    found = connection.exec_driver_sql(ENTRIES, {"user": whose.id, "day": whose.day, "zone": whose.zone}).all()
    entries = tuple(
        DayEntry(
            receipt_number(row.id),
            row.number,
            row.debtor_name,
            Money(row.amount, row.currency),
            row.method,
            row.reference,
            row.recorded_at,
            row.reason,
        )
        for row in found
    )
    return DaySheet(
        whose.login, whose.day, _lines(entries), Money.sum(_main(entries, whose.currency), whose.currency), entries
    )


def _lines(entries: tuple[DayEntry, ...]) -> tuple[DayLine, ...]:
    """A line a method and currency: two currencies are never added up."""
    ordered = sorted(entries, key=lambda entry: (entry.method, entry.amount.currency))
    grouped = groupby(ordered, key=lambda entry: (entry.method, entry.amount.currency))
    return tuple(
        DayLine(method, len(amounts), Money.sum(amounts, currency))
        for (method, currency), amounts in ((key, [entry.amount for entry in some]) for key, some in grouped)
    )


def _main(entries: tuple[DayEntry, ...], currency: str) -> list[Money]:
    return [entry.amount for entry in entries if entry.amount.currency == currency]

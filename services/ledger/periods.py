"""Months of the books: which are closed, closing one, opening one again."""

from __future__ import annotations

import re
from datetime import date, datetime

from sqlalchemy import Connection

from services.domain.quoting import shown
from services.errors import BadInput
from services.ledger.results import Period, Reopening

_MONTH = re.compile(r"([0-9]{4})-([0-9]{1,2})")


def parse_month(text: str, *, field: str = "month") -> date:
    """The first day of a month written ``2026-10``; raises BadInput on ``field``."""
    match = _MONTH.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError(text)
        return date(int(match[1]), int(match[2]), 1)
    except ValueError:
        raise BadInput(field, f"“{shown(text)}” is not a month", hint="write it like 2026-10") from None


def periods(connection: Connection) -> tuple[Period, ...]:
    """Every month since the first posting, newest first."""
    return tuple(
        Period(
            f"{row.month:%Y-%m}", row.closed_at, row.closed_by, row.transfers, row.late, row.may_close,
            tuple(
                Reopening(
                    datetime.fromisoformat(each["closed_at"]), datetime.fromisoformat(each["at"]), each["by"],
                    each["reason"],
                )
                for each in row.reopened
            ),
        )
        for row in connection.exec_driver_sql("select * from debtflow.ledger_periods()")
    )  # fmt: skip

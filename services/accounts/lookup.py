"""The lookup box: a parsed question in, a page of accounts out."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

from sqlalchemy import Connection

from services.accounts import cursor
from services.accounts.filters import Filter, as_filter, needs_agency
from services.accounts.results import AccountPage, AccountRow
from services.domain.lookup import LookupQuery, Reading
from services.domain.money import Money
from services.errors import BadInput

MAX_PAGE = 500
FIND = "select debtflow.account_find(%s::jsonb, %s::jsonb, %s::jsonb, %s)"
AGENCY = "select currency::text, debtflow.today() from debtflow.agency"

_NAMES = {
    "number": "account number", "ref": "client reference", "phone": "phone", "email": "e-mail", "ssn": "SSN, last 4",
    "name": "name", "text": "words of notes, the latest first", "any": "all accounts by number",
}  # fmt: skip
_NOT_NUMBER = re.compile(r"[^0-9-]")


def find(connection: Connection, query: LookupQuery, limit: int, after: str | None) -> AccountPage:
    """One page of what the caller may see; see ``Accounts.find``."""
    if not 1 <= limit <= MAX_PAGE:
        raise BadInput("limit", f"a page has 1 to {MAX_PAGE} lines, not {limit}")
    place = None if after is None else cursor.unpack(after, str(query))
    wanted = json.dumps([_asked(reading, query) for reading in query.readings])
    values = (wanted, _json(_filter(connection, query)), _json(place), limit)
    found = connection.exec_driver_sql(FIND, values).scalar_one()
    return AccountPage(
        rows=tuple(_row(row) for row in found["rows"]),
        next=None if found["next"] is None else cursor.pack(found["next"], str(query)),
        how=_how(query, found),
    )


def _asked(reading: Reading, query: LookupQuery) -> dict[str, object]:
    typed = _NOT_NUMBER.sub("", " ".join(query.words)).strip("-") if reading.kind == "number" else ""
    return {"kind": reading.kind, "needles": reading.needles, "typed": typed}


def _filter(connection: Connection, query: LookupQuery) -> Filter | None:
    if not needs_agency(query.conditions):
        return as_filter(query.conditions, "USD", date.min)
    currency, today = connection.exec_driver_sql(AGENCY).one()
    return as_filter(query.conditions, currency, today)


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value)


def _row(row: list[Any]) -> AccountRow:
    number, client, ref, debtor, status, owing, currency, follow_up_on, collector, flags, person = row
    return AccountRow(
        number=number,
        client=client,
        external_ref=ref,
        debtor=debtor,
        status=status,
        balance=Money(owing, currency),
        follow_up_on=None if follow_up_on is None else date.fromisoformat(follow_up_on),
        collector=collector,
        flags=tuple(flags or ()),
        person_id=person,
    )


def _how(query: LookupQuery, found: dict[str, Any]) -> str:
    if query.kind == "mine":
        return f"{'my' if found['mine'] else 'all'} open accounts by follow-up date"
    first = found["first"] or {"reading": 1, "typos": 0}
    reading = query.readings[first["reading"] - 1]
    if reading.kind == "any" and any(condition.key == "followup" for condition in query.conditions):
        return "by follow-up date"
    typos = first["typos"]
    return _NAMES[reading.kind] + (f", {typos} typo{'s' if typos > 1 else ''}" if typos else "")

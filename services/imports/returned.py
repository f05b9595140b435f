"""The list of what went back to a client: the accounts that a file recalled, each with its balance on the day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection

from services.domain.money import Money
from services.errors import Refused
from services.imports.queries import batch
from services.store import Store

_PAGE: Final = 1000
_RETURNED: Final = "select * from debtflow.import_returned(%s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Returned:
    """An account as it went back: what was owed then, by bucket, and the client's own reason."""

    row: int
    external_ref: str
    account: str
    debtor: str
    returned_on: date
    owing: Money
    principal: Money
    interest: Money
    fees: Money
    costs: Money
    reason: str


def returned(store: Store, batch_id: int) -> Iterator[Returned]:
    """In the order of the file; raises Refused (``no-recalls``) where nothing that stands was recalled by it."""
    found = batch(store, batch_id)
    if found.kind != "recalls" or not found.released:
        why = f"holds {found.kind}" if found.kind != "recalls" else f"is {found.state.replace('_', ' ')}"
        raise Refused(f"batch {batch_id} {why}: nothing went back to {found.client} with it", rule="no-recalls")
    return _pages(store, batch_id)


def _pages(store: Store, batch_id: int) -> Iterator[Returned]:
    after = 0
    while page := store.ask(partial(_page, batch_id, after)):
        after = page[-1][0]
        yield from (_line(*each) for each in page)


def _page(batch_id: int, after: int, connection: Connection) -> list[Any]:
    return list(connection.exec_driver_sql(_RETURNED, (batch_id, after, _PAGE)).fetchall())


def _line(
    row: int, ref: str, number: str, debtor: str, on: date, currency: str, due: list[int], reason: str
) -> Returned:
    principal, interest, fees, costs = (Money(minor, currency) for minor in due)
    return Returned(
        row, ref, number, debtor, on, Money(sum(due), currency), principal, interest, fees, costs, reason
    )  # fmt: skip

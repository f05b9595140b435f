"""One transfer: legs, family, source document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from services.domain.money import Money
from services.ledger.results import LedgerName, Relative, Source, Transfer, TransferLeg
from services.ledger.statements import BUCKETS

Json = Mapping[str, Any]


def transfer(connection: Connection, number: int) -> Transfer:
    """The transfer with this number."""
    seen: Json = connection.exec_driver_sql("select debtflow.transfer_picture(%s)", (number,)).scalar_one()
    return Transfer(
        seen["id"], seen["kind"], seen["receipt"], date.fromisoformat(seen["effective_on"]),
        datetime.fromisoformat(seen["recorded_at"]), seen["by"], seen["account"], seen["reverses"],
        seen["reversed_by"], tuple(map(_leg, seen["legs"] or ())), tuple(map(_relative, seen["family"] or ())),
        _source(seen["source"]),
    )  # fmt: skip


def _leg(seen: Json) -> TransferLeg:
    currency, parts = seen["currency"], seen["parts"]
    return TransferLeg(
        seen["no"], LedgerName(**seen["debit"]), LedgerName(**seen["credit"]), seen["account"],
        Money(seen["amount"], currency),
        {name: Money(part, currency) for name, part in zip(BUCKETS, parts, strict=True) if part} if parts else None,
    )  # fmt: skip


def _relative(seen: Json) -> Relative:
    return Relative(
        seen["id"], seen["kind"], seen["receipt"], date.fromisoformat(seen["effective_on"]),
        datetime.fromisoformat(seen["recorded_at"]), seen["by"], seen["reverses"], seen["reason"],
        Money(seen["amount"], seen["currency"]),
    )  # fmt: skip


def _source(seen: Json) -> Source:
    facts = {name: value for name, value in seen.items() if name not in ("kind", "ref") and value is not None}
    return Source(seen["kind"], seen["ref"], facts)

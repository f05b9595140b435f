"""What posting a payment does, rule by rule."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from tests.support.house import House


def item(account: str, amount: int, **changes: Any) -> dict[str, Any]:
    return {
        "account": account, "submission_id": str(uuid4()), "amount": amount, "currency": "USD", "method": "check", **changes,
    }


def post(store: Any, *items: dict[str, Any]) -> list[Any]:
    rows: list[Any] = store.call("select * from debtflow.payment_post(%s::jsonb, %s) order by ord", [json.dumps(items)])
    return rows


def test_money_falls_on_costs_fees_interest_principal(house: House) -> None:
    number = house.place(principal=1100_00, interest=84_07, fees=75_00)
    row = post(house.store("ana"), item(number, 250_00))[0]
    assert (row.outcome, row.parts, row.due) == ("posted", [90_93, 84_07, 75_00, 0], [1009_07, 0, 0, 0])
    assert row.commission == 62_50

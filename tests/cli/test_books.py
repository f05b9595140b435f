"""``debtflow ledger`` and ``debtflow events``."""

from __future__ import annotations

import json

import pytest

from services.domain.money import Money
from services.payments import PaymentForm, Payments
from tests.cli.conftest import Call
from tests.support.house import House


@pytest.fixture
def paid(house: House) -> tuple[str, str]:
    """An account that owes 70.00 after a payment; gives its number and the receipt."""
    number = house.place(principal=80_00, fees=20_00)
    receipt = Payments(house.store("ana")).post(PaymentForm(number, Money(30_00, "USD"), "cash"))
    return number, receipt.receipt


def test_balances_and_statements(paid: tuple[str, str], as_: Call) -> None:
    number, receipt = paid
    chart = as_("rex", "ledger", "balance").json
    trust = next(each for each in chart["accounts"] if (each["client"], each["kind"]) == ("HXL", "trust"))
    assert trust["balance"] == {"minor": 3000, "currency": "USD"}
    debt = as_("ana", "ledger", "balance", number).json
    assert (debt["balance"]["minor"], debt["buckets"]["fees"]["minor"]) == (7000, 0)
    assert as_("ana", "ledger", "balance", number, "--as-of", "2025-11-01").json["balance"]["minor"] == 10000
    assert as_("ana", "ledger", "balance", number, "--known-at", "2025-11-01").json["balance"]["minor"] == 0
    page = as_("bea", "ledger", "statement", "hxl", "--kind", "client_due", "--limit", "1").json
    assert (page["balance"]["minor"], page["lines"][0]["receipt"], page["next"]) == (2250, receipt, None)
    lines = as_("ana", "ledger", "statement", number, "--limit", "1").json
    rest = as_("ana", "ledger", "statement", number, "--limit", "1", "--after", lines["next"]).json
    assert [each["lines"][0]["after"]["minor"] for each in (lines, rest)] == [7000, 10000]
    for of in ("hxl", number):
        assert receipt in as_("bea", "ledger", "statement", of, plain=True).out


def test_a_transfer_and_what_must_hold(paid: tuple[str, str], as_: Call, house: House) -> None:
    _, receipt = paid
    found = as_("bea", "ledger", "transfer", receipt).json
    assert found["source"]["kind"] == "receipt"
    assert found["legs"][0]["debit"] == {"client": "HXL", "kind": "trust"}
    assert "HXL trust" in as_("bea", "ledger", "transfer", receipt, plain=True).out
    for command in ("trial-balance", "trust"):
        assert as_("rex", "ledger", command, "--as-of", "t").code == 0
        assert as_("rex", "ledger", command, plain=True).code == 0
    assert as_("bea", "ledger", "replay", "--check").json["differences"] == []
    house.su.execute("update debtflow.book_balance set balances[1] = balances[1] + 1 where book_id = 1 and stripe = 3")
    said = as_("bea", "ledger", "replay", "--check")
    assert (said.code, said.json["differences"][0]["what"]) == (1, "book HXL trust")
    assert "not known" in as_("bea", "ledger", "replay", "--check", plain=True).out
    for command in ("trial-balance", "trust"):
        assert as_("rex", "ledger", command).code == 1


def test_months(paid: tuple[str, str], as_: Call) -> None:
    months = as_("rex", "ledger", "periods").json["periods"]
    assert (months[-1]["month"], months[-1]["may_close"]) == ("2025-11", True)
    assert as_("bea", "ledger", "close", "2025-12").error["rule"] == "period_order"
    assert as_("bea", "ledger", "close", "2025-11").json["closed_by"] == "bea"
    assert as_("bea", "ledger", "reopen", "2025-11", "--reason", "late file").code == 6
    assert as_("ada", "ledger", "reopen", "2025-11", "--reason", "late file").json["closed_at"] is None
    assert "ada: late file" in as_("rex", "ledger", "periods", plain=True).out


def test_events_go_out_a_line_each_and_once(paid: tuple[str, str], as_: Call) -> None:
    number, _ = paid
    first = as_("wally", "events", "follow", "--consumer", "warehouse", "--limit", "1")
    rest = as_("wally", "events", "follow", "--consumer", "warehouse")
    events = [json.loads(line) for line in (first.out + rest.out).splitlines()]
    assert [(each["position"], each["type"], each["subject"]) for each in events] == [
        (1, "TransferRecorded", number), (2, "TransferRecorded", number),
    ]  # fmt: skip
    assert events[1]["amount"] == {"minor": 3000, "currency": "USD"}
    assert as_("wally", "events", "follow", "--consumer", "warehouse").out == ""
    again = as_("bea", "events", "follow", "--consumer", "warehouse", "--from", "2")
    assert json.loads(again.out)["position"] == 2
    page = as_("rex", "events", "list").json
    assert (page["stream"]["position"], page["stream"]["consumers"][0]["behind"]) == (2, 0)
    assert "warehouse" in as_("rex", "events", "list", plain=True).out


IMPOSSIBLE = (
    ("ana", "ledger balance", 6),
    ("ana", "ledger transfer 1", 6),
    ("rex", "ledger transfer 999999", 3),
    ("rex", "ledger transfer R-000001-1", 2),
    ("rex", "ledger statement NOBODY", 3),
    ("rex", "ledger statement HXL --kind cash", 2),
    ("rex", "ledger trust --known-at yesterweek", 2),
    ("bea", "ledger close 2025-13", 2),
    ("rex", "ledger close 2025-11", 6),
    ("ana", "events list", 6),
    ("rex", "events follow --consumer x", 6),
    ("bea", "events follow --consumer X:Y", 2),
    ("bea", "events follow --consumer x --from 0", 2),
)


def test_what_cannot_be_is_said(as_: Call) -> None:
    for login, typed, code in IMPOSSIBLE:
        said = as_(login, *typed.split())
        assert said.code == code, typed
        assert said.error["message"], typed

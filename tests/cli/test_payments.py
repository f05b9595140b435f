"""``debtflow payment`` and ``debtflow day-sheet``."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.cli.conftest import Call, Said
from tests.support.house import House


@pytest.fixture
def number(house: House) -> str:
    return house.place(principal=900_00, fees=50_00)


@pytest.fixture
def pay(number: str, as_: Call) -> Call:
    def call(*more: str, login: str = "ana", amount: str = "100.00", method: str = "check") -> Said:
        return as_(login, "payment", "post", "--account", number, "--amount", amount, "--method", method, *more)

    return call


def test_post_gives_the_contract(pay: Call) -> None:
    key = str(uuid4())
    said = pay("--submission-id", key, "--reference", "1991")
    assert said.code == 0
    posted = said.json
    assert posted["submission_id"] == key
    assert posted["receipt"].startswith("R-")
    assert posted["replayed"] is False
    assert posted["balance"] == {"minor": 85000, "currency": "USD"}
    parts = {line["bucket"]: line["amount"]["minor"] for line in posted["allocation"]}
    assert (parts["fees"], parts["principal"]) == (5000, 5000)
    assert all(line["rule"] for line in posted["allocation"])


def test_one_submission_posts_once(pay: Call) -> None:
    key = str(uuid4())
    first, second = pay("--submission-id", key).json, pay("--submission-id", key).json
    assert second["replayed"] is True
    assert second["receipt"] == first["receipt"]
    assert pay("--submission-id", key, amount="99.00").error["rule"] == "submission_conflict"


def test_a_dry_run_posts_nothing(pay: Call, house: House) -> None:
    said = pay("--dry-run")
    assert said.json["dry_run"] is True
    assert said.json["balance"]["minor"] == 85000
    assert house.one("select count(*) from debtflow.payment") == 0


@pytest.mark.parametrize("amount", ["-5", "1e3", "NaN", "0", "1.234,56", "12.345", "", "twelve", "9" * 20])
def test_what_is_no_amount(pay: Call, house: House, amount: str) -> None:
    said = pay(amount=amount)
    assert said.code == 2
    assert said.error["rule"] == "amount_form"
    assert house.one("select count(*) from debtflow.payment") == 0


def test_rules_refuse(pay: Call) -> None:
    assert (pay(amount="9,000.00").code, pay(amount="9,000.00").error["rule"]) == (1, "overpayment")
    assert pay("--effective", "2199-01-01").error["rule"] == "future_date"
    assert pay(amount="100.00 EUR").error["rule"] == "currency"
    assert pay("--version", "999").code == 4
    assert pay().code == 0
    assert pay().error["rule"] == "duplicate"
    assert pay("--allow-duplicate").code == 0


def test_an_overpayment_may_be_kept(pay: Call) -> None:
    kept = pay("--overpayment", "unapplied", amount="1000.00")
    assert kept.code == 0
    assert kept.json["balance"]["minor"] == 0


@pytest.mark.parametrize(
    "more", [("--payer", "the cat"), ("--overpayment", "swallow"), ("--submission-id", "17"), ("--effective", "soon"),
             ("--version", "x")],
)  # fmt: skip
def test_what_is_no_value(pay: Call, more: tuple[str, ...]) -> None:
    assert pay(*more).code == 2


def test_an_unknown_method(pay: Call) -> None:
    said = pay(method="barter")
    assert said.code == 2
    assert "cash" in said.error["hint"]


def test_who_may_post(pay: Call) -> None:
    assert pay(login="rex").code == 6
    assert pay(login="ben").code == 3
    assert pay(login="zoe").code == 3
    assert pay(login="bea").code == 0


def test_reverse(pay: Call, as_: Call) -> None:
    receipt = pay().json["receipt"]
    assert as_("ana", "payment", "reverse", receipt, "--reason", "nsf").code == 6
    assert as_("bea", "payment", "reverse", receipt, "--reason", "boredom").code == 2
    assert as_("bea", "payment", "reverse", receipt[:-1] + "x", "--reason", "nsf").code == 2
    assert as_("bea", "payment", "reverse", "R-900000-9", "--reason", "nsf").code in (2, 3)
    key = str(uuid4())
    done = as_("bea", "payment", "reverse", receipt, "--reason", "nsf", "--submission-id", key)
    assert done.code == 0
    assert done.json["balance"] == {"minor": 95000, "currency": "USD"}
    assert done.json["reversal"] != receipt
    assert {"payment", "reversal"} <= done.json.keys()
    again = as_("bea", "payment", "reverse", receipt, "--reason", "nsf", "--submission-id", key)
    assert again.json["replayed"] is True
    assert as_("bea", "payment", "reverse", receipt, "--reason", "nsf").error["rule"] == "already_reversed"


def test_show_and_day_sheet(pay: Call, as_: Call) -> None:
    receipt = pay().json["receipt"]
    pay(method="cash", amount="20.00")
    assert as_("ana", "payment", "show", receipt).json["amount"]["minor"] == 10000
    assert as_("ben", "payment", "show", receipt).code == 3
    sheet = as_("ana", "day-sheet").json
    assert {line["method"]: line["total"]["minor"] for line in sheet["lines"]} == {"check": 10000, "cash": 2000}
    assert sheet["total"]["minor"] == 12000
    assert as_("ana", "payment", "sheet").json == sheet
    assert as_("bea", "day-sheet", "--user", "ana").json["total"]["minor"] == 12000
    assert as_("bea", "day-sheet", "--user", "nobody").code == 3
    assert as_("bea", "day-sheet", "--day", "someday").code == 2
    assert "120.00 USD" in as_("ana", "day-sheet", plain=True).out


def test_an_open_outcome_names_the_submission(house: House, pay: Call) -> None:
    key = str(uuid4())
    with house.su.transaction():
        house.su.execute("select from debtflow.account_balance for update")
        held = pay("--submission-id", key)
    assert held.code == 4
    assert f"--submission-id {key}" in held.error["hint"]
    assert pay("--submission-id", key).code == 0


def test_a_person_is_asked_and_may_say_no(as_: Call, pay: Call) -> None:
    receipt = pay().json["receipt"]
    reverse = ("payment", "reverse", receipt, "--reason", "nsf")
    no = as_("bea", *reverse, stdin="n\n", plain=True, terminal=True)
    assert (no.code, no.out) == (1, "")
    assert "Reverse" in no.err
    assert as_("bea", *reverse, stdin="y\n", plain=True, terminal=True).code == 0

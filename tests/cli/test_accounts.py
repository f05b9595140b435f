"""``debtflow account``."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Call
from tests.support.house import House


def test_find_gives_the_contract(house: House, as_: Call) -> None:
    number = house.place("Quillfeather Oyelaran", principal=1_250_00, ref="HX-1")
    found = as_("ana", "account", "find", "quilfeather", "oyelaran").json
    assert found["next"] is None
    row = found["accounts"][0]
    expected = {"number": number, "client": "HXL", "external_ref": "HX-1", "debtor": "Quillfeather Oyelaran",
                "status": "assigned", "balance": {"minor": 125000, "currency": "USD"}}  # fmt: skip
    assert {key: row[key] for key in expected} == expected


def test_find_pages(house: House, as_: Call) -> None:
    numbers = {house.place(f"Ann Smith{n}") for n in "abcde"}
    seen: list[str] = []
    after: tuple[str, ...] = ()
    while True:
        page = as_("ana", "account", "find", "name:smith", "--limit", "2", *after).json
        seen += [row["number"] for row in page["accounts"]]
        if page["next"] is None:
            break
        after = ("--after", page["next"])
    assert len(seen) == 5
    assert set(seen) == numbers


def test_find_refuses_what_it_would_have_to_leave_out(house: House, as_: Call) -> None:
    assert as_("ana", "account", "find", "status:nonsense").code == 2
    assert as_("ana", "account", "find", "x", "--after", "rubbish").code == 2


def test_a_table_for_people(house: House, as_: Call) -> None:
    number = house.place("Quillfeather Oyelaran")
    said = as_("ana", "account", "find", "oyelaran", plain=True)
    assert number in said.out
    assert "100.00 USD" in said.out
    assert said.err == ""


def test_show_gives_the_contract(house: House, as_: Call) -> None:
    number = house.place(principal=900_00, fees=50_00)
    shown = as_("ana", "account", "show", number).json
    assert shown["number"] == number
    assert isinstance(shown["version"], int)
    assert shown["balance"] == {"minor": 95000, "currency": "USD"}
    assert {name: part["minor"] for name, part in shown["buckets"].items()} == {
        "principal": 90000, "interest": 0, "fees": 5000, "costs": 0}  # fmt: skip
    assert shown["debtor"]["name"] == "Quillfeather Oyelaran"
    assert shown["payments"] == []
    assert {"activities", "flags", "others", "moves", "status", "client"} <= shown.keys()
    assert number in as_("ana", "account", "show", number, plain=True).out


@pytest.mark.parametrize("number", ["10001-9", "abc", "", "0-0", "99999999999999999999-1"])
def test_a_mistyped_number_is_refused_at_once(words: Call, number: str) -> None:
    # There is no database here: the check digit alone says no.
    assert words("account", "show", number).code == 2


def test_somebody_elses_account_is_not_found(house: House, as_: Call) -> None:
    number = house.place(collector="ben")
    assert as_("ana", "account", "show", number).code == 3
    assert as_("zoe", "account", "show", number).code == 3
    assert as_("bea", "account", "show", number).code == 0


def test_assign(house: House, as_: Call) -> None:
    numbers = [house.place("Ann Ace", collector="ana"), house.place("Bob Boo", collector="ana")]
    assert as_("bea", "account", "assign", *numbers, "--to", "ben").json == {"assigned": 2}
    assert as_("ana", "account", "show", numbers[0]).code == 3
    assert as_("bea", "account", "assign", "-", "--to", "ana", stdin="\n".join(numbers)).json == {"assigned": 2}
    assert as_("ana", "account", "assign", numbers[0], "--to", "ben").code == 6
    assert as_("bea", "account", "assign", numbers[0], "--to", "nobody").code == 3


def test_words_are_written_down(house: House, as_: Call) -> None:
    number = house.place()
    assert as_("ana", "account", "note", number, "asked for a copy").code == 0
    assert as_("ana", "account", "note", number, "-", stdin="from a pipe\n").code == 0
    promise = ("--promised", "25.00", "--promised-on", "+7")
    assert as_("ana", "account", "call", number, "--outcome", "promise_to_pay", *promise).code == 0
    assert as_("ana", "account", "follow-up", number, "+3").json["follow_up_on"] is not None
    assert as_("ana", "account", "follow-up", number, "none").json["follow_up_on"] is None
    texts = json.dumps(as_("ana", "account", "show", number).json["activities"])
    assert "asked for a copy" in texts
    assert "from a pipe" in texts


def test_bad_words_are_refused(house: House, as_: Call) -> None:
    number = house.place()
    assert as_("ana", "account", "note", number, " ").code == 2
    assert as_("ana", "account", "call", number, "--outcome", "laughed").code == 2
    assert as_("ana", "account", "call", number, "--outcome", "promise_to_pay", "--promised", "-5",
               "--promised-on", "+7").code == 2  # fmt: skip
    assert as_("ana", "account", "follow-up", number, "someday").code == 2
    assert as_("rex", "account", "note", number, "hello").code == 6


def test_status(house: House, as_: Call) -> None:
    number = house.place()
    moved = as_("ana", "account", "status", number, "in_contact").json
    assert moved["status"] == "in_contact"
    assert as_("ana", "account", "status", number, "negotiating", "--version", str(moved["version"] - 1)).code == 4
    assert as_("ana", "account", "status", number, "payment_plan").code == 1
    assert as_("ana", "account", "status", number, "nonsense").code == 2


def test_flags_contacts_and_priority(house: House, as_: Call) -> None:
    number = house.place()
    assert as_("ana", "account", "flag", number, "attorney", "--note", "letter of 3 May").code == 0
    assert as_("ana", "account", "flag", number, "attorney").code == 1
    assert as_("ana", "account", "flag", number, "pirate").code == 2
    assert [flag["kind"] for flag in as_("ana", "account", "show", number).json["flags"]] == ["attorney"]
    assert as_("ana", "account", "flag", number, "attorney", "--lift", "withdrawn").json["raised"] is False
    saved = as_("ana", "account", "contact", number, "phone", "(312) 555-0142", "--primary").json
    assert saved["value"].endswith("0142")
    assert as_("ana", "account", "contact", number, "phone", "12").code == 2
    assert as_("ana", "account", "contact-remove", number, str(saved["id"])).code == 0
    assert as_("ana", "account", "contact-remove", number, str(saved["id"])).code == 3
    assert as_("ana", "account", "priority", number, "0").code == 0
    assert as_("ana", "account", "priority", number, "7").code == 2
    assert as_("ana", "account", "show", number).json["priority"] == 0


def test_what_is_behind_the_balance(house: House, as_: Call) -> None:
    number = house.place(principal=100_00)
    as_("ana", "payment", "post", "--account", number, "--amount", "25.00", "--method", "cash")
    as_("ana", "account", "note", number, "paid at the counter")
    moves = as_("ana", "account", "postings", number, "--bucket", "principal").json["postings"]
    assert [move["amount"]["minor"] for move in moves] == [10000, -2500]
    assert moves[-1]["running"]["minor"] == 7500
    assert as_("ana", "account", "postings", number, "--bucket", "gold").code == 2
    lines = as_("ana", "account", "timeline", number, "--limit", "1").json["activities"]
    assert [line["text"] for line in lines] == ["paid at the counter"]


def test_a_note_sent_twice_is_written_once(house: House, as_: Call) -> None:
    number, key = house.place(), "3f2b8c1e-0c2d-4f7a-9d7b-0a5b6c7d8e9f"
    written = [as_("ana", "account", "note", number, "once", "--submission-id", key).json["id"] for _ in range(2)]
    assert written[0] == written[1]
    assert as_("ana", "account", "note", number, "other", "--submission-id", key).code == 1

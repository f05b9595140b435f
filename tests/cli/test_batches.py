"""``debtflow payment batch…``: a file or nothing, and a stack keyed line by line."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from services.domain.keying import base_of
from services.domain.numbers import account_number
from tests.cli.conftest import Call, Said
from tests.support.house import House

NOBODYS = account_number(99999)


@pytest.fixture
def numbers(house: House) -> list[str]:
    return [house.place(f"Debtor {at}", principal=500_00) for at in range(3)]


def payments(house: House) -> int:
    return int(house.one("select count(*) from debtflow.payment"))


def test_a_file_is_posted_once_or_not_at_all(house: House, as_: Call, numbers: list[str], tmp_path: Path) -> None:
    one, two, three = numbers
    stack = tmp_path / "stack.csv"
    stack.write_text(
        f"Account;Amount;Method;Reference;Date\n{one};250.00;check;1991;\n{two};10,50;cash;;-1\n{three};1.00;;;\n"
    )
    hashed = str(sum(map(base_of, numbers)))

    def post(*more: str, count: str = "3", total: str = "261.50") -> Said:
        return as_("ana", "payment", "batch", str(stack), "--expect-count", count, "--expect-sum", total, *more)

    for more, words in (
        (("--hash-total", "1"), "hash total"),
        ((), "0.50 USD too little"),
    ):
        said = post(*more, total="262.00" if not more else "261.50")
        assert (said.code, said.error["rule"]) == (1, "payment_batch_differs")
        assert words in said.error["message"]
    assert post(count="4").code == 1
    assert house.one("select count(*) from debtflow.payment_batch") == payments(house) == 0
    assert post("--dry-run").json["dry_run"] is True
    assert payments(house) == 0
    key = str(uuid4())
    said = post("--hash-total", hashed, "--submission-id", key)
    assert said.code == 0
    assert (said.json["posted"], said.json["failed"], said.json["batch"]["state"]) == (3, 0, "posted")
    assert [line["receipt"][:2] for line in said.json["lines"]] == ["R-"] * 3
    again = post("--hash-total", hashed, "--submission-id", key)
    assert (again.json["replayed"], again.json["lines"]) == (True, said.json["lines"])
    assert payments(house) == 3
    [found] = as_("ana", "payment", "batches", "--state", "posted").json["batches"]
    assert found["posted_sum"] == {"minor": 26150, "currency": "USD"}


def test_what_is_refused_stays_for_somebody_to_look_at(as_: Call, numbers: list[str], tmp_path: Path) -> None:
    stack = tmp_path / "stack.csv"
    stack.write_text(f"account,amount\n{numbers[0]},5.00\n{NOBODYS},6.00\n")
    said = as_("ana", "payment", "batch", str(stack), "--expect-count", "2", "--expect-sum", "11.00")
    assert (said.code, said.json["posted"], said.json["failed"]) == (1, 1, 1)
    number = str(said.json["batch"]["id"])
    [line] = as_("ana", "payment", "batch-show", number, "--only", "failed").json["lines"]
    assert (line["line"], line["outcome"]) == (2, "not_found")
    assert as_("ana", "payment", "batch-amend", number, "2", f"{numbers[1]} 6.00 cash").code == 0
    assert as_("ana", "payment", "batch-post", number).json["batch"]["state"] == "posted"
    assert as_("zoe", "payment", "batch-show", number).code == 3


def test_files_that_cannot_be_read(as_: Call, numbers: list[str], tmp_path: Path) -> None:
    stack = tmp_path / "stack.csv"
    good = f"{numbers[0]},5.00"
    for text, words in (
        ("", "does not name account and amount"),
        (f"account\n{numbers[0]}\n", "does not name amount"),
        (f"account,amount,colour\n{good},red\n", "colour"),
        ("account,amount\n", "no rows"),
        (f"account,amount\n{good}\n10023-9,5\nx,y\n", "row 2: 10023-9 is not an account number"),
        (f"account,amount,reference\n{good},4111111111111111\n", "card number"),
        (f"account,amount,method\n{good},card\n", "is not a method"),
        (f"account,amount,second\n{good},perhaps\n", "neither yes nor no"),
    ):
        stack.write_text(text)
        said = as_("ana", "payment", "batch", str(stack), "--expect-count", "1", "--expect-sum", "5.00")
        assert said.code == 2, text
        assert words in said.error["message"], said.error


def test_two_people_key_one_stack(as_: Call, numbers: list[str]) -> None:
    totals = ("--expect-count", "2", "--expect-sum", "15.00")
    number = str(as_("ana", "payment", "batch-open", *totals, "--second-keying").json["batch"]["id"])

    def run(login: str, command: str, *more: str) -> Said:
        return as_(login, "payment", f"batch-{command}", number, *more)

    assert run("ana", "key", f"{numbers[0]} 10.00 1991", ". 5.00 cash").code == 0
    assert run("ana", "hand-over").json["batch"]["state"] == "second"
    assert run("bea", "take").code == 0
    said = as_("bea", "payment", "batch-key", number, "-", stdin=f"{numbers[0]} 10.00 1992\n. 4.00 cash\n. 9.00\n")
    assert said.json["batch"]["keyed"]["count"] == 3
    assert run("bea", "drop", "3").code == 0
    assert run("bea", "compare").error["rule"] == "payment_batch_differs"
    run("bea", "amend", "2", f"{numbers[0]} 5.00 cash")
    assert run("bea", "compare").json["batch"]["differences"] == 1
    said = run("bea", "differences")
    assert (said.code, said.json["differences"][0]["second"]["reference"]) == (1, "1992")
    settle = ("settle", "--first", "1", "--second", "1", "--take", "first")
    assert run("ana", *settle).code == 6
    assert run("bea", *settle).json["batch"]["differences"] == 0
    assert run("bea", "post").json["posted"] == 2
    plain = as_("ana", "payment", "batch-show", number, plain=True)
    assert "agrees" in plain.out
    assert as_("ana", "payment", "batches", plain=True).code == 0


def test_a_batch_is_expected_anew_or_given_up(as_: Call, numbers: list[str]) -> None:
    totals = ("--expect-count", "1", "--expect-sum", "7.00")
    number = str(as_("ana", "payment", "batch-open", *totals).json["batch"]["id"])
    changed = as_(
        "ana",
        "payment",
        "batch-expect",
        number,
        "--expect-count",
        "2",
        "--expect-sum",
        "9.00",
        "--reason",
        "miscounted",
    )
    assert changed.json["batch"]["expected"]["count"] == 2
    assert as_("ana", "payment", "batch-cancel", number, "--reason", "double").json["batch"]["state"] == "cancelled"
    assert as_("ana", "payment", "batch-post", number, "--yes").code == 1
    assert as_("ana", "payment", "batches", "--state", "nonsense").code == 2

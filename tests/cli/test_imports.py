"""``debtflow import`` and ``debtflow audit``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.support.house import House

GOOD = "external_ref,debtor_name,original_amount\nA-1,Ann Ace,100.00\nA-2,Bob Boo,200.00\n"
BAD = GOOD + "A-3,,300.00\nA-4,Dan Doe,none\nA-1,Eve Eel,5.00\n"
COUNTS = ("valid", "warnings", "errors", "duplicates", "excluded", "released")


@pytest.fixture
def bad(tmp_path: Path) -> str:
    file = tmp_path / "bad.csv"
    file.write_text(BAD)
    return str(file)


def test_a_clean_file_is_0_and_one_with_errors_is_1(as_: Call, bad: str) -> None:
    good = as_("bea", "import", "stage", "-", "--client", "HXL", stdin=GOOD)
    assert good.code == 0
    assert good.json["valid"] == 2
    said = as_("bea", "import", "stage", bad, "--client", "HXL")
    assert said.code == 1
    assert sum(said.json[name] for name in COUNTS) == said.json["rows"] == 5
    assert (said.json["state"], said.json["errors"]) == ("in_review", 2)
    again = as_("bea", "import", "stage", bad, "--client", "HXL")
    assert again.code == 1
    assert str(said.json["batch"]) in again.error["message"]
    batch = str(said.json["batch"])
    assert as_("bea", "import", "look", bad).json["header"]["cells"][0] == "external_ref"
    assert re.search("names +a, b\n", as_("bea", "import", "look", bad, "--names", "a,b", plain=True).out)
    assert as_("bea", "import", "raw", batch, "1").json["text"] == "A-1,Ann Ace,100.00"
    out = Path(bad).with_name("out.csv")
    assert as_("bea", "import", "file", batch, "--output", str(out)).json["size"] == len(out.read_bytes()) == len(BAD)
    kept = as_("bea", "import", "kept")
    assert kept.code == 0
    assert [(file["bucket"], file["missing"], file["batches"]) for file in kept.json["files"]] == [
        (None, 0, [said.json["batch"]]), (None, 0, [good.json["batch"]]),
    ]  # fmt: skip


def test_the_whole_way(house: House, as_: Call, bad: str) -> None:
    batch = str(as_("bea", "import", "stage", bad, "--client", "HXL").json["batch"])
    rows = as_("bea", "import", "rows", batch, "--state", "error").json["rows"]
    assert [row["row"] for row in rows] == [3, 4]
    assert rows[0]["findings"][0]["column"] == "debtor_name"
    assert {"column", "value", "rule", "message"} <= rows[0]["findings"][0].keys()
    assert as_("bea", "import", "release", batch).code == 1
    assert as_("bea", "import", "fix", batch, "3", "debtor_name=Cat Coe").json["errors"] == 1
    left = as_("bea", "import", "exclude", batch, "4-5", "--reason", "sent back").json
    assert (left["errors"], left["excluded"]) == (0, 2)
    assert as_("bea", "import", "include", batch, "5").json["excluded"] == 1
    assert as_("bea", "import", "exclude", batch, "5", "--reason", "sent back").json["excluded"] == 2
    done = as_("bea", "import", "release", batch, "--placed-on", "2026-01-05")
    assert done.code == 0
    assert (done.json["state"], done.json["released"]) == ("released", 3)
    assert house.one("select array_agg(distinct placed_on::text) from debtflow.account") == ["2026-01-05"]
    assert as_("bea", "import", "show", batch).json == done.json
    assert as_("bea", "import", "list", "--state", "released").json["batches"][0]["file"] == "bad.csv"
    found = as_("bea", "import", "findings", batch).json["findings"]
    assert {rule["rule"] for rule in found} <= {"name-missing", "amount-format", "key-duplicate"}


def test_good_rows_may_leave_the_bad_behind(as_: Call, bad: str) -> None:
    batch = str(as_("bea", "import", "stage", bad, "--client", "HXL").json["batch"])
    done = as_("bea", "import", "release", batch, "--leave-errors").json
    assert (done["released"], done["errors"]) == (2, 2)


def test_reject(as_: Call, bad: str) -> None:
    batch = str(as_("bea", "import", "stage", bad, "--client", "HXL").json["batch"])
    assert as_("bea", "import", "reject", batch, "--reason", "wrong client").json["state"] == "rejected"
    assert as_("bea", "import", "release", batch).code == 1


def test_bad_words(as_: Call, bad: str, tmp_path: Path) -> None:
    batch = str(as_("bea", "import", "stage", bad, "--client", "HXL").json["batch"])
    assert as_("bea", "import", "stage", str(tmp_path / "none.csv"), "--client", "HXL").code == 2
    assert as_("bea", "import", "stage", str(tmp_path), "--client", "HXL").code == 2
    assert as_("bea", "import", "stage", "-", "--client", "HXL", stdin="a,b\n1,2\n").code == 2
    assert as_("bea", "import", "stage", bad, "--client", "NOPE").code == 3
    assert as_("bea", "import", "show", "999").code == 3
    assert as_("bea", "import", "show", "first").code == 2
    assert as_("bea", "import", "rows", batch, "--state", "odd").code == 2
    assert as_("bea", "import", "fix", batch, "3", "debtor_name").code == 2
    assert as_("bea", "import", "fix", batch, "3", "shoe_size=44").code == 2
    assert as_("bea", "import", "fix", batch, "77", "debtor_name=x").code == 3
    assert as_("bea", "import", "exclude", batch, "9-3", "--reason", "x").code == 2
    assert as_("bea", "import", "release", batch, "--placed-on", "2199-01-01").code == 2


@pytest.mark.parametrize("login", ["ana", "rex"])
def test_who_may_import(as_: Call, bad: str, login: str) -> None:
    assert as_(login, "import", "stage", bad, "--client", "HXL").code == 6


def test_another_agency_sees_no_batch(as_: Call, bad: str) -> None:
    batch = str(as_("bea", "import", "stage", bad, "--client", "HXL").json["batch"])
    assert as_("zack", "import", "show", batch).code == 3


def test_the_trail_tells_it(house: House, as_: Call) -> None:
    number = house.place()
    as_("ana", "account", "note", number, "hello")
    as_("ana", "payment", "post", "--account", number, "--amount", "25.00", "--method", "cash")
    events = as_("bea", "audit", "list", "--entity", f"account/{number}").json["events"]
    keys = {"id", "at", "who", "act", "entity", "before", "after", "reason"}
    assert all(keys <= event.keys() for event in events)
    assert ("ana", "payment.post") in {(event["who"], event["act"]) for event in events}
    page = as_("bea", "audit", "list", "--who", "ana", "--act", "account.*", "--since", "-1h", "--limit", "1").json
    assert [event["act"] for event in page["events"]] == ["account.note"]
    assert as_("bea", "audit", "list", "--entity", "account/10001-9").code == 2
    assert as_("bea", "audit", "list", "--since", "once").code == 2
    assert as_("bea", "audit", "list", "colour:red").code == 2
    assert number in as_("bea", "audit", "list", plain=True).out


def test_the_books_and_the_house(house: House, as_: Call) -> None:
    house.place()
    replay = as_("bea", "ledger", "replay", "--check")
    assert replay.code == 0
    assert replay.json["ok"] is True
    assert replay.json["differences"] == []
    assert replay.json["transfers"] == 1
    doctor = as_("bea", "doctor")
    assert (doctor.code, doctor.json["ok"]) == (0, True), doctor.out
    assert {"name", "ok", "detail"} <= doctor.json["checks"][0].keys()
    for login in ("ana", "rex"):
        assert as_(login, "ledger", "replay", "--check").code == 6


def test_a_cooked_book_is_found(house: House, as_: Call) -> None:
    house.place()
    house.su.execute("update debtflow.account_balance set due = '{1,0,0,0}'")
    said = as_("bea", "ledger", "replay", "--check")
    assert said.code == 1
    assert said.json["ok"] is False
    assert said.json["differences"]
    assert as_("bea", "doctor").code == 1

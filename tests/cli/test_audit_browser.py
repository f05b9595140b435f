"""The audit browser's questions from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.accounts import Accounts
from tests.cli.conftest import Call
from tests.support.house import House


def test_a_day_with_the_trail(house: House, as_: Call, tmp_path: Path) -> None:
    number = house.place("Ivo Brandt")
    Accounts(house.store("ana")).note(number, "wants a refund")
    found = as_("bea", "audit", "list", "--text", "a refund").json["events"]
    assert [event["after"]["text"] for event in found] == ["wants a refund"]
    assert found[0]["proof"] == {"state": "waiting", "seal": None, "verified_at": None}
    assert as_("bea", "audit", "count", "text:refund", "who:ana").json == {"count": 1}
    assert as_("bea", "audit", "count", "text:refund", plain=True).out == "1\n"
    assert as_("rex", "account", "find", "text:refund").json["accounts"][0]["number"] == number
    saved = as_("bea", "audit", "filters", "--save", "refunds", "text:refund", "since:-7d").json
    assert saved == {"filters": [{"name": "refunds", "text": "since:-7d text:refund"}]}
    assert as_("bea", "audit", "list", "--saved", "refunds").json["events"] == found
    assert as_("bea", "audit", "list", "--saved", "none").code == 3
    out = tmp_path / "refunds.jsonl"
    made = as_("bea", "audit", "export", str(out), "--saved", "refunds").json
    assert (made["rows"], made["file"], made["form"]) == (1, str(out), "jsonl")
    assert json.loads(Path(made["manifest"]).read_text())["sha256"] == made["sha256"]
    assert json.loads(out.read_text())["id"] == found[0]["id"]
    assert as_("bea", "audit", "export", str(out)).error["rule"] == "file_exists"
    assert as_("ana", "audit", "export", str(tmp_path / "x.csv")).code == 6
    assert as_("bea", "audit", "filters", "--drop", "refunds").json == {"filters": []}
    assert as_("bea", "audit", "list", "kind:export").json["events"][0]["after"]["rows"] == 1
    assert as_("rex", "audit", "list", "kind:export").code == 6


def test_the_life_of_an_account(house: House, as_: Call) -> None:
    number = house.place("Ivo Brandt")
    Accounts(house.store("bea")).priority(number, 1)
    events = as_("bea", "audit", "life", f"account/{number}").json["events"]
    assert events[0]["after"] == {"priority": 1}
    assert "priority" in as_("bea", "audit", "life", number, plain=True).out
    state = as_("bea", "audit", "life", number, "--at", "now").json
    assert (state["entity"], state["columns"]["priority"], state["columns"]["owing"]) == (f"account/{number}", 1, 10000)
    assert as_("bea", "audit", "life", number, "--at", "-1d").json["columns"] == {}
    assert "nothing is told" in as_("bea", "audit", "life", number, "--at", "-1d", plain=True).out
    assert as_("zack", "audit", "life", number).code == 3
    for said in (
        ["life", "account"],
        ["life", number, "--at", "someday"],
        ["filters", "--save", "x"],
        ["filters", "text:refund"],
        ["count", "who:"],
        ["list", "text:!"],
        ["export", "x.xlsx"],
    ):
        assert as_("bea", "audit", *said).error["code"] == "bad_input", said


def test_following_shows_what_is_written(house: House, as_: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    number = house.place()
    ana = Accounts(house.store("ana"))
    looks = iter(range(3))

    def work(_: float) -> None:
        """What happens while the command waits for its next look; then somebody ends it."""
        if next(looks, None) is None:
            raise KeyboardInterrupt
        ana.note(number, "one more")

    monkeypatch.setattr("time.sleep", work)
    said = as_("bea", "audit", "list", "act:account.note", "--follow")
    lines = [json.loads(line) for line in said.out.splitlines() if line]
    assert [line["after"]["text"] for line in lines] == ["one more"] * 3
    assert len({line["id"] for line in lines}) == 3

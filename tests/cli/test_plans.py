"""``promise``, ``plan`` and ``settlement``: each command as a script sees it."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from tests.cli.conftest import Call
from tests.support.house import House


@pytest.fixture
def number(house: House) -> str:
    return house.place(principal=250_00, fees=50_00)


def usd(minor: int) -> dict[str, object]:
    return {"minor": minor, "currency": "USD"}


def test_a_promise_is_made_replaced_kept_and_judged(number: str, as_: Call) -> None:
    key = str(uuid4())
    words = ("promise", "make", number, "--on", "+7", "--amount", "50.00", "--submission-id", key)
    made = as_("ana", *words).json
    assert (made["state"], made["amount"], made["every"], made["times"]) == ("open", usd(50_00), "once", 1)
    assert as_("ana", *words).json["id"] == made["id"]
    several = as_("ana", "promise", "make", number, "--on", "+7", "--every", "weekly", "--times", "3", "--grace", "2")
    assert [part["amount"] for part in several.json["parts"]] == [None, None, None]
    listed = as_("rex", "promise", "list", number).json
    assert [(each["id"], each["state"]) for each in listed["promises"]] == [
        (several.json["id"], "open"), (made["id"], "replaced"),
    ]  # fmt: skip
    assert "weekly" in as_("ana", "promise", "list", number, plain=True).out
    taken_back = as_("ana", "promise", "cancel", number, str(several.json["id"]), "--reason", "called again").json
    assert (taken_back["state"], taken_back["reason"]) == ("canceled", "called again")
    assert as_("wally", "promise", "judge").json == {"judged": 0}
    assert as_("wally", "promise", "judge", plain=True).out == "0 promises judged\n"


def test_a_plan_from_the_proposal_to_its_end(house: House, number: str, as_: Call) -> None:
    shape = (number, "--from", "+5", "--amount", "100.00")
    seen = as_("ana", "plan", "propose", *shape).json
    assert [each["amount"] for each in seen["instalments"]] == [usd(100_00)] * 3
    assert house.one("select count(*) from debtflow.plan") == 0
    assert as_("ana", "plan", "show", number).error["rule"] == "plan"
    key = str(uuid4())
    made = as_("ana", "plan", "make", *shape, "--submission-id", key).json
    assert (made["number"], made["state"], made["on_track"], made["method_id"]) == (number, "active", True, None)
    assert as_("ana", "plan", "make", *shape, "--submission-id", key).json["id"] == made["id"]
    moved = as_("ana", "plan", "change", number, "--instalment", "1", "--amount", "60.00").json
    assert [each["amount"]["minor"] for each in moved["instalments"]] == [60_00, 100_00, 140_00]
    added = as_("ana", "plan", "change", number, "--add", "+10", "20.00").json
    assert sum(each["amount"]["minor"] for each in added["instalments"]) == 300_00
    dropped = as_("ana", "plan", "change", number, "--instalment", "1", "--drop").json
    later = as_("ana", "plan", "change", number, "--instalment", "1", "--on", "+12").json
    assert (len(added["instalments"]), len(dropped["instalments"]), len(later["instalments"])) == (4, 3, 3)
    assert as_("ana", "plan", "change", number, "--grace", "9").json["grace_days"] == 9
    assert as_("ana", "plan", "change", number, "--by-hand").json["method_id"] is None
    held = as_("ana", "plan", "hold", number, "--reason", "in hospital").json
    assert (held["state"], held["reason"], held["on_track"]) == ("held", "in hospital", False)
    stale = as_("ana", "plan", "release", number, "--reason", "home again", "--version", str(made["version"]))
    assert (stale.code, stale.error["rule"]) == (4, "version")
    assert as_("ana", "plan", "release", number, "--reason", "home again").json["state"] == "active"
    house.su.execute("update debtflow.plan_instalment set due_on = current_date - 40 where due_on < current_date + 13")
    assert as_("wally", "plan", "run", "--limit", "10").json == {"instalments": 1}
    shown = as_("ana", "plan", "show", number, plain=True)
    assert (shown.code, "late" in shown.out) == (0, True)
    assert as_("ana", "plan", "cancel", number, "--reason", "pays at once").json["state"] == "canceled"


def test_an_offer_to_settle(house: House, number: str, as_: Call) -> None:
    assert as_("ada", "settlement", "floor", "HXL", "60").json["floors"][0]["floor_bp"] == 6000
    assert "60.00 %" in as_("bea", "settlement", "floor", plain=True).out
    low = as_("ana", "settlement", "offer", number, "--amount", "100.00", "--until", "+14")
    assert (low.code, low.error["rule"]) == (1, "settlement_floor")
    key = str(uuid4())
    words = ("settlement", "offer", number, "--amount", "200.00", "--until", "+14", "--submission-id", key)
    made = as_("ana", *words).json
    assert (made["state"], made["owing"], made["expires_on"]) == (
        "open", usd(300_00), str(house_today(as_, number) + timedelta(14)),
    )  # fmt: skip
    assert as_("ana", *words).json["id"] == made["id"]
    assert as_("ana", "settlement", "accept", number).json["accepted_at"] is not None
    taken_back = as_("ana", "settlement", "cancel", number, "--reason", "no answer").json
    assert (taken_back["state"], taken_back["reason"]) == ("canceled", "no answer")
    again = as_("bea", "settlement", "offer", number, "--amount", "100.00", "--until", "+14", "--reason", "hardship")
    assert again.code == 0, again
    paid = as_("ana", "payment", "post", "--account", number, "--amount", "100.00", "--method", "cash")
    assert paid.code == 0, paid
    assert as_("wally", "settlement", "run").json == {"settlements": 1}
    found = as_("rex", "settlement", "list", number).json
    assert [(each["state"], each["written_off"]) for each in found["offers"]] == [
        ("paid", usd(200_00)), ("canceled", usd(0)),
    ]  # fmt: skip
    assert as_("ada", "settlement", "floor", "HXL", "--none").json["floors"][0]["floor_bp"] is None


def house_today(as_: Call, number: str) -> date:
    """The agency's own day."""
    return date.fromisoformat(as_("ana", "account", "payoff", number).json["on"])


IMPOSSIBLE = (
    ("ana", "promise make {} --on yesteryear --amount 5", 2),
    ("ana", "promise make {} --on +7 --amount 0", 2),
    ("ana", "promise make {} --on +7 --every daily --times 2", 2),
    ("ana", "promise make 99999-0 --on +7", 2),
    ("rex", "promise make {} --on +7", 6),
    ("ana", "promise cancel {} 77", 3),
    ("rex", "promise judge", 6),
    ("ana", "plan propose {} --from +5", 2),
    ("ana", "plan propose {} --from +5 --times 0", 2),
    ("ana", "plan make {} --from +5 --times 3 --method 77", 3),
    ("ana", "plan make {} --from +5 --times 3 --version 99", 4),
    ("rex", "plan make {} --from +5 --times 3", 6),
    ("ana", "plan change {} --drop", 2),
    ("ana", "plan change {}", 2),
    ("ana", "plan hold {} --reason x", 3),
    ("ana", "plan cancel {}", 2),
    ("rex", "plan run", 6),
    ("ana", "settlement offer {} --amount 300.00 --until +14", 2),
    ("ana", "settlement offer {} --amount 10.00 --until -1", 2),
    ("ana", "settlement accept {}", 3),
    ("ana", "settlement cancel {}", 3),
    ("ana", "settlement floor HXL 60", 6),
    ("ada", "settlement floor HXL 120", 2),
    ("rex", "settlement run", 6),
)


def test_what_cannot_be_is_said(house: House, number: str, as_: Call) -> None:
    for login, typed, code in IMPOSSIBLE:
        said = as_(login, *typed.format(number).split())
        assert said.code == code, (typed, said)
        assert said.error["message"], typed
    assert house.one("select count(*) from debtflow.plan, debtflow.promise, debtflow.settlement") == 0

"""``payment spread``, ``adjust``, ``interest`` and ``account payoff``."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

from tests.cli.conftest import Call
from tests.kernel.test_spread import three
from tests.support.house import House


def test_one_receipt_over_several_debts(house: House, as_: Call) -> None:
    old, young = three(house, 100_00, 300_00)
    key = str(uuid4())
    words = ("payment", "spread", young, "--amount", "150.00", "--method", "check", "--reference", "1991")
    dry = as_("ana", *words, "--dry-run").json
    assert (dry["dry_run"], [line["amount"]["minor"] for line in dry["lines"]]) == (True, [100_00, 50_00])
    assert house.one("select count(*) from debtflow.payment") == 0
    posted = as_("ana", *words, "--submission-id", key).json
    again = as_("ana", *words, "--submission-id", key).json
    assert (again["receipt"], again["replayed"]) == (posted["receipt"], True)
    assert [line["rule"] for line in posted["lines"]] == ["by the policy", "by the policy"]
    assert as_("ana", "payment", "show", posted["receipt"]).json["lines"] == posted["lines"]
    shown = as_("ana", "payment", "show", posted["receipt"], plain=True)
    assert (shown.code, old in shown.out, "oldest placement first" in shown.out) == (0, True, True)
    part = next(line for line in posted["lines"] if line["account"] == old)
    assert as_("ana", "payment", "show", part["receipt"]).json["amount"]["minor"] == 100_00
    by_hand = as_("ana", "payment", "spread", young, "--amount", "20.00", "--method", "cash", "--line", f"{young}=20",
                  "--instruction", "phone", "--version", f"{young}=99")  # fmt: skip
    assert (by_hand.code, by_hand.error["rule"]) == (4, "stale")
    too_much = as_("ana", "payment", "spread", young, "--amount", "900.00", "--method", "cash")
    assert (too_much.code, too_much.error["rule"]) == (1, "remainder")
    kept = as_("ana", "payment", "spread", young, "--amount", "900.00", "--method", "cash", "--remainder", "unapplied")
    assert kept.json["lines"][1]["unapplied"] == {"minor": 650_00, "currency": "USD"}
    for wrong in (("--line", young), ("--line", "x=1"), ("--method", "card"), ("--instruction", "rumour")):
        said = as_("ana", *words, *wrong)
        assert said.code == 2, said
    assert as_("ana", "payment", "show", "R-000999-9").code in (2, 3)


def test_a_debt_is_adjusted(house: House, as_: Call) -> None:
    number = house.place(principal=100_00)
    fee = as_("bea", "adjust", "fee", number, "15.00", "--reason", "returned_payment").json
    assert fee["balance"] == {"minor": 115_00, "currency": "USD"}
    assert [line["change"]["minor"] for line in fee["lines"]] == [0, 0, 15_00, 0]
    refused = as_("ana", "adjust", "down", number, "5.00", "--reason", "placed_too_high")
    assert (refused.code, refused.error["rule"]) == (1, "limit")
    for kind, reason in (("cost", "court"), ("up", "placed_too_low")):
        more = as_("bea", "adjust", kind, number, "10.00", "--reason", reason).json
        assert more["balance"] == {"minor": 125_00, "currency": "USD"}
        assert as_("bea", "adjust", "reverse", more["receipt"], "--reason", "void").code == 0
    back = as_("bea", "adjust", "reverse", fee["receipt"], "--reason", "waived").json
    assert (back["reverses"], back["balance"]["minor"]) == (fee["receipt"], 100_00)
    assert as_("ana", "adjust", "reverse", fee["receipt"], "--reason", "waived").code == 6
    assert as_("bea", "adjust", "write-off", number, "--reason", "goodwill").code == 2
    whole = as_("bea", "adjust", "write-off", number, "--all", "--reason", "bankrupt").json
    assert (whole["closed_as"], whole["balance"]["minor"]) == ("bankrupt", 0)
    listed = as_("ana", "adjust", "list", number).json["adjustments"]
    assert [(each["kind"], each["reversed_by"] is not None) for each in listed] == [
        ("write_off", False), ("fee", False), ("correct_up", False), ("correct_up", True), ("cost", False),
        ("cost", True), ("fee", True),
    ]  # fmt: skip
    assert {each["kind"] for each in as_("ana", "adjust", "reasons").json["reasons"]} >= {"fee", "write_off"}
    assert as_("bea", "adjust", "limits", "--set", "collector:fee=5.00").code == 6
    limits = as_("ada", "adjust", "limits", "--set", "collector:fee=5.00").json["limits"]
    assert next(each for each in limits if each["agreed"])["most"]["minor"] == 5_00
    assert as_("ada", "adjust", "limits", plain=True).code == 0


def test_interest_and_what_pays_a_debt_off(house: House, as_: Call) -> None:
    number = house.place(principal=1000_00, placed=date.today() - timedelta(days=10))
    assert as_("ada", "client", "edit", "HXL", "--interest", "36.5", "--spread", "proportional", "--from",
               "2025-01-01").code == 0  # fmt: skip
    [client] = [each for each in as_("ada", "client", "list").json["clients"] if each["code"] == "HXL"]
    assert (client["interest_bp"], client["spread"], client["commission_bp"]) == (3650, "proportional", 2500)
    figure = as_("ana", "account", "payoff", number, "--on", "+30").json
    today = figure["interest_to_come"]["minor"] - 30_00
    assert 9_00 <= today <= 11_00  # the agency's midnight is not ours
    assert (figure["payoff"]["minor"], figure["daily"]) == (1030_00 + today, "1.000000")
    assert as_("ana", "interest", "accrue").code == 6
    assert as_("bea", "interest", "accrue").json == {"accounts": 1, "posted": 1}
    assert as_("bea", "interest", "accrue").json == {"accounts": 0, "posted": 0}
    assert as_("ana", "interest", "pause", number, "--reason", "hardship").json["stopped"] == "paused"
    assert "paused hardship" in as_("ana", "account", "payoff", number, plain=True).out
    assert as_("ana", "interest", "resume", number).json["stopped"] is None
    assert as_("ana", "account", "payoff", number, "--on", "2020-01-01").code == 2

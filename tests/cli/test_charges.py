"""``debtflow payment charge, link, refund, charges, cancel, methods``, against the stand-in."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from debtflow_tui.standin.faults import Fault
from debtflow_tui.standin.server import StandIn
from tests.cli.conftest import Call
from tests.support.house import House


@pytest.fixture
def number(house: House, standin: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    config = tmp_path / "config.toml"
    config.write_text(f'[gateway]\nprovider = "stripe"\napi_base = "{standin.url}"\n')
    monkeypatch.setenv("DEBTFLOW_CONFIG", str(config))
    return house.place(principal=900_00)


def test_a_day_with_cards(house: House, standin: StandIn, number: str, as_: Call) -> None:
    made = as_("ana", "payment", "link", "--account", number, "--amount", "40.00")
    assert (made.code, made.json["state"], made.json["kind"]) == (0, "pending", "link")
    assert made.json["url"].startswith(standin.url)
    waiting = as_("bea", "payment", "charges").json
    assert [each["id"] for each in waiting["charges"]] == [made.json["id"]]
    assert waiting["breaker"]["state"] == "closed"
    standin.pay(house.one("select link_id from debtflow.charge"))
    assert as_("ana", "payment", "cancel", made.json["id"]).json["state"] == "posted"
    assert as_("ana", "payment", "methods", number).json == {"methods": []}, "what was paid with is the worker's to ask"
    house.su.execute("update debtflow.charge set confirm_at = now()")
    assert as_("wally", "worker", "--once").code == 0
    [method] = as_("ana", "payment", "methods", number).json["methods"]
    assert (method["brand"], method["last4"]) == ("visa", "4242")

    words = ("payment", "charge", "--account", number, "--method", str(method["id"]), "--amount")
    key = str(uuid4())
    charged = as_("ana", *words, "25.00", "--submission-id", key)
    assert (charged.code, charged.json["state"], charged.json["id"]) == (0, "posted", key)
    assert charged.json["amount"] == {"minor": 2500, "currency": "USD"}
    assert as_("ana", *words, "25.00", "--submission-id", key).json["receipt"] == charged.json["receipt"]
    assert as_("ana", *words, "25.00").error["rule"] == "duplicate"
    standin.turn(house.one("select provider_id from debtflow.saved_method"), "insufficient_funds")
    declined = as_("ana", *words, "30.00")
    assert (declined.code, declined.json["reason"]) == (1, "insufficient_funds")
    standin.turn(house.one("select provider_id from debtflow.saved_method"), "succeeds")
    standin.faults.add(Fault("drop_after", path="/v1/payment_intents", times=3))
    lost = as_("ana", *words, "31.00", plain=True)
    assert lost.code in (0, 5), lost
    assert "do not charge again" in lost.err or lost.code == 0

    refunded = as_("bea", "payment", "refund", charged.json["receipt"], "--amount", "5.00")
    assert (refunded.code, refunded.json["state"], refunded.json["left"]["minor"]) == (0, "posted", 2000)
    above = as_("bea", "payment", "refund", charged.json["receipt"], "--amount", "20.01")
    assert (above.code, above.error["rule"]) == (1, "refund_above_rest")
    assert as_("ana", "payment", "refund", charged.json["receipt"]).code == 6
    assert as_("bea", "payment", "refund", charged.json["receipt"], plain=True).code == 0

    assert as_("ana", "payment", "methods", number, "--remove", str(method["id"])).json == {"methods": []}
    assert len(as_("ana", "payment", "charges", "--account", number).json["charges"]) >= 4
    assert as_("ana", "payment", "charges", "--account", number, plain=True).code == 0


def test_what_cannot_be(number: str, as_: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = (
        (("charge", "--account", number, "--amount", "5.00", "--method", "77"), 2, "method_form"),
        (("link", "--account", number, "--amount", "5.00", "--minutes", "5"), 2, "minutes_form"),
        (("cancel", "nothing"), 2, "charge_form"),
        (("cancel", str(uuid4())), 3, "charge"),
        (("methods", number, "--remove", "77"), 3, "method"),
        (("refund", "R-000099-8"), 2, "receipt_form"),
        (("refund", "R-000099-9"), 3, "payment"),
    )
    for words, code, rule in cases:
        said = as_("bea", "payment", *words)
        assert (said.code, said.error.get("rule")) == (code, rule), words
    monkeypatch.delenv("DEBTFLOW_CONFIG")
    assert as_("ana", "payment", "link", "--account", number, "--amount", "5.00").code == 2
    assert as_("ana", "payment", "charges").code == 0

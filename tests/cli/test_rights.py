"""``debtflow rights``, ``limit`` and ``approval``."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Call
from tests.support.house import House


def test_rights_are_shown_and_set(as_: Call) -> None:
    shown = as_("rex", "rights", "show").json["rights"]
    rows = {each["act"]: each for each in shown}
    assert rows["payment.reverse"]["roles"] == ["agency_admin", "supervisor"]
    assert rows["rights.set"]["possible"] == []
    (changed,) = as_("ada", "rights", "set", "payment.reverse", "collector", "yes").json["rights"]
    assert changed["roles"] == ["agency_admin", "supervisor", "collector"]
    (two,) = as_("ada", "rights", "two", "payment.reverse", "yes").json["rights"]
    assert (two["two"], two["two_wanted"]) == (True, True)


def test_limits_are_listed_and_set(as_: Call) -> None:
    def agreed(*said: str) -> set[tuple[str, str | None, str | None, int]]:
        found = as_("ada", "limit", *said).json["limits"]
        return {(each["what"], each["role"], each["user"], each["most"]) for each in found if each["agreed"]}

    assert agreed("list") == set()
    agreed("set", "payment", "500.00", "--role", "collector")
    agreed("set", "settlement", "12.5", "--role", "supervisor")
    agreed("set", "export", "5000", "--user", "rex")
    kept = {
        ("payment", "collector", None, 500_00),
        ("settlement", "supervisor", None, 1250),
        ("export", None, "rex", 5000),
    }
    assert agreed("set", "fee", "0", "--user", "ana") == kept | {("fee", None, "ana", 0)}
    assert agreed("set", "fee", "none", "--user", "ana") == kept


@pytest.mark.parametrize(
    ("login", "said", "code"),
    [
        ("bea", ("rights", "set", "payment.post", "collector", "no"), 6),
        ("ada", ("rights", "set", "payment.post", "readonly", "yes"), 1),
        ("ada", ("rights", "set", "payment.invent", "collector", "no"), 3),
        ("ada", ("rights", "set", "payment.post", "collector", "perhaps"), 2),
        ("ada", ("rights", "show", "payment.invent"), 2),
        ("ada", ("limit", "set", "tips", "5.00", "--role", "collector"), 2),
        ("ada", ("limit", "set", "export", "5.00", "--role", "collector"), 2),
        ("ada", ("limit", "set", "fee", "5.00"), 2),
        ("ada", ("limit", "set", "fee", "5.00", "--user", "zoe"), 3),
        ("ada", ("approval", "give", "7"), 3),
        ("ada", ("approval", "give", "-7"), 2),
    ],
)
def test_what_is_no_answer(as_: Call, login: str, said: tuple[str, ...], code: int) -> None:
    assert as_(login, *said).code == code


def test_a_colleague_answers(as_: Call, house: House) -> None:
    number = house.place(principal=100_00)
    paid = as_("ana", "payment", "post", "--account", number, "--amount", "10.00", "--method", "cash")
    as_("ada", "rights", "two", "payment.reverse", "yes")
    reverse = ("payment", "reverse", paid.json["receipt"], "--reason", "nsf")
    refused = as_("bea", *reverse)
    assert (refused.code, refused.error["rule"]) == (1, "two-persons")
    (asked,) = as_("ada", "approval", "list").json["approvals"]
    assert f"approval give {asked['id']}" in refused.error["hint"]
    assert (asked["state"], asked["asked_by"], asked["mine"]) == ("open", "bea", False)
    assert as_("bea", "approval", "give", str(asked["id"])).code == 1
    (given,) = as_("ada", "approval", "give", str(asked["id"])).json["approvals"]
    assert (given["state"], given["decided_by"]) == ("approved", "ada")
    assert as_("bea", *reverse).json["balance"] == {"minor": 100_00, "currency": "USD"}
    assert as_("bea", *reverse).code == 1
    assert as_("ada", "approval", "refuse", str(asked["id"])).code == 1

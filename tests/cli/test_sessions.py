"""``debtflow session``."""

from __future__ import annotations

from services.access import Sessions
from tests.cli.conftest import Call
from tests.support.house import House


def test_sessions_are_listed_and_ended(as_: Call, house: House) -> None:
    ana = Sessions(house.store("ana"))
    (listed,) = as_("bea", "session", "list").json["sessions"]
    assert (listed["user"], listed["role"], listed["host"], listed["connections"]) == ("ana", "collector", "test", 1)
    assert listed["in_way_of"] == listed["writes"] == []
    own = next(each for each in ana.list() if each.current)
    assert as_("ben", "session", "end", str(own.id)).code == 6
    told = as_("bea", "session", "end", str(own.id), plain=True)
    assert (told.code, told.out) == (0, f"session {own.id} is ended\n")
    assert as_("bea", "session", "end", str(own.id)).code == 3
    assert as_("bea", "session", "list", plain=True).out == "nobody else is signed in\n"


def test_a_command_says_what_it_is_for_and_not_with_what(as_: Call, house: House) -> None:
    number = house.place()
    assert as_("ana", "account", "note", number, "spoke to Ms Ito").code == 0
    doing = "select doing from debtflow.session where login = 'ana'"
    assert house.one(doing) == "debtflow account note"

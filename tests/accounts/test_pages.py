"""Pages: together they are the whole answer, each row once, whatever their size."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.accounts import Accounts
from services.accounts.cursor import Place, pack, unpack
from services.domain.lookup import parse_lookup
from services.errors import BadInput
from tests.accounts.conftest import Who, numbers
from tests.support.house import House

QUESTIONS = (
    "",
    "name:an",
    "ann",
    "anne",
    "name:ann br",
    "br an",
    "smoth",
    "an smth",
    "number:1",
    "ref:ref",
    "phone:312",
    "phone:555",
    "status:open",
    "status:open balance>100",
    "followup>t",
    "name:a b",
)


def walk(service: Accounts, text: str, limit: int) -> list[str]:
    """Every row of every page."""
    query = parse_lookup(text)
    after: str | None = None
    seen: list[str] = []
    while True:
        page = service.find(query, limit=limit, after=after)
        assert len(page.rows) <= limit
        seen.extend(numbers(page))
        after = page.next
        if after is None:
            return seen
        assert len(page.rows) == limit


@pytest.fixture
def crowd(house: House, as_: Who) -> None:
    """Names that share words and beginnings, two phones each, some with dates."""
    today = house.one("select debtflow.agency_today(1)")
    ana = as_("ana")
    for place, (first, last) in enumerate(product(("Ann", "Anna", "Annette", "Bruno"), ("Brown", "Smith", "Anders"))):
        number = house.place(f"{first} {last}", principal=50_00 + place * 10_00)
        ana.save_contact(number, kind="phone", value=f"312555{1000 + place}")
        ana.save_contact(number, kind="phone", value=f"312666{2555 + place}")
        if place % 3:
            ana.follow_up(number, today + timedelta(days=place % 4))
    house.place("Ann Anna Annette Smith-Brown")


@pytest.mark.parametrize("login", ["ana", "bea"])
def test_pages_of_any_size_are_the_whole_answer(crowd: None, as_: Who, login: str) -> None:
    service = as_(login)
    found = 0
    for text in QUESTIONS:
        whole = list(numbers(service.find(parse_lookup(text), limit=500)))
        assert len(set(whole)) == len(whole), text
        for limit in (1, 2, 3, 7):
            assert walk(service, text, limit) == whole, (text, limit)
        found += bool(whole)
    assert found == len(QUESTIONS)


def test_a_page_stays_where_it_is_while_accounts_come(crowd: None, house: House, as_: Who) -> None:
    ana, query = as_("ana"), parse_lookup("name:an")
    first = ana.find(query, limit=5)
    before = list(numbers(ana.find(query, limit=500)))
    late = house.place("Zora Annz")
    walked = [*numbers(first), *numbers(ana.find(query, limit=500, after=first.next))]
    assert late in walked
    assert [number for number in walked if number != late] == before


def test_a_place_belongs_to_its_question(crowd: None, as_: Who) -> None:
    ana = as_("ana")
    after = ana.find(parse_lookup("name:an"), limit=2).next
    with pytest.raises(BadInput, match="another question"):
        ana.find(parse_lookup("name:br"), limit=2, after=after)


PLACE: Place = {"reading": 1, "tier": 0, "typos": 0, "token": "", "key": "ann brown", "id": 7}


def test_a_cursor_comes_back_as_it_went() -> None:
    assert unpack(pack(PLACE, "q"), "q") == PLACE


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=40) | st.binary(max_size=40).map(lambda raw: raw.decode("latin-1")))
def test_what_is_no_cursor_is_bad_input(text: str) -> None:
    with pytest.raises(BadInput):
        unpack(text, "q")


@pytest.mark.parametrize(
    "broken",
    [
        {}, {**PLACE, "id": "7"}, {**PLACE, "id": -1}, {**PLACE, "id": 2**70}, {**PLACE, "key": "a\x00"},
        {**PLACE, "more": 1}, {**PLACE, "tier": True},
    ],
)  # fmt: skip
def test_a_forged_cursor_is_bad_input(broken: Place) -> None:
    with pytest.raises(BadInput, match="not a place"):
        unpack(pack(broken, "q"), "q")

"""``debtflow user``, ``team`` and ``account assign --from``: who works what."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from psycopg import sql

from tests.cli.conftest import Call
from tests.support.house import House


@pytest.fixture
def newcomer(house: House) -> Iterator[str]:
    login = f"new_{uuid4().hex[:8]}"
    yield login
    house.su.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(login)))


def test_a_leavers_work_is_seen_and_given_away(as_: Call, house: House, newcomer: str) -> None:
    password = f"{newcomer}-password\n"
    as_("ada", "user", "add", newcomer, "--name", "New", "--role", "collector", "--password-stdin", stdin=password)
    for _ in range(3):
        house.place(collector=newcomer)
    work = as_("bea", "user", "work", newcomer).json
    assert (work["accounts"], work["batches"], work["clients"]) == (3, [], [])
    refused = as_("ada", "user", "disable", newcomer)
    assert (refused.code, refused.error["rule"]) == (1, "open_work")
    left = as_("ada", "user", "disable", newcomer, "--leave").json
    assert (left["disabled_at"] is not None, left["handed_over"]["accounts"]) == (True, 0)
    assert as_("ada", "user", "hand-over", newcomer, "--to", "zoe").code == 3
    assert as_("ada", "user", "hand-over", newcomer).code == 2
    went = as_("ada", "user", "hand-over", newcomer, "--to", "ana", "--to", "ben").json
    assert (went["accounts"], went["left"]) == (3, 0)
    people = {each["login"]: each["held"] for each in as_("rex", "user", "work").json["people"]}
    assert (people[newcomer], sorted((people["ana"], people["ben"]))) == (0, [1, 2])
    back = as_("ada", "user", "enable", newcomer, "--password-stdin", stdin=password).json
    assert back["disabled_at"] is None
    assert as_("ada", "user", "role", newcomer, "readonly").json["role"] == "readonly"
    said = as_("ada", "user", "disable", newcomer, plain=True)
    assert (said.code, said.out) == (0, f"{newcomer} can sign in no more\n")


def test_a_pile_is_shared_and_levelled(as_: Call, house: House) -> None:
    numbers = [house.place(collector=None) for _ in range(5)]
    (team,) = as_("bea", "team", "set", "north", "ana", "ben").json["teams"]
    assert (team["name"], team["members"], team["most"]) == ("north", ["ana", "ben"], None)
    (team,) = as_("bea", "team", "limit", "north", "3").json["teams"]
    assert team["most"] == 3
    pile = ("account", "assign", "--from", "nobody")
    assert as_("bea", *pile, "--team", "north", "--dry-run").json == {"assigned": 0, "accounts": 5, "room": 6}
    assert as_("bea", *pile, "--to", "ana", "--client", "HXL").json["assigned"] == 3
    assert as_("bea", "account", "assign", numbers[-1], "--to", "ana").error["rule"] == "accounts_most"
    planned = as_("rex", "user", "rebalance", "--team", "north", "--unassigned", "--dry-run").json
    assert ([each["target"] for each in planned["shares"]], planned["moved"]) == ([3, 2], None)
    assert as_("bea", "user", "rebalance", "--team", "north", "--unassigned").json["moved"] == 2
    assert as_("bea", "limit", "list", plain=True).out.count("accounts") == 3
    assert as_("ada", "limit", "set", "accounts", "7", "--user", "ana").code == 0
    assert as_("bea", "team", "limit", "north", "none").json["teams"][0]["most"] is None
    assert as_("bea", "team", "remove", "north").json == {"removed": "north"}
    assert as_("bea", "team", "list").json["teams"] == []


@pytest.mark.parametrize(
    ("login", "said", "code"),
    [
        ("ana", ("user", "work"), 6),
        ("rex", ("user", "rebalance"), 6),
        ("bea", ("user", "rebalance", "--team", "none"), 3),
        ("bea", ("user", "hand-over", "ana", "--to", "ben"), 6),
        ("bea", ("user", "role", "ana", "supervisor"), 6),
        ("ada", ("user", "role", "ana", "boss"), 2),
        ("ada", ("user", "role", "ada", "collector"), 1),
        ("bea", ("team", "set", "North"), 2),
        ("bea", ("team", "limit", "none", "many"), 2),
        ("rex", ("team", "set", "north", "ana"), 6),
        ("bea", ("account", "assign", "--to", "ana"), 2),
        ("bea", ("account", "assign", "10023-3", "--from", "ben", "--to", "ana"), 2),
        ("bea", ("account", "assign", "--from", "ben", "--to", "ana", "--team", "x"), 2),
        ("bea", ("account", "assign", "--from", "zoe", "--to", "ana"), 3),
    ],
)
def test_what_is_not_done(as_: Call, login: str, said: tuple[str, ...], code: int) -> None:
    assert as_(login, *said).code == code

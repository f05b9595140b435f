"""Arguments nobody types, and administrators outside their home."""

from __future__ import annotations

import json
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from tests.security.conftest import World
from tests.support.office import scram


@pytest.mark.parametrize(
    "items",
    [
        None,
        "null",
        "{}",
        "[null]",
        "[[]]",
        '["x"]',
        "1",
        '[{"account": 1}]',
        '[{"amount": "abc"}]',
        '[{"amount": 1e400}]',
        '[{"submission_id": "x"}]',
        '[{"effective_on": "soon"}]',
        '[{"overpayment": {"a": 1}}]',
    ],
)
@pytest.mark.parametrize("function", ["payment_preview", "payment_post", "payment_reverse"])
def test_malformed_items_write_nothing(world: World, function: str, items: str | None) -> None:
    def counts() -> object:
        return world.one(
            "select (select count(*) from debtflow.payment) + (select sum(version) from debtflow.account_balance)"
        )

    before = counts()
    state, outcomes = "22000", set()
    try:
        rows = world.psql("bea").execute(f"select outcome from debtflow.{function}(%s::jsonb)", [items]).fetchall()
        outcomes = {outcome for (outcome,) in rows}
    except psycopg.Error as error:
        state = error.sqlstate or ""
    assert state.startswith("22"), "a malformed value is the caller's, and nothing else goes wrong"
    assert outcomes <= {"not_found", "submission_form"}
    assert counts() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "NaN"},
        {"amount": "Infinity"},
        {"amount": -1},
        {"amount": 0},
        {"amount": 0.5},
        {"amount": 10**15 + 1},
        {"amount": 2**63},
        {"amount": None},
        {"currency": None},
        {"currency": "usd"},
        {"method": None},
        {"method": "card"},
        {"effective_on": "infinity"},
        {"effective_on": "-infinity"},
        {"effective_on": "0001-01-01"},
        {"version": "NaN"},
        {"version": -1},
        {"payer": "dog"},
        {"overpayment": "keep", "amount": 10**6},
        {"reference": "x" * 101},
        {"submission_id": None},
        {"account": None},
    ],
)
def test_one_malformed_item_is_refused_and_the_others_are_posted(world: World, changes: dict[str, object]) -> None:
    one, two = world.place(), world.place()
    good = {"account": two, "submission_id": str(uuid4()), "amount": 1_00, "currency": "USD", "method": "cash"}
    bad = {**good, "account": one, "submission_id": str(uuid4()), **changes}
    psql = world.psql("ana")
    query = "select outcome from debtflow.payment_post(%s::jsonb) order by ord"
    refused, posted = (outcome for (outcome,) in psql.execute(query, [json.dumps([bad, good])]).fetchall())
    assert posted == "posted"
    assert refused not in (None, "posted", "replayed")
    paid = (
        "select a.number from debtflow.payment p join debtflow.account a on a.id = p.account_id where "
        "a.number = any (%s)"
    )
    assert world.su.execute(paid, [[one, two]]).fetchall() == [(two,)]


# ---- administrators


def test_an_administrator_rules_at_home_only(world: World) -> None:
    boss = world.psql("zed")
    verifier = scram(world.su, "x", "some-password")
    for call, values in (
        ("user_disable(%s)", ["ana"]),
        ("user_password(%s, %s)", ["ana", verifier]),
        ("user_disable(%s)", ["nobody"]),
        ("user_password(%s, %s)", ["nobody", verifier]),
        ("user_create(%s, 'eve', 'Eve', 'collector', %s)", ["HARBOR", verifier]),
        ("user_create(%s, 'eve', 'Eve', 'collector', %s)", ["NOWHERE", verifier]),
        ("client_create(%s, 'EVE', 'Eve', 1, '{1,2,3,4}', '2020-01-01', 'one_collector', '{zoe}')", ["HARBOR"]),
        ("client_edit(%s, 'HXL', 'Eve')", ["HARBOR"]),
        ("client_edit(null, %s, 'Eve')", ["HXL"]),
    ):
        with pytest.raises(psycopg.Error) as refused:
            boss.execute(f"select debtflow.{call}", values)
        assert refused.value.sqlstate == "DF404", call
    with pytest.raises(psycopg.Error) as refused:
        boss.execute(
            "select debtflow.client_create(null, 'EVE', 'Eve', 1, '{1,2,3,4}', '2020-01-01', 'one_collector', '{ana}')"
        )
    assert refused.value.sqlstate == "DF404"
    with pytest.raises(psycopg.Error) as refused:
        boss.execute("select debtflow.agency_create('EVE', 'Eve', 'UTC', 'USD')")
    assert refused.value.sqlstate == "DF403"


def test_what_exists_elsewhere_is_not_told_apart_from_nothing(world: World) -> None:
    boss = world.psql("zed")

    def said(call: str) -> str:
        with pytest.raises(psycopg.Error) as refused:
            boss.execute(f"select debtflow.{call}")
        return str(refused.value).replace("ana", "?").replace("eve", "?").replace("HARBOR", "?").replace("NOWHERE", "?")

    assert said("user_disable('ana')") == said("user_disable('eve')")
    assert said("client_edit('HARBOR', 'HXL')") == said("client_edit('NOWHERE', 'HXL')")


@pytest.mark.parametrize("login", ["bea", "ana", "rex"])
def test_who_is_no_administrator_makes_nobody(world: World, login: str) -> None:
    psql = world.psql(login)
    verifier = scram(world.su, "x", "some-password")
    for call in (
        "user_create(null, 'eve', 'Eve', 'agency_admin', %s)",
        "client_create(null, 'EVE', 'E', 1, '{}', now()::date, 'x', '{}', %s)",
    ):
        with pytest.raises(errors.InsufficientPrivilege):
            psql.execute(f"select debtflow.{call}", [verifier])
    with pytest.raises(psycopg.Error) as refused:
        psql.execute("select debtflow.user_password('ada', %s)", [verifier])
    assert refused.value.sqlstate == "DF403"


@pytest.mark.parametrize(
    "login",
    [
        "postgres",
        "debtflow_owner",
        "debtflow_x",
        "pg_monitor",
        "public",
        "none",
        "a",
        "Eve",
        'x"; drop role ana; --',
        "ana",
        None,
    ],
)
def test_a_login_name_is_only_that(world: World, login: str | None) -> None:
    boss = world.psql("ada")
    with pytest.raises(psycopg.Error) as refused:
        boss.execute(
            "select debtflow.user_create(null, %s, 'Eve', 'collector', %s)",
            [login, scram(world.su, "x", "some-password")],
        )
    assert refused.value.sqlstate in ("DF400", "DF422"), refused.value


@pytest.mark.parametrize("verifier", ["plain-text", "md5" + "0" * 32, "SCRAM-SHA-256$1:x$y:z", "", None])
def test_only_a_verifier_becomes_a_password(world: World, verifier: str | None) -> None:
    with pytest.raises(psycopg.Error) as refused:
        world.psql("ana").execute("select debtflow.user_password('ana', %s)", [verifier])
    assert refused.value.sqlstate == "DF400"

"""Reading between the lines: answers, errors, plans and statistics tell nothing of what is hidden."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from psycopg import errors
from psycopg.rows import dict_row

from tests.security.conftest import World
from tests.security.psql import token_of
from tests.support.house import House


def test_an_account_of_others_is_answered_like_none_at_all(world: World) -> None:
    """Whatever a call says about a colleague's account, it says about a number that never was."""
    psql = world.psql("ana")
    for function in ("payment_preview", "payment_post"):
        answers = []
        for number in (world.bens, world.nobodys, "99999-9"):
            item = {
                "account": number,
                "submission_id": str(uuid4()),
                "amount": 1_00,
                "currency": "USD",
                "method": "cash",
            }
            with psql.cursor(row_factory=dict_row) as cursor:
                row = cursor.execute(f"select * from debtflow.{function}(%s)", [json.dumps([item])]).fetchone()
            assert row
            answers.append(
                {
                    key: value
                    for key, value in row.items()
                    if key not in ("number", "submission_id", "recorded_at", "request_hash")
                }
            )
        assert answers[0] == answers[1] == answers[2]
        assert answers[0]["outcome"] == "not_found"
        assert answers[0]["debtor"] is None


def test_a_payment_of_another_agency_is_answered_like_none_at_all(world: World) -> None:
    theirs = world.one("select max(id) from debtflow.payment")  # zoe's, in the other agency
    answers = []
    for payment in (theirs, 999_999):
        item = {"payment": payment, "submission_id": str(uuid4()), "reason": "nsf"}
        with world.psql("bea").cursor(row_factory=dict_row) as cursor:
            row = cursor.execute("select * from debtflow.payment_reverse(%s)", [json.dumps([item])]).fetchone()
        assert row
        answers.append({key: value for key, value in row.items() if key not in ("submission_id", "request_hash")})
    assert answers[0] == answers[1]
    assert answers[0]["outcome"] == "not_found"


def test_a_known_submission_opens_no_other_agencys_receipt(house: House) -> None:
    """Account numbers repeat between agencies; a receipt does not cross over."""
    house.su.execute("update debtflow.agency set next_number = 70001")
    here, there = house.place(), house.place("Zoe Owing", client="ZEN", collector="zoe", by="zack")
    assert here == there
    key = str(uuid4())
    item = {"account": here, "submission_id": key, "amount": 5_00, "currency": "USD", "method": "cash"}
    assert house.psql("ana").execute(
        "select outcome from debtflow.payment_post(%s)", [json.dumps([item])]
    ).fetchone() == ("posted",)
    with house.psql("zoe").cursor(row_factory=dict_row) as cursor:
        for function in ("payment_preview", "payment_post"):
            row = cursor.execute(f"select * from debtflow.{function}(%s)", [json.dumps([item])]).fetchone()
            assert row
            assert row["outcome"] == "conflict"
            assert row["entered_by"] == "zoe"
            assert row["payment_id"] is None


def test_an_error_in_a_condition_tells_nothing_of_hidden_rows(world: World) -> None:
    """Policies are asked before conditions that could fail: a division by zero does not betray a row."""
    psql = world.psql("ana")
    query = "select from debtflow.account where 1 / (case when number = %s then 0 else 1 end) = 1"
    with pytest.raises(errors.DivisionByZero):
        psql.execute(query, [world.mine])
    assert len(psql.execute(query, [world.bens]).fetchall()) == 1


def test_plans_and_statistics_hold_nobodys_values(world: World) -> None:
    world.su.execute("analyze debtflow.account")
    psql = world.psql("ana")
    assert (
        psql.execute(
            "select from pg_stats where schemaname = 'debtflow' and tablename in ('account', 'debtor', "
            "'payment', 'session')"
        ).fetchall()
        == []
    )
    plan = str(psql.execute("explain (analyze, verbose) select * from debtflow.account").fetchall())
    assert token_of(psql) not in plan
    assert world.bens not in plan
    for table in ("pg_statistic", "pg_statistic_ext_data"):
        with pytest.raises(errors.InsufficientPrivilege):
            psql.execute(f"table {table}")


def test_what_the_trail_keeps_beside_another_agencys_rows_is_not_told(world: World) -> None:
    """Comparing what was read from an archive answers for the caller's agency alone."""
    theirs = world.su.execute(
        "select array_agg(p.audit_id), array_agg(p.path) from debtflow.audit_personal p join debtflow.agency a "
        "on a.id = p.agency_id where a.code = 'NORTHBY'"
    ).fetchone()
    assert theirs is not None
    query = "select from debtflow.audit_archive_kept_wrong(%s::bigint[], %s::text[], %s::text[])"
    values = [*theirs, ["00"] * len(theirs[0])]
    assert len(world.psql("zack").execute(query, values).fetchall()) == len(theirs[0])
    assert world.psql("bea").execute(query, values).fetchall() == []

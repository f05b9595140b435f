"""One value that Python would never have sent must not spoil an account, a list or a batch for everybody else."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from services.accounts import Accounts
from services.domain.lookup import parse_lookup
from services.imports import Imports
from services.office import Clients
from tests.security.psql import post
from tests.support.house import House

FAR = ["infinity", "-infinity", "20000-01-01", "4713-01-01 BC"]


def refused(psql: psycopg.Connection, query: str, *values: object) -> str:
    with pytest.raises(psycopg.Error) as error:
        psql.execute(query, values)
    return error.value.sqlstate or ""


@pytest.mark.parametrize("day", ["infinity", "20000-01-01"])
def test_a_follow_up_is_on_a_day_of_the_calendar(house: House, day: str) -> None:
    number = house.place()
    assert refused(house.psql("ana"), "select debtflow.account_follow_up(%s, %s::date)", number, day) == "DF400"
    accounts = Accounts(house.store("ana"))
    assert accounts.show(number).follow_up_on is None
    assert [row.number for row in accounts.find(parse_lookup("")).rows] == [number]


@pytest.mark.parametrize(
    ("outcome", "day", "promised"),
    [
        ("promise_to_pay", "infinity", 100),
        ("promise_to_pay", "20000-01-01", 100),
        ("promise_to_pay", None, 2**63 - 1),
        ("shouted", None, None),
        ("x" * 100_000, None, None),
        ("no_answer\x1b[31m", None, None),
    ],
    ids=["no day", "no calendar's day", "no amount", "unknown", "endless", "control"],
)
def test_a_call_ends_in_one_of_the_known_ways(
    house: House, outcome: str, day: str | None, promised: int | None
) -> None:
    number = house.place()
    query = "select debtflow.account_call(%s, %s, 'said', %s::date, %s, 'USD')"
    assert refused(house.psql("ana"), query, number, outcome, day, promised) in ("DF400", "23514")
    assert len(Accounts(house.store("ana")).show(number).activities) <= 1


GOOD: dict[str, Any] = {
    "name": "Jane Doe", "first_norm": "jane", "last_norm": "doe", "ssn4": None, "email": None, "phone": None,
    "amount": 1000, "due_on": None, "creditor": None, "kind": None,
}  # fmt: skip


AS_CSV = '{"encoding": "utf-8", "delimiter": ",", "reading": {}}'


def kept_file(psql: psycopg.Connection) -> int:
    """A small file of its own, kept."""
    content = uuid4().bytes
    kept = psql.execute("select file from debtflow.file_keep(sha256(%b), 16)", [content]).fetchone()
    assert kept is not None
    psql.execute("select debtflow.file_chunk_keep(%s, 0, %b)", [kept[0], content])
    return int(kept[0])


def forge(psql: psycopg.Connection, *changes: dict[str, Any], findings: str = "[]", cells: str = "{}") -> int:
    """A batch whose rows no program of ours has checked, each a good row but for what is said."""
    upload = str(uuid4())
    with psql.transaction():
        for number, change in enumerate(changes, 1):
            parsed = {**GOOD, "ref": f"R-{number}", **change}
            psql.execute(
                "insert into debtflow.import_intake (upload, row_no, line, raw, ref, cells, findings, parsed) "
                "values (%s, %s, %s, 'raw', %s, %s::jsonb, %s::jsonb, %s::jsonb)",
                [upload, number, number + 1, f"R-{number}", cells, findings, json.dumps(parsed)],
            )
        query = "select debtflow.import_stage_close(%s, 'HXL', 'list.csv', %s, %s)"
        row = psql.execute(query, [upload, kept_file(psql), AS_CSV]).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 10**15 + 1},
        {"amount": 2**63 - 1},
        *({"due_on": day} for day in FAR),
        {"name": "\x1b[31mJane"},
        {"name": "Jane\u202eDoe"},
        {"creditor": "C" * 100_000},
        {"kind": "K" * 100_000},
        {"creditor": "\x1b[31m"},
        {"phone": "tel\x1b"},
        {"ref": "R\n\x1b"},
        {"ref": "another-than-the-row"},
        {"last_norm": "".join(chr(0x4E00 + n * 7 % 20_000) for n in range(6_000)), "ssn4": "1234"},
    ],
    ids=lambda change: f"{next(iter(change))}",
)
def test_a_forged_row_stays_behind_and_the_others_are_placed(house: House, change: dict[str, Any]) -> None:
    psql = house.psql("bea")
    batch = forge(psql, {"ref": "R-1"}, {"ref": "R-2", **change}, {"ref": "R-3"})
    psql.execute("select * from debtflow.import_release_chunk(%s, 100, true)", [batch])
    placed = {ref for (ref,) in house.su.execute("select external_ref from debtflow.account").fetchall()}
    assert {"R-1", "R-3"} <= placed
    assert "R-2" not in placed or change.keys() == {"ref"}
    assert placed <= {"R-1", "R-2", "R-3"}


WRONG_TYPES = '[{"column": 1, "value": {}, "rule": [], "severity": "warning", "message": 5}]'


@pytest.mark.parametrize(
    ("findings", "cells"),
    [("[1]", "{}"), ('[{"a": 1}]', "{}"), (WRONG_TYPES, "{}"), ("[]", '{"debtor_name": {"a": 1}}')],
)
def test_a_batch_of_junk_is_refused_at_the_door(house: House, findings: str, cells: str) -> None:
    psql = house.psql("bea")
    with pytest.raises((psycopg.errors.CheckViolation, psycopg.DataError)):
        forge(psql, {}, findings=findings, cells=cells)
    assert Imports(house.store("bea")).batches()[0] == ()


def test_rows_sent_and_left_lying_are_gone_with_the_next_file(house: House) -> None:
    psql = house.psql("bea")
    psql.execute(
        "insert into debtflow.import_intake (upload, row_no, line, raw, cells, findings) "
        "values (gen_random_uuid(), 1, 2, 'x', '{}', '[]')"
    )
    forge(psql, {})
    assert house.one("select count(*) from debtflow.import_intake") == 0


@pytest.mark.parametrize(
    ("order", "day", "currency"),
    [
        ("{1,2,3,4}", "infinity", "USD"),
        ("{1,2,3,4}", "20000-01-01", "USD"),
        ("{{1},{2},{3},{4}}", "2020-01-01", "USD"),
        ("{1,2,3,4}", "2020-01-01", "ZZZ"),
    ],
)
def test_a_contract_that_no_list_can_show_is_not_written(house: House, order: str, day: str, currency: str) -> None:
    query = (
        "select debtflow.client_create(null, 'ODD', 'Odd', 100, %s::smallint[], %s::date, 'one_collector', '{ana}', %s)"
    )
    assert refused(house.psql("ada"), query, order, day, currency)[:2] in ("DF", "23")
    assert Clients(house.store("ada")).list()


def test_one_submission_for_two_reversals_stops_neither_the_first_nor_the_others(house: House) -> None:
    number, shared = house.place(), str(uuid4())
    psql = house.psql("bea")
    paid = [post(psql, number, minor)["payment_id"] for minor in (1_00, 2_00, 3_00)]
    items = [
        {"payment": each, "submission_id": key, "reason": "void"}
        for each, key in zip(paid, (shared, shared, str(uuid4())), strict=True)
    ]
    rows = psql.execute("select outcome from debtflow.payment_reverse(%s::jsonb) order by ord", [json.dumps(items)])
    assert rows.fetchall() == [("reversed",), ("conflict",), ("reversed",)]


def test_what_is_typed_for_an_account_does_not_enter_the_record_of_refusals(house: House) -> None:
    """Refusals are kept for good: a card number, or a megabyte, typed for an account number must not be."""
    post(house.psql("ana"), "4111111111111111 " + "x" * 1000)
    assert house.one("select count(*) from debtflow.security_event where detail::text like '%%4111%%'") == 0


def test_a_forgotten_transaction_does_not_hold_an_account_for_hours(house: House) -> None:
    assert house.psql("ana").execute("show idle_in_transaction_session_timeout").fetchone() != ("0",)


def test_the_database_knows_the_currencies_that_money_knows(house: House) -> None:
    from services.domain.money import _EXPONENT

    house.su.execute("select debtflow.currency_check(c) from unnest(%s::text[]) c", [list(_EXPONENT)])
    unknown: list[str | None] = ["ZZZ", "usd", "", None]
    for code in unknown:
        with pytest.raises(psycopg.Error, match="not a currency"):
            house.su.execute("select debtflow.currency_check(%s)", [code])

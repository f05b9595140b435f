"""Looking and leaving no trace: what is shown on record cannot be taken back, and nobody names acts but the kernel."""

from __future__ import annotations

import re

import psycopg
import pytest

from services.imports import Imports
from tests.imports.files import line, written
from tests.security.conftest import World
from tests.support.house import House

REVEAL = "select debtflow.account_reveal(%s, 'ssn', 'checks who is calling') ->> 'reveal'"
ROWS = "select raw from debtflow.import_rows_open({}, '{{1}}', 'x')"
REVEALED = "select debtflow.account_revealed(%s)"


def recorded(psql: psycopg.Connection, number: str) -> str:
    row = psql.execute(REVEAL, [number]).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("between", ["select 1", "savepoint s"])
def test_nothing_is_revealed_that_can_be_taken_back(world: World, between: str) -> None:
    psql = world.psql("ana")
    psql.autocommit = False
    psql.execute("savepoint before")
    psql.execute(between.encode())
    record = recorded(psql, world.mine)
    with pytest.raises(psycopg.Error) as refused:
        psql.execute(REVEALED, [record])
    assert refused.value.sqlstate == "DF404"
    psql.rollback()
    with pytest.raises(psycopg.Error) as refused:
        psql.execute(REVEALED, [record])
    assert refused.value.sqlstate == "DF404"


def test_what_one_put_on_record_nobody_else_is_shown(world: World) -> None:
    psql = world.psql("ana")
    record = recorded(psql, world.mine)
    assert psql.execute(REVEALED, [record]).fetchone() == ([{"of": "", "value": "4321"}],)
    for other in ("ben", "bea", "zoe"):
        with pytest.raises(psycopg.Error) as refused:
            world.psql(other).execute(REVEALED, [record])
        assert refused.value.sqlstate == "DF404", other


def test_reveals_are_not_counted_by_an_old_snapshot(world: World) -> None:
    psql = world.psql("ana")
    psql.execute("set default_transaction_isolation = 'repeatable read'")
    with pytest.raises(psycopg.Error) as refused:
        recorded(psql, world.mine)
    assert refused.value.diag.constraint_name == "isolation"


def test_files_and_deliveries_are_not_read_in_what_can_be_taken_back(house: House) -> None:
    batch = Imports(house.store("bea")).stage(written([line("HX-1")]), "list.csv", "HXL")
    house.su.execute("set session authorization hook")
    house.su.execute(
        "insert into debtflow.webhook_event (provider, event_id, type, headers, body, size) "
        "values ('stripe', 'evt_1', 'charge.succeeded', '[]', '{}', 2)"
    )
    house.su.execute("reset session authorization")
    psql = house.psql("bea")
    with pytest.raises(psycopg.Error) as refused:
        psql.execute(f"select debtflow.import_opening({batch.id}, 'x'); {ROWS.format(batch.id)}".encode())
    assert refused.value.diag.constraint_name == "import_opened"
    psql.execute(f"select debtflow.import_opening({batch.id}, 'x')".encode())
    assert len(psql.execute(ROWS.format(batch.id).encode()).fetchall()) == 1
    psql.autocommit = False
    for query in (
        f"import_file_read({batch.id}, 1, 100)",
        "webhook_reveal((select max(id) from debtflow.webhook_event))",
    ):
        for _ in range(3):
            psql.execute("savepoint again")
            assert psql.execute(f"select from debtflow.{query}".encode()).fetchall() == []
        psql.rollback()
        psql.execute(f"select from debtflow.{query}".encode())
        psql.commit()
        assert len(psql.execute(f"select from debtflow.{query}".encode()).fetchall()) == 1
        psql.commit()
    noted = (
        "select array_agg(kind order by id) from debtflow.security_event "
        "where kind in ('file.read', 'import.opened', 'webhook.reveal')"
    )
    assert house.one(noted) == ["import.opened", "file.read", "webhook.reveal"]


def test_a_session_that_is_taken_back_has_seen_nothing(world: World) -> None:
    psql = world.psql("ana", session=False)
    psql.autocommit = False
    psql.execute("select debtflow.session_open('psql')")
    with pytest.raises(psycopg.Error) as refused:
        psql.execute("table debtflow.account")
    assert refused.value.sqlstate == "DF440"


WRITES = re.compile(r"\b(?:insert\s+into|update|delete\s+from)\s+(?:debtflow\.)?(\w+)", re.IGNORECASE)
CALLS = re.compile(r"\b(\w+)\s*\(")


def test_every_function_that_writes_says_itself_what_the_act_is(world: World) -> None:
    """The trail's words are settings of the transaction: what no function says, whoever calls it could say for it."""
    kept = {name for (name,) in world.su.execute(
        "select distinct c.relname from pg_trigger t join pg_class c on c.oid = t.tgrelid "
        "where t.tgname like 'audit%' and c.relnamespace = 'debtflow'::regnamespace"
    )}  # fmt: skip
    assert {"account", "breaker", "reveal"} <= kept
    found = world.su.execute(
        "select p.proname, string_agg(p.prosrc, ' '), bool_or(exists (select from pg_roles r where "
        "r.rolname = any (array['debtflow_agency_admin', 'debtflow_supervisor', 'debtflow_collector', "
        "'debtflow_readonly', 'debtflow_worker', 'debtflow_webhook']) and has_function_privilege(r.oid, p.oid, "
        "'execute'))) from pg_proc p where p.pronamespace = 'debtflow'::regnamespace group by 1"
    ).fetchall()
    text = {name: re.sub(r"--[^\n]*", "", source) for name, source, _ in found}

    def reached(name: str) -> set[str]:
        seen, left = {name}, [name]
        while left:
            for called in CALLS.findall(text[left.pop()]):
                if called in text and called not in seen:
                    seen.add(called)
                    left.append(called)
        return seen

    unsaid = {
        name
        for name, _, callable_ in found
        if callable_
        and (within := reached(name))
        and "act_begin" not in within
        and any(table in kept for each in within for table in WRITES.findall(text[each]))
    }
    assert unsaid == set()

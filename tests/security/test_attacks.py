"""What a colleague with ``psql`` and a grudge might try."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from tests.security.conftest import World
from tests.security.psql import post, token_of
from tests.support.house import House
from tests.support.office import password_of, scram

# ---- being somebody else


@pytest.mark.parametrize(
    "statement",
    [
        "set role debtflow_owner",
        "set role debtflow_kernel",
        "set role debtflow_useradmin",
        "set role debtflow_monitor",
        "set role debtflow_supervisor",
        "set role bea",
        "set role postgres",
        "set session authorization bea",
        "set session authorization postgres",
        "set session_replication_role = replica",
        "alter role ana superuser",
        "alter role ana createrole",
        "alter role bea password 'x'",
        "grant debtflow_supervisor to ana",
        "grant bea to ana",
        "create role eve login in role debtflow_supervisor",
        "drop role ben",
        "reassign owned by ben to ana",
    ],
)
def test_nobody_becomes_somebody_else(world: World, statement: str) -> None:
    with pytest.raises(psycopg.Error) as refused:
        world.psql("ana").execute(statement)
    assert refused.value.sqlstate in ("42501", "42704", "3D000", "22023"), refused.value


def test_ones_own_group_is_no_disguise(world: World) -> None:
    """Whoever takes the group's name keeps their own rows: the login counts, not the role."""
    psql = world.psql("ana")
    psql.execute("set role debtflow_collector")
    assert psql.execute("select number from debtflow.account").fetchall() == [(world.mine,)]
    assert post(psql, world.bens)["outcome"] == "not_found"


def test_rows_stay_hidden_where_row_security_is_switched_off(world: World) -> None:
    psql = world.psql("ana")
    psql.execute("set row_security = off")
    with pytest.raises(errors.InsufficientPrivilege):
        psql.execute("select from debtflow.account")


# ---- sessions


@pytest.mark.parametrize("login", ["ana", "bea", "rex", "ada"])
def test_without_a_session_there_are_no_rows_and_no_acts(world: World, login: str) -> None:
    psql = world.psql(login, session=False)
    for query in (
        "table debtflow.account",
        "select id from debtflow.payment",
        "table debtflow.audit_log",
        "table debtflow.users",
        "select id from debtflow.debtor",
        "table debtflow.posting",
        "select debtflow.me()",
        "select debtflow.session_renew()",
        "select debtflow.session_close()",
        "select * from debtflow.session_whoami()",
        "select debtflow.ledger_transfers()",
        "select * from debtflow.user_list()",
        "select * from debtflow.payment_preview('[]')",
        "select * from debtflow.payment_post('[]')",
        "select * from debtflow.payment_reverse('[]')",
        "select * from debtflow.lock_holder('10001-0')",
    ):
        with pytest.raises(psycopg.Error) as refused:
            psql.execute(query)
        assert refused.value.sqlstate == "DF440", query


@pytest.mark.parametrize("end", ["expires_at = now() - interval '1 second'", "ended_at = now()"])
def test_a_session_that_is_over_shows_and_does_nothing(house: House, end: str) -> None:
    number = house.place()
    psql = house.psql("ana")
    assert post(psql, number)["outcome"] == "posted"
    house.su.execute(f"update debtflow.session set {end} where login = 'ana'")
    for statement in (
        "table debtflow.account",
        "select debtflow.session_renew()",
        "select * from debtflow.payment_post('[]')",
    ):
        with pytest.raises(psycopg.Error) as refused:
            psql.execute(statement)
        assert refused.value.sqlstate == "DF440"


def test_somebody_elses_token_is_worthless(world: World) -> None:
    stolen = token_of(world.psql("bea"))
    psql = world.psql("ana", session=False)
    psql.execute("select set_config('debtflow.session', %s, false)", [stolen])
    with pytest.raises(psycopg.Error) as refused:
        psql.execute("table debtflow.account")
    assert refused.value.sqlstate == "DF440"
    with pytest.raises(psycopg.Error) as refused:
        psql.execute("select * from debtflow.payment_post('[]', %s)", [stolen])
    assert refused.value.sqlstate == "DF440"


@pytest.mark.parametrize("guess", ["", "x", "' or true --", "\\x00", "0" * 64, "é" * 10_000])
def test_a_made_up_token_is_no_session(world: World, guess: str) -> None:
    psql = world.psql("ana", session=False)
    psql.execute("select set_config('debtflow.session', %s, false)", [guess])
    with pytest.raises(psycopg.Error) as refused:
        psql.execute("table debtflow.account")
    assert refused.value.sqlstate == "DF440"


def test_tokens_are_kept_only_as_hashes(world: World) -> None:
    token = token_of(world.psql("ana"))
    assert world.one("select count(*) from debtflow.session s where s::text like %s", f"%{token}%") == 0
    assert (
        world.one("select count(*) from debtflow.session where token_hash = sha256(convert_to(%s, 'UTF8'))", token) == 1
    )
    assert world.one("select count(*) from debtflow.security_event s where s::text like %s", f"%{token}%") == 0


def test_nobody_reads_what_others_are_asking(world: World) -> None:
    token = token_of(world.psql("bea"))
    psql = world.psql("ana")
    seen = psql.execute("select query from pg_stat_activity where usename <> 'ana' and usename is not null").fetchall()
    assert {query for (query,) in seen} == {"<insufficient privilege>"}
    assert token not in str(psql.execute("table pg_stat_activity").fetchall())
    with pytest.raises(errors.InsufficientPrivilege):
        psql.execute("table pg_authid")


def test_a_disabled_user_keeps_nothing(house: House) -> None:
    login = f"t{uuid4().hex[:12]}"  # logins are the cluster's: the other tests need theirs
    boss = house.psql("ada")
    boss.execute(
        "select debtflow.user_create(null, %s, 'Eve', 'collector', %s)",
        [login, scram(house.su, login, password_of(login))],
    )
    try:
        psql = house.psql(login)
        boss.execute("select debtflow.user_disable(%s)", [login])
        with pytest.raises(psycopg.Error) as refused:
            psql.execute("select debtflow.session_open('again')")
        assert refused.value.sqlstate == "57P01", "the connection is gone as well"
        with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
            house.psql(login)
    finally:
        house.su.execute(f"drop role {login}")


# ---- forging what the trail says


def test_settings_cannot_speak_for_an_act(house: House) -> None:
    number = house.place()
    psql = house.psql("ana")
    for name, value in (("act", "nothing.happened"), ("reason", "forged")):
        psql.execute("select set_config(%s, %s, false)", [f"debtflow.{name}", value])
    post(psql, number)
    rows = house.su.execute(
        "select act, reason, login from debtflow.audit_log where user_id is not null and act not like "
        "'testing%%' order by id desc limit 1"
    )
    assert rows.fetchone() == ("payment.post", None, "ana")
    assert house.one("select count(*) from debtflow.audit_log where act = 'nothing.happened' or reason = 'forged'") == 0


@pytest.mark.parametrize(
    "call",
    [
        "act_begin('x')",
        "security_note('forged')",
        "agency_today(2)",
        "operators_may('all on debtflow.payment')",
        "me_if_any()",
        "is_installer()",
        "book_open(1, 'USD')",
        "client_accounts(1)",
        "backend_of(1)",
        "ledger_post('[]')",
        "payment_weigh('[]'::jsonb, null)",
        "audit_write('[]', 'x', 'x', '{}')",
        "audit_partition('2020-01-01')",
        "agency_to_administer(null)",
        "guard_append_only('debtflow.payment')",
        "payment_write('{}', null)",
        "commitment('x', 'y')",
    ],
)
def test_the_inside_of_the_kernel_is_not_callable(world: World, call: str) -> None:
    for login in ("ada", "bea", "ana", "rex"):
        with pytest.raises(errors.InsufficientPrivilege):
            world.psql(login).execute(f"select debtflow.{call}")


# ---- standing in front of our names


@pytest.mark.parametrize(
    "statement",
    [
        "create temp table account (id int)",
        "create temp view session as select 1",
        "create function pg_temp.me() returns int language sql return 1",
        "create schema mine",
        "create table public.account (id int)",
        "create function public.me() returns int language sql return 1",
        "create operator public.= (function = int4eq, leftarg = int, rightarg = int)",
        "create table debtflow.x (id int)",
        "create extension dblink",
        "create server s foreign data wrapper x",
        "create event trigger e on ddl_command_start execute function x()",
        "create publication p for all tables",
        "create database mine",
        "alter function debtflow.me() volatile",
        "drop policy agency on debtflow.account",
        "alter table debtflow.account no force row level security",
        "create trigger t before insert on debtflow.payment execute function debtflow.refuse_change()",
        "create rule r as on select to debtflow.roles do instead select 1",
    ],
)
def test_nobody_puts_anything_in_front_of_our_names(world: World, statement: str) -> None:
    with pytest.raises(psycopg.Error) as refused:
        world.psql("ana").execute(statement)
    assert refused.value.sqlstate in ("42501", "42704"), refused.value


def test_a_search_path_of_ones_own_changes_nothing(house: House) -> None:
    number = house.place()
    psql = house.psql("ana")
    psql.execute("set search_path = pg_temp, public, testing")
    assert post(psql, number)["outcome"] == "posted"


# ---- the server's own tools


@pytest.mark.parametrize(
    "statement",
    [
        "select pg_advisory_lock(1)",
        "select pg_try_advisory_lock(1)",
        "select pg_advisory_xact_lock_shared(1, 2)",
        "select pg_advisory_unlock_all()",
        "select lo_create(0)",
        "select lo_from_bytea(0, 'x')",
        "select lo_import('/etc/passwd')",
        "select lo_creat(-1)",
        "select pg_read_file('PG_VERSION')",
        "select pg_ls_dir('.')",
        "copy (select 1) to program 'true'",
        "copy (select 1) to '/tmp/x'",
        "copy debtflow.roles from program 'true'",
        "select pg_reload_conf()",
        "select pg_switch_wal()",
        "alter system set fsync = off",
        "select pg_stat_reset()",
        "select pg_logical_emit_message(true, 'x', 'y')",
        "do language plpython3u 'x'",
        "load 'x'",
    ],
)
def test_the_servers_tools_are_not_at_hand(world: World, statement: str) -> None:
    with pytest.raises(psycopg.Error) as refused:
        world.psql("ana").execute(statement)
    assert refused.value.sqlstate in ("42501", "42704"), refused.value


def test_nobody_ends_a_colleagues_connection(world: World) -> None:
    other = world.psql("bea")
    with pytest.raises(errors.InsufficientPrivilege):
        world.psql("ana").execute("select pg_terminate_backend(%s)", [other.info.backend_pid])


def test_copy_out_shows_the_same_rows(world: World) -> None:
    psql = world.psql("ana")
    with psql.cursor().copy("copy debtflow.account to stdout") as copy:
        text = b"".join(bytes(part) for part in copy).decode()
    assert world.mine in text
    assert text.count("\n") == 1

"""What a colleague with ``psql`` and a grudge might try."""

from __future__ import annotations

import json
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors
from psycopg.rows import dict_row

from tests.security.conftest import World
from tests.support.house import House
from tests.support.office import password_of, scram

REFUSED = (errors.InsufficientPrivilege, errors.InvalidRoleSpecification)


def post(
    psql: psycopg.Connection, account: str, minor: int = 1_00, currency: str = "USD", **more: object
) -> dict[str, object]:
    item = {
        "account": account,
        "submission_id": str(uuid4()),
        "amount": minor,
        "currency": currency,
        "method": "cash",
        **more,
    }
    with psql.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("select * from debtflow.payment_post(%s::jsonb)", [json.dumps([item])]).fetchone()
    assert row is not None
    return row


def token_of(psql: psycopg.Connection) -> str:
    row = psql.execute("select current_setting('debtflow.session')").fetchone()
    assert row is not None
    return str(row[0])


# ---- being somebody else


@pytest.mark.parametrize(
    "statement",
    ["set role debtflow_owner", "set role debtflow_kernel", "set role debtflow_useradmin", "set role debtflow_monitor", "set role debtflow_supervisor",
     "set role bea", "set role postgres", "set session authorization bea", "set session authorization postgres",
     "set session_replication_role = replica", "alter role ana superuser", "alter role ana createrole",
     "alter role bea password 'x'", "grant debtflow_supervisor to ana", "grant bea to ana",
     "create role eve login in role debtflow_supervisor", "drop role ben", "reassign owned by ben to ana"],
)  # fmt: skip
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
    for query in ("table debtflow.account", "table debtflow.payment", "table debtflow.audit_log", "table debtflow.users", "select id from debtflow.debtor",
                  "table debtflow.posting", "select debtflow.me()", "select debtflow.session_renew()", "select debtflow.session_close()",
                  "select * from debtflow.session_whoami()", "select debtflow.ledger_transfers()", "select * from debtflow.user_list()",
                  "select * from debtflow.payment_preview('[]')", "select * from debtflow.payment_post('[]')", "select * from debtflow.payment_reverse('[]')",
                  "select * from debtflow.lock_holder('10001-0')"):  # fmt: skip
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
        for statement, state in (("select debtflow.me()", "DF440"), ("select debtflow.session_open('again')", "DF403")):
            with pytest.raises(psycopg.Error) as refused:
                psql.execute(statement)
            assert refused.value.sqlstate == state
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
        "select act, reason, login from debtflow.audit_log where user_id is not null and act not like 'testing%%' order by id desc limit 1"
    )
    assert rows.fetchone() == ("payment.post", None, "ana")
    assert house.one("select count(*) from debtflow.audit_log where act = 'nothing.happened' or reason = 'forged'") == 0


@pytest.mark.parametrize(
    "call",
    ["act_begin('x')", "security_note('forged')", "me_if_any()", "is_installer()", "book_open(1, 'USD')", "client_accounts(1)", "backend_of(1)",
     "ledger_post('[]')", "payment_weigh('[]'::jsonb, null)", "audit_write('[]', 'x', 'x', '{}')", "audit_partition('2020-01-01')", "agency_to_administer(null)",
     "guard_append_only('debtflow.payment')", "payment_write('{}', null)", "commitment('x', 'y')"],
)  # fmt: skip
def test_the_inside_of_the_kernel_is_not_callable(world: World, call: str) -> None:
    for login in ("ada", "bea", "ana", "rex"):
        with pytest.raises(errors.InsufficientPrivilege):
            world.psql(login).execute(f"select debtflow.{call}")


# ---- standing in front of our names


@pytest.mark.parametrize(
    "statement",
    ["create temp table account (id int)", "create temp view session as select 1", "create function pg_temp.me() returns int language sql return 1",
     "create schema mine", "create table public.account (id int)", "create function public.me() returns int language sql return 1",
     "create operator public.= (function = int4eq, leftarg = int, rightarg = int)", "create table debtflow.x (id int)",
     "create extension dblink", "create server s foreign data wrapper x", "create event trigger e on ddl_command_start execute function x()",
     "create publication p for all tables", "create database mine", "alter function debtflow.me() volatile", "drop policy agency on debtflow.account",
     "alter table debtflow.account no force row level security", "create trigger t before insert on debtflow.payment execute function debtflow.refuse_change()",
     "create rule r as on select to debtflow.roles do instead select 1"],
)  # fmt: skip
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
    ["select pg_advisory_lock(1)", "select pg_try_advisory_lock(1)", "select pg_advisory_xact_lock_shared(1, 2)", "select pg_advisory_unlock_all()",
     "select lo_create(0)", "select lo_from_bytea(0, 'x')", "select lo_import('/etc/passwd')", "select lo_creat(-1)", "select pg_read_file('PG_VERSION')",
     "select pg_ls_dir('.')", "copy (select 1) to program 'true'", "copy (select 1) to '/tmp/x'", "copy debtflow.roles from program 'true'",
     "select pg_reload_conf()", "select pg_switch_wal()", "alter system set fsync = off", "select pg_stat_reset()",
     "select pg_logical_emit_message(true, 'x', 'y')", "do language plpython3u 'x'", "load 'x'"],
)  # fmt: skip
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


# ---- reading between the lines


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
            "select from pg_stats where schemaname = 'debtflow' and tablename in ('account', 'debtor', 'payment', 'session')"
        ).fetchall()
        == []
    )
    plan = str(psql.execute("explain (analyze, verbose) select * from debtflow.account").fetchall())
    assert token_of(psql) not in plan
    assert world.bens not in plan
    for table in ("pg_statistic", "pg_statistic_ext_data"):
        with pytest.raises(errors.InsufficientPrivilege):
            psql.execute(f"table {table}")


# ---- crafted arguments


@pytest.mark.parametrize(
    "items",
    [None, "null", "{}", "[null]", "[[]]", '["x"]', "1", '[{"account": 1}]', '[{"amount": "abc"}]', '[{"amount": 1e400}]', '[{"submission_id": "x"}]',
     '[{"effective_on": "soon"}]', '[{"overpayment": {"a": 1}}]'],
)  # fmt: skip
@pytest.mark.parametrize("function", ["payment_preview", "payment_post", "payment_reverse"])
def test_malformed_items_write_nothing(world: World, function: str, items: str | None) -> None:
    def counts() -> object:
        return world.one(
            "select (select count(*) from debtflow.payment) + (select sum(version) from debtflow.account_balance)"
        )

    before = counts()
    try:
        rows = world.psql("bea").execute(f"select outcome from debtflow.{function}(%s::jsonb)", [items]).fetchall()
    except psycopg.Error as error:
        assert error.sqlstate is not None
        assert error.sqlstate[:2] == "22", error
    else:
        assert {outcome for (outcome,) in rows} <= {"not_found", "submission_form"}
    assert counts() == before


@pytest.mark.parametrize(
    "changes",
    [{"amount": "NaN"}, {"amount": "Infinity"}, {"amount": -1}, {"amount": 0}, {"amount": 0.5}, {"amount": 10**15 + 1}, {"amount": 2**63}, {"amount": None},
     {"currency": None}, {"currency": "usd"}, {"method": None}, {"method": "card"}, {"effective_on": "infinity"}, {"effective_on": "-infinity"},
     {"effective_on": "0001-01-01"}, {"version": "NaN"}, {"version": -1}, {"payer": "dog"}, {"overpayment": "keep", "amount": 10**6},
     {"reference": "x" * 101}, {"submission_id": None}, {"account": None}],
)  # fmt: skip
def test_one_malformed_item_is_refused_and_the_others_are_posted(house: House, changes: dict[str, object]) -> None:
    one, two = house.place(), house.place()
    good = {"account": two, "submission_id": str(uuid4()), "amount": 1_00, "currency": "USD", "method": "cash"}
    bad = {**good, "account": one, "submission_id": str(uuid4()), **changes}
    psql = house.psql("ana")
    query = "select outcome from debtflow.payment_post(%s::jsonb) order by ord"
    refused, posted = (outcome for (outcome,) in psql.execute(query, [json.dumps([bad, good])]).fetchall())
    assert posted == "posted"
    assert refused not in (None, "posted", "replayed")
    assert house.one("select count(*) from debtflow.payment") == 1


# ---- administrators


def test_an_administrator_rules_at_home_only(world: World) -> None:
    boss = world.psql("zed")
    verifier = scram(world.su, "x", "some-password")
    for call, values in (
        ("user_disable(%s)", ["ana"]), ("user_password(%s, %s)", ["ana", verifier]), ("user_disable(%s)", ["nobody"]), ("user_password(%s, %s)", ["nobody", verifier]),
        ("user_create(%s, 'eve', 'Eve', 'collector', %s)", ["HARBOR", verifier]), ("user_create(%s, 'eve', 'Eve', 'collector', %s)", ["NOWHERE", verifier]),
        ("client_create(%s, 'EVE', 'Eve', 1, '{1,2,3,4}', '2020-01-01', 'one_collector', '{zoe}')", ["HARBOR"]), ("client_edit(%s, 'HXL', 'Eve')", ["HARBOR"]),
        ("client_edit(null, %s, 'Eve')", ["HXL"]),
    ):  # fmt: skip
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

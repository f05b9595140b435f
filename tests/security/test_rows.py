"""Who sees which row, through plain SQL with the person's own password."""

from __future__ import annotations

import re
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import errors

from tests.security.conftest import World

LOGINS = {
    "ada": "agency_admin",
    "bea": "supervisor",
    "rex": "readonly",
    "ana": "collector",
    "ben": "collector",
    "zed": "agency_admin",
    "zack": "supervisor",
    "zia": "readonly",
    "zoe": "collector",
}
OFFICE = ("agency_admin", "supervisor", "readonly")
EVERYBODY = (*OFFICE, "collector")


@dataclass(frozen=True)
class Rows:
    """What one relation shows: ``office`` to the roles that see an agency, ``collector`` to a collector."""

    key: str = "id"
    office: str = "agency_id = %(agency)s"
    collector: str = "agency_id = %(agency)s"
    readers: tuple[str, ...] = EVERYBODY

    def of(self, role: str) -> str:
        return self.collector if role == "collector" else self.office


MINE = "(select id from debtflow.account where collector_id = %(user)s)"
BOOKS = "book_id in (select id from debtflow.book where agency_id = %(agency)s)"
TRANSFERS = "transfer_id in (select id from debtflow.transfer where agency_id = %(agency)s)"
DEBTORS = "(select debtor_id from debtflow.account where collector_id = %(user)s)"
USERS = "user_id in (select id from debtflow.users where agency_id = %(agency)s)"
CLIENTS = "client_id in (select id from debtflow.client where agency_id = %(agency)s)"
CHAINS = "agency_id in (%(agency)s, 0)"
NOTHING = "false"


def of_account(key: str = "id") -> Rows:
    return Rows(key, collector=f"account_id in {MINE}")


def hidden() -> Rows:
    return Rows(readers=())


def reference(key: str) -> Rows:
    """The same for everybody and nobody's: words, not people."""
    return Rows(key, office="true", collector="true")


RELATIONS = {
    "account": Rows(collector="collector_id = %(user)s"),
    "account_balance": Rows("account_id", collector="collector_id = %(user)s"),
    "account_flag": of_account(),
    "account_viewer": hidden(),
    "activity": of_account(),
    "adjustment": of_account(),
    "adjustment_reason": reference("kind, name"),
    "agency": Rows(office="id = %(agency)s", collector="id = %(agency)s"),
    "alembic_version": hidden(),
    "approval": hidden(),
    "audit_log": Rows(
        collector=f"agency_id = %(agency)s and (user_id = %(user)s or (entity = 'account' and entity_id in {MINE}))"
    ),
    "audit_archive": Rows("agency_id, month, part", office=CHAINS, readers=OFFICE),
    "audit_archive_check": Rows("agency_id, month, part", office=CHAINS, readers=OFFICE),
    "audit_archive_dropped": Rows("month", office="true", readers=OFFICE),
    "audit_online": Rows(office="true", readers=OFFICE),
    "audit_check": Rows(readers=OFFICE),
    "audit_filter": Rows("user_id, name", office="user_id = %(user)s", collector="user_id = %(user)s"),
    "audit_digest": Rows("agency_id, number", office=CHAINS, readers=OFFICE),
    "audit_personal": hidden(),
    "audit_seal": Rows("agency_id, number", office=CHAINS, readers=OFFICE),
    "audit_sealed": Rows("agency_id, number", office=CHAINS, readers=OFFICE),
    "book": Rows(readers=OFFICE),
    "book_balance": Rows("book_id, stripe", office=BOOKS, readers=OFFICE),
    "chore_run": Rows("agency_id, chore", readers=OFFICE),
    "breaker": hidden(),
    "charge": of_account(),
    "client": Rows(),
    "client_collector": Rows("client_id, user_id", office=CLIENTS, collector=CLIENTS),
    "closed_period": Rows("agency_id, month"),
    "closing_reason": reference("name"),
    "contract": Rows(),
    "debtor": Rows(collector="id in (select debtor_id from debtflow.account where collector_id = %(user)s)"),
    "debtor_contact": hidden(),
    "event_consumer": hidden(),
    "event_head": hidden(),
    "event_position": hidden(),
    "dispute": of_account(),
    "file": Rows(collector=NOTHING),
    "file_chunk": hidden(),
    "file_doomed": Rows(readers=("agency_admin", "supervisor")),
    "forgetting": Rows(readers=("agency_admin", "supervisor")),
    "gateway_customer": hidden(),
    "idempotency_key": hidden(),
    "import_batch": Rows(collector=NOTHING),
    "import_change": Rows(readers=("agency_admin", "supervisor")),
    "import_change_row": Rows("change_id, row_no", readers=("agency_admin", "supervisor")),
    "import_change_step": Rows("change_id, version", readers=("agency_admin", "supervisor")),
    "import_found": Rows("batch_id, rule, row_no", readers=("agency_admin", "supervisor")),
    "import_intake": hidden(),
    "import_profile": Rows(collector=NOTHING),
    "import_row": Rows("batch_id, row_no", readers=("agency_admin", "supervisor")),
    "import_tally": Rows("batch_id, rule, severity, col", readers=("agency_admin", "supervisor")),
    "interest_off": hidden(),
    "interest_pause": of_account(),
    "interest_run": hidden(),
    "ledger_account": Rows(office=BOOKS, readers=OFFICE),
    "ledger_balance": Rows("book_id, slot", readers=OFFICE),
    "ledger_event": hidden(),
    "ledger_kind": reference("slot"),
    "legal_hold": hidden(),
    "leg": Rows("transfer_id, no", office=TRANSFERS, collector=f"account_id in {MINE}"),
    "name_token": hidden(),
    "office_act": reference("name"),
    "office_limit": Rows("agency_id, what, role, user_id"),
    "payment": of_account(),
    "payment_batch": Rows(collector="%(user)s in (opened_by, second_by)"),
    "payment_batch_line": Rows(collector="keyed_by = %(user)s"),
    "payment_batch_posting": Rows(collector="user_id = %(user)s"),
    "payment_method": reference("name"),
    "payment_processor": reference("name"),
    "period_reopened": hidden(),
    "permission": Rows("agency_id, act, role"),
    "person": hidden(),
    "plan": of_account(),
    "plan_instalment": of_account(),
    "posting": Rows("transfer_id, no, ledger_account", office=TRANSFERS, collector=f"account_id in {MINE}"),
    "pull_client": Rows("client_id", readers=OFFICE),
    "pull_file": Rows(readers=OFFICE),
    "receipt": Rows(collector=f"id in (select receipt_id from debtflow.receipt_part where account_id in {MINE})"),
    "receipt_part": of_account("receipt_id, no"),
    "retention": Rows("agency_id, days"),
    "promise": of_account(),
    "refund": of_account(),
    "repeatable": hidden(),
    "reveal": Rows(collector="user_id = %(user)s"),
    "reversal_reason": reference("name"),
    "roles": reference("name"),
    "saved_method": Rows(collector=f"debtor_id in {DEBTORS}"),
    "search_key": hidden(),
    "security_event": Rows(readers=("agency_admin", "supervisor")),
    "session": hidden(),
    "settlement": of_account(),
    "signin_log": hidden(),
    "status_move": reference("from_status, to_status"),
    "team": Rows(),
    "team_member": Rows("user_id"),
    "transfer": Rows(readers=OFFICE),
    "two_person": Rows("agency_id, act"),
    "user_roles": Rows("user_id", office=USERS, collector=USERS),
    "users": Rows(),
    "webhook_event": Rows(readers=OFFICE),
}
PARTITION = re.compile(r"audit_log_\d{6}")


def relations_of(world: World) -> list[str]:
    query = (
        "select relname from pg_class where relnamespace = 'debtflow'::regnamespace and relkind in ('r', "
        "'p', 'v', 'm', 'f')"
    )
    return [name for (name,) in world.su.execute(query).fetchall()]


def test_every_relation_has_an_expectation(world: World) -> None:
    assert {name for name in relations_of(world) if not PARTITION.fullmatch(name)} == set(RELATIONS)


@pytest.mark.parametrize("login", LOGINS)
def test_a_login_sees_its_own_rows_and_no_others(world: World, login: str) -> None:
    role = LOGINS[login]
    who = world.su.execute("select agency_id, id from debtflow.users where login = %s", [login]).fetchone()
    assert who
    values = {"agency": who[0], "user": who[1]}
    psql = world.psql(login)
    for name, rows in RELATIONS.items():
        if role not in rows.readers:
            with pytest.raises(errors.InsufficientPrivilege):
                psql.execute(f"select count(*) from debtflow.{name}")
            continue
        expected = set(
            world.su.execute(f"select {rows.key} from debtflow.{name} where {rows.of(role)}", values).fetchall()
        )
        seen = set(psql.execute(f"select {rows.key} from debtflow.{name}").fetchall())
        assert seen == expected, name
        everything = set(world.su.execute(f"select {rows.key} from debtflow.{name}").fetchall())
        assert rows.of(role) == "true" or seen < everything, f"{name} holds nothing that could have leaked"


def test_no_partition_is_a_way_around_the_trail(world: World) -> None:
    for login in ("ada", "bea", "ana", "rex"):
        psql = world.psql(login)
        for name in filter(PARTITION.fullmatch, relations_of(world)):
            with pytest.raises(errors.InsufficientPrivilege):
                psql.execute(f"select from debtflow.{name}")


PLAIN_COLUMN = """
  select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and attidentity = '' and attgenerated
  = '' order by attnum limit 1"""


@pytest.mark.parametrize("login", ["ada", "bea", "ana", "rex"])
def test_no_login_writes_a_table(world: World, login: str) -> None:
    psql = world.psql(login)
    for name in relations_of(world):
        column = world.one(PLAIN_COLUMN, f"debtflow.{name}")
        for statement in (
            f"insert into debtflow.{name} default values",
            f"update debtflow.{name} set {column} = null",
            f"delete from debtflow.{name}",
            f"truncate debtflow.{name}",
            f"copy debtflow.{name} from stdin",
            f"alter table debtflow.{name} disable trigger all",
            f"select 1; lock table debtflow.{name}",
        ):
            if (
                name == "import_intake"
                and LOGINS[login] in ("agency_admin", "supervisor")
                and statement.startswith(("insert", "copy"))
            ):
                continue
            with pytest.raises(psycopg.Error) as refused:
                psql.execute(statement)
            # A view is refused for what it is before anybody asks who may.
            assert refused.value.sqlstate in ("42501", "55000", "42809"), (statement, refused.value)


def test_the_intake_takes_rows_and_shows_none(world: World) -> None:
    psql = world.psql("bea")
    with psql.transaction(force_rollback=True):
        psql.execute(
            "insert into debtflow.import_intake (upload, row_no, line, raw, cells, findings) "
            "values (gen_random_uuid(), 1, 2, 'x', '{}', '[]')"
        )
        with pytest.raises(errors.InsufficientPrivilege), psql.transaction():
            psql.execute("select from debtflow.import_intake")


def test_sequences_are_out_of_reach(world: World) -> None:
    psql = world.psql("ana")
    for (name,) in world.su.execute(
        "select relname from pg_class where relnamespace = 'debtflow'::regnamespace and relkind = 'S'"
    ).fetchall():
        for statement in (
            f"select nextval('debtflow.{name}')",
            f"select last_value from debtflow.{name}",
            f"select setval('debtflow.{name}', 1)",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                psql.execute(statement)


def test_service_groups_hold_next_to_no_table(world: World) -> None:
    query = (
        "select relname from pg_class where relnamespace = 'debtflow'::regnamespace and relkind in ('r', 'p', "
        "'v', 'S') and ("
        "has_table_privilege(%(who)s, oid, 'select, insert, update, delete, truncate, references, trigger'))"
    )
    # A worker stages the files that it fetched; like everybody it may write into the intake and not look into it.
    for group, held in (("debtflow_worker", [("import_intake",)]), ("debtflow_webhook", [])):
        assert world.su.execute(query, {"who": group}).fetchall() == held
    read = "select has_table_privilege('debtflow_worker', 'debtflow.import_intake', 'select, update, delete, truncate')"
    assert world.one(read) is False
    columns = """select table_schema, table_name, privilege_type, count(*) from information_schema.column_privileges
                  where grantee = %s group by 1, 2, 3"""
    assert world.su.execute(columns, ["debtflow_webhook"]).fetchall() == [("debtflow", "webhook_event", "INSERT", 10)]
    schemas = """select distinct table_schema from information_schema.column_privileges
                  where grantee = %s and table_name <> 'import_intake'"""
    assert world.su.execute(schemas, ["debtflow_worker"]).fetchall() == [("procrastinate",)]


@pytest.mark.parametrize("column", ["debtor.ssn_last4", "file.bytes"])
def test_personal_columns_are_in_no_grant(world: World, column: str) -> None:
    table, name = column.split(".")
    for login in ("ada", "bea", "ana", "rex"):
        with pytest.raises(errors.InsufficientPrivilege):
            world.psql(login).execute(f"select {name} from debtflow.{table}")


def test_row_security_is_on_wherever_somebody_elses_rows_are(world: World) -> None:
    without = {
        name
        for (name,) in world.su.execute(
            "select relname from pg_class where relnamespace = 'debtflow'::regnamespace and relkind in ('r', "
            "'p') and not relispartition "
            "and not relrowsecurity"
        ).fetchall()
    }
    # The intake is write-only: COPY refuses a table with row security.
    assert without <= {name for name, rows in RELATIONS.items() if rows.office == "true"} | {
        "alembic_version",
        "repeatable",
        "import_intake",
    }


def test_views_ask_with_the_rights_of_who_looks(world: World) -> None:
    query = (
        "select relname from pg_class where relnamespace = 'debtflow'::regnamespace and relkind = 'v' and "
        "not (reloptions @> '{security_invoker=true}')"
    )
    assert world.su.execute(query).fetchall() == []

"""What was written stays: not even who owns the tables, nor a superuser, changes a posting or the trail by a
statement."""

from __future__ import annotations

import psycopg
import pytest

from tests.security.conftest import World

APPEND_ONLY = (
    "transfer",
    "leg",
    "ledger_event",
    "security_event",
    "audit_log",
    "receipt",
    "receipt_part",
    "adjustment",
)
ERASABLE = {"reference", "payer"}


def guarded(world: World) -> list[str]:
    partitions = world.su.execute(
        "select inhrelid::regclass::text from pg_inherits where inhparent = 'debtflow.audit_log'::regclass"
    ).fetchall()
    assert len(partitions) >= 6
    return [f"debtflow.{name}" for name in APPEND_ONLY] + [name for (name,) in partitions]


def refused(world: World, role: str, statement: str) -> None:
    for mode in ("origin", "replica") if role == "postgres" else ("origin",):
        settings = f"set local session_replication_role = {mode}; set local role {role}; "
        with pytest.raises(psycopg.Error) as error:
            world.su.execute(settings + statement)
        if error.value.sqlstate == "0A000" and statement.startswith("truncate"):
            continue  # other tables point at it, so PostgreSQL itself asks for the cascade
        assert error.value.sqlstate == "DF423", (statement, error.value)
        assert error.value.diag.message_hint == "post a reversal instead"


@pytest.mark.parametrize("role", ["postgres", "debtflow_owner"])
def test_no_posting_event_or_trail_changes(world: World, role: str) -> None:
    for table in guarded(world):
        column = world.one(
            "select attname from pg_attribute where attrelid = %s::regclass and attnum > 1 and attidentity = "
            "'' limit 1",
            table,
        )
        for statement in (
            f"update {table} set {column} = {column}",
            f"update {table} set {column} = {column} where false",
            f"delete from {table}",
            f"delete from {table} where false",
            f"truncate {table}",
            f"truncate {table} cascade",
        ):
            refused(world, role, statement)


@pytest.mark.parametrize("role", ["postgres", "debtflow_owner"])
def test_of_a_payment_only_what_may_have_to_be_forgotten_changes(world: World, role: str) -> None:
    columns = [
        name
        for (name,) in world.su.execute(
            "select attname from pg_attribute where attrelid = 'debtflow.payment'::regclass and attnum > 0 "
            "and not attisdropped"
        ).fetchall()
    ]
    assert set(columns) > ERASABLE
    for column in set(columns) - ERASABLE:
        refused(world, role, f"update debtflow.payment set {column} = {column}")
    for statement in (
        "delete from debtflow.payment",
        "truncate debtflow.payment",
        "update debtflow.payment set reference = null, amount = amount + 1",
        "insert into debtflow.payment select * from debtflow.payment limit 1 on conflict (submission_id) do "
        "update set amount = 1",
    ):
        refused(world, role, statement)
    with world.su.transaction(force_rollback=True):
        world.su.execute(f"set local role {role}")
        assert world.su.execute("update debtflow.payment set reference = null, payer = 'debtor'").rowcount == 3


def test_the_guards_are_not_the_kernels_to_lift(world: World) -> None:
    """The kernel may insert, and nothing else; what it owns are functions."""
    query = """select table_name, privilege_type from information_schema.table_privileges where grantee =
        'debtflow_kernel' and table_schema = 'debtflow'
                  and privilege_type not in ('SELECT', 'INSERT') and table_name = any (%s)"""
    assert world.su.execute(query, [[*APPEND_ONLY, "payment", "audit_personal"]]).fetchall() == []
    columns = "select has_any_column_privilege('debtflow_kernel', 'debtflow.' || t, 'update') from unnest(%s::text[]) t"
    held = world.su.execute(columns, [[*APPEND_ONLY, "payment"]]).fetchall()
    assert set(held) == {(False,)}


def test_a_partition_made_later_is_guarded_as_well(world: World) -> None:
    with world.su.transaction(force_rollback=True):
        world.su.execute("set local search_path = debtflow")
        world.su.execute("select audit_partition('2031-05-17')")
        with pytest.raises(psycopg.Error) as error, world.su.transaction():
            world.su.execute("truncate audit_log_203105")
        assert error.value.sqlstate == "DF423"

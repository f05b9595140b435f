"""The tables as declared and the tables as migrated are the same, looked at from both sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.pool import NullPool

from services.store.tables import metadata
from services.store.tables.base import Xid8
from tests.migrations.catalog import ALEMBICS_OWN, described
from tests.support.house import House


def engine_for(dsn: str) -> Any:
    return create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=NullPool)


def test_a_database_made_from_the_declaration_is_the_migrated_one(house: House, empty: Callable[[], str]) -> None:
    made = empty()
    with engine_for(made).begin() as connection:
        connection.exec_driver_sql("set search_path = debtflow, public")
        metadata.create_all(connection)
    with psycopg.connect(made) as connection:
        declared = described(connection)
    migrated = described(house.su)
    for what in migrated:
        assert declared[what] == migrated[what], what
        assert len(migrated[what]) >= 30


def test_alembic_would_write_no_revision(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ischema_names, "xid8", Xid8)
    partitions = house.su.execute(
        "select inhrelid::regclass::text from pg_inherits where inhparent = 'debtflow.audit_log'::regclass"
    ).fetchall()
    unknown = {name.removeprefix("debtflow.") for (name,) in partitions} | {ALEMBICS_OWN}

    def ours(name: str | None, kind: str, parents: Any) -> bool:
        if kind == "schema":
            return name == "debtflow"
        return (name if kind == "table" else parents.get("table_name")) not in unknown

    with engine_for(house.cluster.server.dsn(database=house.database)).connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_schemas": True, "include_name": ours, "compare_type": True}
        )
        assert compare_metadata(context, metadata) == []


def test_a_difference_would_be_seen(house: House, empty: Callable[[], str]) -> None:
    """The comparison itself can fail: each kind of drift shows."""
    before = described(house.su)
    drifts = {
        "columns": "alter table debtflow.payment alter reference set not null",
        "constraints": "alter table debtflow.leg drop constraint leg_two_sides",
        "indexes": "drop index debtflow.payment_user_idx",
        "tables": "alter table debtflow.session reset (fillfactor)",
    }
    for what, drift in drifts.items():
        with house.su.transaction(force_rollback=True):
            house.su.execute(drift)
            after = described(house.su)
            assert {name for name in after if after[name] != before[name]} == {what}

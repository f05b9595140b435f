"""A database to test in: who signs in, what they find, and what the superuser sees behind them."""

from __future__ import annotations

from datetime import date
from itertools import count
from time import monotonic, sleep
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from services.store import Store
from tests.support.cluster import Cluster
from tests.support.office import HARBOR, NORTHBY, password_of

__all__ = ["HARBOR", "NORTHBY", "House"]


class House:
    """One fresh database; everything opened through it is closed with it."""

    def __init__(self, cluster: Cluster, database: str) -> None:
        self.cluster = cluster
        self.database = database
        self.url = cluster.server.url(database)
        self.su = cluster.superuser(database)
        self._stores: list[Store] = []
        self._connections: list[psycopg.Connection] = []
        self._refs = count(1)
        self._placing: Store | None = None

    def close(self) -> None:
        self.close_stores()
        for connection in (*self._connections, self.su):
            connection.close()

    def close_stores(self) -> None:
        """Everybody has left; who comes again signs in again."""
        for store in self._stores:
            store.close()
        self._stores.clear()
        self._placing = None

    def store(self, login: str, *, size: int = 4) -> Store:
        """Sign in for real: the login's own password, a session of its own."""
        store = Store(self.url, user=login, password=password_of(login), size=size)
        self._stores.append(store)
        store.open_session("test")
        return store

    def psql(self, login: str, *, session: bool = True) -> psycopg.Connection:
        """What a colleague with ``psql`` has: the login's own connection, with a live session if asked."""
        info = make_conninfo(self.cluster.server.dsn(user=login, database=self.database, password=password_of(login)))
        connection = psycopg.connect(info, autocommit=True)
        self._connections.append(connection)
        if session:
            row = connection.execute("select token from debtflow.session_open('psql')").fetchone()
            assert row is not None
            connection.execute("select set_config('debtflow.session', %s, false)", [row[0]])
        return connection

    def one(self, query: str, *parameters: object) -> Any:
        """The first column of the first row, as the superuser sees it."""
        row = self.su.execute(query, parameters).fetchone()
        return None if row is None else row[0]

    def all_over(self) -> None:
        """Wait for every transaction that began before now on this server: the sealer waits for other tests', too."""
        began = self.one("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        until = monotonic() + 60
        while self.one("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint") < began:
            assert monotonic() < until, "somebody's transaction does not end"
            sleep(0.01)

    def place(
        self,
        name: str = "Quillfeather Oyelaran",
        *,
        principal: int = 100_00,
        interest: int = 0,
        fees: int = 0,
        costs: int = 0,
        client: str = "HXL",
        collector: str | None = "ana",
        by: str = "bea",
        ref: str | None = None,
        placed: date = date(2025, 11, 1),
    ) -> str:
        """Place an account, amounts in minor units; gives its number."""
        if self._placing is None or by != "bea":
            store = self.store(by)
            if by == "bea":
                self._placing = store
        else:
            store = self._placing
        query = "select testing.place(%s, %s, %s, %s::bigint[], %s, %s)"
        values = (client, collector, name, [principal, interest, fees, costs], ref or f"REF-{next(self._refs)}", placed)
        return str(store.act(lambda c: c.exec_driver_sql(query, values).scalar_one()))

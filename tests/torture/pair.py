"""A server and its standby, which has every commit before the first one answers."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import quote

import psycopg

from debtflow_tui.embedded import EmbeddedServer
from debtflow_tui.embedded.identity import server_identity
from debtflow_tui.embedded.process import running_pid
from tests.support.cluster import Cluster, make_home, remove_home

PATIENCE = 60.0
STANDBY = {"max_connections": "200"}


class Pair:
    """``cluster`` is the primary's; after ``kill`` and ``promote`` the standby is what answers at ``url``."""

    def __init__(self) -> None:
        self.home, self._other = make_home(), make_home()
        self.cluster = Cluster(self.home)
        self._standby = EmbeddedServer(self._other, settings=STANDBY)
        self._copy()
        self._standby.start()
        with self.cluster.superuser("postgres") as connection:
            connection.execute("alter system set synchronous_standby_names = '*'")
            connection.execute("alter system set synchronous_commit = 'on'")
            connection.execute("select pg_reload_conf()")
        self.wait(self.cluster.server, "select exists (select from pg_stat_replication where sync_state = 'sync')")

    def close(self) -> None:
        self._standby.release()
        self.cluster.close()
        for home in (self.home, self._other):
            remove_home(home)

    def url(self, database: str) -> str:
        """Whichever of the two takes writes."""
        hosts = ",".join(quote(str(server.sockets)) for server in (self.cluster.server, self._standby))
        return f"postgresql:///{database}?host={hosts}&target_session_attrs=read-write"

    def kill(self) -> None:
        """SIGKILL the primary's postmaster and every process of it: nothing is written down, nobody is told."""
        pid = running_pid(self.home / "pg" / "data")
        assert pid is not None
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        for each in (pid, *children):
            os.kill(each, signal.SIGKILL)

    def promote(self) -> None:
        data = self._other / "pg" / "data"
        done = server_identity(self._other).run(self._standby.programs()["pg_ctl"], f"--pgdata={data}", "promote")
        assert done.returncode == 0, done.stderr

    def standby(self, database: str) -> psycopg.Connection:
        """The standby as its superuser sees it."""
        return psycopg.connect(self._standby.dsn(database=database), autocommit=True)

    def receiver(self) -> int:
        """The process that takes in the primary's log."""
        with self.standby("postgres") as connection:
            row = connection.execute("select pid from pg_stat_wal_receiver").fetchone()
        assert row is not None
        return int(row[0])

    def wait(self, server: EmbeddedServer, question: str) -> None:
        deadline = monotonic() + PATIENCE
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            while connection.execute(question).fetchone() != (True,):
                assert monotonic() < deadline, question
                sleep(0.02)

    def _copy(self) -> None:
        identity, server = server_identity(self._other), self.cluster.server
        (self._other / "pg").mkdir(mode=0o711)
        copied = self._other / "pg" / "data"
        copied.mkdir(mode=0o700)
        identity.own(copied)
        done = identity.run(
            server.programs()["pg_basebackup"],
            f"--pgdata={copied}",
            "--write-recovery-conf",
            "--checkpoint=fast",
            f"--dbname={server.dsn()}",
        )
        assert done.returncode == 0, done.stderr
        shutil.copy(self.home / "pg" / "superuser.password", self._other / "pg" / "superuser.password")

"""The benchmark's own server: the embedded one, with the safety of a production server switched on."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from debtflow_tui.embedded import EmbeddedServer
from migrations import runner

SETTINGS: Final = {
    "fsync": "on", "synchronous_commit": "on", "shared_buffers": "1GB", "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "max_connections": "120", "autovacuum_naptime": "10s", "jit": "off",
}  # fmt: skip
DATABASE: Final = "bench"
YARDSTICK: Final = "yardstick"


class Bench:
    """A running server with an empty DebtFlow database and pgbench's own beside it."""

    def __init__(self, server: EmbeddedServer) -> None:
        self.server = server
        self.url = server.url(DATABASE)

    def superuser(self, database: str = DATABASE) -> psycopg.Connection[Any]:
        return psycopg.connect(self.server.dsn(database=database), autocommit=True)

    def login(self, agency: str, name: str, role: str) -> str:
        """Make a user; the password is the login's name with ``-bench``."""
        password = f"{name}-bench"
        with self.superuser() as connection:
            verifier = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
            connection.execute(
                "select debtflow.user_create(%s, %s, %s, %s, %s)", [agency, name, name.title(), role, verifier]
            )
        return password

    def token(self, login: str) -> str:
        """A session of this login, made by :meth:`login`."""
        dsn = self.server.dsn(user=login, database=DATABASE, password=f"{login}-bench")
        with psycopg.connect(dsn, autocommit=True) as connection:
            row = connection.execute("select token from debtflow.session_open('bench')").fetchone()
        assert row is not None
        return str(row[0])

    def pgbench(self, *arguments: str) -> float:
        """Transactions per second of one pgbench run in its own database."""
        return self._pgbench(YARDSTICK, "postgres", self.server.superuser_password, "", *arguments)

    def script(self, file: Path, *arguments: str, login: str | None, session: str | None) -> float:
        """Transactions per second of a script of ours, as this login under this session, or as the superuser."""
        password = f"{login}-bench" if login else self.server.superuser_password
        setting = f"-c debtflow.session={session}" if session else ""
        return self._pgbench(DATABASE, login or "postgres", password, setting, "-f", str(file), *arguments)

    def _pgbench(self, database: str, user: str, password: str, options: str, *arguments: str) -> float:
        environment = {**os.environ, "PGPASSWORD": password, "PGOPTIONS": options}
        program = self.server.programs()["pgbench"]
        where = ["-h", str(self.server.sockets), "-U", user]
        done = subprocess.run(
            [str(program), *where, *arguments, database], env=environment, capture_output=True, text=True, check=True
        )
        said = [line for line in done.stdout.splitlines() if line.startswith("tps")]
        return float(said[0].split()[2]) if said else 0.0


@contextmanager
def bench(scale: int) -> Iterator[Bench]:
    """A server in a folder of its own, gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="debtflow-bench-"))
    home.chmod(0o711)
    server = EmbeddedServer(home, settings=SETTINGS).start()
    try:
        runner.bootstrap(server.dsn(), DATABASE)
        runner.upgrade(server.dsn(database=DATABASE))
        opened = Bench(server)
        with opened.superuser("postgres") as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(YARDSTICK)))
        opened.pgbench("-i", "-q", "-s", str(scale))
        yield opened
    finally:
        server.stop()
        server.release()
        shutil.rmtree(home, ignore_errors=True)

"""One embedded cluster for the whole run, one template database in it, one clone for each test that asks."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql

from debtflow_tui.embedded import EmbeddedServer
from migrations import runner
from tests.support import office

TEMPLATE = "debtflow_template"
HOME_VARIABLE = "DEBTFLOW_TEST_HOME"
# A sequence writes its log 32 numbers ahead, and a clone copies how many of them are left, but not that log: after a
# crash it would begin again where the template stood. Set, it has none left.
LOGGED_ANEW = """
  select setval(c.oid::regclass, s.last_value)
    from pg_sequences s
    join pg_class c on c.relname = s.sequencename and c.relnamespace = s.schemaname::regnamespace
   where s.last_value is not null"""
PREFIX, OWNER = "debtflow-test-", "run.pid"
ROOM = 3 << 30
"""Bytes that a run may come to: the write-ahead log is most of it."""

# Tests crash processes, not the machine: what fsync protects from cannot happen to a folder that is thrown away.
# What the server says stands in one file, and a wrong password is answered at once.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "512MB",
    "max_connections": "200",
    "logging_collector": "off",
    "log_destination": "stderr",
    "auth_delay.milliseconds": "0",
}


def make_home() -> Path:
    """A folder that the server's unprivileged user can reach as well."""
    base = _roomy()
    _sweep(base)
    home = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
    (home / OWNER).write_text(str(os.getpid()))
    home.chmod(0o711)
    return home


def _roomy() -> Path:
    """Memory, where there is room: a clone is a thousand small files, which a disk takes ten times as long to make."""
    memory = Path("/dev/shm")
    if "TMPDIR" in os.environ or not os.access(memory, os.W_OK | os.X_OK):
        return Path(tempfile.gettempdir())
    return memory if shutil.disk_usage(memory).free >= ROOM else Path(tempfile.gettempdir())


def _sweep(base: Path) -> None:
    """Take away what runs that were killed have left."""
    for note in base.glob(f"{PREFIX}*/{OWNER}"):
        with suppress(OSError, ValueError):
            if not _lives(int(note.read_text())):
                remove_home(note.parent)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def remove_home(home: Path) -> None:
    EmbeddedServer(home).stop()
    shutil.rmtree(home, ignore_errors=True)


class Cluster:
    """The run's server, joined by every worker."""

    def __init__(self, home: Path, binaries: Path | None = None) -> None:
        self.home = home
        self.server = EmbeddedServer(home, binaries, settings=SETTINGS).start()
        with self._alone():
            marker = home / "template.ready"
            if not marker.exists():
                self._make_template()
                marker.touch()

    def close(self) -> None:
        self.server.release()

    def superuser(self, database: str) -> psycopg.Connection:
        return psycopg.connect(self.server.dsn(database=database), autocommit=True)

    @contextmanager
    def clone(self) -> Iterator[str]:
        """A fresh database with agencies, clients and users in it; dropped afterwards."""
        name = f"t_{uuid4().hex[:16]}"
        with self.superuser("postgres") as connection:
            with self._alone():  # only one session at a time may copy a template
                connection.execute(
                    sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE))
                )
            connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))
            connection.execute(
                sql.SQL(
                    "grant connect on database {} to debtflow_owner, debtflow_kernel, debtflow_agency_admin, "
                    "debtflow_supervisor, debtflow_collector, debtflow_readonly, debtflow_worker, debtflow_webhook"
                ).format(sql.Identifier(name))
            )
        try:
            yield name
        finally:
            with self.superuser("postgres") as connection:
                connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def _make_template(self) -> None:
        runner.bootstrap(self.server.dsn(), TEMPLATE)
        runner.upgrade(self.server.dsn(database=TEMPLATE))
        with self.superuser(TEMPLATE) as connection:
            office.furnish(connection)
            connection.execute(LOGGED_ANEW)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.home / "template.lock").open("w") as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            yield


def home_of_run() -> Path | None:
    named = os.environ.get(HOME_VARIABLE)
    return Path(named) if named else None

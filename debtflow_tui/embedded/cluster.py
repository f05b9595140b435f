"""One data folder: made once, started with today's settings."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from debtflow_tui.embedded import process
from debtflow_tui.embedded.binaries import Programs
from debtflow_tui.embedded.folders import SOCKET_NAME, Folders
from debtflow_tui.embedded.identity import Identity
from services.errors import Misconfigured, Unreachable

SUPERUSER: Final = "postgres"
PASSWORD_FILE: Final = "superuser.password"  # noqa: S105 - its name
PATIENCE: Final = 30.0  # seconds: a crashed server may replay a long log before it answers

SETTINGS: Final[Mapping[str, str]] = {
    "port": "5432",
    "listen_addresses": "",  # no TCP at all
    "unix_socket_permissions": "0777",  # the folder around it is private
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",  # loading the demo would otherwise force checkpoints
    "checkpoint_timeout": "15min",
    "jit": "off",  # short statements only: compiling them costs more than it gives
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
    # An error's detail and context quote the row: what somebody is called has no place in a log.
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    # Failed sign-ins leave nothing in SQL: the worker reads them out of this log.
    "logging_collector": "on",
    "log_destination": "jsonlog",
    "log_directory": "../log",
    "log_filename": "server-%Y-%m-%d.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "auth_delay.milliseconds": "500",
}
DAYS_KEPT: Final = 28
"""Days of the log that outlive a start of the server."""

GUESSING: Final = "auth_delay"
"""The library that slows down whoever tries passwords."""


@dataclass(frozen=True, slots=True)
class Cluster:
    folders: Folders
    programs: Programs
    identity: Identity
    settings: Mapping[str, str]

    def ensure_made(self) -> None:
        """Make the cluster where there is none; raises Misconfigured where it is another version's."""
        marker = self.folders.data / "PG_VERSION"
        if not marker.exists():
            self._make()
        elif (major := int(marker.read_text())) != self.programs.major:
            raise Misconfigured(
                f"{self.folders.data} was made by PostgreSQL {major}, the programs are {self.programs.version}",
                hint="name the old programs with binaries in [database], or set DEBTFLOW_HOME to another folder",
            )

    def _make(self) -> None:
        # Made aside and renamed at the end: a killed initdb leaves no half cluster.
        aside = self.folders.server / "data.making"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        self.identity.own(aside)
        password = secrets.token_urlsafe(32)
        self._initdb(aside, password)
        with (aside / "postgresql.conf").open("a") as conf:
            conf.write("\ninclude_if_exists = '../debtflow.conf'\n")
        write_private(self.folders.server / PASSWORD_FILE, password)
        aside.rename(self.folders.data)

    def _initdb(self, data: Path, password: str) -> None:
        told = self.folders.server / "initdb.password"
        write_private(told, password)
        self.identity.own(told)
        try:
            done = self.identity.run(
                self.programs["initdb"],
                f"--pgdata={data}",
                f"--username={SUPERUSER}",
                f"--pwfile={told}",
                "--encoding=UTF8",
                "--auth-local=scram-sha-256",
                "--auth-host=reject",
                "--data-checksums",
                *self._locale(),
            )
        finally:
            told.unlink()
        if done.returncode:
            raise Misconfigured(f"PostgreSQL could not make its cluster in {self.folders.home}: {done.stderr.strip()}")

    def _locale(self) -> tuple[str, ...]:
        # Fast byte order for indexes; letters beyond ASCII are folded as well where the server can (17 and later).
        if self.programs.major >= 17:
            return ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        return ("--locale=C",)

    def start(self) -> None:
        """Start the server and wait until it answers; raises Unreachable where it does not."""
        self._write_settings()
        self._forget_old_days()
        crashed = self._forget_dead_server()
        deadline = time.monotonic() + PATIENCE
        while self._start_once() != 0:
            # After kill -9 the orphans of the old server hold its memory for a moment. Without any, it is hopeless.
            if not crashed or time.monotonic() > deadline:
                raise Unreachable(
                    f"the embedded server did not start; it said: {self._last_words()}",
                    hint=f"the whole story is in {self.folders.log} and {self.folders.journal}",
                )
            time.sleep(0.1)

    def _forget_dead_server(self) -> bool:
        """Remove what a killed server left behind, and tell whether it did."""
        left = [self.folders.data / "postmaster.pid", self.folders.sockets / f"{SOCKET_NAME}.lock"]
        crashed = any(file.exists() for file in left)
        if process.running_pid(self.folders.data) is None:
            # The number in them may be a stranger's by now, or an unburied child's, and PostgreSQL would wait for it.
            # Whether orphans still use the data it tells from the shared memory, not from these files.
            for file in left:
                file.unlink(missing_ok=True)
        return crashed

    def _start_once(self) -> int:
        command = ("--silent", "--wait", f"--timeout={PATIENCE:.0f}", f"--log={self.folders.log}", "start")
        return self.identity.run(self.programs["pg_ctl"], f"--pgdata={self.folders.data}", *command).returncode

    def _write_settings(self) -> None:
        sockets = f'"{self.folders.sockets}"'  # else a list divided by commas and spaces
        settings = {**self._slowing(), **self.settings}
        lines = [f"{name} = {_quoted(value)}\n" for name, value in settings.items()]
        conf = self.folders.server / "debtflow.conf"
        conf.write_text("".join([*lines, f"unix_socket_directories = {_quoted(sockets)}\n"]))
        conf.chmod(0o644)

    def _slowing(self) -> dict[str, str]:
        """What loads the library, where these programs have it: without it the server would not start."""
        library = self.programs.folder.parent / "lib"
        known = [*library.glob(f"{GUESSING}.*"), *library.glob(f"postgresql/{GUESSING}.*")]
        return {"shared_preload_libraries": GUESSING} if known else {}

    def _forget_old_days(self) -> None:
        for suffix in ("json", "log"):
            for old in sorted(self.folders.journal.glob(f"server-*.{suffix}"))[:-DAYS_KEPT]:
                old.unlink(missing_ok=True)

    def _last_words(self) -> str:
        lines = self.folders.log.read_text(errors="replace").splitlines()
        if lines and "log output" in lines[-1]:  # it went on in the other log
            days = sorted(self.folders.journal.glob("*.json"))
            lines = [json.loads(line)["message"] for line in days[-1].read_text().splitlines()[-3:]] if days else lines
        return " / ".join(lines[-3:]) or "nothing"


def write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _quoted(value: str) -> str:
    return "'{}'".format(value.replace("\\", "\\\\").replace("'", "''"))

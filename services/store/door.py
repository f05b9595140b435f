"""The one door to the database: nobody else opens connections, begins transactions or commits."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from threading import Lock
from typing import Any, Final, TypeVar, cast

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import namedtuple_row
from psycopg.sql import Literal
from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from services.errors import STEP_UP, Misconfigured, NotAllowed, TwoPersons
from services.store.failures import driver_error, is_lost, is_repeatable, translated

T = TypeVar("T")
Driver = psycopg.Connection[Any]

ATTEMPTS: Final = 6
POOL_WAIT: Final = 5.0
LOCK_WAIT: Final = "3s"
PROGRAM: Final = "debtflow"
ASK_A_SECOND: Final = "select debtflow.approval_ask(%s, %s, %s::jsonb, %s)"


class Store:
    """One login's way into the database, safe to share between threads.

    Reads run in ``ask``, writes in ``act``; both take the work as a function of a SQLAlchemy connection, so that a
    lost race can be run again. A write is retried only after a deadlock, a serialization failure or a submission posted
    twice at once: all of them leave nothing behind.
    """

    def __init__(
        self,
        url: str,
        *,
        user: str | None = None,
        password: str | None = None,
        size: int = 4,
        wait: float = POOL_WAIT,
        direct: str | None = None,
    ) -> None:
        conninfo = _conninfo(url, user, password)
        # Behind a pooler a new connection of ours is an old one of the server's.
        self._direct = _conninfo(direct, user, password) if direct else conninfo

        def connect() -> DBAPIConnection:
            return cast(DBAPIConnection, psycopg.connect(conninfo, autocommit=True, application_name=self._program))

        pool = QueuePool(connect, pool_size=size, max_overflow=0, timeout=wait)
        # A bug's traceback quotes the statement; what was in it is nobody's to read there.
        self._engine: Engine = create_engine(
            "postgresql+psycopg://", pool=pool, isolation_level="AUTOCOMMIT", hide_parameters=True
        )
        self._token: str | None = None
        # A session's connections say whose they are: who ends it ends them.
        self._program = PROGRAM
        self._proves_itself = False
        self._reading: set[Driver] = set()
        self._guard = Lock()

    # ---- sessions

    def open_session(self, origin: str, doing: str | None = None) -> None:
        """Begin the server-side session that every later question and act runs under; ``doing`` is what it is for."""
        with translated(), self._borrowed() as connection:
            query = "select token, session from debtflow.session_open(%s, %s)"
            row = connection.execute(query, [origin, doing]).fetchone()
        self._token, self._program = (row[0], f"{PROGRAM} #{row[1]}") if row else (None, PROGRAM)

    def step_up(self, password: str | None = None) -> None:
        """Prove once more who this is, by a connection of its own that proves it; None takes what it signed in with.

        Raises NotAllowed where the password is not right.
        """
        conninfo = make_conninfo(self._direct, password=password) if password is not None else self._direct
        with translated(), closing(psycopg.connect(conninfo, autocommit=True, application_name=PROGRAM)) as connection:
            connection.execute("select debtflow.step_up(%s)", [self._token])

    def prove_itself(self) -> None:
        """From now on what wants the password again gets the one that was signed in with: for a command, which was
        given it for just this, and never for a desk that somebody may have left."""
        self._proves_itself = True

    def close_session(self, why: str) -> None:
        """End the session if there is one; an expired or lost one is already ended."""
        if self._token is not None:
            try:
                self.act(lambda c: c.exec_driver_sql("select debtflow.session_close(%s)", (why,)))
            finally:
                self._token = None

    def close(self) -> None:
        """Drop every connection; whoever is in the middle of a statement finishes it first."""
        self._engine.dispose()

    # ---- the door

    def ask(self, work: Callable[[Connection], T]) -> T:
        """Run a question in a read-only transaction of its own; a connection that died meanwhile is replaced once."""
        begin = "begin isolation level repeatable read read only"

        def asked() -> T:
            try:
                return self._transact(begin, work, reading=True)
            except Exception as error:
                cause = driver_error(error)
                if cause is None or not is_lost(cause):
                    raise
                return self._transact(begin, work, reading=True)

        return self._proving(asked)

    def act(self, work: Callable[[Connection], T]) -> T:
        """Run a write in one transaction and commit it; TwoPersons says that it was written down as a question."""
        with self._asking_a_second():
            return self._proving(lambda: _repeating(lambda: self._transact("begin", work, reading=False)))

    def rehearse(self, work: Callable[[Connection], T]) -> T:
        """Run a write for real and roll it back: what ``--dry-run`` shows."""
        return self._proving(lambda: self._transact("begin", work, reading=False, ending="rollback"))

    @contextmanager
    def held(self, query: str, parameters: Sequence[object]) -> Iterator[Held]:
        """A transaction that stays open while something outside takes its time, for the locks that ``query`` took.

        It changes nothing, so it holds nobody up but those who want the same lock. The server ends it after two idle
        minutes: ``still`` must be called more often.
        """
        with translated(), self._engine.connect() as connection, self._healing(connection):
            driver = driver_of(connection)
            driver.execute(self._opening("begin", reading=False))
            try:
                yield Held(driver, driver.execute(query.encode(), list(parameters)).fetchone())
            finally:
                with suppress(psycopg.Error):
                    driver.execute("rollback")

    def call(self, query: str, parameters: Sequence[object]) -> list[Any]:
        """The hot path: one prepared statement, one round trip, committed by itself; the token comes last."""

        def once() -> list[Any]:
            with self._borrowed() as connection, connection.cursor(row_factory=namedtuple_row) as cursor:
                return cursor.execute(query, [*parameters, self._token], prepare=True).fetchall()

        with self._asking_a_second():
            return self._proving(lambda: _repeating(once))

    def copy_in(self, connection: Connection, statement: str, rows: Iterator[Sequence[object]]) -> None:
        """Stream rows into an intake table by COPY, inside the transaction of ``connection``."""
        with driver_of(connection).cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def cancel_reads(self) -> None:
        """Ask the server to drop the questions under way: a newer one replaces them. Writes are never cancelled."""
        with self._guard:
            running = tuple(self._reading)
        for connection in running:
            try:
                connection.cancel_safe(timeout=2.0)
            except psycopg.Error:
                continue

    def verifier(self, login: str, password: str) -> str:
        """The SCRAM verifier of a password: what the server stores, and all it ever sees of it."""
        with translated(), self._borrowed() as connection:
            return connection.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256").decode()

    # ---- inside

    def _proving(self, once: Callable[[], T]) -> T:
        try:
            with translated():
                return once()
        except NotAllowed as wanted:
            if wanted.rule != STEP_UP or not self._proves_itself:
                raise
            self.step_up()
            with translated():
                return once()

    @contextmanager
    def _asking_a_second(self) -> Iterator[None]:
        """What was refused for want of a second person is written down as a question to one."""
        try:
            yield
        except TwoPersons as refused:
            asked = (refused.act, refused.what, refused.facts, refused.seal)
            with translated():
                refused.question = self._transact(
                    "begin", lambda c: int(c.exec_driver_sql(ASK_A_SECOND, asked).scalar_one()), reading=False
                )
            refused.hint = f"a colleague says debtflow approval give {refused.question}; then do it again"
            raise

    def _transact(self, begin: str, work: Callable[[Connection], T], *, reading: bool, ending: str = "commit") -> T:
        with self._engine.connect() as connection, self._healing(connection):
            driver = driver_of(connection)
            driver.execute(self._opening(begin, reading))
            with self._cancellable(driver) if reading else _nothing():
                answer = work(connection)
            driver.execute(ending)
            return answer

    def _opening(self, begin: str, reading: bool) -> bytes:
        lines = [begin]
        if not reading:
            lines.append(f"set local lock_timeout = '{LOCK_WAIT}'")
        if self._token is not None:
            lines.append(f"set local debtflow.session = {Literal(self._token).as_string(None)}")
        return "; ".join(lines).encode()

    @contextmanager
    def _borrowed(self) -> Iterator[Driver]:
        pooled = self._engine.raw_connection()
        try:
            with self._healing(pooled):
                yield cast(Driver, pooled.driver_connection)
        finally:
            pooled.close()

    @contextmanager
    def _healing(self, borrowed: Connection | PoolProxiedConnection) -> Iterator[None]:
        """A connection seldom dies alone: the idle ones go with it, so that the next act meets a living one."""
        try:
            yield
        except Exception as error:
            cause = driver_error(error)
            if cause is not None and is_lost(cause):
                borrowed.invalidate()
                self._engine.dispose()
            raise

    @contextmanager
    def _cancellable(self, driver: Driver) -> Iterator[None]:
        with self._guard:
            self._reading.add(driver)
        try:
            yield
        finally:
            with self._guard:
                self._reading.discard(driver)


class Held:
    """What an open transaction holds; ``row`` is what its query gave."""

    def __init__(self, driver: Driver, row: Any) -> None:
        self._driver = driver
        self.row = row

    def still(self) -> bool:
        """Whether it holds it yet; false once the connection is gone."""
        try:
            self._driver.execute("select")
        except psycopg.Error:
            return False
        return True


def driver_of(connection: Connection) -> Driver:
    """The psycopg connection under a SQLAlchemy one, for COPY and the hot path."""
    return cast(Driver, connection.connection.driver_connection)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _repeating(once: Callable[[], T]) -> T:
    for attempt in range(1, ATTEMPTS):
        try:
            return once()
        except Exception as error:
            cause = driver_error(error)
            if cause is None or not is_repeatable(cause):
                raise
            time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - jitter, not a secret
    return once()


def _conninfo(url: str, user: str | None, password: str | None) -> str:
    try:
        return make_conninfo(
            url.replace("postgresql+psycopg://", "postgresql://", 1),
            connect_timeout="10",
            **{key: value for key, value in (("user", user), ("password", password)) if value is not None},
        )
    except psycopg.ProgrammingError as error:
        raise Misconfigured(
            f"the database address cannot be read: {str(error).strip()}",
            hint="it looks like postgresql://host:5432/debtflow",
        ) from error

"""Wrong passwords at the embedded server: slowed down, found in its log, and past the limit the login is shut."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from debtflow_tui.config import Database, Settings
from debtflow_tui.embedded import EmbeddedServer
from debtflow_tui.embedded.cluster import DAYS_KEPT
from debtflow_tui.whereabouts import log_folder
from migrations import runner
from services.access import Failures
from services.errors import NotAllowed
from services.office import Users
from services.store import Store
from tests.support import office
from tests.support.office import password_of

QUICK = {"fsync": "off", "auth_delay.milliseconds": "20"}


def signed_in(server: EmbeddedServer, login: str, password: str | None = None) -> Store:
    store = Store(server.url("debtflow"), user=login, password=password or password_of(login))
    try:
        store.open_session("test")
    except BaseException:
        store.close()
        raise
    return store


def test_guessing_a_password_is_slow_seen_and_ended(home: Path) -> None:
    with EmbeddedServer(home, settings=QUICK) as server:
        runner.bootstrap(server.dsn(), "debtflow")
        runner.upgrade(server.dsn(database="debtflow"))
        with psycopg.connect(server.dsn(database="debtflow"), autocommit=True) as connection:
            office.furnish(connection)
        worker, bea = signed_in(server, "wally"), signed_in(server, "bea")
        failures = Failures(worker, server.journal)
        assert failures.read() == 0
        for guess in (f"guess {n}" for n in range(10)):
            with pytest.raises(NotAllowed):
                signed_in(server, "ana", guess)
        assert failures.read() == 10
        with pytest.raises(NotAllowed) as refused:
            signed_in(server, "ana")
        assert refused.value.rule == "sign_in_shut"
        Users(bea).unlock("ana")
        signed_in(server, "ana").close()
        with psycopg.connect(server.dsn(database="debtflow")) as connection:
            found = connection.execute(
                "select distinct kind, detail ->> 'host', login from debtflow.security_event where login = 'ana' "
                "and kind like 'signin%' order by 1"
            ).fetchall()
            assert found == [("signin.failed", "[local]", "ana"), ("signin.locked", None, "ana")]
            assert connection.execute("show shared_preload_libraries").fetchone() == ("auth_delay",)
        told = "".join(path.read_text() for path in server.journal.glob("*.json"))
        assert "guess" not in told
        for store in (worker, bea):
            store.close()


def test_it_is_slowed_unless_somebody_says_otherwise(standing: EmbeddedServer) -> None:
    with psycopg.connect(standing.dsn()) as connection:
        assert connection.execute("show auth_delay.milliseconds").fetchone() == ("500ms",)
    assert list(standing.journal.glob("server-*.json"))
    assert log_folder(Settings(standing.home)) == standing.journal
    assert log_folder(Settings(standing.home, database=Database(url="postgresql://db/x"))) is None


def test_programs_without_the_library_start_all_the_same(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("debtflow_tui.embedded.cluster.GUESSING", "no_such_library")
    with EmbeddedServer(home) as server, psycopg.connect(server.dsn()) as connection:
        assert connection.execute("show shared_preload_libraries").fetchone() == ("",)


def test_the_log_of_a_month_ago_is_forgotten(home: Path) -> None:
    journal = home / "pg" / "log"
    for day in range(DAYS_KEPT + 5):
        (journal / f"server-2020-01-{day:02}.json").touch()
    with EmbeddedServer(home) as server:
        left = sorted(path.name for path in server.journal.glob("server-2020-*.json"))
    assert (len(left), left[-1]) == (DAYS_KEPT - 1, "server-2020-01-32.json")  # and the day that it was made on

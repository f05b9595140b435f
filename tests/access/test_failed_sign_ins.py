"""Failed sign-ins: read from the server's log, counted, and past the limit the login is shut until it is lifted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from services.access import Failures
from services.access.failures import steps
from services.errors import NotAllowed, NotFound, Refused
from services.ledger import Doctor
from services.office import Users
from services.store import Store
from tests.support.house import House

WORD = "a long enough password"
EVENTS = "select array_agg(kind || ' ' || login order by id) from debtflow.security_event where rule = 'sign_in'"


def line(login: str, *, code: str = "28P01", severity: str = "FATAL", ago: float = 0, host: str = "10.9.8.7") -> str:
    """One line of PostgreSQL's own JSON log."""
    at = datetime.now(UTC) - timedelta(minutes=ago)
    said = {
        "timestamp": f"{at:%Y-%m-%d %H:%M:%S.%f}"[:-3] + " UTC", "user": login, "dbname": "debtflow", "pid": 1,
        "remote_host": host, "error_severity": severity, "state_code": code,
        "message": f'password authentication failed for user "{login}"', "backend_type": "client backend",
    }  # fmt: skip
    return json.dumps(said) + "\n"


class Log:
    """The server's log, written by the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.file = folder / "server-2026-11-20.json"
        self.file.write_text(line("somebody", ago=3))

    def say(self, *lines: str) -> None:
        with self.file.open("a") as stream:
            stream.writelines(lines)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "log")


@pytest.fixture
def guest(house: House) -> Iterator[str]:
    """A collector of HARBOR whose login nobody else uses: it is shut in these tests, for the whole cluster."""
    login = f"u{uuid4().hex[:12]}"
    Users(house.store("ada")).add(login, "Gus Guest", "collector", password=WORD)
    yield login
    house.close_stores()
    house.su.execute(sql.SQL("drop role {}").format(sql.Identifier(login)))


def reading(house: House, log: Log) -> Failures:
    """A worker that has read to the end of the log."""
    read = Failures(house.store("wally"), log.folder)
    assert read.read() == 0
    return read


def signs_in(house: House, login: str, password: str = WORD) -> str | None:
    """The rule that keeps them out, None where they are let in."""
    store = Store(house.url, user=login, password=password, size=1)
    try:
        store.open_session("test")
    except NotAllowed as refused:
        return refused.rule
    finally:
        store.close()
    return None


def test_what_failed_becomes_an_event_of_the_one_who_was_tried(house: House, log: Log, guest: str) -> None:
    worker = reading(house, log)
    log.say(
        line(guest, ago=2), line("zoe"), line("hunter2"), line("hunter3"), line(guest, severity="ERROR"),
        line(guest, code="53300"), "not json 28P01\n", line(guest)[:-9],
    )  # fmt: skip
    assert worker.read() == 1
    assert worker.read() == 0
    log.say("\n" + line(guest, code="28000"))
    assert worker.read() == 1
    assert house.one(EVENTS) == [f"signin.failed {guest}", "signin.unknown (nobody)", f"signin.failed {guest}"]
    first = house.su.execute(
        "select at < now() - interval '1 min', detail, user_id is not null, agency_id from debtflow.security_event "
        "where kind = 'signin.failed' order by id limit 1"
    ).fetchone()
    assert first == (True, {"host": "10.9.8.7"}, True, 1)
    assert house.one("select detail from debtflow.security_event where kind = 'signin.unknown'") == {
        "host": "10.9.8.7", "tries": 2}  # fmt: skip
    # People type passwords into the wrong field.
    assert house.one("select count(*) from debtflow.security_event e where position('hunter' in e::text) > 0") == 0
    assert house.one("select count(*) from debtflow.security_event where login = 'zoe'") == 0


def test_past_the_limit_the_login_is_shut_until_a_supervisor_lifts_it(house: House, log: Log, guest: str) -> None:
    worker = reading(house, log)
    log.say(*(line(guest, ago=16) for _ in range(9)), *(line(guest) for _ in range(9)))
    worker.read()
    assert signs_in(house, guest) is None
    log.say(line(guest))
    worker.read()
    assert signs_in(house, guest) == "sign_in_shut"
    assert signs_in(house, guest, "wrong") == "sign_in"
    bea = Users(house.store("bea"))
    assert next(user for user in bea.list() if user.login == guest).locked_at is not None
    for login in ("ana", "rex"):
        with pytest.raises(NotAllowed, match="lets nobody in again"):
            Users(house.store(login)).unlock(guest)
    with pytest.raises(NotFound):
        Users(house.store("zack")).unlock(guest)
    assert bea.unlock(guest).locked_at is None
    assert signs_in(house, guest) is None
    with pytest.raises(Refused, match="is not shut out"):
        bea.unlock(guest)
    # What was before does not count again.
    log.say(*(line(guest) for _ in range(9)))
    worker.read()
    assert signs_in(house, guest) is None
    kinds = "select array_agg(distinct kind) from debtflow.security_event where login in (%s, 'bea') and kind ~ 'lock'"
    assert sorted(house.one(kinds, guest)) == ["signin.locked", "user.unlock"]
    Users(house.store("ada")).disable(guest)
    with pytest.raises(Refused, match="is disabled"):
        bea.unlock(guest)


def test_a_service_is_never_shut_out(house: House, log: Log) -> None:
    worker = reading(house, log)
    log.say(*(line("wally") for _ in range(30)))
    assert worker.read() == 30
    assert house.one("select rolcanlogin from pg_roles where rolname = 'wally'")


def test_the_last_who_lets_others_in_again_is_not_shut_out(house: House, log: Log, guest: str) -> None:
    """Or whoever knows their names would send an office home, with ten wrong passwords for each."""
    Users(house.store("ada")).set_role(guest, "supervisor")
    house.su.execute("update debtflow.users set locked_at = now() where login in ('ada', 'bea')")
    worker = reading(house, log)
    log.say(*(line(guest) for _ in range(11)))
    assert worker.read() == 11
    assert signs_in(house, guest) is None
    house.su.execute("update debtflow.users set locked_at = null where login = 'ada'")
    log.say(line(guest))
    worker.read()
    assert signs_in(house, guest) == "sign_in_shut"


def test_nobody_but_a_worker_says_what_failed(house: House) -> None:
    """Else a colleague could shut out whom they like."""
    told = '[{"login": "bea"}]'
    for login in ("ada", "bea", "ana"):
        psql = house.psql(login)
        for call in (
            f"select debtflow.signin_failures_take(null, 0, 'x', 1, '{told}')",
            "select debtflow.signin_log_place()",
            "select debtflow.signin_log_trouble('x')",
            "select debtflow.signin_note(now(), 1, 1, 'bea', 'signin.failed')",
            "select debtflow.signin_lock(1, 1)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                psql.execute(call.encode())


def test_two_workers_take_each_stretch_once(house: House, log: Log, guest: str) -> None:
    one, other = reading(house, log), Failures(house.store("wally"), log.folder)
    log.say(line(guest))
    file, place = log.file.name, log.file.stat().st_size
    stale = (file, place - len(line(guest)), file, place, "[]")
    assert one.read() + other.read() == 1
    assert one._take(stale) == 0


# ---- the log itself --------------------------------------------------------------------------------------------------


def test_it_goes_on_in_the_next_file_and_in_one_begun_anew(log: Log) -> None:
    (first,) = steps(log.folder, None, 0)
    assert (first.file, first.place, first.failures) == (log.file.name, log.file.stat().st_size, [])
    log.say(line("a"))
    following = log.folder / "server-2026-11-21.json"
    following.write_text(line("b") + line("c"))
    names = [[each["login"] for each in step.failures] for step in steps(log.folder, first.file, first.place)]
    assert names == [["a"], ["b", "c"]]
    following.write_text(line("d"))
    (anew,) = steps(log.folder, following.name, 10_000)
    assert [each["login"] for each in anew.failures] == ["d"]
    (gone,) = steps(log.folder, "server-2026-10-01.json", 7)
    assert (gone.file, len(gone.failures)) == (following.name, 1)


def test_times_of_other_zones_are_not_guessed(log: Log) -> None:
    log.file.write_text("")
    log.say(line("a").replace(" UTC", " CST"), line("b"))
    (step,) = steps(log.folder, log.file.name, 0)
    assert [each["at"] is None for each in step.failures] == [True, False]


def test_the_doctor_says_where_nobody_sees_them(house: House, log: Log, tmp_path: Path) -> None:
    def told() -> tuple[bool, str]:
        found = {each.name: each for each in Doctor(house.store("bea")).examine().checks}["sign-ins"]
        return found.ok, found.detail

    assert told() == (
        True,
        "failed sign-ins are not seen: no worker has read the server's log; they are not slowed: auth_delay is not "
        "loaded",
    )
    worker = Failures(house.store("wally"), tmp_path / "nowhere")
    assert worker.read() == 0
    ok, detail = told()
    assert (ok, "nowhere: No such file or directory" in detail) == (False, True)
    empty = tmp_path / "empty"
    empty.mkdir()
    Failures(house.store("wally"), empty).read()
    assert "log_destination = 'jsonlog'" in told()[1]
    reading(house, log)
    ok, detail = told()
    assert (ok, detail.startswith("failed sign-ins are read from the server's log")) == (True, True)
    house.su.execute("update debtflow.signin_log set read_at = now() - interval '2 hours'")
    ok, detail = told()
    assert (ok, "not seen since" in detail) == (False, True)
    assert Failures(house.store("wally"), None).read() == 0


def test_a_login_without_its_password_is_not_told_that_it_is_shut(house: House, log: Log, guest: str) -> None:
    worker = reading(house, log)
    log.say(*(line(guest) for _ in range(10)))
    worker.read()
    info = make_conninfo(house.cluster.server.dsn(user=guest, database=house.database, password="guess"))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(info)

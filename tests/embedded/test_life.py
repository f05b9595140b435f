"""Started by the first, joined by the others, stopped when the last is gone, whatever ends them."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import psycopg
import pytest

from debtflow_tui.embedded import EmbeddedServer, process
from tests.embedded.conftest import keeper_gone


def ask(server: EmbeddedServer, question: str) -> object:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        row = connection.execute(question).fetchone()
        return row[0] if row else None


def postmaster(home: Path) -> int:
    pid = process.running_pid(home / "pg" / "data")
    assert pid
    return pid


def test_two_at_once_on_an_empty_place_make_one_server(new_home, other):
    home = new_home()
    first, second = other(home), other(home)
    assert first.postmaster() == second.postmaster() == postmaster(home)


def test_a_user_that_leaves_does_not_stop_it_for_the_others(home, other):
    with EmbeddedServer(home) as server:
        guest = other(home)
        assert guest.postmaster() == postmaster(home)
        guest.leave()
        assert server.running()
    keeper_gone(home)
    assert not server.running()


def test_killed_users_count_as_gone(home, other):
    users = [other(home), other(home)]
    started = [user.postmaster() for user in users]
    users[0].kill()
    assert postmaster(home) == started[1]
    users[1].kill()
    keeper_gone(home)
    assert not EmbeddedServer(home).running()


def test_the_starter_may_end_while_others_stay_and_nobody_waits_for_the_keeper(home, other):
    starter = other(home)
    pid = starter.postmaster()
    with EmbeddedServer(home):
        starter.leave()
        assert postmaster(home) == pid


def test_the_next_user_starts_it_again(home):
    for _ in range(3):
        with EmbeddedServer(home) as server:
            assert ask(server, "select 1") == 1


def test_asked_to_stay_it_stays_until_it_is_stopped(home, other):
    asking = other(home, "keep")
    pid = asking.postmaster()
    asking.kill()
    server = EmbeddedServer(home)
    with server:
        assert postmaster(home) == pid
    assert server.running()
    server.stop()
    assert not server.running()
    with server:
        pass
    keeper_gone(home)
    assert not server.running(), "the request ended with the server that was stopped"


def test_asked_to_stay_by_one_who_joins(home, other):
    with EmbeddedServer(home) as first:
        asking = other(home, "keep")
        asking.postmaster()
        asking.leave()
    keeper_gone(home)
    assert first.running()


def test_the_request_to_stay_dies_with_the_server(home):
    with EmbeddedServer(home, keep=True):
        os.kill(postmaster(home), signal.SIGKILL)
    with EmbeddedServer(home) as again:
        assert again.running()
    keeper_gone(home)
    assert not again.running()


def test_a_killed_server_heals_and_keeps_what_was_committed(home):
    with EmbeddedServer(home) as server:
        ask(server, "select pg_create_restore_point('so that something is in the log')")
        with psycopg.connect(server.dsn()) as connection:
            connection.execute("create table kept as select 42 as answer")
        killed = postmaster(home)
        os.kill(killed, signal.SIGKILL)
        with EmbeddedServer(home) as healed:
            assert postmaster(home) != killed
            assert ask(healed, "select answer from kept") == 42
    keeper_gone(home)
    assert not server.running()


def test_a_pid_file_whose_number_is_somebody_elses_by_now(home):
    (home / "pg" / "data" / "postmaster.pid").write_text(
        f"{os.getpid()}\n{home / 'pg/data'}\n1\n5432\n/nowhere\n\n1 1\n"
    )
    server = EmbeddedServer(home)
    server.stop()
    with server:
        assert ask(server, "select 1") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="finds the keeper in /proc")
def test_a_killed_keeper_is_replaced_by_the_next_who_joins(home):
    with EmbeddedServer(home) as server:
        os.kill(keeper_of(home), signal.SIGKILL)
        keeper_gone(home)
        with EmbeddedServer(home):
            pass
    keeper_gone(home)
    assert not server.running()


@pytest.mark.skipif(sys.platform != "linux", reason="counts keepers in /proc")
def test_there_is_one_keeper_however_many_join(home, other):
    with EmbeddedServer(home):
        for _ in range(2):
            other(home).postmaster()
        assert len(keepers_of(home)) == 1


def keeper_of(home: Path) -> int:
    (found,) = keepers_of(home)
    return found


def keepers_of(home: Path) -> list[int]:
    words = {"debtflow_tui.embedded", str(home / "pg")}
    return [
        pid
        for pid in (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
        if words <= set(command(pid))
    ]


def command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def test_looking_makes_nothing(new_home):
    home = new_home()
    server = EmbeddedServer(home)
    assert not server.running()
    server.stop()
    server.release()
    assert not home.exists()

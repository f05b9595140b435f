"""Who can reach it, and what it leaves alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psycopg
import pytest

from debtflow_tui.embedded import EmbeddedServer, binaries
from services.errors import Misconfigured
from tests.embedded.conftest import as_root, copy


def mode(folder: Path) -> int:
    return folder.stat().st_mode & 0o777


def rows(server: EmbeddedServer, question: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.dsn()) as connection:
        return connection.execute(question).fetchall()


class TestDoors:
    def test_there_is_no_tcp(self, standing):
        assert rows(standing, "show listen_addresses") == [("",)]
        port = rows(standing, "select inet_server_port()")
        assert port == [(None,)]

    def test_every_login_needs_its_password(self, standing):
        assert set(rows(standing, "select type, auth_method from pg_hba_file_rules where error is null")) == {
            ("local", "scram-sha-256"),
            ("host", "reject"),
        }

    @pytest.mark.parametrize("password", ["wrong", ""])
    def test_a_wrong_password_is_refused(self, standing, password):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(standing.dsn(password=password), passfile="/nonexistent")

    def test_socket_data_and_password_are_for_their_owner_alone(self, standing):
        for name in ("data", "run", "superuser.password", "server.log", "users.lock"):
            assert mode(standing.home / "pg" / name) & 0o077 == 0, name

    def test_the_url_holds_no_login(self, standing):
        url = standing.url("debtflow")
        assert url == f"postgresql:///debtflow?host={standing.sockets}"
        with psycopg.connect(url, user="postgres", password=standing.superuser_password, dbname="postgres"):
            pass


class TestEnvironment:
    def test_a_foreign_port_does_not_move_it(self, home, monkeypatch):
        for name, value in {"PGPORT": "1", "PGHOST": "nowhere", "PGDATA": "/nonexistent"}.items():
            monkeypatch.setenv(name, value)
        with EmbeddedServer(home) as server:
            assert server.running()
            assert rows(server, "show port") == [("5432",)]

    @pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
    def test_our_secrets_do_not_reach_it(self, home, monkeypatch):
        monkeypatch.setenv("DEBTFLOW_PASSWORD", "hunter2")
        with EmbeddedServer(home):
            pid = (home / "pg/data/postmaster.pid").read_text().split()[0]
            environ = Path(f"/proc/{pid}/environ").read_bytes()
        assert b"LC_ALL=C" in environ
        assert b"hunter2" not in environ


@as_root
class TestAsRoot:
    def test_the_server_does_not_run_as_root(self, standing):
        assert (standing.home / "pg/data/postmaster.pid").stat().st_uid != 0

    def test_a_home_out_of_reach_is_refused_by_name_and_nothing_is_opened(self, new_home):
        home = new_home("closed/below/home")
        closed = home.parents[1]
        closed.mkdir(mode=0o700)
        with pytest.raises(Misconfigured, match="cannot reach") as caught:
            EmbeddedServer(home).start()
        assert str(home) in caught.value.message
        assert caught.value.exit_code == 2
        assert mode(closed) == 0o700

    def test_a_private_folder_with_something_in_it_is_left_as_it_is(self, new_home):
        home = new_home()
        home.mkdir(mode=0o700)
        (home / "diary.txt").touch()
        with pytest.raises(Misconfigured, match="cannot reach"):
            EmbeddedServer(home).start()
        assert mode(home) == 0o700
        assert [found.name for found in home.iterdir()] == ["diary.txt"]

    def test_an_empty_folder_is_taken_over_and_its_parents_are_not(self, new_home):
        home = new_home()
        home.mkdir(mode=0o700)
        home.parent.chmod(0o711)
        with EmbeddedServer(home) as server:
            assert server.running()
        assert mode(home.parent) == 0o711

    def test_programs_out_of_reach_are_copied_once(self, home, new_home, monkeypatch):
        hidden = new_home().parent / "hidden"
        hidden.mkdir(mode=0o700)
        package = binaries.wheel_folder().parents[1]
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, hidden / part.name, symlinks=True)
        monkeypatch.setattr(binaries, "wheel_folder", lambda: hidden / package.name / "pginstall" / "bin")
        with EmbeddedServer(home) as server:
            assert server.running()
            assert server.programs().folder.is_relative_to(home / "pg")
        shutil.rmtree(hidden / package.name / "pginstall" / "share")
        assert server.programs().folder.is_relative_to(home / "pg")
        assert mode(hidden) == 0o700


class TestLongPaths:
    @pytest.fixture
    def long_home(self, new_home, template):
        home = new_home("x" * 100)
        copy(template, home)
        return home

    def test_the_socket_moves_to_a_short_private_folder(self, long_home):
        with EmbeddedServer(long_home) as server:
            assert server.sockets.parent == Path("/tmp")
            assert mode(server.sockets) == 0o700
            assert rows(server, "select 1") == [(1,)]
            with EmbeddedServer(long_home) as joined:
                assert joined.sockets == server.sockets

    def test_one_that_others_can_enter_is_refused(self, long_home):
        squatted = EmbeddedServer(long_home).sockets
        squatted.mkdir()
        squatted.chmod(0o777)
        with pytest.raises(Misconfigured, match="in the way"):
            EmbeddedServer(long_home).start()

    def test_a_link_is_refused(self, long_home, folder):
        squatted = EmbeddedServer(long_home).sockets
        squatted.symlink_to(folder)
        try:
            with pytest.raises(Misconfigured, match="in the way"):
                EmbeddedServer(long_home).start()
        finally:
            squatted.unlink()

    @as_root
    def test_one_of_somebody_else_is_refused(self, long_home):
        squatted = EmbeddedServer(long_home).sockets
        squatted.mkdir(mode=0o700)
        os.chown(squatted, 12345, 12345)
        with pytest.raises(Misconfigured, match="in the way"):
            EmbeddedServer(long_home).start()


def test_a_home_that_is_a_file(new_home):
    home = new_home()
    home.write_text("not a folder")
    with pytest.raises(Misconfigured, match="cannot set up") as caught:
        EmbeddedServer(home).start()
    assert str(home) in caught.value.message
    home.unlink()

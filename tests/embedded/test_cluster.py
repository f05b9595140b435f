"""What is started: programs, encoding, settings."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from debtflow_tui.embedded import EmbeddedServer
from services.errors import Misconfigured, Unreachable
from tests.embedded.conftest import copy

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")


def ask(server: EmbeddedServer, question: str) -> tuple[object, ...] | None:
    with psycopg.connect(server.dsn()) as connection:
        return connection.execute(question).fetchone()


def test_letters_are_folded_and_sorted_by_byte(standing):
    assert standing.programs().version == "18.6"
    provider = ask(standing, "select datlocprovider, datlocale from pg_database where datname = 'template1'")
    assert provider == ("b", "C.UTF-8")
    assert ask(standing, "select lower('ÉVÂ'), 'b' < 'é', 'Z' < 'a'") == ("évâ", True, True)


def test_commits_are_safe(standing):
    assert ask(standing, "select current_setting('fsync'), current_setting('synchronous_commit')") == ("on", "on")


def test_settings_of_the_caller_hold_from_the_next_start(home):
    with EmbeddedServer(home, settings={"max_connections": "7", "cluster_name": r"it's a \ home"}) as server:
        assert ask(server, "select current_setting('max_connections'), current_setting('cluster_name')") == (
            "7",
            r"it's a \ home",
        )
        with EmbeddedServer(home, settings={"max_connections": "9"}) as joined:
            assert ask(joined, "select current_setting('max_connections')") == ("7",)


@pytest.mark.parametrize("name", ["with space", "quo'te", "pct%20", "a&b=c?d#e", "ünï"])
def test_a_home_by_any_name(new_home, template, name):
    home = new_home(name)
    copy(template, home)
    with EmbeddedServer(home) as server:
        assert ask(server, "select 1") == (1,)
        with psycopg.connect(server.url("postgres"), user="postgres", password=server.superuser_password):
            pass


@pytest.mark.parametrize("name", ['dou"ble', "$(touch gotcha)", "back`tick", "back\\slash", "com,ma", "new\nline"])
def test_a_name_that_a_shell_would_take_apart_is_refused(new_home, name):
    home = new_home(name)
    with pytest.raises(Misconfigured, match="cannot be used"):
        EmbeddedServer(home).start()
    assert not home.exists()


def test_a_wrong_setting_is_told_in_the_servers_own_words(home):
    with pytest.raises(Unreachable, match="shared_bufers") as caught:
        EmbeddedServer(home, settings={"shared_bufers": "1"}).start()
    assert "server.log" in (caught.value.hint or "")
    with EmbeddedServer(home) as server:
        assert server.running()


def test_a_cluster_of_another_version_is_refused(home):
    marker = home / "pg" / "data" / "PG_VERSION"
    marker.write_text("17\n")
    with pytest.raises(Misconfigured, match="was made by PostgreSQL 17"):
        EmbeddedServer(home).start()


def test_a_half_made_cluster_is_made_again(new_home):
    home = new_home()
    (home / "pg" / "data.making" / "base").mkdir(parents=True)
    home.chmod(0o755)
    (home / "pg").chmod(0o755)
    with EmbeddedServer(home) as server:
        assert ask(server, "select 1") == (1,)


def test_a_folder_without_programs(new_home, tmp_path):
    with pytest.raises(Misconfigured, match="holds no PostgreSQL") as caught:
        EmbeddedServer(new_home(), tmp_path).start()
    assert str(tmp_path) in caught.value.message


def test_programs_of_an_unsupported_version(new_home, folder):
    fake = folder / "old"
    fake.mkdir()
    (fake / "postgres").write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.9 (Debian)'\n")
    (fake / "postgres").chmod(0o755)
    with pytest.raises(Misconfigured, match=r"PostgreSQL 14\.9; 15 to 18 are supported"):
        EmbeddedServer(new_home(), fake).start()


def test_no_password_before_there_is_a_cluster(new_home):
    with pytest.raises(Misconfigured, match="no embedded server") as caught:
        EmbeddedServer(new_home()).dsn()
    assert "debtflow demo" in (caught.value.hint or "")


@pytest.mark.pg15
@pytest.mark.skipif(not DEBIAN_15.exists(), reason=f"PostgreSQL 15 is not installed in {DEBIAN_15}")
def test_the_programs_of_debian(new_home):
    with EmbeddedServer(new_home(), DEBIAN_15) as server:
        assert server.programs().major == 15
        assert ask(server, "select current_setting('server_version_num')::int / 10000") == (15,)
        assert ask(server, "select current_setting('data_checksums'), 'Z' < 'a'") == ("on", True)

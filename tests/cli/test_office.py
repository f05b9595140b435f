"""``debtflow user``, ``client`` and ``agency`` on a running installation."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from psycopg import sql

from tests.cli.conftest import Call
from tests.support.house import House


@pytest.fixture
def newcomer(house: House) -> Iterator[str]:
    # Logins are the cluster's: each test makes one of its own and takes it away again.
    login = f"new_{uuid4().hex[:8]}"
    yield login
    house.su.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(login)))


def test_a_user_comes_and_goes(as_: Call, newcomer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.cli.conftest.password_of", lambda login: f"{login}-password")
    made = as_("ada", "user", "add", newcomer, "--name", "New Comer", "--role", "collector", "--password-stdin",
               stdin=f"{newcomer}-password\n")  # fmt: skip
    assert made.json["login"] == newcomer
    assert newcomer in {user["login"] for user in as_("ada", "user", "list").json["users"]}
    assert as_(newcomer, "account", "find").code == 0
    assert as_(newcomer, "user", "password", newcomer, "--password-stdin", stdin="other-password\n").code == 0
    assert as_(newcomer, "account", "find").code == 6
    assert as_("ada", "user", "password", newcomer, "--password-stdin", stdin=f"{newcomer}-password\n").code == 0
    assert as_("ada", "user", "disable", newcomer).json["disabled_at"] is not None
    assert as_(newcomer, "account", "find").code == 6


def test_the_server_never_sees_a_password(house: House, as_: Call, newcomer: str) -> None:
    house.su.execute("alter system set log_statement = 'all'")
    as_("ada", "user", "add", newcomer, "--name", "x", "--role", "readonly", "--password-stdin", stdin="hush-hush-1\n")
    stored = house.one("select rolpassword from pg_authid where rolname = %s", newcomer)
    house.su.execute("alter system reset log_statement")
    assert stored.startswith("SCRAM-SHA-256$")
    assert "hush-hush-1" not in house.cluster.server.log.read_text(errors="replace")


def test_a_password_comes_from_the_environment(as_: Call, newcomer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    add = ("user", "add", newcomer, "--name", "x", "--role", "readonly")
    refused = as_("ada", *add)
    assert refused.code == 2
    assert "DEBTFLOW_NEW_PASSWORD" in refused.error["hint"]
    monkeypatch.setenv("DEBTFLOW_NEW_PASSWORD", "a-long-password")
    assert as_("ada", *add).code == 0


@pytest.mark.parametrize(
    ("login", "role", "code"),
    [("Capital", "collector", 2), ("pg_evil", "collector", 2), ("x;drop", "collector", 2), ("good", "boss", 2),
     ("ana", "collector", 1)],
)  # fmt: skip
def test_who_cannot_be_added(as_: Call, login: str, role: str, code: int) -> None:
    said = as_("ada", "user", "add", login, "--name", "x", "--role", role, "--password-stdin", stdin="long-enough\n")
    assert said.code == code


def test_who_may_administer(as_: Call) -> None:
    for login in ("ana", "bea", "rex"):
        assert as_(login, "user", "disable", "ben").code == 6
        assert as_(login, "client", "edit", "HXL", "--name", "Mine").code == 6
        assert as_(login, "user", "password", "ada", "--password-stdin", stdin="long-enough\n").code == 6
    assert as_("zed", "user", "disable", "ben").code == 3
    assert as_("ada", "user", "disable", "ada").code == 1
    assert as_("ada", "user", "disable", "nobody").code == 3


def test_a_client_is_edited_and_listed(as_: Call) -> None:
    changed = as_("ada", "client", "edit", "HXL", "--commission", "30", "--collectors", "ana,ben").json
    assert (changed["commission_bp"], changed["rule"], changed["collectors"]) == (3000, "round_robin", ["ana", "ben"])
    listed = {client["code"]: client for client in as_("ada", "client", "list").json["clients"]}
    assert listed["HXL"] == changed
    assert set(listed) == {"HXL", "MED"}
    assert [agency["code"] for agency in as_("ada", "agency", "list").json["agencies"]] == ["HARBOR"]


@pytest.mark.parametrize(
    ("more", "code"),
    [((), 2), (("--commission", "-1"), 2), (("--commission", "101"), 2), (("--commission", "2.555"), 2),
     (("--buckets", "costs,fees"), 2), (("--rule", "loudest"), 2), (("--collectors", "nobody"), 3),
     (("--from", "2001-01-01", "--commission", "5"), 1)],
)  # fmt: skip
def test_how_a_client_cannot_be_edited(as_: Call, more: tuple[str, ...], code: int) -> None:
    assert as_("ada", "client", "edit", "HXL", *more).code == code


def test_an_owner_of_several_agencies_names_one(
    house: House, words: Call, monkeypatch: pytest.MonkeyPatch, newcomer: str
) -> None:
    monkeypatch.setenv("DEBTFLOW_DATABASE_URL", house.url)
    monkeypatch.setenv("DEBTFLOW_USER", "postgres")
    monkeypatch.setenv("DEBTFLOW_PASSWORD", house.cluster.server.superuser_password)
    add = ("user", "add", newcomer, "--name", "x", "--role", "readonly", "--password-stdin", "--json")
    refused = words(*add, stdin="long-enough\n")
    assert refused.code == 2
    assert "HARBOR" in refused.error["hint"]
    assert words(*add, "--agency", "NOPE", stdin="long-enough\n").code == 3
    assert words(*add, "--agency", "NORTHBY", stdin="long-enough\n").json["agency"] == "NORTHBY"

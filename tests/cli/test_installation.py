"""A real installation on an empty server: from nothing to a posted payment, by commands alone."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from debtflow_tui.embedded import EmbeddedServer
from services.gateways.signatures import sign_stripe
from tests.cli.conftest import Call, Said
from tests.support.cluster import Cluster, make_home

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
ROOT = Path(__file__).parents[2]
SECRET = "whsec_installed"
EVENT = json.dumps({
    "id": "evt_1", "object": "event", "type": "balance.available", "created": 1_790_000_000, "livemode": False,
    "data": {"object": {"object": "balance"}},
}).encode()  # fmt: skip


@dataclass
class Empty:
    """A server that has never heard of us, and a name that is free on it."""

    server: EmbeddedServer
    tag: str

    @property
    def database(self) -> str:
        return f"office_{self.tag}"

    def login(self, name: str) -> str:
        return f"{name}_{self.tag}"

    def clean(self) -> None:
        with psycopg.connect(self.server.dsn(), autocommit=True) as connection:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(self.database)))
            for name in ("ann", "sue", "cora", "hook", "wes"):
                connection.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(self.login(name))))


@pytest.fixture
def empty(cluster: Cluster) -> Iterator[Empty]:
    here = Empty(cluster.server, uuid4().hex[:8])
    yield here
    here.clean()


@pytest.fixture
def empty15() -> Iterator[Empty]:
    if not DEBIAN_15.exists():
        pytest.skip(f"PostgreSQL 15 is not installed in {DEBIAN_15}")
    home = make_home()
    server = EmbeddedServer(home, DEBIAN_15).start()
    yield Empty(server, uuid4().hex[:8])
    server.release()
    server.stop()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def as_login(words: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text('[gateway]\nprovider = "stripe"\n', encoding="utf-8")
    monkeypatch.setenv("DEBTFLOW_STRIPE_KEY", "sk_test_installed")
    monkeypatch.setenv("DEBTFLOW_STRIPE_WEBHOOK_SECRET", SECRET)

    def call(empty: Empty, user: str, password: str, *said: str, stdin: str = "") -> Said:
        monkeypatch.setenv("DEBTFLOW_DATABASE_URL", empty.server.url(empty.database))
        monkeypatch.setenv("DEBTFLOW_USER", user)
        monkeypatch.setenv("DEBTFLOW_PASSWORD", password)
        return words(*said, "--json", stdin=stdin)

    return call


def from_nothing_to_a_payment(empty: Empty, as_login: Call) -> None:
    def owner(*said: str, stdin: str = "") -> Said:
        return as_login(empty, "postgres", empty.server.superuser_password, *said, stdin=stdin)

    assert owner("db", "status").code == 2, "there is no database yet"
    assert owner("db", "bootstrap").json["left_undone"] == []
    assert owner("db", "bootstrap").code == 0, "safe to repeat"
    assert owner("user", "list").code == 2, "no tables yet: db migrate"
    assert owner("db", "status").code == 1
    assert owner("db", "migrate").json["up_to_date"] is True
    assert owner("db", "migrate").code == 0, "safe to repeat"
    assert owner("db", "status").json["up_to_date"] is True

    assert owner("agency", "add", "HARBOR", "--name", "Harbor", "--zone", "Mars/Olympus").code == 2
    assert owner("agency", "add", "harbor", "--name", "Harbor", "--zone", "America/Chicago").code == 2
    assert owner("agency", "add", "HARBOR", "--name", "Harbor", "--zone", "America/Chicago").code == 0
    assert owner("agency", "add", "HARBOR", "--name", "Harbor", "--zone", "America/Chicago").code == 1

    add = ("--name", "Ann Admin", "--role", "agency_admin", "--password-stdin")
    assert owner("user", "add", empty.login("ann"), *add, stdin="short\n").code == 2
    assert owner("user", "add", empty.login("ann"), *add, stdin="\n").code == 2
    assert owner("user", "add", empty.login("ann"), *add, stdin="ann-password\n").json["agency"] == "HARBOR"

    def admin(*said: str, stdin: str = "") -> Said:
        return as_login(empty, empty.login("ann"), "ann-password", *said, stdin=stdin)

    for name, role in (("sue", "supervisor"), ("cora", "collector")):
        made = admin("user", "add", empty.login(name), "--name", name, "--role", role, "--password-stdin",
                     stdin=f"{name}-password\n")  # fmt: skip
        assert made.code == 0, made
    assert admin("agency", "add", "OTHER", "--name", "x", "--zone", "UTC").code == 6
    client = ("client", "add", "HXL", "--name", "Helix", "--commission", "27.5")
    assert admin(*client, "--collectors", "nobody").code == 3
    opened = admin(*client, "--collectors", empty.login("cora")).json
    assert (opened["commission_bp"], opened["rule"]) == (2750, "one_collector")

    def supervisor(*said: str, stdin: str = "") -> Said:
        return as_login(empty, empty.login("sue"), "sue-password", *said, stdin=stdin)

    assert supervisor(*client, "--collectors", empty.login("cora")).code == 6
    file = "external_ref,debtor_name,original_amount\nA-1,Quillfeather Oyelaran,100.00\n"
    batch = str(supervisor("import", "stage", "-", "--client", "HXL", stdin=file).json["batch"])
    assert supervisor("import", "release", batch).json["released"] == 1

    def collector(*said: str) -> Said:
        return as_login(empty, empty.login("cora"), "cora-password", *said)

    number = collector("account", "find", "Oyelaran").json["accounts"][0]["number"]
    posted = collector("payment", "post", "--account", number, "--amount", "40.00", "--method", "cash")
    assert posted.json["balance"] == {"minor": 6000, "currency": "USD"}

    for name, role in (("hook", "webhook"), ("wes", "worker")):
        made = admin("user", "add", empty.login(name), "--name", name, "--role", role, "--password-stdin",
                     stdin=f"{name}-password\n")  # fmt: skip
        assert made.code == 0, made
    assert as_login(empty, empty.login("hook"), "hook-password", "webhook", "list").code == 6
    a_webhook_is_taken_in()
    (waiting,) = supervisor("jobs").json["jobs"]
    assert (waiting["subject"], waiting["state"]) == ("stripe balance.available", "waiting")
    assert as_login(empty, empty.login("wes"), "wes-password", "account", "find", "x").code == 6
    beside("worker", "--once")
    seen = supervisor("jobs").json
    assert [job for job in seen["jobs"] if job["subject"].startswith("stripe")] == []
    assert [chore for chore in seen["chores"] if chore["error"]] == []
    (event,) = supervisor("webhook", "list").json["webhooks"]
    assert (event["event_id"], event["state"]) == ("evt_1", "ignored")
    assert supervisor("doctor").code == 0, supervisor("doctor").out


def process(*said: str) -> subprocess.Popen[str]:
    """A program beside ours, as whoever asked last."""
    line = [sys.executable, "-m", "debtflow_tui", *said, "--json"]
    there = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(line, env=there, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def beside(*said: str) -> None:
    with process(*said) as running:
        out, err = running.communicate(timeout=60)
    assert running.returncode == 0, out + err


def a_webhook_is_taken_in() -> None:
    with process("webhook", "serve", "--port", "0") as door:
        assert door.stdout
        line = http.client.HTTPConnection(json.loads(door.stdout.readline())["listening"][7:], timeout=20)
        signature = sign_stripe(EVENT, SECRET, datetime.now(UTC))
        line.request("POST", "/stripe", EVENT, {"Stripe-Signature": signature})
        assert line.getresponse().status == 200
        line.close()
        door.send_signal(signal.SIGTERM)
        out, err = door.communicate(timeout=60)
    assert door.returncode == 0, out + err


def test_from_nothing_to_a_payment(empty: Empty, as_login: Call) -> None:
    from_nothing_to_a_payment(empty, as_login)


@pytest.mark.pg15
def test_from_nothing_to_a_payment_on_postgresql_15(empty15: Empty, as_login: Call) -> None:
    from_nothing_to_a_payment(empty15, as_login)


def test_the_embedded_server_is_left_alone(words: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEBTFLOW_DATABASE_URL", "postgresql:///debtflow?host=/nowhere")
    for said in (("db", "start"), ("db", "stop"), ("demo", "--no-tui")):
        answer = words(*said, "--json")
        assert answer.code == 2
        assert "DEBTFLOW_DATABASE_URL" in answer.error["hint"]
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("said", [("db", "status"), ("db", "migrate"), ("db", "psql"), ("agency", "list")])
def test_nothing_is_made_by_looking(words: Call, tmp_path: Path, said: tuple[str, ...]) -> None:
    assert words(*said, "--json").code == 2
    assert not (tmp_path / "home").exists()

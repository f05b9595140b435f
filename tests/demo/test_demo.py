"""``debtflow demo --no-tui`` with real processes in a home of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from debtflow_tui import wiring
from debtflow_tui.config import Database, Settings
from services.accounts.results import FLAG_KINDS
from services.domain.lookup import parse_lookup
from tests.support.cluster import make_home

ROOT = Path(__file__).parents[2]
FEW = ("--accounts", "150")


@pytest.fixture
def home() -> Iterator[Path]:
    folder = make_home()
    yield folder
    debtflow(folder, "db", "stop")
    shutil.rmtree(folder, ignore_errors=True)


def environment(home: Path, login: dict[str, str] | None = None) -> dict[str, str]:
    named = {"DEBTFLOW_USER": login["user"], "DEBTFLOW_PASSWORD": login["password"]} if login else {}
    return {**os.environ, "PYTHONPATH": str(ROOT), "DEBTFLOW_HOME": str(home), **named}


def debtflow(home: Path, *words: str, login: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "debtflow_tui", *words, "--json"], env=environment(home, login),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def read(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def the_first_morning(home: Path, collector: dict[str, str]) -> None:
    """The year was taken over by a supervisor; what a collector finds is a short sheet and work that is due."""
    sheet = read(debtflow(home, "day-sheet", login=collector))["entries"]
    assert 10 <= len(sheet) <= 18
    ways = {"cash", "check", "bank_transfer", "paid_to_client", "card"}
    assert {entry["method"] for entry in sheet} == ways
    entered = [entry["account"] for entry in sheet if entry["method"] != "card"]
    paid = [read(debtflow(home, "account", "show", number, login=collector)) for number in entered]
    assert "closed" in {account["status"] for account in paid}
    assert any(payment["reversed_by"] for account in paid for payment in account["payments"])
    due = read(debtflow(home, "account", "find", "followup<+1", "--limit", "50", login=collector))["accounts"]
    assert 12 <= len(due) <= 16  # and who did not keep a word
    assert {flag for account in due for flag in account["flags"]} == set(FLAG_KINDS)
    assert "disputed" in {account["status"] for account in due}
    assert {"王 小明", "[bold red]Ruth[/] O'Bracket"} <= {account["debtor"] for account in due}
    marisol = next(account["number"] for account in due if account["debtor"] == "Marisol Adeyemi")
    others = read(debtflow(home, "account", "show", marisol, login=collector))["others"]
    assert [debt["collector"] for debt in others] == ["ben"]


def cards_and_what_was_agreed(url: str) -> None:
    """Charges of every end, the provider's events, stacks of slips, plans, a settled debt, closed months."""
    settings = Settings(Path("/nonexistent"), database=Database(url))
    bea = wiring.sign_in(settings, "bea", "bea-demo")
    try:
        events = bea.webhooks.counts()
        assert all(events[state] for state in ("processed", "replayed", "ignored", "refused")), events
        assert {"pending", "processing"} <= {charge.state for charge in bea.charges.waiting()}
        assert sorted(batch.state for batch in bea.batches.list()[0]) == ["keying", "keying", "posted"]
        agreed = bea.accounts.find(parse_lookup("status:payment_plan collector:ana"), limit=100).rows
        plans = [plan for row in agreed if (plan := bea.plans.show(row.number)) is not None]
        assert {("active", True), ("active", False), ("held", False)} <= {(plan.state, plan.on_track) for plan in plans}
        assert any(plan.method_id for plan in plans)
        assert bea.accounts.find(parse_lookup("status:settled")).rows
        latest, *_, oldest = bea.ledger.periods()
        assert (latest.closed_at, oldest.closed_by) == (None, "bea")
        assert bea.ledger.trust().holds
    finally:
        bea.access.sign_out()


def beside(home: Path) -> list[int]:
    """What runs beside this home's server: its stand-in, and its worker with the door for webhooks."""
    listed = subprocess.run(["/bin/ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=True)
    lines = [line for line in listed.stdout.splitlines() if str(home) in line and "debtflow_tui." in line]
    return [int(line.split()[0]) for line in lines]


def until_beside(home: Path, count: int) -> None:
    until = time.monotonic() + 20
    while len(beside(home)) != count and time.monotonic() < until:
        time.sleep(0.1)
    assert len(beside(home)) == count


def kill_beside(home: Path) -> None:
    for pid in beside(home):
        os.kill(pid, signal.SIGKILL)
    until_beside(home, 0)


def test_the_demo_is_made_joined_and_survives_a_kill(home: Path) -> None:
    # Killed in the middle of its history…
    loading = subprocess.Popen(
        [sys.executable, "-m", "debtflow_tui", "demo", "--no-tui", *FEW], env=environment(home),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert loading.stderr is not None
    for line in loading.stderr:
        if line.startswith("a year of"):
            break
    loading.send_signal(signal.SIGKILL)
    loading.wait()
    loading.stderr.close()

    # …the next run makes it whole, and the one after that finds it made.
    made = read(debtflow(home, "demo", "--no-tui", *FEW))
    again = debtflow(home, "demo", "--no-tui")
    assert read(again) == made
    assert "placing" not in again.stderr

    assert made["database_url"].startswith("postgresql://")
    assert "@" not in made["database_url"]
    assert "password" not in made["database_url"]
    roles = [login["role"] for login in made["logins"]]
    assert {"agency_admin", "supervisor", "collector", "readonly", "worker", "webhook"} == set(roles)
    assert all({"user", "password", "role"} <= login.keys() for login in made["logins"])
    assert {path.name for path in (home / "imports").iterdir()} == {"clean.csv", "errors.csv", "large.csv"}

    for login in (each for each in made["logins"] if each["role"] not in ("worker", "webhook")):
        found = read(debtflow(home, "account", "find", "--limit", "5", login=login))
        assert found["accounts"] or login["role"] != "collector"
    collector, supervisor = (next(x for x in made["logins"] if x["role"] == r) for r in ("collector", "supervisor"))
    assert read(debtflow(home, "doctor", login=supervisor))["ok"]
    talks = read(debtflow(home, "audit", "list", "act:account.*", "--limit", "500", login=supervisor))["events"]
    assert len({event["at"][:10] for event in talks}) >= 4
    assert all(event["proof"]["verified_at"] for event in talks)
    clients = read(debtflow(home, "client", "list", login=supervisor))["clients"]
    assert len(clients) == 3
    assert all(collector["user"] in client["collectors"] for client in clients)
    assert sum(client["accounts"] for client in clients) == 144
    the_first_morning(home, collector)
    cards_and_what_was_agreed(made["database_url"])
    until_beside(home, 2)
    kill_beside(home)
    assert read(debtflow(home, "demo", "--no-tui")) == made
    until_beside(home, 2)
    assert read(debtflow(home, "user", "list"))["users"]  # nobody named: the owner of the embedded server

    # What is not known to be a demo is not touched, not even on request.
    (home / "demo.json").unlink()
    for words in (("demo", "--no-tui"), ("demo", "--no-tui", "--fresh", "--yes")):
        refused = debtflow(home, *words)
        assert refused.returncode == 2
        assert "no demo" in json.loads(refused.stdout)["error"]["message"]
    assert len(read(debtflow(home, "user", "list"))["users"]) == len(made["logins"])

    # Nobody stays behind when the server goes.
    debtflow(home, "db", "stop", "--yes")
    until_beside(home, 0)

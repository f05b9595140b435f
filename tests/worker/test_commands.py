"""The door and the worker as people start them, and what the commands say of them."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.gateways.signatures import sign_stripe
from tests.support.house import House
from tests.support.office import password_of
from tests.webhooks.conftest import event

ROOT = Path(__file__).parents[2]
SECRET = "whsec_test"


@contextmanager
def started(house: House, tmp_path: Path, login: str, *words: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DEBTFLOW_HOME": str(tmp_path), "DEBTFLOW_USER": login,
        "DEBTFLOW_PASSWORD": password_of(login), "DEBTFLOW_DATABASE_URL": house.url, **more,
    }  # fmt: skip
    line = [sys.executable, "-m", "debtflow_tui", *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(line, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def ended(running: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = running.communicate(timeout=60)
    return running.returncode, out, err


def answer(house: House, tmp_path: Path, login: str, *words: str, **more: str) -> tuple[int, Any]:
    with started(house, tmp_path, login, *words, "--json", **more) as running:
        code, out, _ = ended(running)
    return code, json.loads(out)


def test_from_the_wire_to_the_list(house: House, tmp_path: Path) -> None:
    """The door takes an event in, the worker looks at it, the commands show what became of it."""
    with started(
        house, tmp_path, "hook", "webhook", "serve", "--port", "0", "--json", DEBTFLOW_STRIPE_WEBHOOK_SECRET=SECRET
    ) as door:
        assert door.stdout
        said = json.loads(door.stdout.readline())
        assert said["paths"] == ["/stripe"]
        line = http.client.HTTPConnection(said["listening"].removeprefix("http://"), timeout=20)
        body = event(5, "balance.available")
        line.request("POST", "/stripe", body, {"Stripe-Signature": sign_stripe(body, SECRET, datetime.now(UTC))})
        assert line.getresponse().status == 200
        line.close()
        door.send_signal(signal.SIGTERM)
        code, _, err = ended(door)
        assert (code, err.splitlines()[-1].endswith("stopped")) == (0, True)

    code, found = answer(house, tmp_path, "bea", "jobs")
    assert (code, found["attended"], [job["subject"] for job in found["jobs"]]) == (
        0, False, ["stripe balance.available"]
    )  # fmt: skip
    assert {each["state"]: each["jobs"] for each in found["counts"]}["waiting"] == 1

    code, stopped = answer(house, tmp_path, "wally", "worker", "--once", DEBTFLOW_STRIPE_KEY="sk_test_nobody")
    assert (code, stopped) == (0, {"stopped": True})

    code, shown = answer(house, tmp_path, "bea", "webhook", "show", "1", "--raw")
    assert code == 0
    assert (shown["event_id"], shown["deliveries"], shown["body"].encode()) == ("evt_5", 1, body)
    assert shown["attempts"] == 1
    assert answer(house, tmp_path, "bea", "webhook", "redrive", "1")[1]["webhooks"][0]["state"] == "queued"
    code, listed = answer(house, tmp_path, "rex", "webhook", "list", "--state", "queued")
    assert (code, [each["id"] for each in listed["webhooks"]], listed["next"]) == (0, [1], None)


def test_what_is_told_to_whoever_may_not(house: House, tmp_path: Path) -> None:
    secret = {"DEBTFLOW_STRIPE_WEBHOOK_SECRET": SECRET}
    refused = {
        ("hook", "webhook", "serve"): (2, {}),
        ("ana", "webhook", "serve"): (6, secret),
        ("bea", "worker"): (6, {}),
        ("ana", "jobs"): (6, {}),
        ("bea", "webhook", "show", "99"): (3, {}),
        ("bea", "webhook", "list", "--state", "odd"): (2, {}),
    }
    for (login, *words), (code, more) in refused.items():
        assert answer(house, tmp_path, login, *words, **more)[0] == code, words

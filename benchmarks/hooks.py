"""Webhooks: taken in by the real door in a process of its own, then worked on, beside pgbench."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import IO, Final
from uuid import UUID, uuid4

from sqlalchemy import Connection

from benchmarks.posting import AGENCY, COLLECTOR
from benchmarks.report import Row
from benchmarks.sender import SECRET, storm
from benchmarks.server import Bench
from services.charges import Charges
from services.gateways.stripe import Stripe
from services.store import Store
from services.webhooks import Webhooks

SENDERS: Final = 8
EVENTS: Final = 400
AMOUNT: Final = 101


def measure(bench: Bench, accounts: Sequence[str], *, seconds: float, rounds: int) -> list[Row]:
    """Deliveries answered a second, and events a second that become payments, by one worker."""
    bench.login(AGENCY, "doorkeeper", "webhook")
    bench.login(AGENCY, "hookworker", "worker")
    taken, base = [], []
    with door(bench) as address:
        for _ in range(rounds):
            base.append(bench.pgbench("-n", "-M", "prepared", "-c", str(SENDERS), "-j", "2", "-T", _whole(seconds)))
            taken.append(storm(address, [[_event(uuid4()) for _ in range(3_000)] for _ in range(SENDERS)], seconds))
        begun = _begun(bench, accounts[:EVENTS])
        storm(address, [[_event(charge) for charge in begun]], None)
    single = bench.pgbench("-n", "-M", "prepared", "-c", "1", "-T", _whole(seconds))
    worked = _worked(bench)
    ratio = statistics.median(ours / beside for ours, beside in zip(taken, base, strict=True))
    middle = statistics.median
    return [
        Row(
            "webhooks",
            "taken in: verified, kept, queued, answered",
            SENDERS,
            ratio,
            middle(taken),
            middle(base),
            ">= 1",
        ),
        Row("webhooks", "worked on: each becomes a payment", 1, worked / single, worked, single),
    ]


@contextmanager
def door(bench: Bench) -> Iterator[str]:
    """``debtflow webhook serve`` in its own process: its address."""
    with tempfile.TemporaryDirectory() as home:
        ours = {
            "DEBTFLOW_HOME": home,
            "DEBTFLOW_DATABASE_URL": bench.url,
            "DEBTFLOW_USER": "doorkeeper",
            "DEBTFLOW_PASSWORD": "doorkeeper-bench",
            "DEBTFLOW_STRIPE_WEBHOOK_SECRET": SECRET,
        }
        command = [sys.executable, "-m", "debtflow_tui", "webhook", "serve", "--port", "0", "--json"]
        with subprocess.Popen(command, env=os.environ | ours, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            try:
                yield _address(child.stdout)
            finally:
                child.terminate()


def _address(said: IO[str]) -> str:
    """What the door says of itself in one JSON document, however many lines it takes."""
    told = ""
    while True:
        told += said.readline()
        with suppress(json.JSONDecodeError):
            return str(json.loads(told)["listening"])


def _event(payment: UUID) -> bytes:
    """A PaymentIntent that succeeded, with the fields and the size that the provider sends."""
    intent = {
        "id": f"pi_{payment.hex[:24]}", "object": "payment_intent", "amount": AMOUNT, "amount_received": AMOUNT,
        "currency": "usd", "status": "succeeded", "livemode": False, "metadata": {"payment": str(payment)},
        "payment_method_types": ["card"], "capture_method": "automatic_async",
        "latest_charge": f"ch_{payment.hex[:24]}",
        "description": "DebtFlow payment", "statement_descriptor": None, "next_action": None, "review": None,
    }  # fmt: skip
    event = {
        "id": f"evt_{payment.hex[:24]}", "object": "event", "type": "payment_intent.succeeded", "livemode": False,
        "created": int(time.time()), "api_version": "2026-09-30", "pending_webhooks": 1, "data": {"object": intent},
    }  # fmt: skip
    return json.dumps(event, indent=2).encode()


def _begun(bench: Bench, accounts: Sequence[str]) -> list[UUID]:
    """Charges under way, as operators leave them between the first act and the last."""
    store = _store(bench, COLLECTOR)
    keys = [uuid4() for _ in accounts]
    for key, account in zip(keys, accounts, strict=True):
        form = {"id": str(key), "gateway": "stripe", "kind": "link", "account": account, "amount": AMOUNT,
                "currency": "USD", "minutes": 60, "save": False, "allow_duplicate": True}  # fmt: skip
        begin = partial(_begin, form=json.dumps(form))
        begun = store.act(begin)
        assert begun == "begun", begun
    store.close()
    return keys


def _begin(connection: Connection, *, form: str) -> object:
    return connection.exec_driver_sql("select outcome from debtflow.charge_begin(%s)", (form,)).scalar_one()


def _worked(bench: Bench) -> float:
    store = _store(bench, "hookworker")
    webhooks, charges = Webhooks(store), Charges(store, Stripe("sk_standin_bench", api_base="http://127.0.0.1:9"))
    with bench.superuser() as connection:
        query = "select id from debtflow.webhook_event where state = 'queued' order by id desc limit %s"
        ids = [row[0] for row in connection.execute(query, [EVENTS]).fetchall()]
    began = time.perf_counter()
    outcomes = {webhooks.process(event, charges) for event in ids}
    took = time.perf_counter() - began
    assert outcomes == {"processed"}, outcomes
    store.close()
    return len(ids) / took


def _store(bench: Bench, login: str) -> Store:
    store = Store(bench.url, user=login, password=f"{login}-bench", size=2)
    store.open_session("bench")
    return store


def _whole(seconds: float) -> str:
    return str(max(1, round(seconds)))

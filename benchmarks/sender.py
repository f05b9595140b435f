"""A provider's delivery processes, which import next to nothing: there are many of them."""

from __future__ import annotations

import multiprocessing
import time
from datetime import UTC, datetime
from http.client import HTTPConnection
from multiprocessing.synchronize import Barrier
from typing import Any, Final
from urllib.parse import urlsplit

from services.gateways.signatures import sign_stripe

SECRET: Final = "whsec_bench"


def storm(address: str, deliveries: list[list[bytes]], seconds: float | None) -> float:
    """Deliveries answered a second; each list has a process, which stops after so many ``seconds``."""
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(len(deliveries)), context.Queue()
    senders = [context.Process(target=_sender, args=(address, mine, seconds, barrier, answers)) for mine in deliveries]
    for sender in senders:
        sender.start()
    done = [answers.get(timeout=120) for _ in senders]
    for sender in senders:
        sender.join()
    return float(sum(count / took for count, took in done))


def _sender(address: str, deliveries: list[bytes], seconds: float | None, barrier: Barrier, answers: Any) -> None:
    line = HTTPConnection(urlsplit(address).netloc)
    now = datetime.now(UTC)
    signed = [(body, sign_stripe(body, SECRET, now)) for body in deliveries]
    barrier.wait()
    began, count = time.perf_counter(), 0
    for body, signature in signed:
        line.request("POST", "/stripe", body, {"Stripe-Signature": signature, "Content-Type": "application/json"})
        answer = line.getresponse()
        assert answer.status == 200, answer.read()
        answer.read()
        count += 1
        if seconds is not None and time.perf_counter() - began > seconds:
            break
    answers.put((count, time.perf_counter() - began))
    line.close()

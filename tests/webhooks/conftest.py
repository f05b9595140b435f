"""A real door: uvicorn in a thread, real signatures, the agency's own webhook login behind it."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from debtflow_tui.webhook.door import Door
from debtflow_tui.webhook.serve import listen, server
from services.gateways.signatures import sign_paystack, sign_stripe
from services.store import Store
from services.webhooks.intake import Intake
from tests.support.house import House
from tests.support.office import password_of

SECRETS = {"stripe": ("whsec_new", "whsec_old"), "paystack": ("sk_test_paystack",)}


def event(number: int = 1, kind: str = "payment_intent.succeeded", **of: Any) -> bytes:
    """A Stripe event's body, with the spaces that Stripe writes."""
    thing = {"id": f"pi_{number}", "object": "payment_intent", "amount": 2500, "currency": "usd", **of}
    content = {"id": f"evt_{number}", "object": "event", "type": kind, "created": 1_790_000_000, "livemode": False}
    return json.dumps({**content, "data": {"object": thing}}, indent=2).encode()


class Caller:
    """Somebody at the other end of the wire."""

    def __init__(self, port: int, said: list[str]) -> None:
        self.port = port
        self.said = said

    def post(self, path: str, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
        return self.send("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})

    def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, *, chunked: bool = False
    ) -> tuple[int, dict[str, Any]]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            line.request(method, path, body, headers or {}, encode_chunked=chunked)
            answer = line.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if content.startswith(b"{") else {"text": content.decode()}
        finally:
            line.close()

    def stripe(self, body: bytes, secret: str = "whsec_new", at: datetime | None = None) -> int:
        return self.post("/stripe", body, Stripe_Signature=sign_stripe(body, secret, at or datetime.now(UTC)))[0]

    def paystack(self, body: bytes) -> int:
        return self.post("/paystack", body, X_Paystack_Signature=sign_paystack(body, SECRETS["paystack"][0]))[0]


@contextmanager
def opened(store: Store) -> Iterator[Caller]:
    """A door on this store, listening."""
    said: list[str] = []
    running = server(Door(Intake(store), SECRETS, said.append))
    at = listen("127.0.0.1", 0)
    thread = threading.Thread(target=lambda: asyncio.run(running.serve(sockets=[at])))
    thread.start()
    try:
        yield Caller(at.getsockname()[1], said)
    finally:
        running.stop()
        thread.join()
        at.close()


@pytest.fixture
def hook(house: House) -> Iterator[Store]:
    """HARBOR's webhook login: no session, no right but to insert."""
    store = Store(house.url, user="hook", password=password_of("hook"))
    yield store
    store.close()


@pytest.fixture
def door(hook: Store) -> Iterator[Caller]:
    with opened(hook) as caller:
        yield caller

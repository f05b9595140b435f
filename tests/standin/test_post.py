"""Webhooks: signed, doubled, late, out of order, and tried again until somebody takes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from debtflow_tui.standin import post
from debtflow_tui.standin.server import StandIn
from services.gateways.signatures import verify_stripe
from tests.standin.test_answers import charge

SECRET = "whsec_test"


class Ear:
    """An endpoint that writes down what it hears; the first ``deaf`` calls are answered with 503."""

    def __init__(self, deaf: int = 0) -> None:
        self.heard: list[tuple[str, str]] = []
        self.deaf = deaf
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                verify_stripe(body, self.headers["Stripe-Signature"], [SECRET], datetime.now(UTC))
                event = json.loads(body)
                ear.heard.append((event["id"], event["type"]))
                ear.deaf -= 1
                self.send_response(503 if ear.deaf >= 0 else 200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/stripe"


@contextmanager
def ear(deaf: int = 0) -> Iterator[Ear]:
    made = Ear(deaf)
    thread = Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def test_every_event_is_brought_and_signed(standin: StandIn) -> None:
    with ear() as heard:
        standin.listen(heard.url, SECRET)
        charge(standin, "k")
        assert standin.post.idle()
        assert [kind for _, kind in heard.heard] == [event["type"] for event in standin.told()]
        assert heard.heard[-1][1] == "payment_intent.succeeded"


def test_doubled_and_mixed_up(standin: StandIn) -> None:
    with ear() as heard:
        standin.listen(heard.url, SECRET, times=2, delay=0.05)
        for number in range(4):
            charge(standin, f"k{number}")
        assert standin.post.idle()
        sent = [event["id"] for event in standin.told()]
        names = [name for name, _ in heard.heard]
        assert sorted(names) == sorted(sent * 2)
        assert names != sorted(names, key=sent.index)


def test_held_until_released_in_any_order(standin: StandIn) -> None:
    with ear() as heard:
        standin.listen(heard.url, SECRET, hold=True)
        charge(standin, "k")
        sent = [event["id"] for event in standin.told()]
        assert heard.heard == []
        assert [delivery.status for delivery in standin.post.release(order="reversed")] == [200] * 3
        assert [name for name, _ in heard.heard] == sent[::-1]
        assert standin.post.release() == []
        standin.post.release(events=sent[:1], times=3)
        assert [name for name, _ in heard.heard][3:] == sent[:1] * 3


def test_tried_again_until_taken(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post, "AGAIN", (0.01, 0.01, 0.01))
    with ear(deaf=2) as heard:
        standin.listen(heard.url, SECRET)
        standin.events.tell("payment_intent.created", {"id": "pi_1", "object": "payment_intent"})
        assert standin.post.idle()
        assert [delivery.status for delivery in standin.post.deliveries] == [503, 503, 200]
        assert len({name for name, _ in heard.heard}) == 1


def test_nobody_there_is_no_answer(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post, "AGAIN", (0.01,))
    with ear() as heard:
        url = heard.url
    standin.listen(url, SECRET)
    standin.events.tell("payment_intent.created", {"id": "pi_1", "object": "payment_intent"})
    assert standin.post.idle()
    assert [delivery.status for delivery in standin.post.deliveries] == [None, None]

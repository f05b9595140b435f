"""Webhooks on their way: signed as the provider signs, doubled, delayed, out of order, tried again until taken."""

from __future__ import annotations

import heapq
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from itertools import count
from threading import Condition, Thread
from time import monotonic
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from debtflow_tui.standin.book import Book, Row, shown
from debtflow_tui.standin.guard import is_loopback
from debtflow_tui.standin.problems import invalid
from services.gateways.signatures import sign_stripe

AGAIN: Final = (0.2, 1.0, 5.0, 30.0, 300.0)
"""Seconds between the tries of a delivery that was not taken."""

Order = Literal["sent", "reversed", "shuffled"]


@dataclass(slots=True)
class Endpoint:
    """Where events go. ``hold`` keeps them back until ``release``; ``times`` copies of each are sent.

    ``delay`` puts up to that many seconds before each copy, drawn with ``seed``: that is what mixes up their order.
    """

    url: str
    secret: str
    hold: bool = False
    times: int = 1
    delay: float = 0.0
    seed: int = 0
    held: list[str] = field(default_factory=list)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        if not is_loopback(urlsplit(self.url).hostname or "") or urlsplit(self.url).scheme != "http":
            raise invalid("The stand-in tells endpoints on this machine only.", param="url")
        self.chance = random.Random(self.seed)  # noqa: S311 - a delay, not a secret


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try: ``status`` is the endpoint's answer, None where there was none."""

    event: str
    url: str
    status: int | None


def body_of(event: Row) -> bytes:
    """An event as it goes over the wire."""
    return json.dumps(shown(event), indent=2).encode()


class Post:
    """The endpoints, and a thread that brings them their events."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.endpoints: list[Endpoint] = []
        self.deliveries: list[Delivery] = []
        self._wake = Condition()
        self._due: list[tuple[float, int, int, Endpoint, str]] = []
        self._number = count()
        self._under_way = 0
        self._stopped = False
        self._thread: Thread | None = None

    def listen(self, endpoint: Endpoint, *, alone: bool = False) -> None:
        """From now on this endpoint is told; ``alone``: no other, and it may say so as often as it likes."""
        if alone:
            self.endpoints = [one for one in self.endpoints if one.url == endpoint.url]
        if not (alone and self.endpoints):
            self.endpoints.append(endpoint)
        if self._thread is None:
            self._thread = Thread(target=self._run, name="standin-post", daemon=True)
            self._thread.start()

    def heard(self, event: Row) -> None:
        """One more event for every endpoint."""
        for endpoint in self.endpoints:
            if endpoint.hold:
                endpoint.held.append(event["id"])
            else:
                self._put(endpoint, event["id"])

    def release(
        self, *, order: Order = "sent", seed: int = 0, times: int = 1, events: Sequence[str] | None = None
    ) -> list[Delivery]:
        """Bring what is held, or these events again, now and in this order; gives the endpoints' answers."""
        done = []
        for endpoint in self.endpoints:
            ids = list(endpoint.held if events is None else events) * times
            if events is None:
                endpoint.held.clear()
            done += [self._bring(endpoint, name) for name in _ordered(ids, order, seed)]
        return done

    def idle(self, timeout: float = 5.0) -> bool:
        """Wait until nothing is under way."""
        with self._wake:
            return self._wake.wait_for(lambda: not self._due and not self._under_way, timeout)

    def clear(self) -> None:
        """Nobody listens any more, and what was on its way is lost."""
        with self._wake:
            self.endpoints.clear()
            self.deliveries.clear()
            self._due.clear()
            self._wake.notify_all()

    def close(self) -> None:
        with self._wake:
            self._stopped = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _put(self, endpoint: Endpoint, event: str) -> None:
        with self._wake:
            for _ in range(endpoint.times):
                due = monotonic() + endpoint.delay * endpoint.chance.random()
                heapq.heappush(self._due, (due, next(self._number), 0, endpoint, event))
            self._wake.notify_all()

    def _run(self) -> None:
        while (job := self._next()) is not None:
            endpoint, event, tries = job
            taken = self._bring(endpoint, event).status in range(200, 300)
            with self._wake:
                self._under_way -= 1
                if not taken and tries < len(AGAIN) and not self._stopped:
                    heapq.heappush(
                        self._due, (monotonic() + AGAIN[tries], next(self._number), tries + 1, endpoint, event)
                    )
                self._wake.notify_all()

    def _next(self) -> tuple[Endpoint, str, int] | None:
        with self._wake:
            while not self._stopped:
                left = self._due[0][0] - monotonic() if self._due else None
                if left is not None and left <= 0:
                    _, _, tries, endpoint, event = heapq.heappop(self._due)
                    self._under_way += 1
                    return endpoint, event, tries
                self._wake.wait(left)
        return None

    def _bring(self, endpoint: Endpoint, event: str) -> Delivery:
        with self.book.lock:
            body = body_of(self.book.get("event", event))
            at = datetime.fromtimestamp(self.book.now(), UTC)
        delivery = Delivery(event, endpoint.url, _send(endpoint, body, sign_stripe(body, endpoint.secret, at)))
        self.deliveries.append(delivery)
        return delivery


def _ordered(ids: Iterable[str], order: Order, seed: int) -> list[str]:
    chosen = list(ids)
    if order == "reversed":
        chosen.reverse()
    elif order == "shuffled":
        random.Random(seed).shuffle(chosen)  # noqa: S311 - an order, not a secret
    return chosen


def _send(endpoint: Endpoint, body: bytes, signature: str) -> int | None:
    parts = urlsplit(endpoint.url)
    line = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=10)
    headers: dict[str, Any] = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature}
    try:
        line.request("POST", parts.path or "/", body, headers)
        answer = line.getresponse()
        answer.read()
        return answer.status
    except (OSError, HTTPException):
        return None
    finally:
        line.close()

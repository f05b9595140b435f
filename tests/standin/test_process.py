"""The stand-in as a process: its levers, and a journal that survives being killed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest

from debtflow_tui.standin.book import Book
from services.domain.money import Money
from services.gateways.base import ProviderUnavailable
from services.gateways.stripe import Stripe
from tests.support.standin import quick_retries

ROOT = Path(__file__).parents[2]
USD = Money(25_00, "USD")


@contextmanager
def process(state: Path) -> Iterator[SimpleNamespace]:
    """One of its own, killed without warning at the end."""
    command = [sys.executable, "-m", "debtflow_tui.standin", "--state", str(state)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        told = json.loads(running.stdout.readline())

        def lever(name: str, /, **given: Any) -> Any:
            body = json.dumps(given).encode() if given else None
            with urlopen(Request(f"{told['url']}/_standin/{name}", body), timeout=10) as answer:
                return json.loads(answer.read())

        try:
            yield SimpleNamespace(url=told["url"], gateway=Stripe(told["key"], api_base=told["url"]), lever=lever)
        finally:
            running.kill()


def test_what_was_answered_survives_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick_retries(monkeypatch)
    state, key, lost = tmp_path / "state.jsonl", uuid4(), uuid4()
    told: dict[str, Any] = {"description": "Account 1", "metadata": {"account": "10001-4"}}
    with process(state) as first:
        kept = first.lever("methods", name="pm_card_visa")
        (visa,) = first.gateway.methods(kept["customer"])
        paid = first.gateway.charge(key, USD, customer=kept["customer"], method=visa, **told)
        first.lever("faults", kind="drop_after", times=3)
        with pytest.raises(ProviderUnavailable):
            first.gateway.charge(lost, USD, customer=kept["customer"], method=visa, **told)
    with state.open("a") as journal:
        journal.write('{"id": "pi_torn", "object": "payment_in')
    with process(state) as second:
        assert len(second.lever("charges")) == 2
        again = [second.gateway.charge(one, USD, customer=kept["customer"], method=visa, **told) for one in (key, lost)]
        assert again[0] == paid
        assert {row["payment"] for row in second.lever("charges")} == {str(key), str(lost)}
        dispute = second.lever("disputes", intent=paid.provider_id)
        assert second.lever("close-dispute", dispute=dispute["id"], won=True)["status"] == "won"
        second.lever("turn", method=visa.provider_id, outcome="lost_card")
        assert second.lever("clock", seconds=60)["now"] > 0
        assert {event["type"] for event in second.lever("events")} >= {"charge.dispute.closed"}
        assert urlsplit(second.url).hostname == "127.0.0.1"


def test_a_book_is_read_back_as_it_was(tmp_path: Path) -> None:
    book = Book(tmp_path / "state")
    row = book.make("customer", {"name": "Zoë\n"})
    book.put({**row, "name": "Ann"})
    book.close()
    again = Book(tmp_path / "state")
    assert again.tables == book.tables
    assert len((tmp_path / "state").read_text().splitlines()) == 1
    again.clear()
    again.close()
    assert (tmp_path / "state").read_text() == ""

"""The payment provider of the tests: a stand-in on this machine, and our gateway to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

# Every test process reads this file, and few of them need a web server and the provider's library.
if TYPE_CHECKING:
    from debtflow_tui.standin.server import StandIn
    from services.gateways.base import Saved
    from services.gateways.stripe import Stripe


@pytest.fixture(scope="session")
def provider() -> Iterator[StandIn]:
    """One server for a test process; what happened before is in its book."""
    from debtflow_tui.standin.server import StandIn

    with StandIn() as server:
        yield server


@pytest.fixture
def standin(provider: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """The stand-in as if just started: an empty book, today's clock, no faults, nobody listening; quick retries."""
    provider.reset()
    quick_retries(monkeypatch)
    yield provider
    provider.reset()


def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library waits half a second before it tries again; a test need not."""
    monkeypatch.setattr("stripe._http_client.HTTPClient.INITIAL_DELAY", 0.01)
    monkeypatch.setattr("stripe._http_client.HTTPClient.MAX_DELAY", 0.02)


def gateway_to(standin: StandIn, *, read: float = 10.0, retries: int = 2) -> Stripe:
    """Our gateway, talking to the stand-in; ``read`` is how long it waits for an answer, in seconds."""
    from services.gateways.stripe import Stripe

    return Stripe(standin.key, api_base=standin.url, read=read, retries=retries)


def kept(standin: StandIn, name: str = "pm_card_visa", *, outcome: str | None = None) -> tuple[str, Saved]:
    """A customer and a method kept for them; ``outcome`` is how every charge of it will end."""
    customer = standin.customer("Quillfeather Oyelaran")
    method = standin.save(customer, name, outcome=outcome)
    (saved,) = (one for one in gateway_to(standin).methods(customer) if one.provider_id == method)
    return customer, saved

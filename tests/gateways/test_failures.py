"""A call that fails says whether anything may have been done, whatever went wrong on the wire, and how often."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from uuid import uuid4

import pytest

from debtflow_tui.standin.faults import Fault
from debtflow_tui.standin.server import StandIn
from services.gateways.base import ProviderRefused, ProviderUnavailable
from services.gateways.stripe import Stripe
from tests.gateways.test_charges import USD, charge, now
from tests.support.standin import gateway_to, kept

QUICK = 0.15
"""How long these tests wait for an answer; the stand-in's silence is longer."""


def failed(gateway: Stripe, standin: StandIn, *faults: Fault) -> tuple[bool, int]:
    """A charge under faults: whether it may have been sent, and how many charges there are."""
    customer, visa = kept(standin)
    for fault in faults:
        standin.faults.add(fault)
    key = uuid4()
    with pytest.raises(ProviderUnavailable) as caught:
        charge(gateway, customer, visa, key)
    assert caught.value.exit_code == 5
    standin.faults.clear()
    found = gateway_to(standin).look_up(key, customer=customer, since=now())
    assert (found is not None) == bool(standin.charges())
    return caught.value.sent, len(standin.charges())


@pytest.mark.parametrize(
    ("fault", "sent", "charges"),
    [
        (Fault("drop_before", times=3), True, 0),
        (Fault("drop_after", times=3), True, 1),
        (Fault("timeout", times=3, seconds=1), True, 0),
        (Fault("timeout", times=3, seconds=1, done=True), True, 1),
        (Fault("500", times=3), True, 0),
        (Fault("500", done=True), True, 1),
        (Fault("429"), False, 0),
    ],
)
def test_what_a_failure_may_have_done(standin: StandIn, fault: Fault, sent: bool, charges: int) -> None:
    assert failed(gateway_to(standin, read=QUICK), standin, fault) == (sent, charges)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "500"])
def test_two_failures_are_ridden_out_by_the_library(standin: StandIn, kind: str) -> None:
    customer, visa = kept(standin)
    standin.faults.add(Fault(kind, times=2))  # type: ignore[arg-type]
    assert charge(gateway_to(standin), customer, visa).state == "succeeded"
    assert len(standin.charges()) == 1


def test_a_slow_answer_is_not_done_twice(standin: StandIn) -> None:
    """The first try is under way when the second comes with its key: 409, and then the first one's answer."""
    customer, visa = kept(standin)
    standin.faults.add(Fault("slow", seconds=QUICK * 1.5))
    charge(gateway_to(standin, read=QUICK, retries=8), customer, visa)
    assert len(standin.charges()) == 1


def test_a_first_try_that_arrived_is_remembered_when_the_last_one_finds_nobody(standin: StandIn) -> None:
    """The library shows only its last error: connection refused, as if nothing had ever been sent."""
    customer, visa = kept(standin)
    with once_then_gone() as port:
        gone = Stripe(standin.key, api_base=f"http://127.0.0.1:{port}")
        with pytest.raises(ProviderUnavailable, match="did not answer") as caught:
            charge(gone, customer, visa)
    assert caught.value.sent


@contextmanager
def once_then_gone() -> Iterator[int]:
    """A server that takes one request, hangs up and is no more."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        line, _ = listening.accept()
        listening.close()
        with line:
            line.recv(65536)

    thread = Thread(target=serve)
    thread.start()
    yield listening.getsockname()[1]
    thread.join()


def nobody() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_where_nobody_listens_nothing_was_sent(standin: StandIn) -> None:
    customer, visa = kept(standin)
    gateway = Stripe(standin.key, api_base=nobody())
    for _ in range(2):
        with pytest.raises(ProviderUnavailable, match="cannot be reached") as caught:
            charge(gateway, customer, visa)
        assert not caught.value.sent


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n<html>captive</h",
        b'HTTP/1.1 200 OK\r\nContent-Length: 23\r\n\r\n{"object":"surprising!"}'[:-1],
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nnix",
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{",
        b"not http at all",
        b"",
    ],
)
def test_answers_that_are_none_leave_it_open(standin: StandIn, answer: bytes) -> None:
    customer, visa = kept(standin)
    with answering(answer) as port, pytest.raises(ProviderUnavailable) as caught:
        charge(Stripe(standin.key, api_base=f"http://127.0.0.1:{port}", retries=0), customer, visa)
    assert caught.value.sent


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """A server that says one thing and hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        line, _ = listening.accept()
        with line:
            line.recv(65536)
            line.sendall(answer)

    thread = Thread(target=serve)
    thread.start()
    yield listening.getsockname()[1]
    thread.join()
    listening.close()


def test_a_proxy_of_the_environment_never_sees_the_stand_in(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, nobody())
    customer, visa = kept(standin)
    assert charge(gateway_to(standin), customer, visa).state == "succeeded"


def test_a_key_that_is_not_accepted_tells_the_administrator_and_nobody_the_key(standin: StandIn) -> None:
    customer, visa = kept(standin)
    gateway = gateway_to(standin)
    gateway._api._requestor._options.api_key = "sk_live_hunter2"
    with pytest.raises(ProviderUnavailable) as caught:
        charge(gateway, customer, visa)
    assert not caught.value.sent
    assert "hunter2" not in f"{caught.value.message}{caught.value.hint}{caught.value.__cause__}"
    assert caught.value.__suppress_context__


def test_a_lost_refund_is_found_by_its_key(standin: StandIn) -> None:
    customer, visa = kept(standin)
    gateway, key = gateway_to(standin), uuid4()
    paid = charge(gateway, customer, visa)
    standin.faults.add(Fault("drop_after", path="/v1/refunds", times=3))
    with pytest.raises(ProviderUnavailable) as caught:
        gateway.refund(key, paid.provider_id, USD)
    assert caught.value.sent
    (found,) = gateway.refunds(paid.provider_id)
    assert found.key == key
    assert gateway.refund(key, paid.provider_id, USD) == found
    assert gateway.look_at(paid.provider_id).refunded == USD


def test_refusals_are_refusals_on_every_try(standin: StandIn) -> None:
    customer, visa = kept(standin, outcome="insufficient_funds")
    standin.faults.add(Fault("drop_after", times=1))
    with pytest.raises(ProviderRefused) as caught:
        charge(gateway_to(standin), customer, visa)
    assert caught.value.hint == "ask for another method, a smaller amount, or another day"

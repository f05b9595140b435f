"""The page where a person pays, as a browser sees it."""

from __future__ import annotations

from datetime import timedelta
from http.client import HTTPConnection
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from debtflow_tui.standin.server import StandIn
from services.domain.money import Money
from services.gateways.base import Link
from tests.gateways.test_charges import now
from tests.support.standin import gateway_to


def browse(standin: StandIn, path: str, button: str | None = None) -> tuple[int, str]:
    line = HTTPConnection("127.0.0.1", standin.port, timeout=10)
    try:
        line.request("GET" if button is None else "POST", path, button and f"method={button}")
        answer = line.getresponse()
        assert "default-src 'none'" in (answer.headers["Content-Security-Policy"] or "default-src 'none'")
        return answer.status, answer.read().decode()
    finally:
        line.close()


def link(standin: StandIn, currency: str = "USD", words: str = "Account 10001-4 <b>") -> tuple[Link, str]:
    made = gateway_to(standin).link(
        uuid4(),
        Money(1_250_00, currency),
        customer=None,
        description=words,
        expires_at=now() + timedelta(hours=1),
        metadata={},
        save=False,
    )
    return made, urlsplit(made.url).path


def test_a_person_pays_after_a_decline(standin: StandIn) -> None:
    made, path = link(standin)
    status, page = browse(standin, path)
    assert status == 200
    for said in ("1,250.00 USD", "Stand-in", "No money moves", "Account 10001-4 &lt;b&gt;", "bank account"):
        assert said in page
    status, page = browse(standin, path, "pm_card_chargeDeclinedInsufficientFunds")
    assert (status, "insufficient funds" in page) == (402, True)
    status, page = browse(standin, path, "pm_card_visa")
    assert (status, "Thank you" in page, "<button" in page) == (200, True, False)
    assert browse(standin, path, "pm_card_visa")[0] == 400
    assert len(standin.charges()) == 1
    assert gateway_to(standin).link_state(made.provider_id).state == "succeeded"


def test_a_bank_account_takes_its_time_and_takes_dollars(standin: StandIn) -> None:
    _, path = link(standin)
    assert "under way" in browse(standin, path, "pm_usBankAccount_success")[1]
    _, path = link(standin, "EUR")
    assert "bank account" not in browse(standin, path)[1]
    assert browse(standin, path, "pm_usBankAccount_success")[0] == 400


def test_pages_that_are_no_more_or_never_were(standin: StandIn) -> None:
    _, path = link(standin)
    standin.advance(3700)
    assert browse(standin, path)[0] == 410
    assert browse(standin, path, "pm_card_visa")[0] == 410
    assert browse(standin, "/pay/cs_nothing")[0] == 404
    assert browse(standin, "/thanks")[0] == 200
    assert standin.charges() == []


@pytest.mark.parametrize("button", ["", "4242424242424242", "pm_nothing", "<script>"])
def test_a_button_that_is_none(standin: StandIn, button: str) -> None:
    _, path = link(standin)
    status, page = browse(standin, path, button)
    assert status == 400
    assert "<script>" not in page

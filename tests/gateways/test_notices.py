"""What a webhook says, in our words, from the stand-in's own events."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from debtflow_tui.standin.post import body_of
from debtflow_tui.standin.problems import Problem
from debtflow_tui.standin.server import StandIn
from services.domain.money import Money
from services.errors import BadInput
from services.gateways.base import Notice, ProviderUnavailable
from services.gateways.notices import notice_of
from tests.gateways.test_charges import TOLD, USD, charge, now
from tests.support.standin import gateway_to, kept


def told(standin: StandIn, kind: str) -> list[Notice]:
    return [notice_of("stripe", body_of(event)) for event in standin.told(kind)]


def test_a_bank_debit_step_by_step(standin: StandIn) -> None:
    customer, bank = kept(standin, "pm_usBankAccount_accountClosed")
    gateway, key = gateway_to(standin), uuid4()
    begun = charge(gateway, customer, bank, key)
    standin.settle(begun.provider_id)
    heard = [
        charged
        for event in standin.told()
        if (charged := gateway.charged_from(notice_of("stripe", body_of(event)))) is not None
    ]
    assert [(one.state, one.code) for one in heard] == [
        ("open", None),
        ("processing", None),
        ("failed", "account_closed"),
    ]
    assert {(one.key, one.provider_id, one.amount) for one in heard} == {(key, begun.provider_id, USD)}


def test_a_link_is_heard_to_its_end(standin: StandIn) -> None:
    customer, gateway, key = standin.customer(), gateway_to(standin), uuid4()
    ends = now() + timedelta(hours=1)

    def link() -> str:
        return gateway.link(
            key, USD, customer=customer, description="x", expires_at=ends, metadata=TOLD, save=True
        ).provider_id

    with pytest.raises(Problem):
        standin.pay(link(), "pm_card_chargeDeclined")
    (tried,) = told(standin, "payment_intent.payment_failed")
    heard = gateway.charged_from(tried)
    assert heard is not None
    assert (heard.state, heard.code, heard.key) == ("open", "generic_decline", key)
    standin.pay(link(), "pm_usBankAccount_insufficientFunds")
    (done,) = told(standin, "checkout.session.completed")
    begun = gateway.charged_from(done)
    assert begun is not None
    assert (begun.state, begun.key, begun.link) == ("processing", key, link())
    standin.settle(begun.provider_id)
    last = told(standin, "payment_intent.payment_failed")[1:]
    last += told(standin, "checkout.session.async_payment_failed")
    assert [one.state for notice in last if (one := gateway.charged_from(notice))] == ["failed", "failed"]


def test_a_link_that_nobody_paid_expires(standin: StandIn) -> None:
    gateway, key = gateway_to(standin), uuid4()
    gateway.link(
        key, USD, customer=None, description="x", expires_at=now() + timedelta(hours=1), metadata=TOLD, save=False
    )
    standin.advance(3700)
    (notice,) = told(standin, "checkout.session.expired")
    heard = gateway.charged_from(notice)
    assert heard is not None
    assert (heard.state, heard.key) == ("expired", key)


def test_refunds_are_heard(standin: StandIn) -> None:
    gateway = gateway_to(standin)
    paid = charge(gateway, *kept(standin, "pm_card_refundFail"))
    key = uuid4()
    refund = gateway.refund(key, paid.provider_id, Money(5_00, "USD"))
    standin.settle_refund(refund.provider_id)
    made, failed = (gateway.refunded_from(told(standin, kind)[0]) for kind in ("refund.created", "refund.failed"))
    assert made == refund
    assert failed is not None
    assert (failed.state, failed.key, failed.payment) == ("failed", key, paid.provider_id)
    assert gateway.charged_from(told(standin, "charge.refunded")[0]) is None


@pytest.mark.parametrize(("won", "state", "taken"), [(True, "won", 0), (False, "lost", 25_00)])
def test_a_dispute_takes_the_money_and_a_fee(standin: StandIn, won: bool, state: str, taken: int) -> None:
    gateway = gateway_to(standin)
    paid = charge(gateway, *kept(standin, "pm_card_createDispute"))
    (begun,) = told(standin, "charge.dispute.created")
    opened = gateway.disputed_from(begun)
    assert opened is not None
    assert (opened.payment, opened.state, opened.taken, opened.fee, opened.reason) == (
        paid.provider_id,
        "open",
        USD,
        Money(15_00, "USD"),
        "fraudulent",
    )
    standin.close_dispute(opened.provider_id, won=won)
    (ended,) = told(standin, "charge.dispute.closed")
    closed = gateway.disputed_from(ended)
    assert closed is not None
    assert (closed.state, closed.taken, closed.fee) == (state, Money(taken, "USD"), Money(15_00, "USD"))


def test_an_inquiry_takes_nothing(standin: StandIn) -> None:
    gateway = gateway_to(standin)
    charge(gateway, *kept(standin, "pm_card_createDispute"))
    (begun,) = told(standin, "charge.dispute.created")
    inquiry = {**begun.object, "status": "warning_needs_response", "balance_transactions": []}
    heard = gateway.disputed_from(Notice("stripe", "evt_1", "charge.dispute.created", datetime.now(UTC), inquiry))
    assert heard is not None
    assert (heard.state, heard.taken, heard.fee) == ("open", Money.zero("USD"), Money.zero("USD"))


def test_events_of_others_are_about_nothing(standin: StandIn) -> None:
    gateway = gateway_to(standin)
    notice = Notice("stripe", "evt_1", "payout.paid", datetime.now(UTC), {"object": "payout"})
    assert gateway.charged_from(notice) is None
    assert gateway.refunded_from(notice) is None
    assert gateway.disputed_from(notice) is None


def test_an_event_that_is_torn_is_not_taken_for_one(standin: StandIn) -> None:
    notice = Notice("stripe", "evt_1", "payment_intent.succeeded", datetime.now(UTC), {"object": "payment_intent"})
    with pytest.raises(ProviderUnavailable, match="cannot be understood"):
        gateway_to(standin).charged_from(notice)


EVENT: dict[str, Any] = {
    "object": "event",
    "id": "evt_1",
    "type": "x.y",
    "created": 1_795_000_000,
    "livemode": True,
    "data": {"object": {"id": "x"}},
}


def test_a_body_is_an_event() -> None:
    notice = notice_of("stripe", json.dumps(EVENT).encode())
    assert (notice.event_id, notice.type, notice.object, notice.live) == ("evt_1", "x.y", {"id": "x"}, True)


def test_paystack_is_told_apart_by_type_and_object() -> None:
    body = {
        "event": "charge.success",
        "data": {"id": 302961, "domain": "live", "amount": 10000, "paid_at": "2026-11-20T08:00:00.000Z"},
    }
    notice = notice_of("paystack", json.dumps(body).encode())
    assert (notice.event_id, notice.type, notice.live) == ("charge.success:302961", "charge.success", True)
    assert notice.created_at == datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[]",
        b"7",
        b"null",
        b"[" * 100_000,
        json.dumps({**EVENT, "object": "charge"}).encode(),
        json.dumps({**EVENT, "id": ""}).encode(),
        json.dumps({**EVENT, "id": "x" * 300}).encode(),
        json.dumps({**EVENT, "id": "evt\n1"}).encode(),
        json.dumps({**EVENT, "id": 7}).encode(),
        json.dumps({**EVENT, "type": None}).encode(),
        json.dumps({**EVENT, "created": 1e300}).encode(),
        json.dumps({**EVENT, "created": "soon"}).encode(),
        json.dumps({**EVENT, "data": {"object": []}}).encode(),
        json.dumps({key: value for key, value in EVENT.items() if key != "livemode"}).encode(),
    ],
)
def test_what_is_no_event_is_said_so(body: bytes) -> None:
    for provider in ("stripe", "paystack"):
        with pytest.raises(BadInput):
            notice_of(provider, body)

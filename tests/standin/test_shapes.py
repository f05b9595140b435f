"""What the stand-in shows has the shape that Stripe publishes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import stripe

from debtflow_tui.standin.problems import Problem
from debtflow_tui.standin.server import StandIn
from services.gateways.base import ProviderRefused
from tests.gateways.test_charges import USD, charge, now
from tests.standin.shapes import faults
from tests.support.standin import gateway_to, kept

KINDS: dict[str, type] = {
    "customer": stripe.Customer,
    "payment_method": stripe.PaymentMethod,
    "payment_intent": stripe.PaymentIntent,
    "charge": stripe.Charge,
    "refund": stripe.Refund,
    "dispute": stripe.Dispute,
    "checkout.session": stripe.checkout.Session,
    "event": stripe.Event,
}


def lived(standin: StandIn) -> None:
    """A day in which everything happens once."""
    gateway = gateway_to(standin)
    customer, visa = kept(standin)
    charged = charge(gateway, customer, visa)
    gateway.refund(uuid4(), charged.provider_id, USD)
    for name in ("pm_usBankAccount_success", "pm_usBankAccount_noAccount"):
        customer, bank = kept(standin, name)
        standin.settle(charge(gateway, customer, bank).provider_id)
    customer, poor = kept(standin, outcome="insufficient_funds")
    with pytest.raises(ProviderRefused):
        charge(gateway, customer, poor)
    links = [
        gateway.link(
            uuid4(),
            USD,
            customer=customer,
            description="x",
            expires_at=now() + timedelta(hours=1),
            metadata={},
            save=True,
        )
        for _ in range(3)
    ]
    with pytest.raises(Problem):
        standin.pay(links[0].provider_id, "pm_card_chargeDeclined")
    standin.pay(links[0].provider_id, "pm_card_createDispute")
    standin.pay(links[1].provider_id, "pm_usBankAccount_success")
    gateway.expire_link(links[2].provider_id)
    (dispute,) = standin.book.tables["dispute"].values()
    standin.close_dispute(dispute["id"], won=True)
    refunded = charge(gateway, *kept(standin, "pm_card_refundFail"))
    standin.settle_refund(gateway.refund(uuid4(), refunded.provider_id, USD).provider_id)


def test_everything_that_is_shown_has_stripes_shape(standin: StandIn) -> None:
    lived(standin)
    wrong: list[str] = []
    for table, kind in KINDS.items():
        rows: list[dict[str, Any]] = list(standin.book.tables[table].values())
        assert rows, table
        for row in rows:
            shown = {name: value for name, value in row.items() if not name.startswith("_")}
            wrong += faults(shown, kind, table)
    assert "\n".join(sorted(set(wrong))) == ""
    told = {event["type"]: event["data"]["object"] for event in standin.told()}
    for kind, row in told.items():
        assert list(faults(row, KINDS[row["object"]], kind)) == []
    assert len(told) > 15


def test_the_comparison_finds_what_is_wrong() -> None:
    row = {"id": "re_1", "object": "refund", "amount": "12", "currency": "usd", "created": 1, "reason": "mood", "x": 1}
    found = " ".join(faults(row, stripe.Refund, "refund"))
    for said in ("refund.amount: '12' is no int", "'mood' is none of", "refund.x: unknown"):
        assert said in found
    assert "refund.id: missing from Refund" in " ".join(faults({}, stripe.Refund, "refund"))

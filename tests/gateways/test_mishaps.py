"""Whatever happens on the wire, in whatever order: what the gateway says is true, and nobody pays twice."""

from __future__ import annotations

from contextlib import suppress
from random import Random
from typing import Final
from uuid import UUID, uuid4

import pytest

from debtflow_tui.standin.faults import Fault, FaultKind
from debtflow_tui.standin.server import StandIn
from services.gateways.base import ProviderRefused, ProviderUnavailable, Saved
from services.gateways.stripe import Stripe
from tests.gateways.test_charges import USD, charge, now
from tests.support.standin import gateway_to, kept

KINDS: Final[list[FaultKind]] = ["drop_before", "drop_after", "drop_after", "timeout", "429", "500"]
QUICK: Final = 0.08

MAY_BE: Final = {"succeeded": {1}, "declined": {0}, "not sent": {0}, "unknown": {0, 1}}
"""How many charges there can be after what was said."""


def mishaps(chance: Random) -> list[Fault]:
    return [
        Fault(chance.choice(KINDS), times=chance.randint(1, 2), seconds=QUICK * 1.5, done=chance.random() < 0.5)
        for _ in range(chance.randint(0, 4))
    ]


def said(gateway: Stripe, customer: str, method: Saved, key: UUID) -> str:
    try:
        return charge(gateway, customer, method, key).state
    except ProviderRefused:
        return "declined"
    except ProviderUnavailable as error:
        return "unknown" if error.sent else "not sent"


@pytest.mark.parametrize("seed", range(8))
def test_what_is_said_of_a_charge_is_so(standin: StandIn, seed: int) -> None:
    chance = Random(seed)
    hasty, calm = gateway_to(standin, read=QUICK), gateway_to(standin)
    for _ in range(6):
        customer, visa = kept(standin, outcome=chance.choice([None, None, "insufficient_funds"]))
        key, before = uuid4(), len(standin.charges())
        for fault in mishaps(chance):
            standin.faults.add(fault)
        answer = said(hasty, customer, visa, key)
        standin.faults.clear()
        taken = len(standin.charges()) - before
        assert taken in MAY_BE[answer]
        found = calm.look_up(key, customer=customer, since=now())
        assert (found is not None and found.state == "succeeded") == bool(taken)
        # Asked once more with the same key, it is taken at most once; a 500 may have become this key's answer for good.
        said(calm, customer, visa, key)
        assert sum(row["payment"] == str(key) for row in standin.charges()) <= 1


@pytest.mark.parametrize("seed", range(4))
def test_a_refund_is_returned_once(standin: StandIn, seed: int) -> None:
    chance = Random(seed)
    hasty, calm = gateway_to(standin, read=QUICK), gateway_to(standin)
    for _ in range(4):
        paid, key = charge(calm, *kept(standin)), uuid4()
        for fault in mishaps(chance):
            standin.faults.add(fault)
        for gateway in (hasty, hasty, calm):
            with suppress(ProviderUnavailable):
                gateway.refund(key, paid.provider_id, USD)
        standin.faults.clear()
        returned = calm.look_at(paid.provider_id).refunded
        assert [one.key for one in calm.refunds(paid.provider_id)] == ([key] if returned else [])
        assert returned.minor in (0, USD.minor)

"""One key from fifty hands at once: one act, and everybody is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from services.adjustments import Adjusted, AdjustmentForm, Adjustments
from services.batches import BatchEntry, BatchForm, BatchPosting, PaymentBatches, Totals
from services.charges import Charge, Charges, Refund
from services.payments import PaymentForm, Payments, Receipt, Reversal
from services.receipts import GroupReceipt, Receipts, SpreadForm
from services.store import Store
from tests.charges.conftest import Office
from tests.charges.provider import usd
from tests.kernel.test_races import deadlocks, together
from tests.kernel.test_spread import one_person
from tests.support.house import House

HANDS = 50
Act = Callable[[Store], Any]


class Desk:
    """Two accounts of one person, a charge that was paid, and acts with one key each."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.office = Office(house)
        self.numbers = [house.place(principal=500_00), house.place(principal=500_00)]
        one_person(house, *self.numbers)
        self.method = self.office.saved(self.numbers[0])
        self.paid = self.office.desk("bea").start(self.office.form(self.numbers[0], 40_00, self.method))
        self.receipt = Payments(house.store("bea")).post(PaymentForm(self.numbers[1], usd(20_00), "check")).receipt

    def acts(self) -> dict[str, tuple[type, Act, str]]:
        """What is done, by what it gives and what the database counts of it."""
        first, second = self.numbers
        key = uuid4()
        payment = PaymentForm(first, usd(30_00), "cash", allow_duplicate=True, submission_id=key)
        spread = SpreadForm(
            first, usd(100_00), "check", lines={second: usd(61_00), first: usd(39_00)}, submission_id=key
        )
        fee = AdjustmentForm(first, "fee", "agreed", usd(15_00), submission_id=key)
        entries = [BatchEntry(number, usd(7_00), "cash") for number in (second, first)]
        batch = BatchForm(Totals(2, usd(14_00), None), submission_id=key)
        charge = self.office.form(first, 25_00, self.method, submission_id=key)
        provider, paid = self.office.provider, str(self.paid.receipt)
        payments = "select count(*) from debtflow.payment"
        return {
            "payment": (Receipt, lambda s: Payments(s).post(payment), payments),
            "reversal": (Reversal, lambda s: Payments(s).reverse(self.receipt, "nsf", submission_id=key), payments),
            "spread": (GroupReceipt, lambda s: Receipts(s).post(spread), "select count(*) from debtflow.receipt"),
            "adjustment": (Adjusted, lambda s: Adjustments(s).post(fee), "select count(*) from debtflow.adjustment"),
            "batch": (
                BatchPosting,
                lambda s: PaymentBatches(s).enter(batch, entries),
                "select count(*) from debtflow.payment_batch",
            ),
            "charge": (Charge, lambda s: Charges(s, provider).start(charge), payments),
            "refund": (
                Refund,
                lambda s: Charges(s, provider).refund(paid, usd(15_00), submission_id=key),
                "select count(*) from debtflow.refund",
            ),
        }


def fifty(desk: Desk, what: str, stores: list[Store]) -> None:
    kind, act, count = desk.acts()[what]
    before = desk.house.one(count)
    answers = together([partial(act, stores[hand % len(stores)]) for hand in range(HANDS)])
    assert [answer for answer in answers if not isinstance(answer, kind)] == [], what
    assert desk.house.one(count) == before + 1, what
    if what not in ("charge", "refund"):  # these answer with what is known at that moment
        told: list[Any] = answers
        assert len({str(replace(answer, replayed=False)) for answer in told}) == 1, what
        assert sum(not answer.replayed for answer in told) == 1, what


def test_fifty_hands_with_one_key_each(house: House) -> None:
    desk = Desk(house)
    stores = [house.store(login, size=5) for login in ("bea", "bea")]
    for what in desk.acts():
        fifty(desk, what, stores)
    provider = desk.office.provider
    assert (provider.calls.count("charge"), provider.calls.count("refund")) == (2, 1)
    assert deadlocks(house) == 0
    assert desk.office.sound()


@pytest.mark.torture
@pytest.mark.parametrize("turn", range(10))
def test_fifty_hands_again_and_again(house: House, turn: int) -> None:
    desk = Desk(house)
    stores = [house.store(login, size=25) for login in ("bea", "bea")]
    for what in desk.acts():
        fifty(desk, what, stores)
    assert deadlocks(house) == 0
    assert desk.office.sound()

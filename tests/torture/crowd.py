"""A crowd at few accounts: every kind of act that moves money, status or hands, drawn by a seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from uuid import uuid4

from services.accounts import Accounts
from services.adjustments import AdjustmentForm, Adjustments, Interest
from services.batches import BatchEntry, BatchForm, PaymentBatches, Totals
from services.charges import Charges
from services.domain.money import Money
from services.errors import DebtFlowError
from services.payments import PaymentForm, Payments
from services.receipts import Receipts, SpreadForm
from services.store import Store
from tests.charges.conftest import Office
from tests.charges.provider import notice, usd
from tests.support.house import House


class Crowd:
    """Accounts of one person, and a few stores that many share."""

    def __init__(self, house: House, accounts: int, stores: int, size: int, principal: int = 200_00) -> None:
        self.house = house
        self.office = Office(house)
        self.numbers = [house.place(principal=principal, fees=20_00) for _ in range(accounts)]
        self.methods = {number: self.office.saved(number) for number in self.numbers}
        house.su.execute(
            "with p as (insert into debtflow.person (agency_id) values (1) returning id) "
            "update debtflow.debtor d set person_id = p.id from p, debtflow.account a "
            "where a.debtor_id = d.id and a.number = any (%s)",
            [self.numbers],
        )
        self.desks = [house.store(("bea", "ada")[n % 2], size=size) for n in range(stores)]
        self.worker = house.store("wally", size=size)

    def stream(self, seed: int, acts: int) -> Callable[[], list[DebtFlowError]]:
        """So many acts of one person, one after the other; gives what they were refused."""
        one = Person(self, self.desks[seed % len(self.desks)], Random(seed))
        return lambda: [error for error in (one.act() for _ in range(acts)) if error is not None]


class Person:
    """Somebody who does now this, now that."""

    def __init__(self, crowd: Crowd, store: Store, dice: Random) -> None:
        self.crowd, self.dice = crowd, dice
        self.payments, self.batches, self.receipts = Payments(store), PaymentBatches(store), Receipts(store)
        self.adjustments, self.accounts = Adjustments(store), Accounts(store)
        self.charges = Charges(store, crowd.office.provider)
        self.worker, self.interest = Charges(crowd.worker, crowd.office.provider), Interest(crowd.worker)
        self.acts = (
            self.pay, self.pay, self.pay_many, self.reverse, self.batch, self.keyed_batch, self.spread, self.adjust,
            self.unadjust, self.charge, self.charge, self.refund, self.hear, self.status, self.assign, self.accrue,
        )  # fmt: skip
        self.posted: list[str] = []
        self.adjusted: list[str] = []
        self.charged: list[str] = []
        self.keyed: list[int] = []

    def act(self) -> DebtFlowError | None:
        try:
            self.dice.choice(self.acts)()
        except DebtFlowError as error:
            return error
        return None

    def some(self) -> Sequence[str]:
        """Accounts in no order."""
        return self.dice.sample(self.crowd.numbers, self.dice.randint(2, len(self.crowd.numbers)))

    def one(self) -> str:
        return self.dice.choice(self.crowd.numbers)

    def money(self) -> Money:
        return usd(self.dice.choice((1, 3_33, 10_00)))

    def form(self, number: str) -> PaymentForm:
        return PaymentForm(number, self.money(), "cash", allow_duplicate=True)

    def pay(self) -> None:
        self.posted.append(self.payments.post(self.form(self.one())).receipt)

    def pay_many(self) -> None:
        for answer in self.payments.post_many([self.form(number) for number in self.some()]):
            if isinstance(answer, DebtFlowError):
                raise answer
            self.posted.append(answer.receipt)

    def reverse(self) -> None:
        if self.posted:
            self.payments.reverse(self.posted.pop(), "nsf", submission_id=uuid4())

    def slips(self) -> tuple[BatchForm, list[BatchEntry]]:
        entries = [BatchEntry(number, self.money(), "check", allow_duplicate=True) for number in self.some()]
        whole = Money.sum([entry.amount for entry in entries], "USD")
        return BatchForm(Totals(len(entries), whole, None)), entries

    def batch(self) -> None:
        self.batches.enter(*self.slips())

    def keyed_batch(self) -> None:
        if self.keyed:
            self.batches.post(self.keyed.pop())
        self.key()

    def key(self) -> None:
        form, entries = self.slips()
        self.keyed.append(self.batches.open(form).id)
        self.batches.key(self.keyed[-1], entries)

    def spread(self) -> None:
        self.receipts.post(SpreadForm(self.one(), usd(self.dice.randint(1, 40_00)), "check", allow_duplicate=True))

    def adjust(self) -> None:
        kind, reason = self.dice.choice(
            (("fee", "agreed"), ("cost", "court"), ("write_off", "goodwill"), ("correct_up", "placed_too_low"))
        )
        form = AdjustmentForm(self.one(), kind, reason, usd(self.dice.randint(1, 5_00)))
        self.adjusted.append(self.adjustments.post(form).receipt)

    def unadjust(self) -> None:
        if self.adjusted:
            self.adjustments.reverse(self.adjusted.pop(), "void", submission_id=uuid4())

    def charge(self) -> None:
        number = self.one()
        form = self.crowd.office.form(number, self.money().minor, self.crowd.methods[number], allow_duplicate=True)
        charge = self.charges.start(form)
        if charge.receipt:
            self.charged.append(charge.receipt)

    def refund(self) -> None:
        if self.charged:
            self.charges.refund(self.charged[-1], usd(1), submission_id=uuid4())

    def hear(self) -> None:
        provider = self.crowd.office.provider
        if charges := list(provider.charges.values()):
            self.worker.hear(notice(charged=self.dice.choice(charges)))
        if refunds := list(provider.refunded.values()):
            self.worker.hear(notice(refunded=self.dice.choice(refunds)))
        self.worker.resolve_due(3)

    def status(self) -> None:
        number = self.one()
        to = self.dice.choice(("disputed", "assigned", "payment_plan"))
        self.accounts.change_status(number, to, version=self.accounts.version(number), reason="said so")

    def assign(self) -> None:
        self.accounts.assign(self.some(), self.dice.choice(("ana", "ben")))

    def accrue(self) -> None:
        self.interest.accrue(page=self.dice.choice((1, 2, 500)))

"""Random histories, posted here and written into Beancount: every balance is equal after every step."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.adjustments import AdjustmentForm, Adjustments, Interest
from services.charges import Charges
from services.domain.money import Money
from services.errors import Refused
from services.payments import PaymentForm, Payments
from services.receipts import Receipts, SpreadForm
from tests.charges.conftest import Office
from tests.kernel.second_debts import Debt, Legs, Paid, Terms, spread
from tests.kernel.second_ledger import BUCKETS, SecondLedger, book_name, bucket_name, unapplied_name
from tests.kernel.test_interest import set_clock
from tests.support.cluster import Cluster
from tests.support.house import House

HERE = """
  select 'book', c.code, lb.kind, lb.balance from debtflow.ledger_balance lb join debtflow.client c using (book_id)
   where lb.kind not in ('receivable', 'unapplied') and c.code = any (%(clients)s)
  union all
  select 'debt', a.number, bucket.name, b.due[bucket.no] from debtflow.account a
    join debtflow.client c on c.id = a.client_id and c.code = any (%(clients)s)
    join debtflow.account_balance b on b.account_id = a.id
    cross join (values (1, 'principal'), (2, 'interest'), (3, 'fees'), (4, 'costs')) bucket(no, name)
  union all
  select 'debt', a.number, 'unapplied', -b.unapplied from debtflow.account a
    join debtflow.client c on c.id = a.client_id and c.code = any (%(clients)s)
    join debtflow.account_balance b on b.account_id = a.id"""
CLOSED = """
  select a.number from debtflow.account a join debtflow.client c on c.id = a.client_id and c.code = any (%s)
   where a.status = 'closed' order by 1"""
REASONS = {
    "fee": "agreed",
    "cost": "court",
    "write_off": "goodwill",
    "correct_up": "placed_too_low",
    "correct_down": "placed_too_high",
}
ORDERS = (("costs", "fees", "interest", "principal"), ("interest", "principal", "fees", "costs"))
minor = st.integers(1, 900_00)
parts = st.tuples(*[st.integers(0, 400_00)] * 4).filter(any)
pick = st.integers(0, 99)


@pytest.fixture(scope="module")
def house(cluster: Cluster) -> Iterator[House]:
    with cluster.clone() as database:
        opened = House(cluster, database)
        yield opened
        opened.close()


class Histories(RuleBasedStateMachine):
    """The histories share one house, whose clock only goes forward; each has two clients of its own."""

    house: House
    office: Office
    today: ClassVar[date] = date(2027, 1, 4)
    names: ClassVar[Iterator[int]] = count()

    def __init__(self) -> None:
        super().__init__()
        self.second = SecondLedger()
        self.terms = [self._contract(2500, 3650, ORDERS[0]), self._contract(3333, 0, ORDERS[1])]
        self.debts: list[Debt] = []
        self.standing: list[tuple[Debt, Paid, str]] = []
        self.charged: list[tuple[Debt, Paid, str]] = []
        self.adjusted: list[tuple[Debt, str, dict[str, int], str]] = []
        self._sign_in()

    # ---- what happens

    @initialize(first=parts, second=parts)
    def two_debts(self, first: tuple[int, ...], second: tuple[int, ...]) -> None:
        self.place(first, 0)
        self.place(second, 1)

    @rule(owed=parts, which=st.integers(0, 1))
    def place(self, owed: tuple[int, ...], which: int) -> None:
        terms, due = self.terms[which], dict(zip(BUCKETS, owed, strict=True))
        number = self.house.place(
            client=terms.client, ref=f"SECOND-{uuid4()}", placed=self.today, principal=due["principal"],
            interest=due["interest"], fees=due["fees"], costs=due["costs"],
        )  # fmt: skip
        self.debts.append(Debt(number, terms, self.today, due))
        self._one_person()
        self._write(self.debts[-1].place())

    @rule(at=pick, amount=minor, method=st.sampled_from(("cash", "check", "paid_to_client")), ago=st.integers(0, 40))
    def pay(self, at: int, amount: int, method: str, ago: int) -> None:
        debt, held = self._pick(at), method != "paid_to_client"
        if not debt.owed:
            return
        amount = amount if held else min(amount, debt.owed)
        on = max(debt.placed, self.today - timedelta(days=ago))
        form = PaymentForm(
            debt.number, usd(amount), method, effective_on=on, overpayment="unapplied", allow_duplicate=True
        )
        receipt = self.payments.post(form).receipt
        self._standing(debt, receipt, *debt.pay(amount, on, held=held))

    @rule(at=pick, amount=st.integers(1, 1500_00))
    def pay_for_several(self, at: int, amount: int) -> None:
        amount = min(amount, sum(debt.owed for debt in self.debts))
        if not amount:
            return
        form = SpreadForm(self._pick(at).number, usd(amount), "check", allow_duplicate=True)
        answer = self.receipts.post(form)
        receipts = {line.account: line.receipt for line in answer.lines if line.amount}
        expected = spread(amount, self.debts)
        assert set(receipts) == {debt.number for debt, _ in expected}
        for debt, part in expected:
            self._standing(debt, str(receipts[debt.number]), *debt.pay(part, self.today, held=True))

    @precondition(lambda self: self.standing)
    @rule(at=pick, reason=st.sampled_from(("nsf", "void", "chargeback")))
    def reverse(self, at: int, reason: str) -> None:
        debt, paid, receipt = self.standing.pop(at % len(self.standing))
        self.payments.reverse(receipt, reason, submission_id=uuid4())
        self._write(debt.unpay(paid, self.today))

    @rule(at=pick, amount=minor)
    def charge(self, at: int, amount: int) -> None:
        debt = self._pick(at)
        if not debt.owed:
            return
        amount = min(amount, debt.owed)
        charge = self.charges.start(self.office.form(debt.number, amount, allow_duplicate=True))
        legs, paid = debt.pay(amount, self.today, held=True)
        self.charged.append((debt, paid, str(charge.receipt)))
        self._write(legs)

    @precondition(lambda self: self.charged)
    @rule(at=pick, amount=minor)
    def refund(self, at: int, amount: int) -> None:
        debt, paid, receipt = self.charged[at % len(self.charged)]
        left = paid.applied - paid.back
        if left:
            amount = min(amount, left)
            assert self.charges.refund(receipt, usd(amount), submission_id=uuid4()).left == usd(left - amount)
            self._write(debt.give_back(paid, amount, self.today))

    @rule(at=pick, amount=minor, kind=st.sampled_from(sorted(REASONS)), bucket=st.sampled_from((None, *BUCKETS)))
    def adjust(self, at: int, amount: int, kind: str, bucket: str | None) -> None:
        debt = self._pick(at)
        own = {"fee": "fees", "cost": "costs"}.get(kind, bucket if kind == "write_off" else bucket or "principal")
        named = None if kind in ("fee", "cost") else bucket
        lowers = kind in ("write_off", "correct_down")
        amount = min(amount, debt.due[own] if own else debt.owed) if lowers else amount
        if not amount or not debt.owed:
            return
        form = AdjustmentForm(debt.number, kind, REASONS[kind], usd(amount), bucket=named)
        receipt = self.adjustments.post(form).receipt
        parts = {own: -amount if lowers else amount} if own else debt.written_off(amount)
        self.adjusted.append((debt, kind, parts, receipt))
        self._write(debt.adjust(kind, parts, self.today))

    @precondition(lambda self: self.adjusted)
    @rule(at=pick)
    def take_back(self, at: int) -> None:
        """What was added can be taken back while it is still owed."""
        debt, kind, parts, receipt = self.adjusted.pop(at % len(self.adjusted))
        if any(part > debt.due[bucket] for bucket, part in parts.items()):
            with pytest.raises(Refused):
                self.adjustments.reverse(receipt, "void", submission_id=uuid4())
            return
        self.adjustments.reverse(receipt, "void", submission_id=uuid4())
        self._write(debt.adjust(kind, {bucket: -part for bucket, part in parts.items()}, self.today))

    @rule(days=st.integers(1, 40), accrues=st.booleans())
    def days_pass(self, days: int, accrues: bool) -> None:
        for _ in range(days):
            for debt in self.debts:
                debt.day_passes(self.today)
            type(self).today += timedelta(days=1)
        self._sign_in()
        if accrues:
            Interest(self.house.store("wally", size=1)).accrue_due()
            for debt in self.debts:
                self._write(debt.accrue(self.today))

    # ---- what holds

    @invariant()
    def both_say_the_same(self) -> None:
        assert self._here() == self.second.balances()

    @invariant()
    def who_owes_nothing_is_closed(self) -> None:
        closed = [row[0] for row in self.house.su.execute(CLOSED, [self._clients()]).fetchall()]
        assert closed == sorted(debt.number for debt in self.debts if not debt.owed)

    def teardown(self) -> None:
        self.house.close_stores()

    # ---- inside

    def _contract(self, rate: int, interest_bp: int, order: tuple[str, ...]) -> Terms:
        code = f"SEC{next(self.names)}"
        self.house.su.execute(
            "select debtflow.client_create('HARBOR', %s, %s, %s, %s::smallint[], '2020-01-01', 'one_collector', "
            "'{ana}', null, 'oldest_first', %s)",
            [code, f"Client {code}", rate, [BUCKETS.index(bucket) + 1 for bucket in order], interest_bp],
        )
        return Terms(code, rate, order, interest_bp)

    def _sign_in(self) -> None:
        """A session does not outlive so many days."""
        set_clock(self.house, self.today)
        self.house.close_stores()
        store, admin = self.house.store("bea", size=1), self.house.store("ada", size=1)
        self.payments, self.receipts = Payments(store), Receipts(store)
        self.charges, self.adjustments = Charges(store, self.office.provider), Adjustments(admin)

    def _one_person(self) -> None:
        self.house.su.execute(
            "with p as (insert into debtflow.person (agency_id) values (1) returning id) "
            "update debtflow.debtor d set person_id = p.id from p, debtflow.account a "
            "where a.debtor_id = d.id and a.number = any (%s)",
            [[debt.number for debt in self.debts]],
        )

    def _standing(self, debt: Debt, receipt: str, legs: Legs, paid: Paid) -> None:
        self.standing.append((debt, paid, receipt))
        self._write(legs)

    def _write(self, legs: Legs) -> None:
        if any(legs.values()):
            self.second.write(self.today, legs)

    def _pick(self, at: int) -> Debt:
        return self.debts[at % len(self.debts)]

    def _clients(self) -> list[str]:
        return [terms.client for terms in self.terms]

    def _here(self) -> dict[str, int]:
        def name(row: Any) -> str:
            of, what, kind, _ = row
            if of == "book":
                return book_name(what, kind)
            return unapplied_name(what) if kind == "unapplied" else bucket_name(what, kind)

        rows = self.house.su.execute(HERE, {"clients": self._clients()}).fetchall()
        return {name(row): row[3] for row in rows if row[3]}


def usd(amount: int) -> Money:
    return Money(amount, "USD")


def run(house: House, examples: int, steps: int) -> None:
    """A history that fails is shown as it was found: making it smaller would play it on the database for minutes."""
    Histories.house, Histories.office = house, Office(house)
    phases = [Phase.generate]
    run_state_machine_as_test(
        Histories, settings=settings(max_examples=examples, stateful_step_count=steps, phases=phases)
    )


def test_a_second_ledger_says_the_same(house: House) -> None:
    run(house, 6, 12)


@pytest.mark.torture
def test_a_second_ledger_says_the_same_for_long(house: House) -> None:
    run(house, int(os.environ.get("EXAMPLES", "200")), 40)

"""Random histories, posted here and written into Beancount: every balance is equal after every step."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.domain.money import Money
from services.payments import PaymentForm, Payments
from tests.kernel.second_ledger import (
    BUCKETS,
    SecondLedger,
    allocated,
    book_name,
    bucket_name,
    commission,
    unapplied_name,
)
from tests.support.cluster import Cluster
from tests.support.house import House

RATES = {"HXL": 2500, "MED": 3000}
TODAY = date(2026, 11, 1)
HERE = """
  select 'book', c.code, lb.kind, lb.balance from debtflow.ledger_balance lb join debtflow.client c using (book_id)
   where lb.kind not in ('receivable', 'unapplied')
  union all
  select 'debt', a.number, bucket.name, b.due[bucket.no] from debtflow.account a
    join debtflow.account_balance b on b.account_id = a.id
    cross join (values (1, 'principal'), (2, 'interest'), (3, 'fees'), (4, 'costs')) bucket(no, name)
  union all
  select 'debt', a.number, 'unapplied', -b.unapplied from debtflow.account a
    join debtflow.account_balance b on b.account_id = a.id"""
minor = st.integers(1, 900_00)
parts = st.tuples(*[st.integers(0, 400_00)] * 4).filter(any)


@pytest.fixture(scope="module")
def house(cluster: Cluster) -> Iterator[House]:
    with cluster.clone() as database:
        opened = House(cluster, database)
        yield opened
        opened.close()


class Histories(RuleBasedStateMachine):
    house: House

    def __init__(self) -> None:
        super().__init__()
        self.desk = Payments(self.house.store("bea"))
        self.second = SecondLedger()
        self.due: dict[str, dict[str, int]] = {}
        self.client: dict[str, str] = {}
        self.standing: list[tuple[str, dict[str, int], dict[str, int], str]] = []
        self.before = self._here()

    @initialize(first=parts, second=parts)
    def two_debts(self, first: tuple[int, ...], second: tuple[int, ...]) -> None:
        self.place(first, "HXL")
        self.place(second, "MED")

    @rule(owed=parts, client=st.sampled_from(sorted(RATES)))
    def place(self, owed: tuple[int, ...], client: str) -> None:
        due = dict(zip(BUCKETS, owed, strict=True))
        principal, interest, fees, costs = owed
        number = self.house.place(
            client=client, ref=f"SECOND-{uuid4()}", principal=principal, interest=interest, fees=fees, costs=costs
        )
        self.due[number], self.client[number] = due, client
        legs = {bucket_name(number, bucket): amount for bucket, amount in due.items()}
        self.second.write(TODAY, legs | {book_name(client, "control"): -sum(due.values())})

    @rule(pick=st.integers(0, 99), amount=minor, method=st.sampled_from(("cash", "check", "paid_to_client")))
    def pay(self, pick: int, amount: int, method: str) -> None:
        number = self._pick(pick)
        due, client = self.due[number], self.client[number]
        held = method != "paid_to_client"
        amount = amount if held else min(amount, sum(due.values()))
        if not sum(due.values()):
            return
        receipt = self.desk.post(
            PaymentForm(number, Money(amount, "USD"), method, overpayment="unapplied", allow_duplicate=True)
        )
        fell = allocated(amount, due)
        applied, earned = sum(fell.values()), commission(sum(fell.values()), RATES[client])
        legs = {bucket_name(number, bucket): -part for bucket, part in fell.items()}
        legs |= {
            unapplied_name(number): applied - amount,
            book_name(client, "trust"): amount if held else 0,
            book_name(client, "control"): applied,
            book_name(client, "client_due"): earned - applied if held else earned,
            book_name(client, "commission"): -earned,
        }
        self._write(number, legs, fell, -1)
        self.standing.append((number, legs, fell, receipt.receipt))

    @precondition(lambda self: self.standing)
    @rule(pick=st.integers(0, 99), reason=st.sampled_from(("nsf", "void", "chargeback")))
    def reverse(self, pick: int, reason: str) -> None:
        number, legs, fell, receipt = self.standing.pop(pick % len(self.standing))
        self.desk.reverse(receipt, reason, submission_id=uuid4())
        self._write(number, {name: -amount for name, amount in legs.items()}, fell, 1)

    @invariant()
    def both_say_the_same(self) -> None:
        assert self._moved() == self.second.balances()

    def _write(self, number: str, legs: dict[str, int], fell: dict[str, int], sign: int) -> None:
        self.second.write(TODAY, legs)
        for bucket, part in fell.items():
            self.due[number][bucket] += sign * part

    def _pick(self, pick: int) -> str:
        return sorted(self.due)[pick % len(self.due)]

    def _here(self) -> dict[str, int]:
        def name(row: Any) -> str:
            of, what, kind, _ = row
            if of == "book":
                return book_name(what, kind)
            return unapplied_name(what) if kind == "unapplied" else bucket_name(what, kind)

        rows = self.house.su.execute(HERE).fetchall()
        return {name(row): row[3] for row in rows if row[1] in RATES or row[0] == "debt"}

    def _moved(self) -> dict[str, int]:
        """What has changed since this history began: the histories share one house."""
        change = {name: now - self.before.get(name, 0) for name, now in self._here().items()}
        return {name: amount for name, amount in change.items() if amount}


def run(house: House, examples: int, steps: int) -> None:
    Histories.house = house
    run_state_machine_as_test(Histories, settings=settings(max_examples=examples, stateful_step_count=steps))


def test_a_second_ledger_says_the_same(house: House) -> None:
    run(house, 8, 12)


@pytest.mark.torture
def test_a_second_ledger_says_the_same_for_long(house: House) -> None:
    run(house, int(os.environ.get("EXAMPLES", "200")), 40)

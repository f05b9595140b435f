"""Balances and statements at a moment of both clocks are what adding up the legs by hand gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.domain.money import Money
from services.errors import BadInput, Refused
from services.ledger import Clocks, Ledger, Subject
from services.ledger.results import KINDS, StatementLine
from services.payments import PaymentForm, Payments
from tests.support.cluster import Cluster
from tests.support.house import House

PLACED = date(2025, 11, 1)
BUCKETS = ("principal", "interest", "fees", "costs")


@pytest.fixture(scope="module")
def house(cluster: Cluster) -> Iterator[House]:
    with cluster.clone() as database:
        opened = House(cluster, database)
        yield opened
        opened.close()


@dataclass(frozen=True)
class Leg:
    """A leg as the superuser reads it, with its transfer's clocks."""

    transfer: int
    no: int
    effective_on: date
    recorded_at: datetime
    debit: int
    credit: int
    account: str
    amount: int
    parts: list[int] | None

    def within(self, at: Clocks) -> bool:
        return (at.as_of is None or self.effective_on <= at.as_of) and (
            at.known_at is None or self.recorded_at <= at.known_at
        )


LEGS = """
  select t.id, l.no, t.effective_on, t.recorded_at, l.debit, l.credit, a.number, l.amount, l.parts
    from debtflow.transfer t join debtflow.leg l on l.transfer_id = t.id left join debtflow.account a on
    a.id = l.account_id
   where t.agency_id = 1 order by t.id, l.no"""


def legs_of(house: House) -> list[Leg]:
    return [Leg(*row) for row in house.su.execute(LEGS).fetchall()]


acts = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.integers(1, 90_00),
        st.sampled_from(["cash", "check", "paid_to_client"]),
        st.integers(0, 300),
        st.booleans(),
    ),
    min_size=3,
    max_size=7,
)
moments = st.tuples(st.none() | st.integers(0, 310), st.none() | st.integers(0, 30))


@settings(max_examples=12)
@given(done=acts, asked=st.lists(moments, min_size=3, max_size=3))
def test_every_answer_is_the_sum_of_its_legs(
    house: House, done: list[tuple[int, int, str, int, bool]], asked: list[tuple[int | None, int | None]]
) -> None:
    numbers = [
        house.place(principal=150_00, fees=20_00, client="HXL", ref=str(uuid4())),
        house.place(principal=90_00, interest=9_99, client="MED", collector="ben", ref=str(uuid4())),
    ]
    work(house, numbers, done)
    legs = legs_of(house)
    ledger = Ledger(house.store("rex", size=1))
    mine = [leg.recorded_at for leg in legs if leg.account in numbers]
    for day, known in asked:
        at = Clocks(
            None if day is None else PLACED + timedelta(days=day), None if known is None else mine[known % len(mine)]
        )
        kept = [leg for leg in legs if leg.within(at)]
        check_books(house, ledger, at, kept)
        for number in numbers:
            check_debt(ledger, number, at, [leg for leg in kept if leg.account == number])
    check_pages(ledger, legs)
    for store in house._stores[1:]:
        store.close()


def work(house: House, numbers: Sequence[str], done: Sequence[tuple[int, int, str, int, bool]]) -> None:
    """Payments, some of them reversed; what the rules refuse stays undone."""
    desk = Payments(house.store("bea", size=1))
    for which, minor, method, day, reverse in done:
        form = PaymentForm(
            numbers[which], Money(minor, "USD"), method, effective_on=PLACED + timedelta(days=day),
            overpayment="refuse" if method == "paid_to_client" else "unapplied", allow_duplicate=True,
        )  # fmt: skip
        try:
            receipt = desk.post(form)
            if reverse:
                desk.reverse(receipt.receipt, "nsf", submission_id=uuid4())
        except Refused:
            continue


def check_books(house: House, ledger: Ledger, at: Clocks, legs: Sequence[Leg]) -> None:
    expected: Counter[int] = Counter()
    for leg in legs:
        expected[leg.debit] += leg.amount
        expected[leg.credit] -= leg.amount
    books: dict[str, int] = dict(
        house.su.execute("select code, book_id from debtflow.client where agency_id = 1").fetchall()
    )
    chart = ledger.accounts(at)
    told = {(each.client, each.kind): each.debit.minor for each in chart.accounts}
    assert told == {
        (client, kind): expected[book * 16 + slot]
        for client, book in books.items()
        for slot, kind in enumerate(KINDS, start=1)
    }
    trial = ledger.trial_balance(at)
    assert trial.ok
    debits = sum(n for n in expected.values() if n > 0)
    assert [total.debit.minor for total in trial.totals] == ([debits] if debits else [])
    trust = ledger.trust(at)
    assert trust.holds
    assert trust.totals[0].cash.minor == sum(line.cash.minor for line in trust.clients)


def check_debt(ledger: Ledger, number: str, at: Clocks, legs: Sequence[Leg]) -> None:
    due, held = [0, 0, 0, 0], 0
    lines: list[tuple[int, int, int, int]] = []
    for leg in legs:
        if leg.parts is not None:
            sign = 1 if leg.debit % 16 == 2 else -1
            due = [owed + sign * part for owed, part in zip(due, leg.parts, strict=True)]
            lines.append((leg.transfer, leg.no, sign * leg.amount, sum(due)))
        elif 3 in (leg.debit % 16, leg.credit % 16):
            held += leg.amount if leg.credit % 16 == 3 else -leg.amount
    balance = ledger.balance(number, at)
    assert [balance.buckets[name].minor for name in BUCKETS] == due
    assert (balance.balance.minor, balance.unapplied.minor) == (sum(due), held)
    told = whole(ledger, Subject(account=number), at, limit=3)
    assert [(line.transfer, line.leg, line.amount.minor, line.after.minor) for line in told] == lines[::-1]


def check_pages(ledger: Ledger, legs: Sequence[Leg]) -> None:
    """A client's statement, page by page, ends at nothing."""
    for kind in ("trust", "client_due", "unapplied"):
        slot = KINDS.index(kind) + 1
        lines = whole(ledger, Subject(client="HXL", kind=kind), Clocks(), limit=4)
        mine = [leg for leg in legs if leg.transfer in {line.transfer for line in lines}]
        expected = [leg for leg in mine if 1 * 16 + slot in (leg.debit, leg.credit)]
        assert [(line.transfer, line.leg) for line in lines] == [(leg.transfer, leg.no) for leg in expected][::-1]
        if lines:
            assert lines[-1].after == lines[-1].amount
        for newer, older in pairwise(lines):
            assert newer.after - newer.amount == older.after


def whole(ledger: Ledger, subject: Subject, at: Clocks, limit: int) -> list[StatementLine]:
    found: list[StatementLine] = []
    page = ledger.statement(subject, at, limit=limit)
    found += page.lines
    while page.next:
        page = ledger.statement(subject, at, limit=limit, after=page.next)
        found += page.lines
    assert not found or found[0].after == page.balance
    return found


def test_a_cursor_fits_only_the_statement_it_came_from(house: House) -> None:
    number = house.place(principal=10_00, fees=1_00)
    Payments(house.store("bea")).post(PaymentForm(number, Money(1_00, "USD"), "cash"))
    ledger = Ledger(house.store("bea"))
    after = ledger.statement(Subject(account=number), limit=1).next
    assert after is not None
    with pytest.raises(BadInput, match="another statement"):
        ledger.statement(Subject(client="HXL"), after=after)
    for forged in ("x", "WzFd", "", "é"):
        with pytest.raises(BadInput):
            ledger.statement(Subject(account=number), after=forged)

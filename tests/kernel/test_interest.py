"""Interest: to the cent what the days come to, whatever was posted, paused, disputed or entered late meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from services.accounts import Accounts
from services.adjustments import Accrual, AdjustmentForm, Adjustments, Interest
from services.domain.money import Money
from services.errors import BadInput, NotAllowed, NotFound, Refused
from services.payments import PaymentForm, Payments
from tests.kernel.test_adjustments import due, sound
from tests.kernel.test_races import proved, together, usd
from tests.support.house import House

START = date(2027, 1, 4)


def set_clock(house: House, day: date) -> None:
    """Noon of that day at Harbor; sessions opened before it may have ended."""
    house.su.execute(
        f"create or replace function debtflow.kernel_now() returns timestamptz language sql stable parallel safe "
        f"as $$select timestamptz '{day} 12:00 America/Chicago'$$"
    )


def rate(house: House, basis_points: int, since: date = date(2020, 1, 1)) -> None:
    house.su.execute(
        "insert into debtflow.contract (agency_id, client_id, starts_on, commission_bp, bucket_order, interest_bp) "
        "values (1, 1, %s, 2500, '{4,3,2,1}', %s) on conflict (client_id, starts_on) do update "
        "set interest_bp = excluded.interest_bp",
        [since, basis_points],
    )


def half_up(basis: int) -> int:
    return (basis + 1_825_000) // 3_650_000


def accrue(house: House, day: date) -> int:
    set_clock(house, day)
    return Interest(house.store("wally")).accrue_due()


def test_days_of_downtime_are_caught_up_and_nothing_is_posted_twice(house: House) -> None:
    rate(house, 600)
    number = house.place(principal=1000_00, placed=START)
    none = house.place(principal=1000_00, client="MED", placed=START)
    assert accrue(house, START) == 0
    assert accrue(house, START + timedelta(days=1)) == 1
    assert due(house, number)[1] == 16  # 16.438…
    assert accrue(house, START + timedelta(days=11)) == 1
    assert due(house, number)[1] == half_up(1000_00 * 600 * 11) == 181
    assert accrue(house, START + timedelta(days=11)) == 0
    assert accrue(house, START + timedelta(days=365)) == 1
    assert due(house, number)[1] == 60_00
    assert due(house, none)[1] == 0
    kinds = "select count(*) from debtflow.transfer where kind = 'interest'"
    assert house.one(kinds) == 3
    assert sound(house)


def test_a_page_of_one_does_the_same_and_two_workers_do_it_once(house: House) -> None:
    rate(house, 1000)
    numbers = [house.place(principal=365_00, placed=START) for _ in range(5)]
    set_clock(house, START + timedelta(days=10))
    worker, other = Interest(house.store("wally")), Interest(house.store("bea"))
    answers = together([lambda: worker.accrue(page=1), lambda: other.accrue(page=2)])
    assert sum(answer.posted for answer in answers if isinstance(answer, Accrual)) == 5
    assert {due(house, number)[1] for number in numbers} == {1_00}
    assert proved(house)


def test_a_payment_entered_late_puts_right_what_was_posted_too_much(house: House) -> None:
    rate(house, 3650)
    number = house.place(principal=1000_00, placed=START)
    accrue(house, START + timedelta(days=10))
    assert due(house, number)[1] == 10_00
    late = PaymentForm(number, usd(510_00), "check", effective_on=START + timedelta(days=5))
    Payments(house.store("ana")).post(late)
    assert due(house, number) == [500_00, 0, 0, 0]
    payoff = Interest(house.store("ana")).payoff(number)
    assert (payoff.interest_to_come, payoff.payoff) == (usd(0), usd(500_00))
    for day, owed in ((12, 0), (15, 0), (16, 50), (17, 1_00)):  # 2.50 too much, made up for by five days
        accrue(house, START + timedelta(days=day))
        assert due(house, number)[1] == owed, day
    assert sound(house)


def test_what_is_still_owed_of_the_too_much_is_given_back(house: House) -> None:
    rate(house, 3650)
    number = house.place(principal=1000_00, placed=START, interest=1)
    accrue(house, START + timedelta(days=10))
    house.su.execute("update debtflow.contract set bucket_order = '{1,2,3,4}'")
    late = PaymentForm(number, usd(500_00), "check", effective_on=START + timedelta(days=5))
    Payments(house.store("ana")).post(late)
    assert Interest(house.store("ana")).payoff(number).interest_to_come == usd(-2_50)
    accrue(house, START + timedelta(days=11))
    assert due(house, number)[1] == 1 + 7_50 + 50
    assert sound(house)


def test_disputed_paused_and_closed_days_are_free(house: House) -> None:
    rate(house, 3650)
    number = house.place(principal=1000_00, placed=START)
    set_clock(house, START + timedelta(days=2))
    accounts = Accounts(house.store("ana"))
    accounts.change_status(number, "disputed", version=accounts.version(number), reason="never heard of it")
    assert accrue(house, START + timedelta(days=5)) == 0
    payoff = Interest(house.store("ana")).payoff(number, START + timedelta(days=40))
    assert (payoff.stopped, payoff.interest_to_come) == ("disputed", usd(2_00))
    accounts = Accounts(house.store("ana"))
    accounts.change_status(number, "assigned", version=accounts.version(number), reason="shown the contract")
    accrue(house, START + timedelta(days=6))
    assert due(house, number)[1] == 3_00
    paused = Interest(house.store("ana")).pause(number, "hardship letter of 10 January")
    assert (paused.stopped, paused.note, paused.daily) == ("paused", "hardship letter of 10 January", "0.000000")
    with pytest.raises(Refused):
        Interest(house.store("ana")).pause(number, "again")
    accrue(house, START + timedelta(days=9))
    assert due(house, number)[1] == 3_00
    assert Interest(house.store("ana")).resume(number).stopped is None
    with pytest.raises(NotFound):
        Interest(house.store("ana")).resume(number)
    accrue(house, START + timedelta(days=10))
    assert due(house, number)[1] == 4_00
    assert sound(house)


def test_the_rate_is_that_of_each_days_contract(house: House) -> None:
    rate(house, 0)
    rate(house, 3650, START + timedelta(days=2))
    rate(house, 1825, START + timedelta(days=5))
    number = house.place(principal=1000_00, placed=START)
    accrue(house, START + timedelta(days=9))
    assert due(house, number)[1] == 3 * 1_00 + 4 * 50
    payoff = Interest(house.store("ana")).payoff(number)
    assert (payoff.rate_bp, payoff.daily, payoff.since) == (1825, "0.500000", START + timedelta(days=5))


def test_the_payoff_is_what_is_owed_on_that_day(house: House) -> None:
    rate(house, 600)
    number = house.place(principal=1000_00, placed=START)
    set_clock(house, START)
    desk, on = Interest(house.store("ana")), START + timedelta(days=45)
    payoff = desk.payoff(number, on)
    assert (payoff.balance, payoff.interest_to_come) == (usd(1000_00), usd(half_up(1000_00 * 600 * 45)))
    accrue(house, on)
    assert sum(due(house, number)) == payoff.payoff.minor
    assert Interest(house.store("ana")).payoff(number).payoff == payoff.payoff
    for day in (on - timedelta(days=1), on + timedelta(days=4000)):
        with pytest.raises(BadInput):
            Interest(house.store("ana")).payoff(number, day)
    for login in ("ben", "zoe"):
        with pytest.raises(NotFound):
            Interest(house.store(login)).payoff(number)
    for login in ("ana", "rex"):
        with pytest.raises(NotAllowed):
            Interest(house.store(login)).accrue_due()


def test_the_largest_debt_there_can_be_overflows_nothing(house: House) -> None:
    rate(house, 10_000)
    number = house.place(principal=10**15, placed=START)
    accrue(house, START + timedelta(days=365))
    assert due(house, number)[1] == 10**15
    assert proved(house)


# ---- any history -----------------------------------------------------------------------------------------------------


@dataclass
class Model:
    """What the days come to, one by one: the arithmetic that the kernel has to agree with."""

    moves: list[tuple[date, int]] = field(default_factory=list)
    free: set[date] = field(default_factory=set)

    def interest(self, until: date, bp: int) -> int:
        day, basis = START, 0
        while day < until:
            principal = sum(amount for since, amount in self.moves if since <= day)
            basis += 0 if day in self.free else max(principal, 0) * bp
            day += timedelta(days=1)
        return half_up(basis)


class Calendar(RuleBasedStateMachine):
    """One account through days of payments late and early, corrections, disputes and pauses."""

    house: House

    @initialize(principal=st.integers(1, 2_000_00), bp=st.integers(0, 10_000))
    def place(self, principal: int, bp: int) -> None:
        self.today, self.bp, self.stopped = START, bp, ""
        rate(self.house, bp)
        set_clock(self.house, START)
        self.number = self.house.place(principal=principal, placed=START, ref=str(uuid4()))
        self.model = Model([(START, principal)])

    @rule(days=st.integers(1, 40))
    def time_passes(self, days: int) -> None:
        for _ in range(days):
            if self.stopped:
                self.model.free.add(self.today)
            self.today += timedelta(days=1)
        set_clock(self.house, self.today)

    @rule(minor=st.integers(1, 500_00), ago=st.integers(0, 60))
    def pay(self, minor: int, ago: int) -> None:
        on = max(START, self.today - timedelta(days=ago))
        form = PaymentForm(self.number, usd(minor), "cash", effective_on=on, allow_duplicate=True)
        try:
            receipt = Payments(self.house.store("bea")).post(form)
        except Refused:
            return
        principal = next(line.amount.minor for line in receipt.allocation if line.bucket == "principal")
        self.model.moves.append((on, -principal))
        self._closed(receipt.balance)

    @rule(minor=st.integers(1, 300_00), up=st.booleans())
    def correct(self, minor: int, up: bool) -> None:
        kind, reason = ("correct_up", "placed_too_low") if up else ("correct_down", "placed_too_high")
        try:
            done = Adjustments(self.house.store("ada")).post(AdjustmentForm(self.number, kind, reason, usd(minor)))
        except Refused:
            return
        self.model.moves.append((self.today, minor if up else -minor))
        self._closed(done.balance)

    @rule()
    def pause_or_resume(self) -> None:
        desk = Interest(self.house.store("bea"))
        if self.stopped == "paused":
            desk.resume(self.number)
            self.stopped = ""
        elif not self.stopped:
            desk.pause(self.number, "asked for")
            self.stopped = "paused"

    @rule()
    def dispute_or_not(self) -> None:
        accounts = Accounts(self.house.store("bea"))
        if self.stopped in ("", "disputed"):
            to = "assigned" if self.stopped else "disputed"
            accounts.change_status(self.number, to, version=accounts.version(self.number), reason="said so")
            self.stopped = "" if self.stopped else "disputed"

    @rule()
    def accrue(self) -> None:
        Interest(self.house.store("wally")).accrue(page=1)
        # What is posted today is not undone today; the day that a run has been through is through.
        self._closed(Money(sum(due(self.house, self.number)), "USD"))

    @invariant()
    def the_payoff_is_what_the_days_come_to(self) -> None:
        if not hasattr(self, "model"):
            return
        payoff = Interest(self.house.store("bea")).payoff(self.number)
        owed = self.model.interest(self.today, self.bp)
        balance = due(self.house, self.number)
        assert payoff.interest_to_come.minor == max(owed - payoff.posted.minor, -balance[1])
        assert min(balance) >= 0
        assert payoff.payoff.minor >= 0

    def _closed(self, balance: Money) -> None:
        if not balance:
            self.stopped = "closed"

    def teardown(self) -> None:
        assert proved(self.house)
        for store in self.house._stores:
            store.close()
        self.house._stores.clear()
        self.house._placing = None


def test_any_history(house: House) -> None:
    machine: Any = type("Calendar", (Calendar,), {"house": house})
    run_state_machine_as_test(
        machine, settings=settings(settings.get_profile("house"), max_examples=8, stateful_step_count=12)
    )

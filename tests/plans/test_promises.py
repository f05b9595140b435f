"""Promises are kept or broken by the payments and the calendar, whether the worker has run or not."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from services.accounts import Accounts
from services.errors import BadInput, NotAllowed, NotFound, Refused
from services.plans import Promise, PromiseForm
from tests.plans.conftest import Office, usd

DUE = date(2026, 12, 5)


def newest(office: Office, number: str) -> Promise:
    return office.promises("bea").of_account(number)[0]


def parts(promise: Promise) -> list[str]:
    return [part.state for part in promise.parts]


def test_kept_by_the_money_broken_by_the_day(office: Office) -> None:
    number = office.account()
    office.promises().make(number, PromiseForm(usd(100_00), DUE, grace_days=2))
    assert newest(office, number).state == "open"
    first = office.pay(number, 40_00)
    office.turn(date(2026, 12, 7))
    assert (newest(office, number).state, newest(office, number).parts[0].paid) == ("open", usd(40_00))
    second = office.pay(number, 60_00)
    assert newest(office, number).state == "kept"
    office.bounce(second)
    assert newest(office, number).state == "open"
    office.turn(date(2026, 12, 8))
    assert newest(office, number).state == "broken"
    office.bounce(first)
    office.pay(number, 100_00)
    assert newest(office, number).state == "broken", "too late is too late"


def test_a_repeated_one_counts_each_time(office: Office) -> None:
    number = office.account(1000_00)
    promise = office.promises().make(number, PromiseForm(usd(100_00), date(2027, 1, 31), "monthly", 3))
    assert [str(part.due_on) for part in promise.parts] == ["2027-01-31", "2027-02-28", "2027-03-31"]
    office.pay(number, 150_00)
    assert [part.paid.minor for part in newest(office, number).parts] == [100_00, 50_00, 0]
    office.turn(date(2027, 3, 1))
    assert (newest(office, number).state, parts(newest(office, number))) == ("broken", ["kept", "broken", "open"])
    office.pay(number, 100_00)
    assert parts(newest(office, number)) == ["kept", "broken", "kept"]


def test_a_debt_that_is_paid_off_keeps_what_was_to_come(office: Office) -> None:
    number = office.account(150_00)
    office.promises().make(number, PromiseForm(usd(100_00), DUE, "weekly", 4))
    office.pay(number, 150_00)
    assert newest(office, number).state == "kept"
    office.later(100)
    assert newest(office, number).state == "kept"


def test_a_call_that_ended_in_a_promise_makes_one(office: Office) -> None:
    number = office.account()
    accounts, key = Accounts(office.store("ana")), uuid4()
    for _ in range(2):
        accounts.call(number, "promise_to_pay", "after payday", DUE, usd(50_00), submission_id=key)
    accounts.call(number, "contacted", "said hello")
    (promise,) = office.promises().of_account(number)
    assert (promise.amount, promise.first_on, promise.state) == (usd(50_00), DUE, "open")
    accounts.call(number, "promise_to_pay", "some of it", date(2026, 12, 9))
    without = newest(office, number)
    assert (without.amount, [each.state for each in office.promises().of_account(number)]) == (
        None, ["open", "replaced"],
    )  # fmt: skip
    office.pay(number, 1)
    assert newest(office, number).state == "kept"


def test_the_worker_writes_down_what_is_so(office: Office) -> None:
    kept, broken, waiting = (office.account() for _ in range(3))
    for number in (kept, broken, waiting):
        due = date(2027, 1, 5) if number == waiting else DUE
        office.promises().make(number, PromiseForm(usd(100_00), due))
    receipt = office.pay(kept, 100_00)
    worker = office.promises("wally")
    office.turn(date(2026, 12, 6))
    assert worker.judge() == 3
    assert worker.judge() == 0

    def stored(number: str) -> object:
        return office.house.one(
            "select state from debtflow.promise p join debtflow.account a on a.id = account_id where number = %s",
            number,
        )

    assert [stored(number) for number in (kept, broken, waiting)] == ["kept", "broken", "open"]
    assert office.house.one("select follow_up_on from debtflow.account where number = %s", broken) == office.today
    told = [each.text for each in Accounts(office.store("ana")).show(broken).activities]
    assert told[0] == "promise broken"
    office.bounce(receipt)
    assert newest(office, kept).state == "broken"
    assert worker.judge() == 1
    assert stored(kept) == "broken"
    with pytest.raises(NotAllowed):
        office.promises("ana").judge()


def test_a_promise_taken_back_is_over(office: Office) -> None:
    number = office.account()
    desk = office.promises()
    made = desk.make(number, PromiseForm(usd(10_00), DUE))
    assert desk.cancel(number, made.id, "misheard").state == "canceled"
    with pytest.raises(Refused) as over:
        desk.cancel(number, made.id)
    assert over.value.rule == "promise_decided"
    with pytest.raises(NotFound):
        desk.cancel(number, made.id + 99)


def test_what_is_no_promise(office: Office) -> None:
    number = office.account()
    cases: tuple[tuple[PromiseForm, str], ...] = (
        (PromiseForm(usd(0), DUE), "amount_form"),
        (PromiseForm(usd(1_00), date(2026, 11, 20)), "first_on_form"),
        (PromiseForm(usd(1_00), date(2126, 11, 20)), "first_on_form"),
        (PromiseForm(usd(1_00), DUE, "hourly"), "every_form"),
        (PromiseForm(usd(1_00), DUE, "weekly", 0), "times_form"),
        (PromiseForm(usd(1_00), DUE, grace_days=-1), "grace_form"),
        (PromiseForm(type(usd(1))(1_00, "EUR"), DUE), "promise_currency"),
    )
    for form, rule in cases:
        with pytest.raises((BadInput, Refused)) as refused:
            office.promises().make(number, form)
        assert refused.value.rule == rule, form
    with pytest.raises(NotFound):
        office.promises("zoe").of_account(number)
    with pytest.raises(NotAllowed):
        office.promises("rex").make(number, PromiseForm(usd(1_00), DUE))

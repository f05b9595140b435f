"""A plan's instalments sum to what is owed, whatever happens to it, to its account or to its payments."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from services.accounts import Accounts
from services.errors import BadInput, NotAllowed, NotFound, Refused, Stale
from services.plans import Plan, PlanChange, PlanForm
from tests.plans.conftest import Office, usd


def amounts(plan: Plan) -> list[int]:
    return [each.amount.minor for each in plan.instalments]


def days(plan: Plan) -> list[str]:
    return [str(each.due_on) for each in plan.instalments]


def shown(office: Office, number: str) -> Plan:
    plan = office.plans("bea").show(number)
    assert plan is not None
    return plan


def test_an_amount_says_how_many_and_a_number_how_much(office: Office) -> None:
    number = office.account(1000_01)
    desk = office.plans()
    by_amount = desk.propose(number, PlanForm(date(2026, 12, 5), amount=usd(300_00)))
    assert [each.amount.minor for each in by_amount.instalments] == [300_00, 300_00, 300_00, 100_01]
    by_number = desk.propose(number, PlanForm(date(2026, 12, 5), every="weekly", times=3))
    assert [each.amount.minor for each in by_number.instalments] == [333_33, 333_33, 333_35]
    assert [str(each.due_on) for each in by_number.instalments] == ["2026-12-05", "2026-12-12", "2026-12-19"]
    assert by_number.version == office.version(number)


def test_a_month_that_is_too_short_does_not_shorten_the_next(office: Office) -> None:
    numbers = [office.account(500_00) for _ in range(2)]
    monthly = office.plan(numbers[0], first_on=date(2027, 1, 31))
    assert days(monthly) == ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]
    ends = office.plan(numbers[1], first_on=date(2026, 11, 30), every="month_end")
    assert days(ends) == ["2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28", "2027-03-31"]


def test_making_one_moves_the_account_and_ending_it_moves_it_back(office: Office) -> None:
    number = office.account()
    plan = office.plan(number)
    assert (plan.state, plan.on_track, plan.by) == ("active", True, "ana")
    assert office.plans().outlook(number).status == "payment_plan"
    with pytest.raises(Refused) as second:
        office.plan(number)
    assert second.value.rule == "plan_one"
    ended = office.plans().cancel(number, "cannot pay", version=shown(office, number).version)
    assert ended.state == "canceled"
    outlook = office.plans().outlook(number)
    assert (outlook.status, outlook.plan) == ("negotiating", None)
    assert [each.text for each in Accounts(office.store("ana")).show(number).activities][:2] == [
        "payment_plan → negotiating: cannot pay",
        "plan canceled: cannot pay",
    ]


def test_the_same_submission_is_one_plan(office: Office) -> None:
    number = office.account()
    form, key, version = PlanForm(date(2026, 12, 5), times=3), uuid4(), office.version(number)
    first = office.plans().make(number, form, version=version, submission_id=key)
    assert office.plans().make(number, form, version=version, submission_id=key).id == first.id


def test_the_last_takes_what_any_change_leaves(office: Office) -> None:
    number = office.account(400_00)
    office.plan(number)
    desk = office.plans()

    def change(**asked: object) -> Plan:
        return desk.change(number, PlanChange(**asked), version=shown(office, number).version)  # type: ignore[arg-type]

    assert amounts(change(do="amount", no=2, amount=usd(130_01))) == [100_00, 130_01, 100_00, 69_99]
    moved = change(do="day", no=2, due_on=date(2027, 1, 20))
    assert days(moved) == ["2026-12-05", "2027-01-20", "2027-02-05", "2027-03-05"]
    assert amounts(change(do="add", due_on=date(2027, 4, 5), amount=usd(20_00))) == [
        100_00, 130_01, 100_00, 49_99, 20_00,
    ]  # fmt: skip
    assert amounts(change(do="drop", no=3)) == [100_00, 130_01, 49_99, 120_00]
    assert amounts(change(do="day", no=4, due_on=date(2026, 12, 1))) == [120_00, 100_00, 130_01, 49_99]
    assert sum(amounts(shown(office, number))) == 400_00
    assert change(do="grace", grace_days=10).grace_days == 10


def test_the_schedule_follows_the_balance(office: Office) -> None:
    number = office.account(400_00)
    office.plan(number)
    receipt = office.pay(number, 150_00)
    paid = shown(office, number)
    assert [(each.amount.minor, each.paid.minor, each.state) for each in paid.instalments] == [
        (100_00, 100_00, "paid"), (100_00, 50_00, "planned"), (100_00, 0, "planned"), (100_00, 0, "planned"),
    ]  # fmt: skip
    office.bounce(receipt)
    assert [each.paid.minor for each in shown(office, number).instalments] == [0, 0, 0, 0]
    office.house.su.execute("update debtflow.account_balance set due = '{40000,0,2500,0}'")
    assert amounts(shown(office, number)) == [100_00, 100_00, 100_00, 125_00]
    office.house.su.execute("update debtflow.account_balance set due = '{15000,0,0,0}'")
    less = shown(office, number)
    assert amounts(less) == [100_00, 50_00, 0, 0]
    assert [each.state for each in less.instalments][2:] == ["nothing", "nothing"]
    office.house.su.execute("update debtflow.account_balance set due = '{40000,0,0,0}'")
    office.pay(number, 400_00)
    assert shown(office, number).state == "done"


def test_late_is_after_the_days_of_grace(office: Office) -> None:
    number = office.account(200_00)
    office.plan(number, grace_days=2)
    for day, state, on_track in ((5, "due", True), (7, "due", True), (8, "late", False)):
        office.turn(date(2026, 12, day))
        plan = shown(office, number)
        assert (plan.instalments[0].state, plan.on_track) == (state, on_track)
    office.pay(number, 100_00)
    assert shown(office, number).on_track


def test_what_cannot_be_changed(office: Office) -> None:
    number = office.account(300_00)
    office.plan(number)
    office.pay(number, 100_00)
    desk = office.plans()
    version = shown(office, number).version
    cases: tuple[tuple[PlanChange, str], ...] = (
        (PlanChange("amount", 1, usd(10_00)), "instalment_paid"),
        (PlanChange("amount", 3, usd(10_00)), "instalment_last"),
        (PlanChange("amount", 2, usd(200_01)), "amount_form"),
        (PlanChange("amount", 2, usd(0)), "amount_form"),
        (PlanChange("amount", 9, usd(10_00)), "instalment"),
        (PlanChange("day", 2, due_on=date(2026, 11, 20)), "due_on_form"),
        (PlanChange("add", due_on=date(2027, 5, 5), amount=usd(100_00)), "amount_form"),
        (PlanChange("dance"), "do_form"),
        (PlanChange("grace", grace_days=31), "grace_form"),
    )
    for change, rule in cases:
        with pytest.raises((Refused, BadInput, NotFound)) as refused:
            desk.change(number, change, version=version)
        assert refused.value.rule == rule, change
    with pytest.raises(Refused, match="owes USD, not EUR"):
        desk.change(number, PlanChange("amount", 2, type(usd(1))(10_00, "EUR")), version=version)
    desk.change(number, PlanChange("drop", 3), version=version)
    with pytest.raises(Refused) as only:
        desk.change(number, PlanChange("drop", 2), version=shown(office, number).version)
    assert only.value.rule == "instalment_only"


def test_what_was_looked_at_has_moved(office: Office) -> None:
    number = office.account(300_00)
    seen = office.version(number)
    office.pay(number, 10_00)
    with pytest.raises(Stale):
        office.plans().make(number, PlanForm(date(2026, 12, 5), times=2), version=seen)
    plan = office.plan(number)
    office.pay(number, 20_00)
    with pytest.raises(Stale):
        office.plans().change(number, PlanChange("drop", 2), version=plan.version)
    now = shown(office, number).version
    office.plans().change(number, PlanChange("drop", 2), version=now)
    with pytest.raises(Stale):
        office.plans().hold(number, "asked", version=now)


def test_no_plan_can_be_made_of_that(office: Office) -> None:
    number = office.account(3_00)
    desk, version = office.plans(), office.version(number)
    day = date(2026, 12, 5)
    cases: tuple[tuple[PlanForm, str], ...] = (
        (PlanForm(date(2026, 11, 20), times=2), "first_on_form"),
        (PlanForm(day), "times_form"),
        (PlanForm(day, times=2, amount=usd(1_00)), "times_form"),
        (PlanForm(day, times=301), "plan_length"),
        (PlanForm(day, times=400), "times_form"),
        (PlanForm(day, amount=usd(0)), "amount_form"),
        (PlanForm(day, every="daily", times=2), "every_form"),
        (PlanForm(day, every="once", times=2), "every_form"),
        (PlanForm(day, times=2, grace_days=31), "grace_form"),
        (PlanForm(day, amount=type(usd(1))(1_00, "EUR")), "plan_currency"),
        (PlanForm(day, times=2, method_id=1), "method"),
    )
    for form, rule in cases[:-1]:
        with pytest.raises((Refused, BadInput, NotFound)) as refused:
            desk.make(number, form, version=version)
        assert refused.value.rule == rule, form
    office.pay(number, 3_00)
    with pytest.raises(Refused) as closed:
        desk.propose(number, PlanForm(day, times=2))
    assert closed.value.rule == "plan_account"


def test_who_may(office: Office) -> None:
    number = office.account(300_00, collector="ben", client="MED")
    office.plan(number, "ben")
    with pytest.raises(NotFound):
        office.plans("ana").outlook(number)
    with pytest.raises(NotFound):
        office.plans("ana").hold(number, "not mine", version=1)
    with pytest.raises(NotAllowed):
        office.plans("rex").hold(number, "only looking", version=1)
    with pytest.raises(NotAllowed):
        office.plans("ben").run_due()
    assert office.plans("rex").show(number) is not None

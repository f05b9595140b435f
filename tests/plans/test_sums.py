"""Whatever is done to a plan, its account or its payments: what is open of the instalments is what is owed."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from services.errors import BadInput, NotFound, Refused
from services.payments import Payments
from services.plans import Plan, PlanChange, PlanForm
from tests.plans.conftest import TODAY, Office, usd

minor = st.integers(1, 400_00)
day = st.integers(0, 200).map(lambda days: TODAY + timedelta(days))
number_of = st.integers(1, 8)
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("amount"), number_of, minor),
        st.tuples(st.just("day"), number_of, day),
        st.tuples(st.just("add"), day, minor),
        st.tuples(st.just("drop"), number_of),
        st.tuples(st.just("pay"), minor),
        st.tuples(st.just("take_back"), st.integers(0, 5)),
        st.tuples(st.just("fee"), minor),
        st.tuples(st.just("give_up"), minor),
    ),
    max_size=8,
)


def check(plan: Plan | None, owing: int) -> None:
    assert plan is not None
    assert sum(each.rest.minor for each in plan.instalments) == owing
    assert all(0 <= each.paid.minor <= each.amount.minor for each in plan.instalments)
    filling = [each for each in plan.instalments if 0 < each.paid.minor < each.amount.minor]
    assert len(filling) <= 1, "money fills one instalment after the other"


@settings(max_examples=25)
@given(owing=st.integers(2, 2000_00), times=st.integers(1, 9), deeds=deeds)
def test_the_instalments_sum_to_the_balance(
    standing: Office, owing: int, times: int, deeds: list[tuple[object, ...]]
) -> None:
    number = standing.account(owing)
    desk = standing.plans("bea")
    form = PlanForm(date(2026, 12, 31), "monthly", times=min(times, owing))
    desk.make(number, form, version=standing.version(number), submission_id=uuid4())
    receipts: list[str] = []
    for deed in deeds:
        with suppress(Refused, BadInput, NotFound):
            do(standing, number, deed, receipts)
        check(desk.show(number), standing.owing(number))


def do(office: Office, number: str, deed: tuple[object, ...], receipts: list[str]) -> None:
    plan = office.plans("bea").show(number)
    assert plan is not None
    match deed:
        case ("amount", int(no), int(minor)):
            change = PlanChange("amount", no, usd(minor))
        case ("day", int(no), date() as on):
            change = PlanChange("day", no, due_on=on)
        case ("add", date() as on, int(minor)):
            change = PlanChange("add", due_on=on, amount=usd(minor))
        case ("drop", int(no)):
            change = PlanChange("drop", no)
        case ("pay", int(minor)):
            receipts.append(office.pay(number, min(minor, office.owing(number)), "bea").receipt)
            return
        case ("take_back", int(which)):
            if receipts:
                receipt = receipts.pop(which % len(receipts))
                Payments(office.store("bea")).reverse(receipt, "nsf", submission_id=uuid4())
            return
        case ("fee", int(minor)):
            raise_debt(office, number, minor)
            return
        case _:
            raise_debt(office, number, -1)
            return
    office.plans("bea").change(number, change, version=plan.version)


def raise_debt(office: Office, number: str, minor: int) -> None:
    """What a fee or a correction does to the buckets; below zero, the fees that were added are taken off again."""
    office.house.su.execute(
        "update debtflow.account_balance b set version = version + 1, due = case when %(minor)s < 0 then "
        "array[due[1], due[2], 0, due[4]] else array[due[1], due[2], due[3] + %(minor)s, due[4]] end "
        "from debtflow.account a where a.id = b.account_id and a.number = %(number)s",
        {"minor": minor, "number": number},
    )

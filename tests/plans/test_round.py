"""The worker's round: due instalments are charged once, a decline holds the rest, nobody is charged twice."""

from __future__ import annotations

import threading
from datetime import date
from uuid import uuid4

import pytest

from services.charges.results import ChargeForm
from services.errors import Busy, Refused, Unreachable
from services.payments import Payments
from services.plans import Plan
from tests.plans.conftest import Cashier, Office, usd, with_card


def shown(office: Office, number: str) -> Plan:
    plan = office.plans("bea").show(number)
    assert plan is not None
    return plan


def states(office: Office, number: str) -> list[str]:
    return [each.state for each in shown(office, number).instalments]


def carded(office: Office, owing: int = 300_00) -> str:
    number = office.account(owing)
    office.plan(number)
    with_card(office, number)
    return number


def follow_up(office: Office, number: str) -> object:
    return office.house.one("select follow_up_on from debtflow.account where number = %s", number)


def test_each_instalment_is_charged_on_its_day_and_once(office: Office) -> None:
    number = carded(office)
    cashier = Cashier(office)
    worker = office.plans("wally", cashier)
    assert worker.run_due() == 0
    office.turn(date(2026, 12, 5))
    assert worker.run_due() == 1
    assert worker.run_due() == 0
    assert (office.owing(number), states(office, number)) == (200_00, ["paid", "planned", "planned"])
    office.pay(number, 40_00)
    office.turn(date(2027, 2, 5))
    assert worker.run_due() == 2
    assert [form.amount.minor for form in cashier.asked] == [100_00, 60_00, 100_00]
    assert (office.owing(number), shown(office, number).state) == (0, "done")
    assert len(cashier.charges) == 3


def test_a_decline_holds_the_rest_until_it_is_released_with_a_reason(office: Office) -> None:
    number = carded(office)
    cashier = Cashier(office, lambda _form: "failed")
    worker = office.plans("wally", cashier)
    office.turn(date(2027, 1, 6))
    assert worker.run_due() == 2
    held = shown(office, number)
    assert (held.state, held.on_track, held.reason) == ("held", False, "declined: insufficient_funds")
    assert (held.instalments[0].state, held.instalments[0].told) == ("declined", "insufficient_funds")
    assert follow_up(office, number) == office.today
    asked = len(cashier.asked)
    office.later(40)
    assert worker.run_due() == 0
    assert len(cashier.asked) == asked
    cashier.answer = lambda _form: "posted"
    released = office.plans().release(number, "new card on file", version=shown(office, number).version)
    assert released.state == "active"
    with pytest.raises(Refused, match="not held"):
        office.plans().release(number, "again", version=released.version)
    worker.run_due()
    assert office.owing(number) == 0
    assert len({form.submission_id for form in cashier.asked}) == len(cashier.asked)
    before, after = office.house.su.execute(
        "select before ->> 'state', after ->> 'state' from debtflow.audit_log where act = 'plan.release' and after ? "
        "'state' and before ->> 'state' = 'held'"
    ).fetchone() or ("", "")
    assert (before, after) == ("held", "active")


def test_a_crash_between_charge_and_answer_is_taken_up_under_the_same_key(office: Office) -> None:
    number = carded(office)
    cashier = Cashier(office)
    office.turn(date(2026, 12, 5))
    claim = "select instalment, charge_key, amount from debtflow.plan_claim(500, true)"
    row = office.store("wally").act(lambda connection: connection.exec_driver_sql(claim).one())
    cashier.start(ChargeForm(number, usd(row.amount), 7, submission_id=row.charge_key))
    worker = office.plans("wally", cashier)
    assert worker.run_due() == 0, "somebody may still be at it"
    assert states(office, number)[0] == "paid"
    office.later(1)
    assert worker.run_due() == 1
    assert worker.run_due() == 0
    assert len(cashier.charges) == 1
    assert office.owing(number) == 200_00


def test_a_charge_that_nobody_knows_of_is_asked_about_under_its_key(office: Office) -> None:
    number = carded(office)
    cashier = Cashier(office, lambda _form: "processing")
    worker = office.plans("wally", cashier)
    office.turn(date(2026, 12, 5))
    cashier.broken = [Unreachable("gone")]
    worker.run_due()
    assert states(office, number)[0] == "charging"
    office.later(1)
    worker.run_due()
    assert (states(office, number)[0], len({form.submission_id for form in cashier.asked})) == ("charging", 1)
    with pytest.raises(Refused) as charging:
        office.plans().cancel(number, "no more", version=shown(office, number).version)
    assert charging.value.rule == "instalment_charging"
    cashier.settle(cashier.asked[0], "failed")
    office.later(1)
    worker.run_due()
    assert (shown(office, number).state, states(office, number)[0]) == ("held", "declined")


def test_what_was_refused_holds_the_plan_and_what_will_pass_does_not(office: Office) -> None:
    number = carded(office)
    cashier = Cashier(office)
    worker = office.plans("wally", cashier)
    office.turn(date(2026, 12, 5))
    cashier.broken = [Busy("later"), Refused("paid since", rule="overpayment"), Refused("gone", rule="method_removed")]
    for state in ("active", "active", "held"):
        worker.run_due()
        assert shown(office, number).state == state
        office.later(1)
    assert shown(office, number).instalments[0].told == "gone"


def test_money_taken_back_is_not_taken_again_by_itself(office: Office) -> None:
    number = carded(office)
    cashier = Cashier(office)
    worker = office.plans("wally", cashier)
    office.turn(date(2026, 12, 5))
    worker.run_due()
    receipt = office.house.one("select debtflow.receipt_number(max(id)) from debtflow.payment")
    Payments(office.store("bea")).reverse(receipt, "chargeback", submission_id=uuid4())
    office.turn(date(2027, 1, 5))
    worker.run_due()
    assert (len(cashier.asked), shown(office, number).reason) == (1, "money was taken back")
    office.plans().release(number, "bank mixed it up", version=shown(office, number).version)
    worker.run_due()
    assert office.owing(number) == 100_00


def test_nothing_is_taken_of_a_disputed_account(office: Office) -> None:
    carded(office)
    office.house.su.execute("update debtflow.account set status = 'disputed'")
    cashier = Cashier(office)
    office.turn(date(2026, 12, 5))
    assert office.plans("wally", cashier).run_due() == 1
    assert cashier.asked == []


def test_by_hand_it_is_looked_after_when_it_is_late(office: Office) -> None:
    number, paying = office.account(), office.account()
    for each in (number, paying):
        office.plan(each, grace_days=2)
    worker = office.plans("wally")
    office.turn(date(2026, 12, 5))
    worker.run_due()
    office.pay(paying, 100_00)
    assert (states(office, number)[0], follow_up(office, number)) == ("due", None)
    office.turn(date(2026, 12, 8))
    worker.run_due()
    assert (states(office, number)[0], follow_up(office, number)) == ("late", office.today)
    assert (states(office, paying)[0], follow_up(office, paying)) == ("paid", None)
    assert worker.run_due() == 0


def test_two_workers_share_a_round(office: Office) -> None:
    numbers = [carded(office, 100_00) for _ in range(12)]
    office.turn(date(2026, 12, 5))
    cashier = Cashier(office)
    lock = threading.Lock()

    def answer(_form: ChargeForm) -> str:
        return "posted"

    cashier.answer = answer
    start = cashier.start

    def one_at_a_time(form: ChargeForm) -> object:
        with lock:
            return start(form)

    cashier.start = one_at_a_time  # type: ignore[method-assign, assignment]
    workers = [office.plans(login, cashier) for login in ("wally", "bea", "ada")]
    threads = [threading.Thread(target=worker.run_due, args=(5,)) for worker in workers for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for worker in workers:
        worker.run_due()
    keys = [form.submission_id for form in cashier.asked]
    assert len(keys) == len(set(keys)) == 12
    assert [office.owing(number) for number in numbers] == [0] * 12

"""An offer takes nothing away before it is paid; what is given up stands on its own ledger account."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from services.accounts import Accounts
from services.errors import BadInput, NotAllowed, NotFound, Refused, Stale
from services.plans import Offer, PlanForm
from services.store import Store
from tests.plans.conftest import Office, usd

UNTIL = date(2026, 12, 15)


@pytest.fixture
def floored(office: Office) -> Office:
    office.house.su.execute("update debtflow.contract set settlement_floor_bp = 6000")
    return office


def offer(office: Office, number: str, minor: int = 600_00, login: str = "ana", **more: str) -> Offer:
    desk = office.settlements(login)
    return desk.offer(number, usd(minor), UNTIL, version=office.version(number), **more)  # type: ignore[arg-type]


def newest(office: Office, number: str) -> Offer:
    return office.settlements("bea").show(number).offers[0]


def written_off(office: Office) -> object:
    return office.house.one("select sum(balance) from debtflow.ledger_balance where kind = 'written_off'")


def status(office: Office, number: str) -> str:
    return office.plans("bea").outlook(number).status


def test_paid_in_time_the_rest_is_written_off(floored: Office) -> None:
    number = floored.account(900_00, fees=100_00)
    made = offer(floored, number)
    assert (made.state, made.owing, made.left) == ("open", usd(1000_00), usd(600_00))
    floored.pay(number, 200_00)
    assert (floored.settlements("wally").expire_due(), floored.owing(number)) == (0, 800_00)
    floored.turn(UNTIL)
    floored.pay(number, 400_00)
    assert (newest(floored, number).state, floored.owing(number)) == ("met", 400_00)
    assert floored.settlements("wally").expire_due() == 1
    done = newest(floored, number)
    assert (done.state, done.written_off) == ("paid", usd(400_00))
    assert (floored.owing(number), status(floored, number), written_off(floored)) == (0, "settled", 400_00)
    assert floored.settlements("wally").expire_due() == 0
    assert floored.proved()


def test_a_bounced_payment_brings_back_what_was_given_up(floored: Office) -> None:
    number = floored.account(1000_00)
    offer(floored, number)
    receipt = floored.pay(number, 600_00)
    floored.settlements("wally").expire_due()
    floored.bounce(receipt)
    assert (floored.owing(number), status(floored, number), written_off(floored)) == (1000_00, "assigned", 0)
    assert newest(floored, number).state == "open"
    again = floored.pay(number, 600_00)
    floored.settlements("wally").expire_due()
    assert (status(floored, number), written_off(floored)) == ("settled", 400_00)
    floored.later(60)
    floored.bounce(again)
    assert floored.settlements("wally").expire_due() == 1
    assert (newest(floored, number).state, floored.owing(number)) == ("expired", 1000_00)
    assert floored.proved()


def test_an_offer_that_expires_has_taken_nothing(floored: Office) -> None:
    number = floored.account(1000_00)
    offer(floored, number)
    floored.pay(number, 599_99)
    floored.turn(date(2026, 12, 16))
    assert newest(floored, number).state == "expired"
    late = floored.pay(number, 1)
    assert newest(floored, number).state == "expired"
    assert floored.settlements("bea").expire_due() == 1
    assert (floored.owing(number), written_off(floored)) == (400_00, 0)
    assert late.balance == usd(400_00)
    again = floored.settlements().offer(number, usd(300_00), floored.today, version=floored.version(number))
    assert again.state == "open"


def test_the_floor_is_the_clients(floored: Office) -> None:
    number = floored.account(1000_01)
    with pytest.raises(Refused) as below:
        offer(floored, number, 600_00)
    assert (below.value.rule, below.value.who_may) == ("settlement_floor", "supervisor")
    assert "60.00 % of the balance, 600.01 USD" in below.value.message
    with pytest.raises(BadInput) as silent:
        offer(floored, number, 600_00, "bea")
    assert silent.value.field == "reason"
    made = offer(floored, number, 100_00, "bea", reason="hospital, no income")
    assert (made.floor_bp, made.reason) == (6000, "hospital, no income")
    with pytest.raises(Refused) as second:
        offer(floored, number, 700_00)
    assert second.value.rule == "settlement_one"
    assert floored.settlements().accept(number).accepted_at is not None
    assert floored.settlements().cancel(number, "changed their mind").state == "canceled"
    assert offer(floored, number, 600_01).state == "open"


def test_a_contract_without_a_floor_leaves_it_to_supervisors(office: Office) -> None:
    number = office.account(1000_00)
    assert office.settlements().show(number).floor_bp is None
    with pytest.raises(Refused, match="names no settlement"):
        offer(office, number, 999_99)
    assert offer(office, number, 500_00, "bea", reason="agreed by phone").state == "open"


def test_the_floor_is_a_term_of_the_dated_contract(office: Office) -> None:
    admin: Store = office.store("ada")
    query = "select debtflow.client_settlement_floor(null, 'HXL', %s, %s)"
    admin.act(lambda c: c.exec_driver_sql(query, (5000, date(2026, 11, 21))))
    admin.act(lambda c: c.exec_driver_sql(query, (8000, date(2027, 1, 1))))
    admin.act(lambda c: c.exec_driver_sql("select debtflow.client_edit(null, 'HXL', commission_bp => 1000, "
                                          "starts_on => '2027-02-01')"))  # fmt: skip
    number = office.account(1000_00)
    floors = []
    for day in (date(2026, 12, 31), date(2027, 1, 1), date(2027, 2, 1)):
        office.turn(day)
        floors.append(office.settlements().show(number).floor_bp)
    assert floors == [5000, 8000, 8000]
    with pytest.raises(NotAllowed):
        office.store("bea").act(lambda c: c.exec_driver_sql(query, (1, None)))


def test_what_is_no_settlement(floored: Office) -> None:
    number = floored.account(1000_00)
    desk, version = floored.settlements(), floored.version(number)
    for minor, until, rule in (
        (1000_00, UNTIL, "amount_form"),
        (0, UNTIL, "amount_form"),
        (700_00, date(2026, 11, 20), "expires_on_form"),
        (700_00, date(2028, 11, 20), "expires_on_form"),
    ):
        with pytest.raises((Refused, BadInput)) as refused:
            desk.offer(number, usd(minor), until, version=version)
        assert refused.value.rule == rule
    with pytest.raises(Refused, match="owes USD"):
        desk.offer(number, type(usd(1))(700_00, "EUR"), UNTIL, version=version)
    floored.pay(number, 1_00)
    with pytest.raises(Stale):
        desk.offer(number, usd(700_00), UNTIL, version=version)
    for act in (desk.accept, desk.cancel):
        with pytest.raises(NotFound):
            act(number)
    for login, error in (("zoe", NotFound), ("rex", NotAllowed)):
        with pytest.raises(error):
            floored.settlements(login).offer(number, usd(700_00), UNTIL, version=version + 1)
    key = uuid4()
    first = desk.offer(number, usd(700_00), UNTIL, version=version + 1, submission_id=key)
    assert desk.offer(number, usd(700_00), UNTIL, version=version + 1, submission_id=key).id == first.id


def test_a_plan_rests_while_an_offer_is_met_and_the_head_says_what_is_to_come(floored: Office) -> None:
    number = floored.account(1000_00)
    floored.plans().make(number, PlanForm(date(2026, 12, 5), amount=usd(100_00)), version=floored.version(number))
    offer(floored, number)
    ahead = Accounts(floored.store("ana")).show(number).ahead
    assert [(each.kind, each.state, str(each.on), each.amount) for each in ahead] == [
        ("plan", "on_track", "2026-12-05", usd(100_00)),
        ("offer", "open", "2026-12-15", usd(600_00)),
    ]

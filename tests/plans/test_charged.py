"""The round with the charge service itself: money comes by the card, a decline holds, a lost answer is not doubled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from services.charges import Charges
from services.errors import NotFound
from services.plans import Plan, PlanChange
from tests.charges.provider import Provider
from tests.plans.conftest import Office

METHOD = """
  with customer as (
    insert into debtflow.gateway_customer (agency_id, debtor_id, gateway, key, provider_id, made_at)
    select agency_id, debtor_id, 'stripe', gen_random_uuid(), 'cus_' || debtor_id, now()
      from debtflow.account where number = %(number)s)
  insert into debtflow.saved_method (agency_id, debtor_id, gateway, provider_id, kind, brand, last4, expires, added_at)
  select agency_id, debtor_id, 'stripe', 'pm_' || id, 'card', 'visa', '4242', '12/30', now()
    from debtflow.account where number = %(number)s returning id"""


@dataclass
class Carded:
    office: Office
    provider: Provider
    number: str
    method: int

    def round(self) -> int:
        return self.office.plans("wally", Charges(self.office.store("wally"), self.provider)).run_due()

    def plan(self) -> Plan:
        plan = self.office.plans("bea").show(self.number)
        assert plan is not None
        return plan


@pytest.fixture
def carded(office: Office) -> Carded:
    number = office.account(300_00)
    row = office.house.su.execute(METHOD, {"number": number}).fetchone()
    assert row is not None
    office.plan(number, method_id=row[0])
    return Carded(office, Provider(), number, row[0])


def test_the_card_is_charged_on_the_day(carded: Carded) -> None:
    carded.office.turn(date(2027, 1, 5))
    assert carded.round() == 2, "two of the same amount on one day are two"
    assert carded.office.owing(carded.number) == 100_00
    assert len(carded.provider.charges) == 2
    assert carded.round() == 0
    assert carded.office.proved()


def test_a_decline_holds_and_a_release_tries_again(carded: Carded) -> None:
    carded.provider.declines = "insufficient_funds"
    carded.office.turn(date(2026, 12, 5))
    carded.round()
    assert (carded.plan().state, carded.plan().instalments[0].state) == ("held", "declined")
    carded.provider.declines = None
    carded.office.plans().release(carded.number, "payday moved", version=carded.plan().version)
    carded.round()
    assert carded.office.owing(carded.number) == 200_00
    assert len(carded.provider.charges) == 1


@pytest.mark.parametrize("fault", ["before", "after", "away"])
def test_a_lost_answer_is_not_charged_twice(carded: Carded, fault: str) -> None:
    carded.provider.faults = [fault]
    carded.office.turn(date(2026, 12, 5))
    carded.round()
    for _ in range(3):
        carded.office.later(1)
        Charges(carded.office.store("wally"), carded.provider).resolve_due()
        carded.round()
    assert len(carded.provider.charges) <= 1
    assert carded.office.owing(carded.number) == 300_00 - 100_00 * len(carded.provider.charges)


def test_a_method_is_one_of_the_debtors_own(carded: Carded) -> None:
    other = carded.office.account(50_00)
    with pytest.raises(NotFound, match="no such saved method"):
        carded.office.plan(other, method_id=carded.method)
    by_hand = carded.office.plans().change(carded.number, PlanChange("method"), version=carded.plan().version)
    assert by_hand.method_id is None

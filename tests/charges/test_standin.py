"""The whole way over a real wire: Stripe's library, our gateway, the stand-in, and faults at every step."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import uuid4

import pytest

from debtflow_tui.standin.faults import Fault
from debtflow_tui.standin.problems import Problem
from debtflow_tui.standin.server import StandIn
from services.charges import Charges, Heard, LinkForm
from services.gateways.base import Saved
from services.gateways.notices import notice_of
from services.ledger import Ledger
from tests.charges.conftest import Office
from tests.charges.provider import usd
from tests.support.house import House
from tests.support.standin import gateway_to


@dataclass
class Wire:
    """Desks that talk to the stand-in; ``hear`` lets the worker take in everything that was told since."""

    house: House
    standin: StandIn
    office: Office
    heard: int = 0

    def desk(self, login: str = "ana") -> Charges:
        return Charges(self.house.store(login), gateway_to(self.standin, read=1.0, retries=0))

    def hear(self, *, backwards: bool = False) -> list[Heard]:
        events = self.standin.told()[self.heard :]
        self.heard += len(events)
        worker = self.desk("wally")
        notices = [notice_of("stripe", json.dumps(event).encode()) for event in events]
        return [worker.hear(each) for each in (reversed(notices) if backwards else notices)]

    def kept(self, number: str, name: str = "pm_card_visa", outcome: str | None = None) -> int:
        """A method that the account's debtor keeps at the stand-in."""
        customer = self.standin.customer("Quillfeather Oyelaran")
        token = self.standin.save(customer, name, outcome=outcome)
        found: Saved = gateway_to(self.standin).methods(customer)[0]
        method = self.office.saved(number, kind=found.kind, last4=found.last4)
        self.house.su.execute("update debtflow.saved_method set provider_id = %s where id = %s", [token, method])
        self.house.su.execute("update debtflow.gateway_customer set provider_id = %s", [customer])
        return method

    def agree(self) -> bool:
        """What the provider took, less what it gave back, is what the books say came through it, and no more."""
        taken = sum(row["amount"] - row["refunded"] for row in self.standin.charges())
        query = """
          select coalesce(sum(p.amount - (debtflow.returned_of(p)).amount), 0) from debtflow.payment p
           where p.reverses is null and p.method in ('card', 'us_bank_account')"""
        assert self.house.one(query) == taken
        return Ledger(self.house.store("bea")).replay_check().ok and self.office.sound(but=("breaker",))


@pytest.fixture
def wire(house: House, standin: StandIn) -> Wire:
    return Wire(house, standin, Office(house))


@pytest.mark.parametrize("backwards", [False, True])
def test_a_link_is_paid_and_its_card_charged_again(wire: Wire, backwards: bool) -> None:
    number = wire.house.place(principal=100_00)
    link = wire.desk().link(LinkForm(number, usd(40_00)))
    assert link.url is not None
    session = wire.house.one("select link_id from debtflow.charge")
    with pytest.raises(Problem, match="declined"):
        wire.standin.pay(session, "pm_card_chargeDeclined")
    wire.hear(backwards=backwards)
    assert wire.desk().show(link.id).state == "pending"
    wire.standin.pay(session)
    wire.hear(backwards=backwards)
    wire.office.later(11)
    wire.desk("wally").resolve_due()
    assert wire.desk().show(link.id).state == "posted"
    [method] = wire.desk().methods(number)
    assert (method.brand, method.last4) == ("visa", "4242")
    charge = wire.desk().start(wire.office.form(number, 25_00, method.id))
    assert charge.state == "posted"
    assert charge.receipt is not None
    refund = wire.desk("bea").refund(charge.receipt, usd(5_00), submission_id=uuid4())
    assert (refund.state, refund.left) == ("posted", usd(20_00))
    assert {heard.outcome for heard in wire.hear(backwards=backwards)} <= {"replayed", "ignored"}
    assert wire.agree()
    wire.desk("bea").remove_method(number, method.id)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "timeout", "500", "429"])
def test_faults_on_the_way_of_a_charge_and_its_refund(wire: Wire, kind: str) -> None:
    number = wire.house.place(principal=100_00)
    method = wire.kept(number)
    wire.standin.faults.add(Fault(kind, path="/v1/payment_intents", seconds=1.5, done=True))  # type: ignore[arg-type]
    form = wire.office.form(number, 40_00, method)
    charge = wire.desk().start(form)
    assert charge.state == "unknown" or charge.reason == "not_sent"
    wire.office.later(3)
    wire.desk("wally").resolve_due()
    settled = wire.desk().show(charge.id)
    assert (settled.state == "posted") == bool(wire.standin.charges())
    assert wire.agree()
    if settled.state != "posted":
        settled = wire.desk().start(wire.office.form(number, 40_00, method))
    assert settled.receipt is not None
    wire.standin.faults.add(Fault(kind, path="/v1/refunds", seconds=1.5, done=True))  # type: ignore[arg-type]
    wire.desk("bea").refund(settled.receipt, usd(15_00), submission_id=uuid4())
    wire.office.later(3)
    wire.desk("wally").resolve_due()
    wire.hear()
    assert wire.agree()


def test_a_bank_debit_fails_days_later_or_comes_back_after_it_was_paid(wire: Wire) -> None:
    number = wire.house.place(principal=100_00)
    method = wire.kept(number, "pm_usBankAccount_success")
    charges = [wire.desk().start(wire.office.form(number, minor, method)) for minor in (10_00, 20_00)]
    assert [charge.state for charge in charges] == ["processing", "processing"]
    wire.hear()
    assert wire.office.held(number) == 30_00
    late, paid = (wire.house.one("select provider_id from debtflow.charge where id = %s", each.id) for each in charges)
    wire.standin.settle(late, "insufficient_funds")
    wire.standin.settle(paid)
    wire.hear(backwards=True)
    states = [wire.desk().show(charge.id).state for charge in charges]
    assert (states, wire.office.held(number), wire.office.due(number)) == (["failed", "posted"], 0, [80_00, 0, 0, 0])
    wire.standin.dispute(paid, reason="insufficient_funds")
    wire.hear()
    assert wire.office.due(number) == [100_00, 0, 0, 0]
    assert wire.office.sound()


def test_a_dispute_won_and_one_lost(wire: Wire) -> None:
    number = wire.house.place(principal=100_00)
    method = wire.kept(number)
    for minor, won in ((30_00, True), (20_00, False)):
        charge = wire.desk().start(wire.office.form(number, minor, method))
        intent = wire.house.one("select provider_id from debtflow.charge where id = %s", charge.id)
        dispute = wire.standin.dispute(intent)
        wire.hear()
        wire.standin.close_dispute(dispute["id"], won=won)
        wire.hear(backwards=True)
    assert wire.office.due(number) == [70_00, 0, 0, 0]
    assert wire.house.one("select array_agg(state order by id) from debtflow.dispute") == ["won", "lost"]
    assert wire.office.sound()


def test_a_link_that_runs_out_and_one_given_up(wire: Wire) -> None:
    number = wire.house.place(principal=100_00)
    links = [wire.desk().link(LinkForm(number, usd(minor))) for minor in (10_00, 20_00)]
    assert wire.desk().cancel(links[0].id).state == "canceled"
    wire.house.su.execute("update debtflow.charge set expires_at = now() where state = 'pending'")
    assert wire.desk("wally").expire_due() == 1
    wire.hear()
    assert [wire.desk().show(link.id).state for link in links] == ["canceled", "expired"]
    assert wire.office.held(number) == 0
    assert wire.agree()

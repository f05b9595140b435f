"""A charge of a saved method, step by step: whatever happens on the way, one payment comes of it or none."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from services.charges import NOT_SENT, Charge, Charges
from services.errors import BadInput, Misconfigured, NotAllowed, NotFound, Refused, Stale
from services.gateways.base import Saved
from services.payments import PaymentForm, Payments
from tests.charges.conftest import Office
from tests.charges.provider import notice, usd

CARD = Saved("pm_1", "card", "visa", "4242", "12/30")


def only(office: Office) -> Charge:
    [charge] = office.desk("wally").waiting()
    return charge


def test_a_charge_becomes_a_payment(office: Office) -> None:
    number = office.house.place(principal=100_00, costs=10_00)
    form = office.form(number, 60_00)
    charge = office.desk().start(form)
    assert (charge.state, charge.shown, charge.method, charge.by) == ("posted", "visa ···4242", "card", "ana")
    assert charge.receipt is not None
    receipt = Payments(office.house.store("ana")).show(charge.receipt)
    assert (receipt.amount, receipt.method, receipt.by, receipt.submission_id) == (usd(60_00), "card", "ana", charge.id)
    assert (office.due(number), office.held(number)) == ([50_00, 0, 0, 0], 0)
    again = office.desk("bea").start(form)
    assert (again.id, again.receipt, office.provider.calls) == (charge.id, charge.receipt, ["charge"])
    with pytest.raises(Refused) as refused:
        office.desk().start(replace(form, amount=usd(1_00)))
    assert refused.value.rule == "submission_conflict"
    assert office.payments() == 1
    assert office.sound()


def test_the_rules_of_a_payment_hold_before_anything_is_asked(office: Office) -> None:
    number, other = office.house.place(principal=100_00), office.house.place(principal=100_00, collector="ben")
    method, desk = office.saved(number), office.desk()
    Payments(office.house.store("ana")).post(PaymentForm(number, usd(30_00), "cash"))
    cases: tuple[tuple[str, dict[str, object], type[Exception], str | None], ...] = (
        (number, {"amount": usd(70_01)}, Refused, "overpayment"),
        (number, {"amount": usd(30_00)}, Refused, "duplicate"),
        (number, {"amount": usd(5_00), "version": 1}, Stale, "stale"),
        (number, {"amount": usd(5_00), "method_id": method + 99}, BadInput, "method_form"),
        (other, {"amount": usd(5_00)}, NotFound, "account"),
    )
    for account, values, error, rule in cases:
        form = replace(office.form(account, 1_00, method, submission_id=uuid4()), **values)  # type: ignore[arg-type]
        with pytest.raises(error) as refused:
            desk.start(form)
        assert getattr(refused.value, "rule", None) == rule
    with pytest.raises(NotAllowed):
        office.desk("rex").start(office.form(number, 1_00, method))
    with pytest.raises(NotFound):
        Charges(office.house.store("zack"), office.provider).start(office.form(number, 1_00, method))
    with pytest.raises(BadInput):  # another debtor's card
        office.desk("bea").start(office.form(other, 1_00, method))
    with pytest.raises(Misconfigured):
        Charges(office.house.store("ana")).start(office.form(number, 1_00, method))
    assert office.provider.calls == []
    assert office.house.one("select count(*) from debtflow.charge") == 0
    assert office.sound()


def test_what_is_promised_is_held(office: Office) -> None:
    number = office.house.place(principal=100_00)
    office.provider.state = "processing"
    method = office.saved(number, kind="us_bank_account")
    charge = office.desk().start(office.form(number, 80_00, method))
    assert (charge.state, charge.method, charge.open, office.held(number)) == (
        "processing", "us_bank_account", True, 80_00)  # fmt: skip
    payments = Payments(office.house.store("ana"))
    with pytest.raises(Refused, match="held"):
        payments.post(PaymentForm(number, usd(20_01), "cash"))
    with pytest.raises(Refused) as refused:
        office.desk().start(office.form(number, 80_00, method))
    assert refused.value.rule == "overpayment"
    office.desk().start(office.form(number, 10_00, method))
    with pytest.raises(Refused) as refused:
        office.desk().start(office.form(number, 10_00, method))
    assert refused.value.rule == "charge_under_way"
    payments.post(PaymentForm(number, usd(10_00), "cash"))
    office.provider.charges = {name: replace(each, state="succeeded") for name, each in office.provider.charges.items()}
    office.later(60 * 7)
    assert office.desk("wally").resolve_due() == 2
    assert (office.due(number), office.held(number)) == ([0, 0, 0, 0], 0)
    assert office.sound()


def test_a_decline_is_a_failed_charge_that_holds_nothing(office: Office) -> None:
    number = office.house.place(principal=100_00)
    office.provider.declines = "insufficient_funds"
    form = office.form(number, 60_00)
    charge = office.desk().start(form)
    assert (charge.state, charge.reason, charge.receipt) == ("failed", "insufficient_funds", None)
    office.provider.declines = None
    assert office.desk().start(form).state == "failed"
    assert office.desk().breaker().state == "closed"
    assert (office.held(number), office.payments(), office.provider.calls) == (0, 0, ["charge"])
    assert office.sound()


@pytest.mark.parametrize("fault", ["before", "after"])
def test_a_lost_answer_is_unknown_until_the_provider_is_asked(office: Office, fault: str) -> None:
    number = office.house.place(principal=100_00)
    form = office.form(number, 60_00)
    office.provider.faults = [fault]
    charge = office.desk().start(form)
    assert (charge.state, office.held(number)) == ("unknown", 60_00)
    assert charge.next_ask_at is not None
    assert only(office).id == charge.id
    office.later(0.5)
    worker = office.desk("wally")
    assert worker.resolve_due() == 1
    if fault == "before":
        assert worker.show(charge.id).state == "unknown", "half a minute says nothing yet"
        office.later(2)
        assert worker.resolve_due() == 1
        settled = worker.show(charge.id)
        assert (settled.state, settled.reason) == ("failed", "never_reached")
        assert settled.reason in NOT_SENT
    else:
        assert worker.show(charge.id).state == "posted"
    assert worker.resolve_due() == 0
    assert (office.payments(), office.held(number)) == (int(fault == "after"), 0)
    assert office.sound()


def test_the_same_form_again_takes_nothing_twice(office: Office) -> None:
    """The operator repeats after a lost answer: the key is the same, so the provider gives its first answer."""
    number = office.house.place(principal=100_00)
    form = office.form(number, 60_00)
    office.provider.faults = ["after"]
    assert office.desk().start(form).state == "unknown"
    assert office.desk().start(form).state == "posted"
    assert len(office.provider.charges) == office.payments() == 1
    assert office.sound()


def test_an_old_key_is_never_sent_again_only_asked_about(office: Office) -> None:
    number = office.house.place(principal=100_00)
    form = office.form(number, 60_00)
    office.provider.faults = ["before"]
    office.desk().start(form)
    office.later(60 * 13)
    charge = office.desk().start(form)
    assert (charge.state, charge.reason) == ("failed", "never_reached")
    assert office.provider.calls == ["charge", "look_up"]


def test_nothing_left_the_house(office: Office) -> None:
    """No connection at all: the charge failed and says so; after an earlier try nobody can say that."""
    number = office.house.place(principal=100_00)
    office.provider.faults = ["away"]
    charge = office.desk().start(office.form(number, 60_00))
    assert (charge.state, charge.reason, office.held(number)) == ("failed", "not_sent", 0)
    again = office.form(number, 7_00)
    office.provider.faults = ["away", "away"]
    assert [office.desk().start(again).reason for _ in range(3)] == ["not_sent", "not_sent", None]
    assert office.payments() == 1
    form = office.form(number, 50_00)
    office.provider.faults = ["after", "away"]
    office.desk().start(form)
    assert office.desk().start(form).state == "unknown"
    office.later(1)
    office.desk("wally").resolve_due()
    assert office.desk().start(form).state == "posted"
    assert office.sound()


def test_a_success_after_the_end_is_posted_all_the_same(office: Office) -> None:
    number = office.house.place(principal=100_00)
    office.provider.faults = ["before"]
    charge = office.desk().start(office.form(number, 60_00))
    office.later(3)
    worker = office.desk("wally")
    worker.resolve_due()
    assert worker.show(charge.id).state == "failed"
    taken = office.provider
    taken.answers.clear()
    taken.charge(charge.id, usd(60_00), customer="cus", method=CARD, description="", metadata={})
    said = next(iter(taken.charges.values()))
    assert worker.hear(notice(charged=said)).outcome == "processed"
    assert worker.hear(notice(charged=said)).outcome == "replayed"
    late = worker.show(charge.id)
    assert (late.state, late.late, late.reason) == ("posted", True, "late")
    assert (office.due(number), office.payments()) == ([40_00, 0, 0, 0], 1)
    assert office.sound()


def test_the_late_arrival_is_found_without_a_webhook_too(office: Office) -> None:
    number = office.house.place(principal=100_00)
    office.provider.faults = ["before"]
    charge = office.desk().start(office.form(number, 60_00))
    office.later(3)
    worker = office.desk("wally")
    worker.resolve_due()
    office.provider.charge(charge.id, usd(60_00), customer="cus", method=CARD, description="", metadata={})
    office.later(30)
    assert worker.resolve_due() == 1
    assert worker.show(charge.id).late
    assert office.sound()


@pytest.mark.parametrize(("minor", "currency"), [(59_99, "USD"), (60_00, "EUR")])
def test_another_amount_than_asked_is_never_posted(office: Office, minor: int, currency: str) -> None:
    number = office.house.place(principal=100_00)
    office.provider.faults = ["after"]
    charge = office.desk().start(office.form(number, 60_00))
    name, said = next(iter(office.provider.charges.items()))
    wrong = replace(said, amount=type(said.amount)(minor, currency))
    office.provider.charges[name] = wrong
    worker = office.desk("wally")
    worker.hear(notice(charged=wrong))
    worker.hear(notice(charged=wrong))
    office.later(10)
    worker.resolve_due()
    seen = only(office)
    assert (seen.state, seen.reason, office.held(number), office.payments()) == ("unknown", "mismatch", 60_00, 0)
    assert seen.told == f"{minor // 100}.{minor % 100:02} {currency}"
    assert office.house.one("select count(*) from debtflow.security_event where kind = 'charge.mismatch'") == 1
    with pytest.raises(AssertionError, match="charges-told"):
        office.sound()
    with pytest.raises(NotAllowed):
        office.desk().cancel(charge.id)
    assert office.desk("bea").cancel(charge.id).state == "canceled"
    worker.hear(notice(charged=wrong))
    assert office.held(number) == 0
    assert office.sound()


def test_what_a_supervisor_settled_stays_settled_when_the_provider_is_asked(office: Office) -> None:
    number = office.house.place(principal=100_00)
    office.provider.faults = ["after"]
    charge = office.desk().start(office.form(number, 60_00))
    name, said = next(iter(office.provider.charges.items()))
    office.provider.charges[name] = replace(said, amount=usd(59_99))
    worker = office.desk("wally")
    worker.hear(notice(charged=office.provider.charges[name]))
    office.desk("bea").cancel(charge.id)
    office.later(3)
    assert worker.resolve_due() == 1
    seen = worker.show(charge.id)
    assert (seen.state, seen.reason, office.held(number)) == ("canceled", "mismatch settled", 0)
    assert office.sound()


def test_old_news_of_what_is_decided_is_asked_about_once(office: Office) -> None:
    number = office.house.place(principal=100_00)
    office.provider.state = "processing"
    office.desk().start(office.form(number, 60_00, office.saved(number, kind="us_bank_account")))
    name, old = next(iter(office.provider.charges.items()))
    office.provider.charges[name] = replace(old, state="failed", code="insufficient_funds")
    worker = office.desk("wally")
    worker.hear(notice(charged=office.provider.charges[name]))
    office.later(3)
    worker.resolve_due()
    worker.hear(notice(charged=old))
    assert worker.resolve_due() == 1
    for _ in range(3):
        office.later(3)
        assert worker.resolve_due() == 0
    assert office.held(number) == 0
    assert office.sound()


def test_a_second_payment_under_one_key_is_told(office: Office) -> None:
    number = office.house.place(principal=100_00)
    charge = office.desk().start(office.form(number, 60_00))
    said = next(iter(office.provider.charges.values()))
    office.desk("wally").hear(notice(charged=replace(said, provider_id="pi_another")))
    assert only(office).id == charge.id
    assert (only(office).reason, office.payments()) == ("taken_twice", 1)
    with pytest.raises(NotAllowed):
        office.desk().cancel(charge.id)
    settled = office.desk("bea").cancel(charge.id)
    assert (settled.state, settled.reason) == ("posted", "taken_twice settled")
    office.desk("wally").hear(notice(charged=replace(said, provider_id="pi_another")))
    assert office.desk().show(charge.id).reason == "taken_twice settled", "it is that payment that was settled"
    office.desk("wally").hear(notice(charged=replace(said, provider_id="pi_a_third")))
    assert only(office).reason == "taken_twice"


def test_news_in_any_order_twice_make_one_payment(office: Office) -> None:
    number = office.house.place(principal=500_00)
    worker = office.desk("wally")
    office.provider.state = "processing"
    method = office.saved(number, kind="us_bank_account")
    ends = {}
    for minor, order in ((1_00, "processing succeeded"), (2_00, "succeeded processing"), (3_00, "failed processing"),
                         (4_00, "processing failed"), (5_00, "failed succeeded"), (6_00, "canceled")):  # fmt: skip
        charge = office.desk().start(office.form(number, minor, method))
        name = f"pi_{charge.id.hex}"
        said = office.provider.charges[name]
        for state in order.split() * 2:
            office.provider.charges[name] = replace(said, state=order.split()[-1])  # type: ignore[arg-type]
            worker.hear(notice(charged=replace(said, state=state)))  # type: ignore[arg-type]
        ends[order] = worker.show(charge.id).state
    assert ends == {
        "processing succeeded": "posted",
        "succeeded processing": "posted",
        "failed processing": "failed",
        "processing failed": "failed",
        "failed succeeded": "posted",
        "canceled": "canceled",
    }
    assert (office.payments(), office.held(number)) == (3, 0)


def test_a_debit_that_comes_back_later_is_reversed(office: Office) -> None:
    number = office.house.place(principal=100_00)
    charge = office.desk().start(office.form(number, 100_00, office.saved(number, kind="us_bank_account")))
    assert office.house.one("select status from debtflow.account") == "closed"
    [name], worker = office.provider.charges, office.desk("wally")
    back = replace(office.provider.charges[name], state="failed", code="R01")
    worker.hear(notice(charged=back))
    assert office.due(number) == [0, 0, 0, 0], "an old notice alone takes nothing back: the provider is asked"
    office.provider.charges[name] = back
    for _ in range(2):
        office.later(1)
        worker.resolve_due()
        worker.hear(notice(charged=back))
    assert worker.show(charge.id).reason == "returned: R01"
    assert office.due(number) == [100_00, 0, 0, 0]
    assert office.house.one("select status from debtflow.account") == "assigned"
    assert office.house.one("select reason from debtflow.payment where reverses is not null") == "nsf"
    assert office.sound()


def test_a_process_that_dies_between_the_acts_leaves_nothing_behind(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After act 1 nothing was sent; in the middle of the call the lease runs out; either way the worker finishes it."""
    number = office.house.place(principal=100_00)
    unsent, sent = office.form(number, 10_00), office.form(number, 20_00)

    def die() -> None:
        raise KeyboardInterrupt

    desk = office.desk()
    office.provider.during = die
    with pytest.raises(KeyboardInterrupt):
        desk.start(sent)
    office.provider.during = None
    assert desk.start(sent).state == "pending", "somebody may still be at it"
    office.house.su.execute("update debtflow.breaker set state = 'closed'")
    with monkeypatch.context() as dead:
        dead.setattr(Charges, "_carry_out", lambda *_: None)
        assert desk.start(unsent).state == "pending"
    assert office.held(number) == 30_00
    office.later(3)
    worker = office.desk("wally")
    assert worker.resolve_due() == 2
    assert worker.show(sent.submission_id).state == "posted"
    assert worker.show(unsent.submission_id).reason == "never_reached"
    assert (office.payments(), office.held(number), office.provider.calls) == (1, 0, ["charge", "look_up"])
    assert office.sound()


def test_who_sees_a_charge(office: Office) -> None:
    number = office.house.place(principal=100_00)
    charge = office.desk().start(office.form(number, 10_00))
    for login, seen in (("bea", 1), ("rex", 1), ("ana", 1), ("ben", 0), ("zack", 0)):
        desk = Charges(office.house.store(login), office.provider)
        try:
            assert desk.show(charge.id).amount == usd(10_00)
            assert len(desk.of_account(number)) == 1
            assert [method.last4 for method in desk.methods(number)] == ["4242"]
        except NotFound:
            assert seen == 0, login
        else:
            assert seen == 1, login
        count = office.house.psql(login).execute("select count(*) from debtflow.charge").fetchone()
        assert count == (seen,), login
    for login in ("rex", "ben", "zack"):
        psql = office.house.psql(login)
        with pytest.raises(Exception, match=r"makes none|no charge"):
            psql.execute('select debtflow.charge_hear(%s, \'{"state": "succeeded"}\')', [charge.id])

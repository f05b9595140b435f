"""Several at once, and whoever hears first: one payment, one hold, no deadlock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from services.charges import Charge, Charges, Heard
from services.errors import Refused, Stale
from services.payments import PaymentForm, Payments
from tests.charges.conftest import Office
from tests.charges.provider import notice, usd
from tests.kernel.test_races import deadlocks, together


def test_one_submission_from_fifty_hands_is_one_charge(office: Office) -> None:
    number = office.house.place(principal=100_00)
    form = office.form(number, 60_00)
    desks = [office.desk("ana", size=5), office.desk("bea", size=5)]
    answers = together([partial(desks[n % 2].start, form) for n in range(50)])
    charges = [answer for answer in answers if isinstance(answer, Charge)]
    assert len(charges) == 50, [answer for answer in answers if not isinstance(answer, Charge)][:3]
    assert {charge.id for charge in charges} == {form.submission_id}
    assert {charge.state for charge in charges} <= {"pending", "posted"}
    assert (office.payments(), len(office.provider.charges), office.held(number)) == (1, 1, 0)
    assert office.provider.calls.count("charge") == 1
    assert office.sound()


def test_two_operators_charge_the_last_cent(office: Office) -> None:
    number = office.house.place(principal=100_00)
    method = office.saved(number)
    desks = [office.desk("ana"), office.desk("bea")]
    answers = together([partial(desk.start, office.form(number, 100_00, method)) for desk in desks])
    assert sorted(type(answer).__name__ for answer in answers) == ["Charge", "Refused"]
    other = office.house.place(principal=100_00)
    cashier, method = Payments(office.house.store("bea")), office.saved(other)
    acts: list[Callable[[], object]] = [
        partial(desks[0].start, office.form(other, 70_00, method)),
        partial(cashier.post, PaymentForm(other, usd(70_00), "cash")),
    ]
    mixed = together(acts)
    assert sum(isinstance(answer, Refused | Stale) for answer in mixed) == 1
    assert office.due(other) == [30_00, 0, 0, 0]
    assert deadlocks(office.house) == 0
    assert office.sound()


def test_webhook_resolver_and_the_operators_own_answer_make_one_payment(office: Office) -> None:
    """The webhook and the worker come while the operator still waits for the call, and again afterwards."""
    number = office.house.place(principal=500_00)
    workers = [office.desk("wally", size=1) for _ in range(4)]
    method = office.saved(number)
    for minor in range(1_00, 6_00, 1_00):
        form = office.form(number, minor, method)

        def meanwhile(key: str = form.submission_id.hex) -> None:
            office.provider.during = None
            said = office.provider.charges[f"pi_{key}"]
            acts: list[Callable[[], Heard | int]] = [
                partial(workers[0].hear, notice(charged=said)),
                partial(workers[1].hear, notice(charged=said)),
                partial(workers[2].resolve_due, 5),
                partial(workers[3].hear, notice(charged=replace(said, state="processing"))),
            ]
            together(acts)

        office.provider.during = meanwhile
        charge = office.desk().start(form)
        assert charge.state == "posted"
    assert (office.payments(), office.due(number)) == (5, [485_00, 0, 0, 0])
    assert deadlocks(office.house) == 0
    assert office.sound()


def test_two_workers_never_ask_for_one_charge(office: Office) -> None:
    number = office.house.place(principal=100_00)
    method = office.saved(number)
    office.provider.faults = ["after"] * 4
    for minor in range(1, 5):
        assert office.desk().start(office.form(number, minor, method)).state == "unknown"
    office.later(1)
    office.provider.calls.clear()
    workers = [Charges(office.house.store("wally", size=1), office.provider) for _ in range(4)]
    asked = together([partial(worker.resolve_due, 10) for worker in workers])
    assert sum(each for each in asked if isinstance(each, int)) == 4
    assert office.provider.calls.count("look_up") == 4
    assert (office.payments(), office.held(number)) == (4, 0)
    assert office.sound()

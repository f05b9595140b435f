"""Adjustments: each kind on its legs, within the limits of the role, once, and taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from services.accounts import Accounts
from services.adjustments import Adjusted, AdjustmentForm, Adjustments
from services.domain.money import Money
from services.errors import BadInput, NotAllowed, NotFound, Refused, Stale
from services.ledger import Doctor
from services.payments import PaymentForm, Payments
from tests.kernel.test_races import proved, together, usd
from tests.support.house import House

ALL = None


def form(account: str, kind: str, minor: int | None, reason: str, **changes: Any) -> AdjustmentForm:
    amount = None if minor is None else usd(minor)
    return replace(AdjustmentForm(account, kind, reason, amount), **changes)


def due(house: House, number: str) -> list[int]:
    query = (
        "select b.due from debtflow.account a join debtflow.account_balance b on b.account_id = a.id where number = %s"
    )
    return list(house.one(query, number))


def books(house: House) -> dict[str, int]:
    query = "select kind, sum(balance)::bigint from debtflow.ledger_balance where agency_id = 1 group by kind"
    return {kind: balance for kind, balance in house.su.execute(query).fetchall() if balance}


def status(house: House, number: str) -> tuple[str, str | None]:
    row = house.su.execute("select status, closed_reason from debtflow.account where number = %s", [number]).fetchone()
    assert row is not None
    return row[0], row[1]


def sound(house: House) -> bool:
    checks = {check.name: check.ok for check in Doctor(house.store("bea")).examine().checks}
    names = ("replay", "trust-equation", "postings-zero", "payments-transfers", "legs-whole", "closed-zero")
    return all(checks[name] for name in names)


def test_each_kind_moves_its_bucket_and_its_books(house: House) -> None:
    number = house.place(principal=500_00, interest=20_00, fees=10_00)
    desk = Adjustments(house.store("bea"))
    steps: list[tuple[AdjustmentForm, list[int], dict[str, int]]] = [
        (form(number, "fee", 15_00, "returned_payment"), [500_00, 20_00, 25_00, 0], {}),
        (form(number, "cost", 30_00, "court"), [500_00, 20_00, 25_00, 30_00], {}),
        (form(number, "correct_up", 100_00, "placed_too_low"), [600_00, 20_00, 25_00, 30_00], {}),
        (form(number, "correct_down", 50_00, "placed_too_high"), [550_00, 20_00, 25_00, 30_00], {}),
        (form(number, "correct_down", 5_00, "client_statement", bucket="interest"), [550_00, 15_00, 25_00, 30_00], {}),
        (form(number, "write_off", 40_00, "goodwill"), [550_00, 15_00, 15_00, 0], {"written_off": 40_00}),
        (form(number, "write_off", 50_00, "hardship", bucket="principal"), [500_00, 15_00, 15_00, 0],
         {"written_off": 90_00}),
    ]  # fmt: skip
    for asked, after, given_up in steps:
        seen = desk.preview(asked)
        done = desk.post(replace(asked, version=seen.version))
        assert due(house, number) == after, asked.kind
        assert (seen.outcome, seen.lines, seen.after) == ("posted", done.lines, done.balance)
        owed = sum(after)
        assert books(house) == {"receivable": owed, "control": -owed - sum(given_up.values())} | given_up
    assert [each.kind for each in desk.list(number)] == [asked.kind for asked, _, _ in reversed(steps)]
    told = [line.text for line in Accounts(house.store("ana")).show(number).activities if line.kind == "adjustment"]
    assert (len(told), told[-1]) == (len(steps), "fee 15.00 USD: returned payment")
    assert sound(house)


def test_writing_off_the_whole_closes_for_its_reason_and_taking_it_back_opens(house: House) -> None:
    number = house.place(principal=80_00, fees=5_00)
    desk = Adjustments(house.store("bea"))
    done = desk.post(form(number, "write_off", ALL, "bankrupt"))
    assert (done.balance, done.closed_as, status(house, number)) == (usd(0), "bankrupt", ("closed", "bankrupt"))
    with pytest.raises(Refused) as refused:
        desk.post(form(number, "fee", 1_00, "agreed"))
    assert refused.value.rule == "closed"
    back = desk.reverse(done.receipt, "void", submission_id=uuid4())
    assert (back.balance, back.reverses, status(house, number)) == (usd(85_00), done.receipt, ("assigned", None))
    with pytest.raises(Refused) as refused:
        desk.reverse(done.receipt, "void", submission_id=uuid4())
    assert refused.value.rule == "already_reversed"
    with pytest.raises(Refused) as refused:
        desk.reverse(back.receipt, "void", submission_id=uuid4())
    assert refused.value.rule == "not_reversible"
    desk.post(form(number, "correct_down", 5_00, "placed_too_high", bucket="fees"))
    desk.post(form(number, "correct_down", 80_00, "placed_too_high"))
    assert status(house, number) == ("closed", "placed_in_error")
    assert sound(house)


def test_taking_back_what_was_paid_since_is_refused_and_what_it_closed_stays_true(house: House) -> None:
    number = house.place(principal=100_00)
    desk, till = Adjustments(house.store("bea")), Payments(house.store("bea"))
    fee = desk.post(form(number, "fee", 10_00, "agreed"))
    gone = desk.post(form(number, "write_off", 30_00, "goodwill", bucket="principal"))
    till.post(PaymentForm(number, usd(80_00), "cash"))
    assert status(house, number) == ("closed", "paid_in_full")
    with pytest.raises(Refused) as refused:
        desk.reverse(fee.receipt, "waived", submission_id=uuid4())
    assert refused.value.rule == "paid_since"
    desk.reverse(gone.receipt, "void", submission_id=uuid4())
    assert status(house, number) == ("assigned", None)
    assert due(house, number) == [30_00, 0, 0, 0]
    assert sound(house)


@pytest.fixture
def number(house: House) -> str:
    return house.place(principal=100_00, fees=20_00)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"amount": usd(120_01)}, "more_than_owed"),
        ({"amount": usd(20_01), "bucket": "fees"}, "more_than_owed"),
        ({"amount": Money(5_00, "EUR")}, "currency"),
        ({"effective_on": date.today() + timedelta(days=3)}, "future_date"),
        ({"effective_on": date(2025, 10, 31)}, "before_placement"),
        ({"kind": "correct_up", "reason": "placed_too_low", "amount": usd(10**15)}, "too_large"),
    ],
)
def test_a_rule_that_refuses_says_its_name_and_is_on_record(
    house: House, number: str, changes: dict[str, Any], rule: str
) -> None:
    with pytest.raises(Refused) as refused:
        Adjustments(house.store("ada")).post(replace(form(number, "write_off", 1_00, "goodwill"), **changes))
    assert refused.value.rule == rule
    assert refused.value.hint
    assert house.one("select rule from debtflow.security_event where kind = 'adjustment.refused'") == rule
    assert due(house, number) == [100_00, 0, 20_00, 0]


def test_what_cannot_be_an_adjustment(house: House, number: str) -> None:
    desk = Adjustments(house.store("bea"))
    for changes, field in (
        ({"kind": "gift"}, "kind"),
        ({"reason": "returned_payment"}, "reason"),
        ({"amount": usd(0)}, "amount"),
        ({"amount": usd(-1)}, "amount"),
        ({"bucket": "tips"}, "bucket"),
        ({"bucket": "costs", "kind": "fee", "reason": "agreed"}, "bucket"),
        ({"amount": None, "kind": "fee", "reason": "agreed"}, "amount"),
    ):
        with pytest.raises(BadInput) as refused:
            desk.post(replace(form(number, "write_off", 1_00, "goodwill"), **changes))
        assert refused.value.field == field, changes


def test_a_hold_is_respected(house: House, number: str) -> None:
    desk = Adjustments(house.store("ada"))
    fee = desk.post(form(number, "fee", 10_00, "agreed"))
    house.su.execute("update debtflow.account_balance set held = 125_00")
    for act in (
        lambda: desk.post(form(number, "write_off", 5_01, "goodwill")),
        lambda: desk.reverse(fee.receipt, "waived", submission_id=uuid4()),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.rule == "held"
    assert desk.post(form(number, "write_off", 5_00, "goodwill")).balance == usd(125_00)


# ---- who, and how much -----------------------------------------------------------------------------------------------


def test_limits_are_the_roles_and_the_agencys_and_small_ones_add_up(house: House, number: str) -> None:
    ana, bea, ada = (Adjustments(house.store(login)) for login in ("ana", "bea", "ada"))
    for refusal in (
        lambda: ana.post(form(number, "correct_down", 1, "placed_too_high")),
        lambda: ana.post(form(number, "write_off", 5_01, "small_balance")),
        lambda: bea.post(form(number, "fee", 500_01, "agreed")),
    ):
        with pytest.raises(Refused) as refused:
            refusal()
        assert (refused.value.rule, refused.value.who_may) == ("limit", "supervisor")
    first = ana.post(form(number, "write_off", 3_00, "small_balance"))
    with pytest.raises(Refused, match=r"3\.00 USD of it are used"):
        ana.post(form(number, "write_off", 2_01, "small_balance"))
    bea.reverse(first.receipt, "void", submission_id=uuid4())
    ana.post(form(number, "write_off", 5_00, "small_balance"))
    with pytest.raises(NotAllowed):
        bea.set_limit("collector", "write_off", usd(50_00))
    ada.set_limit("collector", "write_off", usd(50_00))
    ana.post(form(number, "write_off", 45_00, "small_balance"))
    limits = {(each.role, each.kind): (each.most, each.agreed) for each in ana.limits()}
    assert limits["collector", "write_off"] == (usd(50_00), True)
    assert limits["collector", "correct_up"] == (usd(0), False)
    zack = Adjustments(house.store("zack"))
    assert not any(each.agreed for each in zack.limits())


def test_who_may_not(house: House, number: str) -> None:
    done = Adjustments(house.store("ana")).post(form(number, "fee", 1_00, "agreed"))
    for login, error in (("rex", NotAllowed), ("ben", NotFound), ("zoe", NotFound), ("zack", NotFound)):
        with pytest.raises(error):
            Adjustments(house.store(login)).post(form(number, "fee", 1_00, "agreed"))
    for login, refusal in (("ana", NotAllowed), ("zack", NotFound)):
        with pytest.raises(refusal):
            Adjustments(house.store(login)).reverse(done.receipt, "void", submission_id=uuid4())
    with pytest.raises(NotFound):
        Adjustments(house.store("ben")).list(number)


def test_a_closed_month_needs_a_supervisor_and_keeps_its_date(house: House) -> None:
    number = house.place(principal=100_00, placed=date(2025, 1, 5))
    house.su.execute("insert into debtflow.closed_period values (1, '2025-02-01', now(), 1)")
    asked = form(number, "fee", 1_00, "agreed", effective_on=date(2025, 2, 10))
    with pytest.raises(Refused) as refused:
        Adjustments(house.store("ana")).post(asked)
    assert (refused.value.rule, refused.value.who_may) == ("period_closed", "supervisor")
    done = Adjustments(house.store("bea")).post(replace(asked, submission_id=uuid4()))
    assert done.effective_on == date(2025, 2, 10)


# ---- once ------------------------------------------------------------------------------------------------------------


def test_one_submission_is_one_adjustment_from_however_many_hands(house: House, number: str) -> None:
    asked = form(number, "fee", 7_00, "agreed")
    desk = Adjustments(house.store("ana", size=8))
    answers = together([partial(desk.post, asked)] * 8)
    done = [answer for answer in answers if isinstance(answer, Adjusted)]
    assert len(done) == 8, answers
    assert (len({each.receipt for each in done}), sum(not each.replayed for each in done)) == (1, 1)
    assert {each.balance for each in done} == {usd(127_00)}
    with pytest.raises(Refused) as refused:
        desk.post(replace(asked, amount=usd(8_00)))
    assert refused.value.rule == "submission_conflict"
    supervisor, key = Adjustments(house.store("bea", size=6)), uuid4()
    backs = together([lambda: supervisor.reverse(done[0].receipt, "waived", submission_id=key)] * 4)
    assert len({back.receipt for back in backs if isinstance(back, Adjusted)}) == 1, backs
    other = together([lambda: supervisor.reverse(done[0].receipt, "waived", submission_id=uuid4())] * 3)
    assert {each.rule for each in other if isinstance(each, Refused)} == {"already_reversed"}
    assert due(house, number) == [100_00, 0, 20_00, 0]
    assert proved(house)


def test_a_stale_look_and_a_dry_run_change_nothing(house: House, number: str) -> None:
    desk = Adjustments(house.store("ana"))
    seen = desk.preview(form(number, "fee", 1_00, "agreed")).version
    rehearsed = desk.post(form(number, "fee", 1_00, "agreed", version=seen), dry_run=True)
    assert rehearsed.balance == usd(121_00)
    assert house.one("select count(*) from debtflow.adjustment") == 0
    Payments(house.store("ana")).post(PaymentForm(number, usd(1_00), "cash"))
    with pytest.raises(Stale):
        desk.post(form(number, "fee", 1_00, "agreed", version=seen))

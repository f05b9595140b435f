"""Refunds: never above the rest, once each, and to the cent what was paid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.accounts import Accounts
from services.charges import Charges, Refund
from services.errors import DebtFlowError, NotAllowed, NotFound, Refused
from services.gateways.base import Refunded
from services.payments import PaymentForm, Payments
from tests.charges.conftest import Office
from tests.charges.provider import notice, usd
from tests.kernel.test_races import together

LEGS = """
  select t.kind, (t.reverses is not null), l.debit %% 16, l.credit %% 16, l.amount, l.parts
    from debtflow.leg l join debtflow.transfer t on t.id = l.transfer_id where l.transfer_id = %s order by no"""


def paid(office: Office, number: str, minor: int) -> str:
    charge = office.desk().start(office.form(number, minor, allow_duplicate=True))
    assert charge.receipt is not None
    return charge.receipt


def back(office: Office, receipt: str, minor: int | None, key: UUID | None = None) -> Refund:
    amount = usd(minor) if minor is not None else None
    return office.desk("bea").refund(receipt, amount, submission_id=key or uuid4())


def test_the_whole_at_once_is_a_reversal(office: Office) -> None:
    number = office.house.place(principal=100_00)
    receipt = paid(office, number, 100_00)
    refund = back(office, receipt, None)
    assert (refund.state, refund.of, refund.amount, refund.left) == ("posted", receipt, usd(100_00), usd(0))
    assert office.house.one("select array_agg(kind order by id) from debtflow.transfer") == [
        "placement", "payment", "reversal"]  # fmt: skip
    assert office.house.one("select status from debtflow.account") == "assigned"
    assert office.due(number) == [100_00, 0, 0, 0]
    assert office.sound()


def test_the_pieces_come_to_the_whole(office: Office) -> None:
    """Principal first, as it was filled last; commission of 25 % on 60.01 is 15.00 and goes back to the cent."""
    number = office.house.place(principal=50_00, fees=20_01)
    receipt = paid(office, number, 60_01)
    assert office.due(number) == [10_00, 0, 0, 0]
    pieces = [back(office, receipt, 33_33), back(office, receipt, 13_34), back(office, receipt, None)]
    assert [(piece.amount.minor, piece.left.minor) for piece in pieces] == [
        (33_33, 26_68), (13_34, 13_34), (13_34, 0)]  # fmt: skip
    shapes = [office.house.su.execute(LEGS, [int((piece.receipt or "").split("-")[1])]).fetchall() for piece in pieces]
    assert {shape[0][:2] for shape in shapes} == {("refund", False)}
    assert [shape[0][5] for shape in shapes] == [[33_33, 0, 0, 0], [6_67, 0, 6_67, 0], [0, 0, 13_34, 0]]
    commission = [sum(leg[4] for leg in shape if leg[2] == 6) for shape in shapes]
    assert commission == [8_33, 3_34, 3_33]
    assert office.house.one("select count(distinct family_id) from debtflow.transfer where kind <> 'placement'") == 1
    assert office.due(number) == [50_00, 0, 20_01, 0]
    with pytest.raises(Refused) as refused:
        back(office, receipt, 1)
    assert refused.value.rule == "nothing_left"
    assert office.house.one("select last_payment_on from debtflow.account_balance") is None
    rows = Accounts(office.house.store("ana")).show(number).payments
    shown = [(row.amount, row.returned) for row in rows if row.reverses is None]
    assert shown == [(usd(60_01), usd(60_01))]
    assert office.sound()


def test_who_may_and_what_is_refused(office: Office) -> None:
    number = office.house.place(principal=100_00)
    receipt = paid(office, number, 60_00)
    cash = Payments(office.house.store("ana")).post(PaymentForm(number, usd(5_00), "cash")).receipt
    with pytest.raises(NotAllowed):
        office.desk().refund(receipt, usd(1_00), submission_id=uuid4())
    with pytest.raises(NotFound):
        Charges(office.house.store("zack"), office.provider).refund(receipt, None, submission_id=uuid4())
    for named, minor, rule in ((receipt, 60_01, "refund_above_rest"), (cash, 1_00, "not_charged")):
        with pytest.raises(Refused) as refused:
            back(office, named, minor)
        assert refused.value.rule == rule
    with pytest.raises(Refused, match="USD"):
        office.desk("bea").refund(receipt, replace(usd(1_00), currency="EUR"), submission_id=uuid4())
    one = back(office, receipt, 10_00)
    with pytest.raises(Refused) as refused:
        back(office, one.receipt or "", 1_00)
    assert refused.value.rule == "not_a_payment"
    by_hand = Payments(office.house.store("bea"))
    for reason in ("refund", "nsf"):
        with pytest.raises(Refused) as refused:
            by_hand.reverse(receipt, reason, submission_id=uuid4())
        assert refused.value.rule == "partly_returned"
    other = paid(office, number, 20_00)
    with pytest.raises(Refused) as refused:
        by_hand.reverse(other, "void", submission_id=uuid4())
    assert refused.value.rule == "method_gateway"
    assert by_hand.reverse(other, "nsf", submission_id=uuid4()).amount == usd(20_00)
    assert office.provider.calls.count("refund") == 1
    assert office.sound()


@pytest.mark.parametrize("fault", ["before", "after", "away"])
def test_a_lost_answer_is_asked_about(office: Office, fault: str) -> None:
    number = office.house.place(principal=100_00)
    receipt, key = paid(office, number, 60_00), uuid4()
    office.provider.faults = [fault]
    refund = back(office, receipt, 40_00, key)
    assert refund.state == ("failed" if fault == "away" else "unknown")
    with pytest.raises(Refused) if fault != "away" else _nothing():
        back(office, receipt, 20_01)
    office.later(3)
    office.desk("wally").resolve_due()
    settled = back(office, receipt, 40_00, key)
    assert (settled.replayed, settled.state) == (True, "posted" if fault == "after" else "failed")
    assert office.house.one("select coalesce(sum(amount), 0) from debtflow.payment where reverses is not null") == sum(
        each.amount.minor for each in office.provider.refunded.values()
    )
    assert office.sound()


def test_the_same_form_refunds_once(office: Office) -> None:
    number = office.house.place(principal=100_00)
    receipt, key = paid(office, number, 60_00), uuid4()
    office.provider.faults = ["after"]
    assert back(office, receipt, 40_00, key).state == "unknown"
    assert back(office, receipt, 40_00, key).state == "posted"
    assert back(office, receipt, 40_00, key).replayed
    with pytest.raises(Refused) as refused:
        back(office, receipt, 20_00, key)
    assert refused.value.rule == "submission_conflict"
    assert len(office.provider.refunded) == 1
    assert office.sound()


def test_one_that_is_on_its_way_counts_and_one_that_comes_back_does_not(office: Office) -> None:
    number = office.house.place(principal=100_00)
    receipt = paid(office, number, 60_00)
    office.provider.refund_state = "pending"
    refund, worker = back(office, receipt, 40_00), office.desk("wally")
    assert (refund.state, refund.left) == ("pending", usd(20_00))
    [seen] = office.desk().refunds_under_way(number)
    assert (seen.id, seen.of, seen.amount, seen.state, seen.by) == (refund.id, receipt, usd(40_00), "pending", "bea")
    [told] = office.provider.refunded.values()
    done, failed = replace(told, state="succeeded"), replace(told, state="failed", code="expired_or_canceled_card")
    for said in (done, done):
        worker.hear(notice(refunded=said))
    assert office.due(number) == [80_00, 0, 0, 0]
    assert office.desk().refunds_under_way(number) == ()
    worker.hear(notice(refunded=failed))
    assert refund.id is not None
    office.provider.refunded[refund.id] = failed
    for _ in range(2):
        office.later(1)
        worker.resolve_due()
    assert office.due(number) == [40_00, 0, 0, 0]
    office.provider.refund_state = "succeeded"
    assert back(office, receipt, None).amount == usd(60_00)
    assert office.sound()


def test_old_news_of_a_refund_is_asked_about_once(office: Office) -> None:
    number, worker = office.house.place(principal=100_00), office.desk("wally")
    back(office, paid(office, number, 60_00), 40_00)
    office.later(3)
    worker.resolve_due()
    [told] = office.provider.refunded.values()
    worker.hear(notice(refunded=replace(told, state="failed", code="declined")))
    assert worker.resolve_due() == 1
    for _ in range(3):
        office.later(3)
        assert worker.resolve_due() == 0
    assert office.due(number) == [80_00, 0, 0, 0]
    assert office.sound()


def test_one_told_with_another_amount_waits_for_a_person(office: Office) -> None:
    number = office.house.place(principal=100_00)
    receipt, key, worker = paid(office, number, 60_00), uuid4(), office.desk("wally")
    office.provider.faults = ["before"]
    assert back(office, receipt, 40_00, key).state == "unknown"
    office.later(3)
    worker.resolve_due()
    [charged] = office.provider.charges.values()
    told = Refunded("re_1", "succeeded", usd(39_99), key=key, payment=charged.provider_id)
    office.provider.refunded[key] = told
    worker.hear(notice(refunded=told))
    for _ in range(2):
        office.later(3)
        worker.resolve_due()
    seen = office.house.su.execute("select state, reason, posted_id from debtflow.refund").fetchall()
    assert seen == [("failed", "mismatch", None)]
    with pytest.raises(AssertionError, match="charges-told"):
        office.sound()


def test_a_refund_made_at_the_provider_is_found(office: Office) -> None:
    number = office.house.place(principal=100_00)
    paid(office, number, 60_00)
    [charged], worker = office.provider.charges.values(), office.desk("wally")
    said = Refunded("re_theirs", "succeeded", usd(15_00), payment=charged.provider_id)
    assert [worker.hear(notice(refunded=said)).outcome for _ in range(2)] == ["processed", "replayed"]
    assert office.due(number) == [55_00, 0, 0, 0]
    stranger = Refunded("re_else", "succeeded", usd(15_00), payment="pi_else")
    assert worker.hear(notice(refunded=stranger)).outcome == "ignored"
    assert office.sound()


def test_many_hands_never_return_more_than_was_paid(office: Office) -> None:
    number = office.house.place(principal=100_00)
    receipt = paid(office, number, 60_00)
    desk = office.desk("bea", size=8)
    acts: list[Callable[[], Refund]] = [
        partial(desk.refund, receipt, usd(25_00), submission_id=uuid4()) for _ in range(8)
    ]
    answers = together(acts)
    assert sum(isinstance(answer, Refund) for answer in answers) == 2
    assert {answer.rule for answer in answers if isinstance(answer, DebtFlowError)} == {"refund_above_rest"}
    assert sum(each.amount.minor for each in office.provider.refunded.values()) == 50_00
    assert office.sound()


def test_any_pieces_give_back_what_was_taken(office: Office) -> None:
    """Whatever the amounts: after the last piece every balance stands where it stood before the payment."""
    books = "select array_agg(balance order by book_id, slot) from debtflow.ledger_balance"

    @settings(settings.get_profile("house"), max_examples=12)
    @given(st.lists(st.integers(1, 7_000), min_size=4, max_size=4), st.lists(st.integers(1, 9_000), max_size=4))
    def pieces(buckets: list[int], parts: list[int]) -> None:
        number = office.house.place(
            principal=buckets[0], interest=buckets[1], fees=buckets[2], costs=buckets[3], client="MED", collector="ana"
        )
        before, owed = office.house.one(books), office.due(number)
        receipt = paid(office, number, max(sum(buckets) // 2, 1))
        for part in parts:
            with pytest.raises(Refused) if part > _left(office, receipt) else _nothing():
                back(office, receipt, part)
        if _left(office, receipt):
            back(office, receipt, None)
        assert (office.house.one(books), office.due(number)) == (before, owed)

    pieces()
    assert office.sound()


def _left(office: Office, receipt: str) -> int:
    query = "select p.amount - (debtflow.returned_of(p)).amount from debtflow.payment p where id = %s"
    return int(office.house.one(query, int(receipt.split("-")[1])))


@contextmanager
def _nothing() -> Iterator[None]:
    yield

"""The payment service on a real database: every rule, and what is written when none objects."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from psycopg.errors import InsufficientPrivilege

from services.domain.money import Money
from services.errors import BadInput, NotAllowed, NotFound, Refused, Stale
from services.payments import PaymentForm, Payments, Receipt
from tests.support.house import House


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def form(account: str, minor: int = 250_00, **changes: Any) -> PaymentForm:
    return replace(PaymentForm(account, usd(minor), "check"), **changes)


def test_money_falls_in_the_order_of_the_contract(house: House) -> None:
    number = house.place(principal=1100_00, interest=84_07, fees=75_00)
    receipt = Payments(house.store("ana")).post(form(number, 250_00, reference="1991"))
    assert [(line.bucket, line.amount.minor) for line in receipt.allocation] == [
        ("costs", 0),
        ("fees", 75_00),
        ("interest", 84_07),
        ("principal", 90_93),
    ]
    assert receipt.balance == usd(1009_07)
    assert (receipt.by, receipt.replayed, receipt.reference) == ("ana", False, "1991")


def test_the_same_submission_gives_the_same_receipt_and_does_nothing(house: House) -> None:
    number = house.place(principal=1000_00)
    payments = Payments(house.store("ana"))
    first = payments.post(form := PaymentForm(number, usd(100_00), "cash"))
    second = payments.post(form)
    assert replace(second, replayed=False) == first
    assert second.replayed
    assert house.one("select count(*) from debtflow.payment") == 1


def test_the_same_submission_with_another_content_is_refused(house: House) -> None:
    number = house.place(principal=1000_00)
    payments = Payments(house.store("ana"))
    first = form(number, 100_00)
    payments.post(first)
    with pytest.raises(Refused) as refused:
        payments.post(replace(first, amount=usd(200_00)))
    assert refused.value.rule == "submission_conflict"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"amount": usd(1000_01)}, "overpayment"),
        ({"amount": Money(100, "EUR")}, "currency"),
        ({"effective_on": date.today() + timedelta(days=3)}, "future_date"),
        ({"effective_on": date(2025, 10, 31)}, "before_placement"),
        ({"method": "paid_to_client", "amount": usd(2000_00), "overpayment": "unapplied"}, "overpayment"),
    ],
)
def test_a_rule_that_refuses_says_its_name_and_is_on_record(house: House, changes: dict[str, Any], rule: str) -> None:
    number = house.place(principal=1000_00)
    with pytest.raises(Refused) as refused:
        Payments(house.store("ana")).post(form(number, **changes))
    assert refused.value.rule == rule
    assert refused.value.hint
    assert house.one("select count(*) from debtflow.payment") == 0
    assert house.one("select rule from debtflow.security_event where kind = 'payment.refused'") == rule


def test_amounts_methods_and_payers_that_cannot_be(house: House) -> None:
    number = house.place(principal=1000_00)
    payments = Payments(house.store("ana"))
    for changes, field in (
        ({"amount": usd(0)}, "amount"),
        ({"amount": usd(-5)}, "amount"),
        ({"method": "card"}, "method"),
        ({"payer": "dog"}, "payer"),
        ({"reference": "x" * 101}, "reference"),
    ):
        with pytest.raises(BadInput) as refused:
            payments.post(form(number, **changes))
        assert refused.value.field == field


def test_a_mistyped_number_is_refused_before_anybody_is_asked(house: House) -> None:
    number = house.place()
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    with pytest.raises(BadInput, match="check digit"):
        Payments(house.store("ana")).post(form(wrong))


def test_a_second_payment_of_the_same_amount_is_asked_about(house: House) -> None:
    number = house.place(principal=1000_00)
    payments = Payments(house.store("ana"))
    first = payments.post(form(number, 100_00))
    preview = payments.preview(form(number, 100_00))
    assert preview.outcome == "duplicate"
    assert preview.earlier is not None
    assert (preview.earlier.receipt, preview.earlier.by) == (first.receipt, "ana")
    with pytest.raises(Refused) as refused:
        payments.post(form(number, 100_00))
    assert refused.value.rule == "duplicate"
    assert payments.post(form(number, 100_00, allow_duplicate=True)).balance == usd(800_00)


def test_an_overpayment_is_kept_apart_only_by_explicit_choice(house: House) -> None:
    number = house.place(principal=100_00)
    receipt = Payments(house.store("ana")).post(form(number, 130_00, overpayment="unapplied"))
    assert receipt.balance == usd(0)
    assert house.one("select unapplied from debtflow.account_balance") == 30_00
    assert house.one("select balance from debtflow.ledger_balance where kind = 'unapplied' and balance <> 0") == -30_00


def test_paid_to_client_moves_no_trust_cash(house: House) -> None:
    number = house.place(principal=100_00)
    Payments(house.store("ana")).post(form(number, 100_00, method="paid_to_client"))
    balances: dict[str, int] = dict(
        house.su.execute("select kind, balance from debtflow.ledger_balance where balance <> 0").fetchall()
    )
    assert balances == {"client_due": 25_00, "commission": -25_00}


def test_the_last_cent_closes_the_account_and_a_reversal_opens_it_as_it_was(house: House) -> None:
    number = house.place(principal=100_00)
    receipt = Payments(house.store("ana")).post(form(number, 100_00))
    assert house.su.execute("select status, closed_reason from debtflow.account").fetchone() == (
        "closed",
        "paid_in_full",
    )
    reversal = Payments(house.store("bea")).reverse(receipt.receipt, "nsf", submission_id=uuid4())
    assert reversal.balance == usd(100_00)
    assert house.su.execute("select status, closed_reason from debtflow.account").fetchone() == ("assigned", None)


def test_a_payment_is_reversed_once(house: House) -> None:
    number = house.place(principal=100_00)
    receipt = Payments(house.store("ana")).post(form(number, 40_00))
    supervisor = Payments(house.store("bea"))
    key = uuid4()
    first = supervisor.reverse(receipt.receipt, "nsf", submission_id=key)
    assert supervisor.reverse(receipt.receipt, "nsf", submission_id=key).replayed
    with pytest.raises(Refused) as refused:
        supervisor.reverse(receipt.receipt, "void", submission_id=uuid4())
    assert refused.value.rule == "already_reversed"
    again = supervisor.reverse(first.reversal, "void", submission_id=uuid4())
    assert again.balance == usd(60_00)


def test_who_may_not(house: House) -> None:
    number = house.place(principal=100_00, collector="ben")
    receipt = Payments(house.store("ben")).post(form(number, 10_00))
    with pytest.raises(NotFound):
        Payments(house.store("ana")).post(form(number, 10_00))
    with pytest.raises(NotFound):
        Payments(house.store("zoe")).post(form(number, 10_00))
    with pytest.raises(NotAllowed):
        Payments(house.store("rex")).post(form(number, 10_00))
    with pytest.raises(NotAllowed):
        Payments(house.store("ben")).reverse(receipt.receipt, "nsf", submission_id=uuid4())
    with pytest.raises(NotFound):
        Payments(house.store("zack")).reverse(receipt.receipt, "nsf", submission_id=uuid4())


def test_posting_on_what_was_not_looked_at_is_stale(house: House) -> None:
    number = house.place(principal=100_00)
    payments = Payments(house.store("ana"))
    seen = payments.preview(form(number, 10_00)).version
    payments.post(form(number, 20_00))
    with pytest.raises(Stale):
        payments.post(form(number, 10_00, version=seen))


def test_one_call_takes_many_and_answers_each(house: House) -> None:
    one, two = house.place(principal=100_00), house.place(principal=50_00)
    forms = [form(one, 10_00), form(two, 60_00), form(one, 20_00), form(one, 10_00), form("10999-9", 5_00)]
    forms[-1] = replace(forms[-1], account=two, amount=usd(50_00))
    answers = Payments(house.store("ana")).post_many(forms)
    kinds = [answer.balance.minor if isinstance(answer, Receipt) else answer.rule for answer in answers]
    assert kinds == [90_00, "overpayment", 70_00, "duplicate", 0]


def test_a_dry_run_says_the_same_and_leaves_nothing(house: House) -> None:
    number = house.place(principal=100_00)
    payments = Payments(house.store("ana"))
    entry = form(number, 40_00)
    rehearsed = payments.post(entry, dry_run=True)
    assert rehearsed.balance == usd(60_00)
    assert house.one("select count(*) from debtflow.payment") == 0
    assert payments.post(entry).balance == usd(60_00)


def test_the_day_sheet_totals_by_method(house: House) -> None:
    number = house.place(principal=1000_00)
    payments = Payments(house.store("ana"))
    payments.post(form(number, 10_00, method="cash"))
    payments.post(form(number, 20_00, method="cash"))
    receipt = payments.post(form(number, 30_00))
    Payments(house.store("bea")).reverse(receipt.receipt, "nsf", submission_id=uuid4())
    sheet = payments.day_sheet()
    assert [(line.method, line.count, line.total.minor) for line in sheet.lines] == [
        ("cash", 2, 30_00),
        ("check", 1, 30_00),
    ]
    assert sheet.total == usd(60_00)
    assert Payments(house.store("bea")).day_sheet().total == usd(-30_00)


def test_the_largest_amount_there_can_be_overflows_nothing(house: House) -> None:
    number = house.place(principal=10**15)
    receipt = Payments(house.store("ana")).post(form(number, 10**15))
    assert receipt.balance == usd(0)
    assert house.one("select amount from debtflow.leg where no = 4 and transfer_id > 1") == 10**15 // 4


def test_a_reversed_payment_is_not_the_last_one(house: House) -> None:
    number = house.place(principal=100_00)
    payments, supervisor = Payments(house.store("ana")), Payments(house.store("bea"))
    payments.post(form(number, 10_00, effective_on=date(2025, 12, 1)))
    receipt = payments.post(form(number, 20_00, effective_on=date(2025, 12, 24)))
    reversal = supervisor.reverse(receipt.receipt, "nsf", submission_id=uuid4())
    assert house.one("select last_payment_on from debtflow.account_balance") == date(2025, 12, 1)
    supervisor.reverse(reversal.reversal, "void", submission_id=uuid4())
    assert house.one("select last_payment_on from debtflow.account_balance") == date(2025, 12, 24)


def test_a_reader_sees_no_whole_bank_reference_on_any_way(house: House) -> None:
    number = house.place(principal=100_00)
    receipt = Payments(house.store("ana")).post(form(number, 10_00, method="bank_transfer", reference="DE8937040044"))
    assert Payments(house.store("bea")).show(receipt.receipt).reference == "DE8937040044"
    assert Payments(house.store("rex")).show(receipt.receipt).reference == "•••44"
    assert Payments(house.store("rex")).day_sheet(user="ana").entries[0].reference == "•••44"
    for login in ("rex", "bea"):
        with pytest.raises(InsufficientPrivilege):
            house.psql(login).execute("select reference from debtflow.payment")

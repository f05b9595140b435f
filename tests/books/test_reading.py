"""Who reads what of the books, and what a transfer shows."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import psycopg
import pytest

from services.adjustments import AdjustmentForm, Adjustments
from services.batches import BatchEntry, BatchForm, PaymentBatches, Totals
from services.domain.money import Money
from services.domain.numbers import parse_receipt_number
from services.errors import BadInput, NotAllowed, NotFound
from services.ledger import Doctor, Ledger, Subject, subject_of
from services.payments import PaymentForm, Payments
from services.receipts import Receipts, SpreadForm
from tests.support.house import House

FEE = "select min(name) from debtflow.adjustment_reason where kind = 'fee'"
CHARGE = """
  insert into debtflow.charge (id, agency_id, account_id, user_id, gateway, kind, method, request_hash, amount,
                               currency, state, started_at, payment_id)
  select gen_random_uuid(), agency_id, account_id, user_id, 'stripe', 'link', 'card', '', amount, currency, 'posted',
         now(), id
    from debtflow.payment
   where id = %s"""


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def test_a_payment_with_its_legs_its_family_and_its_receipt(house: House) -> None:
    number = house.place(principal=80_00, fees=20_00)
    desk = Payments(house.store("bea"))
    paid = desk.post(PaymentForm(number, usd(50_00), "bank_transfer", reference="DE4400001234"))
    back = desk.reverse(paid.receipt, "nsf", submission_id=uuid4())
    again = desk.reverse(back.reversal, "void", submission_id=uuid4())
    ledger = Ledger(house.store("bea"))
    found = ledger.transfer(paid.receipt)
    assert [(str(leg.debit), str(leg.credit), leg.amount.minor) for leg in found.legs] == [
        ("HXL trust", "HXL receivable", 50_00),
        ("HXL control", "HXL client_due", 37_50),
        ("HXL control", "HXL commission", 12_50),
    ]
    assert found.legs[0].buckets == {"principal": usd(30_00), "fees": usd(20_00)}
    assert [each.receipt for each in found.family] == [paid.receipt, back.reversal, again.reversal]
    assert [each.reason for each in found.family] == [None, "nsf", "void"]
    assert found.reversed_by == ledger.transfer(back.reversal).id
    assert (found.source.kind, found.source.facts["reference"]) == ("receipt", "DE4400001234")
    assert Ledger(house.store("rex")).transfer(found.id).source.facts["reference"] == "•••34"
    middle = ledger.transfer(back.reversal)
    assert (middle.source.kind, middle.source.facts["of"], middle.source.facts["reason"]) == (
        "reversal", paid.receipt, "nsf",
    )  # fmt: skip
    assert middle.family == found.family
    for line in ledger.statement(Subject(account=number)).lines:
        assert ledger.transfer(line.transfer).account == number


def test_a_collector_reads_the_debts_they_hold_and_no_books(house: House) -> None:
    mine, bens = house.place(), house.place(client="MED", collector="ben")
    ana = Ledger(house.store("ana"))
    assert ana.balance(mine).balance == usd(100_00)
    assert len(ana.statement(Subject(account=mine)).lines) == 1
    closed: tuple[Callable[[], object], ...] = (
        lambda: ana.balance(bens),
        lambda: ana.statement(Subject(account=bens)),
        lambda: ana.statement(Subject(account="99999-0")),
    )
    for act in closed:
        with pytest.raises(NotFound):
            act()
    forbidden: tuple[Callable[[], object], ...] = (
        ana.accounts, ana.trial_balance, ana.trust, ana.periods, lambda: ana.transfer(1),
        lambda: ana.statement(Subject(client="HXL")), lambda: ana.statement(Subject()),
    )  # fmt: skip
    for act in forbidden:
        with pytest.raises(NotAllowed):
            act()


def test_another_agency_has_nothing_here(house: House) -> None:
    number = house.place()
    theirs = Ledger(house.store("zack"))
    assert {each.client for each in theirs.accounts().accounts} == {"ZEN"}
    assert not any(each.balance for each in theirs.accounts().accounts)
    acts: tuple[Callable[[], object], ...] = (
        lambda: theirs.transfer(house.one("select min(id) from debtflow.transfer")),
        lambda: theirs.statement(Subject(client="HXL")),
        lambda: theirs.balance(number),
        lambda: theirs.statement(Subject(currency="USD")),
    )
    for act in acts:
        with pytest.raises(NotFound):
            act()
    assert theirs.statement(Subject()).lines == ()


def test_functions_behind_the_books_are_nobodys(house: House) -> None:
    psql = house.psql("bea")
    for call in ("balances_at(1, null, null)", "ledgers_of(1, null, 'trust', null)", "legs_of(1)"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            psql.execute(f"select debtflow.{call}")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        house.psql("hook", session=False).execute("select debtflow.ledger_chart()")


def test_what_was_typed_is_a_subject_or_says_why_not() -> None:
    assert subject_of(None) == Subject(kind="trust")
    assert subject_of("hxl", "client_due") == Subject(client="HXL", kind="client_due")
    assert subject_of("10023-3") == subject_of("10023") == Subject(account="10023-3")
    for words, kind in (("10023-4", None), ("10023-3", "trust"), ("HXL", "cash")):
        with pytest.raises(BadInput):
            subject_of(words, kind)
    for ref in ("", "x", "R-000001-1", "9" * 30):
        with pytest.raises(BadInput):
            Ledger(None).transfer(ref)  # type: ignore[arg-type]  # nothing is asked


def test_doctor_looks_at_the_lookup_as_well(house: House) -> None:
    house.place()
    doctor = Doctor(house.store("bea"))
    copies = lambda: next(each.ok for each in doctor.examine().checks if each.name == "collector-copies")  # noqa: E731
    assert copies()
    house.su.execute("update debtflow.search_key set collector_id = null")
    assert not copies()


def test_every_way_in_is_the_source_of_its_transfer(house: House) -> None:
    """A keyed batch, a receipt over several debts, a charge, an adjustment."""
    number, desk = house.place(), house.store("bea")
    entries = [BatchEntry(number, usd(4_00), "check", reference="77")]
    PaymentBatches(desk).enter(BatchForm(Totals(1, usd(4_00), None)), entries)
    Receipts(desk).post(SpreadForm(number, usd(5_00), "cash"))
    Adjustments(desk).post(AdjustmentForm(number, "fee", house.one(FEE), usd(3_00)))
    charged = Payments(desk).post(PaymentForm(number, usd(6_00), "cash"))
    house.su.execute(CHARGE, [parse_receipt_number(charged.receipt)])
    ledger = Ledger(desk)
    sources = [ledger.transfer(line.transfer).source for line in ledger.statement(Subject(account=number)).lines]
    charge, adjustment, spread, batch, placed = sources
    assert (charge.facts["gateway"], "spread" in charge.facts) == ("stripe", False)
    assert (adjustment.kind, adjustment.facts["act"]) == ("adjustment", "fee")
    assert str(spread.facts["spread"]).startswith("R-")
    assert (batch.facts["line"], batch.facts["reference"], placed.kind) == (1, "77", "placement")
    assert batch.facts["payment_batch"] == house.one("select id from debtflow.payment_batch")

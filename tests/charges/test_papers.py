"""The doctor names papers that do not agree with their transfers: each is spoilt behind the kernel's back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from uuid import uuid4

import pytest

from services.adjustments import AdjustmentForm, Adjustments, Interest
from services.ledger import Doctor
from services.payments import PaymentForm, Payments
from services.plans import PlanForm, Plans, Settlements
from services.receipts import Receipts, SpreadForm
from tests.charges.conftest import Office
from tests.charges.provider import usd
from tests.kernel.test_spread import three
from tests.support.house import House

PAPERS = (
    "payments-moved", "receipts-whole", "adjustments-posted", "interest-posted", "settlements-posted",
    "plans-charged", "refunds-explained",
)  # fmt: skip


@pytest.fixture
def papers(office: Office) -> dict[str, str]:
    """An office that has done one of everything; gives the names the doctor would use."""
    house = office.house
    _, younger = three(house, 100_00, 300_00)
    spread = Receipts(house.store("ana")).post(SpreadForm(younger, usd(150_00), "check"))
    debt = house.place(principal=500_00, placed=date.today() - timedelta(days=30))
    fee = Adjustments(house.store("bea")).post(AdjustmentForm(debt, "fee", "agreed", usd(15_00)))
    house.su.execute("update debtflow.contract set interest_bp = 3650")
    assert Interest(house.store("bea")).accrue_due() > 0
    bargain = house.place(principal=1000_00)
    house.su.execute("update debtflow.contract set settlement_floor_bp = 5000, interest_bp = 0")
    settling = Settlements(house.store("ana"))
    settling.offer(bargain, usd(600_00), date.today() + timedelta(days=9), version=version(house, bargain))
    Payments(house.store("ana")).post(PaymentForm(bargain, usd(600_00), "check"))
    assert Settlements(house.store("wally")).expire_due() == 1
    planned = house.place(principal=80_00)
    form = PlanForm(date.today(), amount=usd(40_00), method_id=office.saved(planned))
    plans = Plans(house.store("wally"), lambda: office.desk("wally"))
    Plans(house.store("ana")).make(planned, form, version=version(house, planned), submission_id=uuid4())
    house.su.execute("update debtflow.plan_instalment set due_on = current_date - 2 where due_on <= current_date + 2")
    assert plans.run_due() == 1
    paid = house.one("select debtflow.receipt_number(payment_id) from debtflow.charge")
    refund = office.desk("bea").refund(paid, usd(10_00), submission_id=uuid4())
    assert refund.receipt is not None
    return {
        "spread": spread.receipt, "part": spread.lines[1].receipt or "", "fee": fee.receipt or "",
        "bargain": f"of account {bargain}", "planned": f"on account {planned}", "refund": refund.receipt,
        "interest": house.one("select debtflow.receipt_number(min(id)) from debtflow.transfer where kind = 'interest'"),
        "run": f"the run of {house.one('select max(day) from debtflow.interest_run')}",
        "write_off": house.one("select debtflow.receipt_number(max(write_off_id)) from debtflow.settlement"),
    }  # fmt: skip


def version(house: House, number: str) -> int:
    return Plans(house.store("bea")).outlook(number).version


def failing(house: House) -> dict[str, str]:
    checks = {check.name: check for check in Doctor(house.store("bea")).examine().checks}
    return {name: checks[name].detail for name in PAPERS if not checks[name].ok}


@contextmanager
def spoilt(house: House, table: str, change: str, where: str) -> Iterator[None]:
    """Rows changed as only a superuser without guards can, and put back as they were."""
    columns = house.one(
        "select string_agg(quote_ident(attname), ', ') from pg_attribute where attrelid = %s::regclass and attnum > 0 "
        "and attgenerated = '' and not attisdropped",
        f"debtflow.{table}",
    )
    house.su.execute(f"alter table debtflow.{table} disable trigger all")
    house.su.execute(f"create temp table kept as select * from debtflow.{table} where {where}")
    rows = house.su.execute(f"update debtflow.{table} set {change} where {where} returning ctid").fetchall()
    assert rows, (table, change)
    yield
    for (place,) in rows:
        house.su.execute(f"delete from debtflow.{table} where ctid = %s::tid", [place])
    house.su.execute(f"insert into debtflow.{table} ({columns}) overriding system value select {columns} from kept")
    house.su.execute("drop table kept")
    house.su.execute(f"alter table debtflow.{table} enable trigger all")


LATEST = "(select max(payment_id) from debtflow.receipt_part)"
SPOILT = (
    ("payment", "amount = amount + 1, over = over + 1", f"id = {LATEST}", "payments-moved", "part"),
    ("payment", "parts = array[parts[1] - 1, parts[2] + 1, parts[3], parts[4]]", f"id = {LATEST}", "payments-moved",
     "part"),
    ("leg", "amount = amount - 1, parts[1] = parts[1] - 1", f"no = 1 and transfer_id = {LATEST}", "payments-moved",
     "part"),
    ("receipt", "amount = amount + 1", "true", "receipts-whole", "spread"),
    ("receipt_part", "payment_id = payment_id + 1000000", f"payment_id = {LATEST}", "receipts-whole", "spread"),
    ("receipt_part", "account_id = account_id + 1", f"payment_id = {LATEST}", "receipts-whole", "spread"),
    ("transfer", "kind = 'refund'", f"id = {LATEST}", "receipts-whole", "spread"),
    ("adjustment", "kind = 'write_off'", "true", "adjustments-posted", "fee"),
    ("adjustment", "amount = amount + 1, parts[3] = parts[3] + 1", "true", "adjustments-posted", "fee"),
    ("adjustment", "id = id + 1000000", "true", "adjustments-posted", "fee"),
    ("settlement", "write_off_id = null, written_off = 0", "true", "adjustments-posted", "write_off"),
    ("interest_run", "posted = posted + 1", "true", "interest-posted", "run"),
    ("leg", "parts = array[amount, 0, 0, 0]",
     "transfer_id = (select min(id) from debtflow.transfer where kind = 'interest')", "interest-posted", "interest"),
    ("settlement", "written_off = written_off + 1", "true", "settlements-posted", "bargain"),
    ("settlement", "state = 'open'", "true", "settlements-posted", "bargain"),
    ("plan_instalment", "charge_amount = charge_amount + 1", "outcome = 'posted'", "plans-charged", "planned"),
    ("plan_instalment", "charge_key = gen_random_uuid()", "outcome = 'posted'", "plans-charged", "planned"),
    ("refund", "id = gen_random_uuid()", "true", "refunds-explained", "refund"),
    ("refund", "posted_id = posted_id + 1000000", "true", "refunds-explained", "refund"),
)  # fmt: skip


def test_papers_that_do_not_agree_with_their_transfers_are_named(office: Office, papers: dict[str, str]) -> None:
    house = office.house
    assert failing(house) == {}
    for table, change, where, check, name in SPOILT:
        with spoilt(house, table, change, where):
            found = failing(house)
        assert papers[name] in found.get(check, ""), (table, change, found)
    assert failing(house) == {}

"""Acts called as no program of ours calls them: late in a statement, with nothing where a version is asked for."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from services.domain.money import Money
from services.plans import Promises
from services.plans.results import PromiseForm
from tests.security.psql import post
from tests.support.house import House


def test_nothing_is_recorded_as_of_the_beginning_of_a_long_statement(house: House) -> None:
    """Whoever sleeps before they post would post into the past: behind a closed month, behind a statement's moment."""
    number = house.place()
    house.su.execute(
        "create or replace function debtflow.statement_lasts() returns interval language sql immutable as "
        "$$ select interval '0.2 seconds' $$"
    )
    item = {"account": number, "submission_id": str(uuid4()), "amount": 100, "currency": "USD", "method": "cash"}
    fee = {**item, "kind": "fee", "reason": "agreed"}
    for act, items in (("payment_post", item), ("adjustment_post", fee)):
        with pytest.raises(psycopg.Error) as refused:
            house.psql("bea").execute(
                f"select r.outcome from (select pg_sleep(0.3)) s, lateral debtflow.{act}(%s) r where s is not null",
                [json.dumps([items])],
            )
        assert refused.value.sqlstate == "DF409", refused.value
    assert post(house.psql("bea"), number)["outcome"] == "posted"


@pytest.mark.parametrize(
    "statement",
    [
        "select debtflow.account_status(%(n)s, 'in_contact', null, null, null)",
        "select debtflow.settlement_offer(%(n)s, 9000, 'USD', current_date + 3, null, 'agreed', %(s)s)",
        """select debtflow.plan_make(%(n)s, '{"every": "monthly", "first_on": "2099-01-01", "times": 2,
             "grace_days": 0}', null, null, %(s)s)""",
    ],
)
def test_no_version_is_no_leave(house: House, statement: str) -> None:
    number = house.place()
    with pytest.raises(psycopg.Error) as refused:
        house.psql("bea").execute(statement, {"n": number, "s": uuid4()})
    assert refused.value.sqlstate == "DF409", refused.value


def test_judging_promises_waits_for_nobody_and_stops_nobody(house: House) -> None:
    """The worker's round takes accounts before promises, as every act on a promise does: no circle of waits."""
    number = house.place()
    day = datetime.now(UTC).date() + timedelta(days=7)
    Promises(house.store("ana")).make(number, PromiseForm(Money(10_00, "USD"), day))
    house.su.execute("update debtflow.promise set look_on = current_date - 9")
    held = house.psql("ana")
    held.autocommit = False
    token = held.execute("select current_setting('debtflow.session')").fetchone()
    held.execute("select debtflow.account_call(%s, 'contacted', 'x', null, null, null)", [number])
    judged: list[object] = []
    round_ = threading.Thread(
        target=lambda: judged.append(house.psql("wally").execute("select debtflow.promises_judge(10)").fetchone())
    )
    round_.start()
    round_.join(20)
    held.execute("select debtflow.promise_cancel(%s, (select max(id) from debtflow.promise), 'x')", [number])
    held.commit()
    assert (token is not None, judged) == (True, [(0,)])

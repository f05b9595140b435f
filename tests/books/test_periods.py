"""A month closes in order, between two postings, and from then on takes only what a supervisor posts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import psycopg
import pytest

from services.domain.money import Money
from services.errors import BadInput, Busy, DebtFlowError, NotAllowed, Refused
from services.ledger import Ledger
from services.ledger.results import Period
from services.payments import PaymentForm, Payments, Receipt
from tests.support.house import House


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def months_back(house: House, back: int) -> date:
    """The first day of the month so many before this one, as the agency counts."""
    query = "select (date_trunc('month', debtflow.agency_today(1)) - make_interval(months => %s))::date"
    day = house.one(query, back)
    assert isinstance(day, date)
    return day


def rule_of(act: Callable[[], object]) -> str | None:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.rule


def test_months_close_in_order_and_open_again_in_reverse(house: House) -> None:
    first, second, this = months_back(house, 2), months_back(house, 1), months_back(house, 0)
    number = house.place(principal=500_00, placed=first)
    books, admin = Ledger(house.store("bea")), Ledger(house.store("ada"))
    one, two, now = (f"{month:%Y-%m}" for month in (first, second, this))

    assert rule_of(lambda: books.close(now)) == "period_not_over"
    assert rule_of(lambda: books.close(two)) == "period_order"
    assert (books.close(one).closed_by, books.close(two).may_close) == ("bea", False)
    assert rule_of(lambda: books.close(two)) == "period_is_closed"

    form = PaymentForm(number, usd(10_00), "cash", effective_on=second)
    assert rule_of(lambda: Payments(house.store("ana")).post(form)) == "period_closed"
    assert Payments(house.store("bea")).post(form).balance == usd(490_00)
    late = Ledger(house.store("rex")).periods()[1]
    assert (late.month, late.transfers, late.late) == (two, 1, 1)
    assert house.one("select effective_on from debtflow.transfer where kind = 'payment'") == second

    with pytest.raises(NotAllowed):
        books.reopen(two, "a file came late")
    assert rule_of(lambda: admin.reopen(one, "a file came late")) == "period_order"
    opened = admin.reopen(two, "a file came late")
    assert (opened.closed_at, opened.may_close) == (None, True)
    assert [(each.by, each.reason) for each in opened.reopened] == [("ada", "a file came late")]
    assert rule_of(lambda: admin.reopen(two, "again")) == "period_is_open"
    acts = house.su.execute("select act from debtflow.audit_log where act ^@ 'period.'").fetchall()
    assert {act for (act,) in acts} == {"period.close", "period.reopen"}
    assert not house.one("select count(*) from debtflow.audit_log where after::text like '%%came late%%'")
    assert house.one("select count(*) from debtflow.audit_personal where value = 'a file came late'")


def test_only_who_may_and_only_what_is_a_month(house: House) -> None:
    last = months_back(house, 1)
    house.place(placed=last)
    for login in ("ana", "rex"):
        with pytest.raises(NotAllowed):
            Ledger(house.store(login)).close(f"{last:%Y-%m}")
    with pytest.raises(NotAllowed):
        Ledger(house.store("ana")).periods()
    books = Ledger(house.store("ada"))
    for typed in ("2026", "2026-13", "october", "", "0000-01"):
        with pytest.raises(BadInput):
            books.close(typed)
    with pytest.raises(BadInput):
        books.reopen("2026-01", "  ")
    with pytest.raises(Refused, match="card number"):
        books.reopen("2026-01", "called about 4111 1111 1111 1111")


def test_each_agency_closes_its_own_months(house: House) -> None:
    last = months_back(house, 1)
    house.place(placed=last)
    number = house.place(client="ZEN", collector="zoe", by="zack", placed=last)
    Ledger(house.store("bea")).close(f"{last:%Y-%m}")
    form = PaymentForm(number, Money(1_00, "EUR"), "cash", effective_on=last)
    assert Payments(house.store("zoe")).post(form).balance == Money(99_00, "EUR")
    assert Ledger(house.store("zack")).periods()[-1].closed_at is None


def test_a_month_does_not_close_over_a_difference(house: House) -> None:
    last = months_back(house, 1)
    house.place(placed=last)
    house.su.execute("update debtflow.book_balance set balances[1] = 5 where stripe = 0 and book_id = 1")
    assert rule_of(lambda: Ledger(house.store("bea")).close(f"{last:%Y-%m}")) == "books_balance"


def test_closing_waits_for_a_posting_under_way(house: House) -> None:
    last = months_back(house, 1)
    number = house.place(placed=last)
    psql = house.psql("ana")
    psql.autocommit = False
    psql.execute(
        "select * from debtflow.payment_post(jsonb_build_array(jsonb_build_object('account', %s::text, "
        "'submission_id', gen_random_uuid(), 'amount', 100, 'currency', 'USD', 'method', 'cash')))",
        [number],
    )
    with pytest.raises(Busy):
        Ledger(house.store("bea")).close(f"{last:%Y-%m}")
    psql.commit()
    assert Ledger(house.store("bea")).close(f"{last:%Y-%m}").closed_at is not None


def test_closing_races_with_posting(house: House) -> None:
    """Whatever a collector posted into the month was recorded before it closed."""
    last = months_back(house, 1)
    number = house.place(principal=500_00, placed=last)
    barrier = Barrier(5)

    def pay(desk: Payments) -> list[Receipt | str | None]:
        barrier.wait()
        answers: list[Receipt | str | None] = []
        for n in range(10):
            form = PaymentForm(number, usd(1 + n), "cash", effective_on=last + timedelta(days=n), allow_duplicate=True)
            try:
                answers.append(desk.post(form))
            except DebtFlowError as error:
                answers.append(error.rule)
        return answers

    def close(ledger: Ledger) -> Period:
        barrier.wait()
        return ledger.close(f"{last:%Y-%m}")

    with ThreadPoolExecutor(5) as pool:
        paying = [pool.submit(pay, Payments(house.store("ana", size=1))) for _ in range(4)]
        closed = pool.submit(close, Ledger(house.store("bea"))).result()
        answers = [answer for each in paying for answer in each.result()]
    refused = [answer for answer in answers if not isinstance(answer, Receipt)]
    assert set(refused) <= {"period_closed"}
    query = "select count(*), count(*) filter (where recorded_at > %s) from debtflow.transfer where kind = 'payment'"
    assert house.su.execute(query, [closed.closed_at]).fetchone() == (40 - len(refused), 0)
    [again] = [period for period in Ledger(house.store("rex")).periods() if period.closed_at]
    assert again.late == 0


def test_no_password_of_theirs_writes_a_closed_month(house: House) -> None:
    for login in ("ana", "bea", "ada"):
        psql = house.psql(login)
        for statement in (
            "insert into debtflow.closed_period values (1, '2020-01-01', now(), 1)",
            "delete from debtflow.closed_period",
            "select debtflow.period_lock(1)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                psql.execute(statement)

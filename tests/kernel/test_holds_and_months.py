"""Money that is promised or already received, and months that are closed."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from services.access import Access
from services.domain.money import Money
from services.errors import BadInput, DebtFlowError, NotAllowed, Refused
from services.payments import PaymentForm, Payments
from tests.kernel.test_races import proved
from tests.support.house import House

CARRY = "select (w).* from unnest(debtflow.payment_carry(%s, debtflow.me(), 'charge.settle', true)) w"


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def hold(house: House, number: str, minor: int) -> None:
    house.su.execute(
        "update debtflow.account_balance b set held = %s from debtflow.account a where a.id = b.account_id "
        "and a.number = %s",
        [minor, number],
    )


def receive(house: House, number: str, minor: int, **more: object) -> Any:
    """What a provider took is carried into the ledger by the kernel alone."""
    connection = house.psql("wally")
    token = connection.execute("select current_setting('debtflow.session')").fetchone()
    assert token is not None
    item = {"account": number, "submission_id": str(uuid4()), "amount": minor, "currency": "USD", "method": "card"}
    caller = """
      create or replace function testing.receive(items jsonb) returns setof debtflow.weighed_payment
        language sql volatile security definer set search_path = pg_catalog, debtflow, pg_temp
      as $$ select * from unnest(payment_carry(items, me(), 'charge.settle', true)) $$;
      alter function testing.receive owner to debtflow_kernel"""
    house.su.execute("grant create on schema testing to debtflow_kernel")
    house.su.execute(caller)
    connection.row_factory = psycopg.rows.namedtuple_row
    row = connection.execute("select * from testing.receive(%s)", [json.dumps([item | more])]).fetchone()
    assert row is not None
    return row


def test_what_a_charge_holds_is_not_paid_a_second_time(house: House) -> None:
    number = house.place(principal=100_00)
    hold(house, number, 60_00)
    payments = Payments(house.store("ana"))
    with pytest.raises(Refused, match=r"60\.00 USD of the 100\.00 USD owed is held") as refused:
        payments.post(PaymentForm(number, usd(40_01), "cash"))
    assert refused.value.rule == "overpayment"
    assert payments.preview(PaymentForm(number, usd(10_00), "cash")).held == usd(60_00)
    kept = payments.post(PaymentForm(number, usd(50_00), "cash", overpayment="unapplied"))
    assert kept.balance == usd(60_00), "the ten that the hold left no room for are unapplied"
    assert house.one("select unapplied from debtflow.account_balance") == 10_00
    assert proved(house)


@pytest.mark.parametrize(("minor", "parts", "over"), [(30_00, 30_00, 0), (100_00, 100_00, 0), (130_00, 100_00, 30_00)])
def test_money_a_provider_took_is_posted_whatever_the_rules_say(
    house: House, minor: int, parts: int, over: int
) -> None:
    number = house.place(principal=100_00)
    hold(house, number, 100_00)
    row = receive(house, number, minor, effective_on="2020-01-01", version=99)
    assert (row.outcome, sum(row.parts), row.over) == ("posted", parts, over)
    assert proved(house)


def test_money_for_an_account_that_was_closed_is_kept_unapplied(house: House) -> None:
    number = house.place(principal=100_00)
    house.su.execute("update debtflow.account set status = 'closed', closed_reason = 'recalled'")
    row = receive(house, number, 40_00)
    assert (row.outcome, sum(row.parts), row.over, row.due) == ("posted", 0, 40_00, [100_00, 0, 0, 0])
    assert proved(house)


def test_a_card_is_not_entered_by_hand(house: House) -> None:
    number = house.place()
    item = {"account": number, "submission_id": str(uuid4()), "amount": 1, "currency": "USD", "method": "card"}
    connection = house.psql("ana")
    row = connection.execute("select outcome from debtflow.payment_post(%s)", [json.dumps([item])]).fetchone()
    assert row == ("method_gateway",)
    with pytest.raises(BadInput, match="card"):
        Payments(house.store("ana")).post(PaymentForm(number, usd(1), "card"))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(CARRY, [json.dumps([item])])


@pytest.mark.parametrize(
    ("login", "day", "refused"), [("ana", date(2026, 1, 31), True), ("bea", date(2026, 1, 31), False)]
)
def test_a_closed_month_is_open_to_supervisors_only(house: House, login: str, day: date, refused: bool) -> None:
    number = house.place(principal=100_00)
    house.su.execute("insert into debtflow.closed_period values (1, '2026-01-01', now(), 2)")
    payments = Payments(house.store(login))
    form = PaymentForm(number, usd(10_00), "cash", effective_on=day)
    if refused:
        with pytest.raises(Refused) as error:
            payments.post(form)
        assert (error.value.rule, error.value.who_may) == ("period_closed", "supervisor")
        payments.post(PaymentForm(number, usd(10_00), "cash", effective_on=date(2026, 2, 1)))
    else:
        assert payments.post(form).effective_on == day, "the true date is kept"


def test_a_worker_signs_in_for_years_and_posts_nothing_by_hand(house: House) -> None:
    number = house.place()
    store = house.store("wally")
    session = Access(store).session()
    assert (session.role, session.agency) == ("worker", "HARBOR")
    assert house.one("select expires_at > now() + interval '9 years' from debtflow.session where role = 'worker'")
    with pytest.raises(NotAllowed):
        Payments(store).post(PaymentForm(number, usd(1_00), "cash"))


def test_a_webhook_login_has_no_session(house: House) -> None:
    with pytest.raises(DebtFlowError):
        house.store("hook")

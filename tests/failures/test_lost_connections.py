"""The connection breaks before, during and after an act: what the operator is told, and that repeating is safe."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from services.domain.money import Money
from services.errors import Misconfigured, NotAllowed, SessionExpired, Unreachable
from services.ledger import Ledger
from services.payments import PaymentForm, Payments
from services.payments.service import as_items
from services.store import Store
from tests.failures.proxy import Proxy, proxy_to
from tests.support.house import House
from tests.support.office import password_of


@pytest.fixture
def proxy(house: House) -> Iterator[Proxy]:
    with proxy_to(house.cluster.server.sockets) as proxy:
        yield proxy


@pytest.fixture
def distant(house: House, proxy: Proxy) -> Iterator[Store]:
    store = Store(proxy.url(house.database), user="ana", password=password_of("ana"))
    store.open_session("test")
    yield store
    store.close()


def cash(number: str, minor: int = 10_00) -> PaymentForm:
    return PaymentForm(number, Money(minor, "USD"), "cash")


def kill_backends(house: House) -> int:
    query = (
        "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity where datname = "
        "current_database() and pid <> pg_backend_pid()"
    )
    return int(house.one(query))


def test_a_payment_whose_answer_was_lost_is_posted_once(house: House, proxy: Proxy, distant: Store) -> None:
    form = cash(house.place())
    proxy.lose_answer_to = str(form.submission_id).encode()
    with pytest.raises(Unreachable) as unreachable:
        Payments(distant).post(form)
    assert proxy.lost == 1
    assert unreachable.value.exit_code == 5
    assert "repeating" in (unreachable.value.hint or "")
    receipt = Payments(distant).post(form)
    assert receipt.replayed
    assert house.one("select count(*) from debtflow.payment") == 1
    assert Ledger(house.store("bea")).replay_check().ok


def test_an_act_whose_commit_was_not_answered_is_unknown(house: House, proxy: Proxy, distant: Store) -> None:
    form = cash(house.place())
    proxy.lose_answer_to = b"commit\x00"
    with pytest.raises(Unreachable):
        distant.act(lambda c: c.exec_driver_sql("select debtflow.session_renew()"))
    assert proxy.lost == 1
    assert not Payments(distant).post(form).replayed


def test_a_batch_whose_answer_was_lost_is_posted_once(house: House, proxy: Proxy, distant: Store) -> None:
    forms = [cash(house.place()) for _ in range(5)]
    proxy.lose_answer_to = str(forms[0].submission_id).encode()
    with pytest.raises(Unreachable):
        Payments(distant).post_many(forms)
    assert [getattr(receipt, "replayed", None) for receipt in Payments(distant).post_many(forms)] == [True] * 5
    assert house.one("select count(*) from debtflow.payment") == 5


def test_a_backend_killed_between_two_acts_costs_one_repetition(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Every pooled connection has died; the first to notice clears them all away, without a word on the screen."""
    form = cash(house.place())
    store = house.store("ana")
    for _ in range(3):
        Payments(store).preview(form)
    kill_backends(house)
    with caplog.at_level(logging.WARNING):
        with pytest.raises(Unreachable):
            Payments(store).post(form)
        receipt = Payments(store).post(form)
    assert not receipt.replayed
    assert caplog.records == []
    assert house.one("select count(*) from debtflow.payment") == 1


def test_a_question_heals_by_itself(house: House) -> None:
    form = cash(house.place())
    store = house.store("ana")
    Payments(store).preview(form)
    kill_backends(house)
    assert Payments(store).preview(form).outcome == "posted"


def test_a_backend_killed_inside_an_act_leaves_nothing(house: House) -> None:
    form = cash(house.place())
    store = house.store("ana")

    def halfway(connection: Connection) -> None:
        row = connection.exec_driver_sql("select * from debtflow.payment_post(%s)", (as_items([form]),)).one()
        assert row.outcome == "posted"
        kill_backends(house)
        connection.exec_driver_sql("select 1")

    with pytest.raises(Unreachable):
        store.act(halfway)
    assert house.one("select count(*) from debtflow.payment") == 0
    assert not Payments(store).post(form).replayed
    assert house.one("select count(*) from debtflow.payment") == 1


def test_nobody_home(house: House, proxy: Proxy, distant: Store) -> None:
    form = cash(house.place())
    proxy.close()
    for attempt in (
        lambda: Payments(distant).preview(form),
        lambda: Payments(distant).post(form),
        lambda: Store(proxy.url(house.database), user="ana", password="x").open_session("test"),
    ):
        with pytest.raises(Unreachable) as unreachable:
            attempt()
        assert unreachable.value.exit_code == 5
        assert unreachable.value.hint
        assert "password" not in str(unreachable.value)


@pytest.mark.parametrize("user", ["ana", "nobody-of-that-name", "debtflow_owner"])
def test_a_wrong_password_and_a_wrong_name_sound_the_same(house: House, user: str) -> None:
    store = Store(house.url, user=user, password="not the password")
    with pytest.raises(NotAllowed) as refused:
        store.open_session("test")
    assert refused.value.exit_code == 6
    assert str(refused.value) == "the user name or the password is not right"
    assert refused.value.rule == "sign_in"


def test_a_database_that_is_not_there(house: House) -> None:
    store = Store(house.cluster.server.url("no_such_place"), user="ana", password=password_of("ana"))
    with pytest.raises(Misconfigured) as wrong:
        store.open_session("test")
    assert wrong.value.exit_code == 2
    assert "bootstrap" in (wrong.value.hint or "")


def test_a_database_without_our_schema(house: House) -> None:
    store = Store(house.cluster.server.url("postgres"), user="ana", password=password_of("ana"))
    try:
        with pytest.raises(Misconfigured) as wrong:
            store.open_session("test")
        assert wrong.value.exit_code == 2
        assert "migrate" in (wrong.value.hint or "")
    finally:
        store.close()


def test_an_address_that_is_none() -> None:
    with pytest.raises(Misconfigured) as wrong:
        Store("not an address at all")
    assert wrong.value.exit_code == 2
    assert "postgresql://" in (wrong.value.hint or "")


def test_a_session_that_ran_out(house: House) -> None:
    form = cash(house.place())
    store = house.store("ana")
    house.su.execute("update debtflow.session set expires_at = now() - interval '1 second' where login = 'ana'")
    for attempt in (
        lambda: Payments(store).preview(form),
        lambda: Payments(store).post(form),
        lambda: Payments(store).day_sheet(),
    ):
        with pytest.raises(SessionExpired) as expired:
            attempt()
        assert expired.value.exit_code == 6
        assert expired.value.hint
    assert house.one("select count(*) from debtflow.payment") == 0

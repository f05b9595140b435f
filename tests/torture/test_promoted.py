"""The database dies in the middle of a commit and its standby takes over: a commit can have succeeded although the
client saw an error, and the repeat with the same submission finds it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import Random
from threading import Timer
from time import sleep

import psycopg
import pytest

from services.domain.money import Money
from services.errors import DebtFlowError, Unreachable
from services.ledger import Ledger
from services.payments import PaymentForm, Payments, Receipt
from services.store import Store
from tests.support.house import House
from tests.support.office import password_of
from tests.torture.pair import Pair

DESKS = 6


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.close()


@pytest.fixture
def house(pair: Pair) -> Iterator[House]:
    with suppress(psycopg.OperationalError), pair.cluster.clone() as database:  # the server it was made on is dead
        opened = House(pair.cluster, database)
        opened.url = pair.url(database)
        yield opened
        opened.close()


def desk(pair: Pair, house: House) -> Payments:
    store = Store(pair.url(house.database), user="ana", password=password_of("ana"), size=1)
    store.open_session("test")
    house._stores.append(store)
    return Payments(store)


def until_answered(payments: Payments, form: PaymentForm) -> Receipt:
    """What an operator does who was told to repeat."""
    for _ in range(600):
        try:
            return payments.post(form)
        except Unreachable:
            sleep(0.05)
    raise AssertionError("nobody took over")


def form_for(account: str, minor: int) -> PaymentForm:
    return PaymentForm(account, Money(minor, "USD"), "cash", allow_duplicate=True)


def test_a_commit_whose_answer_was_lost_is_found_by_its_submission(pair: Pair, house: House) -> None:
    """The standby is made to listen late: every commit is on its way to it, no client has been answered."""
    accounts = [house.place(principal=1_000_00, ref=f"PAIR-{n}") for n in range(DESKS)]
    desks = [desk(pair, house) for _ in accounts]
    forms = [form_for(account, 10_00 + n) for n, account in enumerate(accounts)]
    receiver = pair.receiver()
    os.kill(receiver, signal.SIGSTOP)
    with ThreadPoolExecutor(DESKS) as pool:
        first = [pool.submit(outcome, payments, form) for payments, form in zip(desks, forms, strict=True)]
        waiting = "select count(*) = %d from pg_stat_activity where wait_event = 'SyncRep'"
        pair.wait(pair.cluster.server, waiting % DESKS)
        pair.kill()
        os.kill(receiver, signal.SIGCONT)
        assert all(isinstance(each.result(), Unreachable) for each in first), "every client saw an error"
    pair.promote()
    receipts = [until_answered(payments, form) for payments, form in zip(desks, forms, strict=True)]
    assert all(receipt.replayed for receipt in receipts), "every commit had succeeded"
    assert len({receipt.receipt for receipt in receipts}) == DESKS
    whole(pair, house, DESKS)


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(10))
def test_killed_at_any_moment_and_promoted(pair: Pair, house: House, seed: int) -> None:
    dice = Random(seed)
    accounts = [house.place(principal=1_000_000_00, ref=f"PAIR-{n}") for n in range(3)]
    desks = [desk(pair, house) for _ in range(DESKS)]
    killer = Timer(dice.uniform(0.05, 1.0), pair.kill)
    killer.start()
    with ThreadPoolExecutor(DESKS) as pool:
        streams = [pool.submit(post_until_lost, each, accounts, Random(seed * 100 + n)) for n, each in enumerate(desks)]
        lost = [stream.result() for stream in streams]
    pair.promote()
    kept: dict[str, str] = {}
    for payments, (posted, form) in zip(desks, lost, strict=True):
        receipt = until_answered(payments, form)
        kept |= posted | {str(form.submission_id): receipt.receipt}
    with pair.standby(house.database) as connection:
        found: dict[str, str] = dict(
            connection.execute(
                "select submission_id::text, debtflow.receipt_number(id) from debtflow.payment"
            ).fetchall()
        )
    assert found == kept, "what was acknowledged is there under the same number, and nothing else"
    whole(pair, house, len(kept))


def outcome(payments: Payments, form: PaymentForm) -> Receipt | DebtFlowError:
    try:
        return payments.post(form)
    except DebtFlowError as error:
        return error


def post_until_lost(payments: Payments, accounts: list[str], dice: Random) -> tuple[dict[str, str], PaymentForm]:
    posted: dict[str, str] = {}
    while True:
        form = form_for(dice.choice(accounts), dice.randint(1, 900))
        try:
            posted[str(form.submission_id)] = payments.post(form).receipt
        except Unreachable:
            return posted, form


def whole(pair: Pair, house: House, payments: int) -> None:
    with pair.standby(house.database) as connection:
        assert connection.execute("select count(*) from debtflow.payment").fetchone() == (payments,)
    assert Ledger(house.store("bea")).replay_check().ok

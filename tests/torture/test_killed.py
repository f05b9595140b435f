"""The long run of what ``tests/kernel/test_crashes.py`` shows in short, and a server that is killed as well."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from random import Random
from threading import Timer

import pytest

from debtflow_tui.embedded import EmbeddedServer
from services.domain.money import Money
from services.errors import Unreachable
from services.ledger import Ledger
from services.payments import PaymentForm, Payments, Receipt
from tests.support.cluster import Cluster, make_home, remove_home
from tests.support.house import House
from tests.torture.crash import kill_and_check

pytestmark = pytest.mark.torture


@pytest.mark.parametrize("seed", range(20))
def test_many_killed_desks(house: House, seed: int) -> None:
    accounts = [house.place(principal=1_000_000_00, ref=f"CRASH-{n}") for n in range(4)]
    kept = sum(kill_and_check(house, seed * 1000 + round_, accounts) for round_ in range(10))
    assert house.one("select count(*) from debtflow.payment") == kept


@pytest.fixture
def durable() -> Iterator[House]:
    """A server that keeps its promises, unlike the one that the other tests share."""
    home = make_home()
    cluster = Cluster(home)
    cluster.server.release()
    cluster.server.stop()
    cluster.server = EmbeddedServer(home).start()
    with cluster.clone() as database:
        house = House(cluster, database)
        yield house
        house.close()
    cluster.close()
    remove_home(home)


@pytest.mark.parametrize("seed", range(5))
def test_a_killed_server_backend_loses_nothing_acknowledged(durable: House, seed: int) -> None:
    """SIGKILL of one backend: PostgreSQL throws all out and recovers from its log."""
    dice = Random(seed)
    number = durable.place(principal=1_000_000_00)
    receipts: dict[str, str] = {}
    for _ in range(6):
        desk = Payments(durable.store("ana"))
        backend = durable.one(
            "select pid from pg_stat_activity where usename = 'ana' and datname = current_database() limit 1"
        )
        killer = Timer(dice.uniform(0.01, 0.3), os.kill, (backend, signal.SIGKILL))
        killer.start()
        receipts |= _until_unreachable(desk, number, dice)
        killer.join()
        _wait(durable)
    for key, receipt in receipts.items():
        assert (
            durable.one("select debtflow.receipt_number(id) from debtflow.payment where submission_id = %s::uuid", key)
            == receipt
        )
    assert durable.one("select count(*) from debtflow.payment") == len(receipts)
    assert Ledger(durable.store("bea")).replay_check().ok


def _until_unreachable(desk: Payments, number: str, dice: Random) -> dict[str, str]:
    """Post until the server dies, then the last one again until it is back."""
    posted: dict[str, str] = {}
    while True:
        form = PaymentForm(number, Money(dice.randint(1, 900), "USD"), "cash", allow_duplicate=True)
        try:
            posted[str(form.submission_id)] = desk.post(form).receipt
        except Unreachable:
            break
    while True:
        try:
            receipt = desk.post(form)
        except Unreachable:
            continue
        assert isinstance(receipt, Receipt)
        posted[str(form.submission_id)] = receipt.receipt
        return posted


def _wait(house: House) -> None:
    house.su.close()
    house.su = house.cluster.superuser(house.database)

"""From nothing to a posted payment without a superuser: the database's owner may make roles, and that is all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from debtflow_tui.embedded import EmbeddedServer
from migrations import runner
from services.domain.money import Money
from services.errors import NotAllowed
from services.ledger import Doctor
from services.office import Agencies, Clients, Users
from services.payments import PaymentForm, Payments
from services.store import Store
from tests.migrations.versions import programs_of_15
from tests.support.cluster import SETTINGS, make_home, remove_home
from tests.support.office import PLACE

INSTALLER = "installer"
PASSWORD = "installers-password"


@pytest.fixture(params=["bundled", pytest.param("15", marks=pytest.mark.pg15)])
def server(request: pytest.FixtureRequest) -> Iterator[EmbeddedServer]:
    """A cluster that has never heard of DebtFlow."""
    binaries: Path | None = programs_of_15() if request.param == "15" else None
    home = make_home()
    started = EmbeddedServer(home, binaries, settings=SETTINGS).start()
    yield started
    started.release()
    remove_home(home)


def test_an_owner_who_may_make_roles_installs_it(server: EmbeddedServer) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as root:
        root.execute(f"create role {INSTALLER} login createrole password '{PASSWORD}'")
        root.execute(f"create database office owner {INSTALLER}")
    mine = server.dsn(user=INSTALLER, database="office", password=PASSWORD)
    for _ in range(2):
        left_undone = runner.bootstrap(mine, "office")
        runner.upgrade(mine)
    assert any("advisory-lock" in words for words in left_undone)
    assert runner.status(mine).up_to_date

    office = Store(server.url("office"), user=INSTALLER, password=PASSWORD)
    Agencies(office).add("HARBOR", "Harbor", "America/Chicago", "USD")
    for login, role in (("ada", "agency_admin"), ("ana", "collector"), ("bea", "supervisor")):
        Users(office).add(login, login.title(), role, password=f"{login}-password", agency="HARBOR")
    Clients(office).add(
        "HXL", "Harbor X", commission_bp=2500, collectors=["ana"], starts_on=date(2020, 1, 1), agency="HARBOR"
    )
    Users(office).set_password("ana", "another-password")
    with pytest.raises(NotAllowed, match="not an active user"):
        office.open_session("an installer is no operator")
    office.close()

    number = _place(server)
    desk = Store(server.url("office"), user="ana", password="another-password")
    desk.open_session("test")
    receipt = Payments(desk).post(PaymentForm(number, Money(25_00, "USD"), "cash"))
    assert receipt.balance == Money(75_00, "USD")
    desk.close()
    _examine(server)
    _administrator_makes_a_login(server)


def _place(server: EmbeddedServer) -> str:
    with psycopg.connect(server.dsn(database="office"), autocommit=True) as root:
        root.execute(PLACE.read_text())
    store = Store(server.url("office"), user="bea", password="bea-password")
    store.open_session("test")
    query = "select testing.place('HXL', 'ana', 'Quill Oye', '{10000,0,0,0}', 'R-1', '2025-11-01')"
    number = str(store.act(lambda c: c.exec_driver_sql(query).scalar_one()))
    store.close()
    return number


def _examine(server: EmbeddedServer) -> None:
    store = Store(server.url("office"), user="bea", password="bea-password")
    store.open_session("test")
    health = Doctor(store).examine()
    assert [check for check in health.checks if not check.ok] == []
    store.close()


def _administrator_makes_a_login(server: EmbeddedServer) -> None:
    """The kernel's own CREATEROLE serves an administrator who has none."""
    store = Store(server.url("office"), user="ada", password="ada-password")
    store.open_session("test")
    login = f"t{uuid4().hex[:8]}"
    assert Users(store).add(login, "New Person", "collector", password="new-password").role == "collector"
    Users(store).disable(login)
    assert {each.login: each for each in Users(store).list()}[login].disabled_at is not None
    store.close()
    with pytest.raises(NotAllowed):
        Store(server.url("office"), user=login, password="new-password").open_session("test")

"""The first screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from debtflow_tui.app import DebtFlowApp
from debtflow_tui.config import SessionSettings, Settings
from screens.accounts import AccountsScreen
from screens.sign_in import DemoLogin, Remembered, SignInScreen
from services.errors import DebtFlowError, Misconfigured, NotAllowed, Unreachable
from tests.screens.conftest import burst, press, settled, shown, top
from tests.screens.fakes import NOW, FakeServices

DEMO = (DemoLogin("supervisor", "bea", "harbor-bea"), DemoLogin("collector", "ana", "harbor-ana"))


class Door:
    """What signing in is asked for, and what it answers."""

    def __init__(self) -> None:
        self.tried: list[tuple[str, str]] = []
        self.refusals: list[DebtFlowError] = []
        self.services = FakeServices()

    def __call__(self, user: str, password: str):
        self.tried.append((user, password))
        if self.refusals:
            raise self.refusals.pop(0)
        return self.services


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def app(door: Door, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(DebtFlowApp, "_recall", lambda *_: Remembered())
    settings = Settings(tmp_path, session=SessionSettings("ana"))
    return DebtFlowApp(door, settings, warm_up=int, now=lambda: NOW)


async def test_the_user_is_preset_and_the_password_comes_next(app, door: Door):
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "secret\n")
        assert door.tried == [("ana", "secret")]
        assert isinstance(top(app), AccountsScreen)


async def test_what_is_typed_behind_the_password_lands_in_the_lookup(app, door: Door):
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "secret\noyelaran")
        assert top(app).query_one("#box").value == "oyelaran"


@pytest.mark.parametrize(
    "error",
    [
        NotAllowed("the user or the password is wrong"),
        Unreachable("the database does not answer", hint="is it running? debtflow db status"),
        Misconfigured("ana is in no group"),
    ],
)
async def test_a_refusal_is_said_on_the_fixed_line_and_the_password_is_gone(app, door: Door, error: DebtFlowError):
    door.refusals.append(error)
    async with app.run_test(size=(100, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "guess\n")
        assert isinstance(top(app), SignInScreen)
        assert error.message in shown(app)
        assert top(app).form["password"].value == ""
        await burst(pilot, "secret\n")
        assert isinstance(top(app), AccountsScreen)


async def test_a_password_keeps_its_spaces(app, door: Door):
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, " a b \n")
        assert door.tried == [("ana", " a b ")]


async def test_the_password_is_never_on_the_screen(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "hunter2")
        assert "hunter2" not in shown(app)


async def test_a_remembered_password_is_filled_in_and_enter_signs_in(app, door: Door, monkeypatch):
    monkeypatch.setattr(DebtFlowApp, "_recall", lambda *_: Remembered("from-keyring", True))
    kept: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "debtflow_tui.secrets.remember_password", lambda user, server, password: kept.append((user, password))
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "The password is filled in" in shown(app)
        await press(pilot, "f10")
        assert door.tried == [("ana", "from-keyring")]
        assert kept == [("ana", "from-keyring")]


async def test_a_password_is_forgotten_when_the_person_says_no(app, door: Door, monkeypatch):
    monkeypatch.setattr(DebtFlowApp, "_recall", lambda *_: Remembered("from-keyring", True))
    forgotten: list[str] = []
    monkeypatch.setattr("debtflow_tui.secrets.forget_password", lambda user, server: forgotten.append(user))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "\tno\n")
        assert forgotten == ["ana"]


async def test_only_the_demo_shows_logins_and_a_key_takes_one(door: Door, tmp_path: Path):
    app = DebtFlowApp(door, Settings(tmp_path), DEMO, warm_up=int, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "harbor-ana" in shown(app)
        await press(pilot, "f6")
        assert door.tried == [("ana", "harbor-ana")]
        assert "DEMO" in shown(app)


async def test_the_database_stack_is_imported_while_the_person_types(door: Door, tmp_path: Path):
    warmed: list[bool] = []
    app = DebtFlowApp(door, Settings(tmp_path), warm_up=lambda: warmed.append(True), now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert warmed == [True]

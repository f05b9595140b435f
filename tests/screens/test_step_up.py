"""The password once more: one box over whatever wants it, and then the act itself, as it was typed."""

from __future__ import annotations

import pytest

from screens.account import AccountScreen
from screens.dialogs.step_up import StepUp
from screens.lock import LockScreen
from services.errors import NotAllowed, Refused, SessionExpired
from tests.screens.conftest import burst, press, settled, shown, top
from tests.screens.fakes import FIRST, FakeServices


def wanted() -> NotAllowed:
    return NotAllowed("releasing a file wants your password again", rule="step_up", hint="sign in again")


@pytest.fixture
def asked(services: FakeServices) -> FakeServices:
    services.accounts.failures["note"].append(wanted())
    return services


async def test_the_act_is_done_as_it_was_typed_once_the_password_is_right(desktop, asked: FakeServices):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\nnlong text\n")
        assert isinstance(top(app), StepUp)
        assert "Releasing a file wants your password again." in shown(app)
        await burst(pilot, "opensesame\n")
        assert isinstance(top(app), AccountScreen)
        assert asked.access.called("step_up") == [("opensesame",)]
        assert asked.accounts.called("note") == [(FIRST, "long text"), (FIRST, "long text")]


async def test_a_wrong_password_leaves_it_open_and_is_not_shown(desktop, asked: FakeServices):
    asked.access.failures["step_up"].append(NotAllowed("the user name or the password is not right", rule="sign_in"))
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\nnlong text\n")
        await burst(pilot, "guess")
        assert "guess" not in shown(app)
        await burst(pilot, "\n")
        assert isinstance(top(app), StepUp)
        assert "That is not your password" in shown(app)
        await burst(pilot, "opensesame\n")
        assert len(asked.accounts.called("note")) == 2


async def test_escape_does_nothing_and_keeps_what_was_typed(desktop, asked: FakeServices):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\nnlong text\n")
        await press(pilot, "escape")
        assert "Not done: it wants your password" in shown(app)
        assert "long text" in shown(app)
        assert len(asked.accounts.called("note")) == 1
        await press(pilot, "f10")
        assert len(asked.accounts.called("note")) == 2


async def test_what_the_act_says_then_is_shown_as_ever(desktop, asked: FakeServices):
    asked.accounts.failures["note"].append(Refused("the account is closed", rule="account_closed"))
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\nnlong text\n")
        await burst(pilot, "opensesame\n")
        assert "the account is closed" in shown(app)


async def test_a_session_that_ended_meanwhile_locks(desktop, asked: FakeServices):
    asked.access.failures["step_up"].append(SessionExpired("your session has ended"))
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\nnlong text\n")
        await burst(pilot, "opensesame\n")
        assert isinstance(top(app), LockScreen)
        await burst(pilot, "opensesame\n")
        assert "long text" in shown(app)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_how_it_looks(snap_compare, desktop, asked: FakeServices, size: tuple[int, int]):
    async def ready(pilot):
        await burst(pilot, f"{FIRST}\nnlong text\n")
        await burst(pilot, "secret")
        await settled(pilot)

    assert snap_compare(desktop(), terminal_size=size, run_before=ready)

"""Showing what is masked: asked why, shown for a moment, hidden by itself and on leaving."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from screens.account import AccountScreen, reveal
from services.errors import Refused
from tests.screens.conftest import burst, press, settled, shown, until
from tests.screens.fakes import FIRST, FakeServices, account, session


@pytest.fixture
def opened(desktop: Callable[..., Any], services: FakeServices) -> Callable[[], Any]:
    return lambda: desktop(lambda routes: AccountScreen(routes.desk, services.accounts, services.payments, FIRST))


@pytest.fixture
def app(opened: Callable[[], Any]) -> Any:
    return opened()


def said(app: Any) -> str:
    return " ".join(shown(app).split())


async def test_it_is_shown_after_a_reason_and_goes_with_esc(app: Any, services: FakeServices) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "v\nasked who calls\n")
        assert services.accounts.called("reveal") == [(FIRST, "ssn", "asked who calls")]
        assert "SSN, last 4: 0007" in said(app)
        await press(pilot, "escape")
        assert "SSN, last 4: 0007" not in said(app)
        assert isinstance(app.screen, AccountScreen)


async def test_it_is_hidden_by_itself(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reveal, "SHOWN_FOR", 0.01)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "v\nasked who calls\n")
        await until(pilot, lambda: isinstance(app.screen, AccountScreen) and "SSN, last 4: 0007" not in said(app))


async def test_whoever_goes_on_leaves_nothing_shown(app: Any) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "v\nasked who calls\nn")
        await press(pilot, "escape")
        assert "SSN, last 4: 0007" not in said(app)


async def test_nothing_is_sent_without_a_reason(app: Any, services: FakeServices) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "v\n\n")
        assert services.accounts.called("reveal") == []
        services.accounts.failures["reveal"].append(Refused("you may reveal 20 times", rule="reveal_limit"))
        await burst(pilot, "asked who calls\n")
        assert "you may reveal 20 times" in said(app)


@pytest.mark.parametrize(
    ("role", "masked", "words"),
    [("collector", (), "Nothing of this account is hidden"), ("readonly", ("ssn",), "Who may: collector, supervisor")],
)
async def test_what_is_not_shown_says_why(
    opened: Callable[[], Any], services: FakeServices, role: str, masked: tuple[str, ...], words: str
) -> None:
    services.accounts.book[FIRST] = replace(account(), debtor=replace(account().debtor, masked=masked))
    services.session = session(role)
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "v")
        assert words in said(app)


async def revealed(pilot: Pilot[Any]) -> None:
    await settled(pilot)
    await burst(pilot, "v\nasked who calls\n")


async def asked(pilot: Pilot[Any]) -> None:
    await settled(pilot)
    await burst(pilot, "v\nasked")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("before", [asked, revealed])
def test_snapshots(app: Any, snap_compare: Any, size: tuple[int, int], before: Any) -> None:
    assert snap_compare(app, terminal_size=size, run_before=before)

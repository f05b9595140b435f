"""A signed-in app on fake services, at a fixed time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.app import App
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.strip import Strip

from debtflow_tui.app import DebtFlowApp
from debtflow_tui.config import Settings, Ui
from screens.base import BaseScreen
from services.errors import DebtFlowError
from tests.screens.fakes import NOW, FakeServices, session


class Desktop(DebtFlowApp):
    """The real app with somebody signed in already; ``start`` makes a screen that is opened on top of the lookup.

    ``refuse`` makes signing in again fail; ``signed_in`` are the users and passwords that were tried.
    """

    def __init__(self, services: FakeServices, home: Path, start: Callable[[Any], BaseScreen] | None, **ui: Any):
        self.signed_in: list[tuple[str, str]] = []
        self.refuse: DebtFlowError | None = None
        self._fake: Any = services
        self._start = start
        super().__init__(self._again, Settings(home, ui=Ui(**ui)), warm_up=int, now=lambda: NOW)

    def _again(self, user: str, password: str) -> Any:
        self.signed_in.append((user, password))
        if self.refuse is not None:
            raise self.refuse
        return self._fake

    def on_unmount(self) -> None:
        """Let go of whatever a test keeps waiting, so that its thread can end."""
        for service in vars(self._fake).values():
            for gate in getattr(service, "gates", {}).values():
                gate.set()

    async def on_mount(self) -> None:  # type: ignore[override]
        if getattr(self._fake.access, "live", None) == session():
            self._fake.access.live = self._fake.session  # a renewed session is the same person's
        self._welcome((self._fake, ""))
        if self._start is not None and self.routes is not None:
            await self.push_screen(self._start(self.routes))


@pytest.fixture
def services() -> FakeServices:
    return FakeServices()


@pytest.fixture(autouse=True)
def no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens by the clock happens in a test only when the test says so."""
    for watcher in (
        "account.screen", "approvals.screen", "batch.review", "charge.screen", "jobs", "payment.weighing",
        "signed_in.screen",
    ):  # fmt: skip
        monkeypatch.setattr(f"screens.{watcher}.WATCH_EVERY", 3600)
    monkeypatch.setattr("screens.account.screen.PRESENT_EVERY", 3600)
    monkeypatch.setattr("screens.audit.following.FOLLOW_EVERY", 3600)
    monkeypatch.setattr("debtflow_tui.app.LOOK_AT_CLOCK", 3600)


@pytest.fixture
def desktop(services: FakeServices, tmp_path: Path) -> Callable[..., Desktop]:
    """Makes the app: ``desktop(lambda routes: AccountScreen(routes.desk, …))``."""

    def make(start: Callable[[Any], BaseScreen] | None = None, **ui: Any) -> Desktop:
        return Desktop(services, tmp_path, start, **ui)

    return make


async def until(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    """Let the app work until the condition holds."""
    async with asyncio.timeout(60):
        while not condition():
            await pilot.pause(0.01)


async def settled(pilot: Pilot[Any]) -> None:
    """Let the app work until no key, question or deed is under way and nothing waits to be drawn."""
    for _ in range(2):
        # Keys stand in the app's own queue first, and Textual's pause does not wait for that one.
        heard = asyncio.Event()
        pilot.app.call_later(heard.set)
        async with asyncio.timeout(60):
            await heard.wait()
        await pilot.pause()
        await until(pilot, lambda: _at_rest(pilot.app))
    await pilot.pause()


def _at_rest(app: App[Any]) -> bool:
    waiting = any(getattr(screen, "waiting", False) for screen in app.screen_stack)
    return not (waiting or getattr(app, "typing", False) or any(not worker.is_finished for worker in app.workers))


async def burst(pilot: Pilot[Any], text: str) -> None:
    """Type keys in one go, as they come out of a scanner or a slow line, then let the app settle."""
    type_keys(pilot, text)
    await settled(pilot)


def type_keys(pilot: Pilot[Any], text: str) -> None:
    """Type keys in one go, and wait for nothing."""
    names = {"\n": "enter", "\t": "tab", "\x1b": "escape", ";": "semicolon", ":": "colon", " ": "space"}
    for char in text:
        name = names.get(char) or _character_to_key(char)
        pilot.app.post_message(events.Key(name, None if char in "\t\x1b\n" else char))


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys by name, in one go, then let the app settle."""
    for key in keys:
        pilot.app.post_message(events.Key(key, None))
    await settled(pilot)


def shown(app: App[Any]) -> str:
    """The text on the screen, line by line."""
    lines: list[Strip] = app.screen._compositor.render_strips()
    return "\n".join(line.text for line in lines)


def top(app: App[Any]) -> Any:
    """The screen on top, as whatever it is."""
    return app.screen

"""The inbox and the queue: what they show, what the keys do, to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from screens.inbox import InboxScreen
from screens.jobs import JobsScreen
from services.errors import Busy
from services.webhooks.results import Webhook
from tests.screens.conftest import burst, press, settled, shown, top
from tests.screens.fakes import FakeServices, session
from tests.screens.fakes_door import FakeJobs, FakeWebhooks, webhook

SIZES = ((80, 24), (120, 40))


@pytest.fixture(autouse=True)
def furnished(services: FakeServices) -> None:
    services.session = session("supervisor", user="bea")
    services.webhooks = FakeWebhooks()
    services.jobs = FakeJobs()


def inbox(routes: Any) -> InboxScreen:
    return InboxScreen(routes.desk, routes.webhooks)


def queue(routes: Any) -> JobsScreen:
    return JobsScreen(routes.desk, routes.jobs)


async def test_redriving_and_reading(desktop: Callable[..., Any], services: Any) -> None:
    async with desktop(inbox).run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "end", "r")
        assert services.webhooks.called("redrive") == [(10,)]
        assert "Webhook 10 is queued: the worker will look at it again" in shown(pilot.app)
        await press(pilot, "enter")
        text = shown(pilot.app)
        assert "stripe-signature: t=1795292640,v1=5f2c" in text
        assert '"note": "[b]\\u001b[2J"' in text
        await press(pilot, "escape", "up", "r", "f")
        assert services.webhooks.called("redrive") == [(10,)], "what was refused is not redriven"
        assert "2 in all" in shown(pilot.app)


async def test_a_redrive_that_fails_says_so(desktop: Callable[..., Any], services: Any) -> None:
    services.webhooks.failures["redrive"].append(Busy("somebody else is working on this right now"))
    async with desktop(inbox).run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "r")
        assert "somebody else is working on this right now" in shown(pilot.app)


async def test_fast_paths_typed_in_one_go(desktop: Callable[..., Any], services: Any) -> None:
    async with desktop().run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, ":w failed\n")
        assert isinstance(top(pilot.app), InboxScreen)
        assert services.webhooks.called("list")[-1] == ("failed", None)
        await burst(pilot, ":j\n")
        assert isinstance(top(pilot.app), JobsScreen)
        await press(pilot, "end", "enter")
        assert isinstance(top(pilot.app), InboxScreen)
        await burst(pilot, ":w odd\n")
        assert "is not a state of a webhook" in shown(pilot.app)


@pytest.mark.parametrize(("role", "list_shown"), [("readonly", True), ("collector", False)])
async def test_what_others_see(desktop: Callable[..., Any], services: Any, role: str, list_shown: bool) -> None:
    services.session = session(role)
    async with desktop(inbox).run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert ("evt_1QxYz000015" in shown(pilot.app)) is list_shown
        await press(pilot, "r", "enter")
        assert services.webhooks.called("redrive") == services.webhooks.called("reveal") == []
    async with desktop(queue).run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert ("harbor-worker" in shown(pilot.app)) is list_shown
        assert bool(services.jobs.called("queue")) is list_shown


@pytest.mark.parametrize("size", SIZES)
def test_inbox_picture(desktop: Callable[..., Any], snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(desktop(inbox), terminal_size=size, run_before=lambda pilot: press(pilot, "end"))


@pytest.mark.parametrize("size", SIZES)
def test_jobs_picture(desktop: Callable[..., Any], snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(desktop(queue), terminal_size=size, run_before=settled)


def test_inbox_of_hostile_words(desktop: Callable[..., Any], services: Any, snap_compare: Any) -> None:
    hostile: Webhook = webhook(3, "failed", "[/b] \x1b[2J \u202e日本語 " * 9, type="[b]x\n\u202e", event_id="e[red]")
    services.webhooks.book = {3: hostile}
    assert snap_compare(desktop(inbox), terminal_size=(80, 24), run_before=settled)


@pytest.mark.parametrize("screen", [inbox, queue])
def test_nothing_yet(desktop: Callable[..., Any], services: Any, snap_compare: Any, screen: Any) -> None:
    services.webhooks.book = {}
    services.jobs.jobs, services.jobs.workers, services.jobs.chores = (), (), ()
    assert snap_compare(desktop(screen), terminal_size=(80, 24), run_before=settled)

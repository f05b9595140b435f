"""Who is signed in, and ending it."""

from __future__ import annotations

import pytest

from screens.audit import AuditScreen
from screens.dialogs.confirm import Confirm
from screens.signed_in import SignedInScreen
from services.access import Ended
from services.errors import NotFound
from tests.screens.conftest import burst, press, settled, shown, top
from tests.screens.fakes import FakeServices, session
from tests.screens.fakes_audit import FakeAudit
from tests.screens.fakes_sessions import FakeSessions, everybody

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])


@pytest.fixture
def people(services: FakeServices) -> FakeSessions:
    services.session = session(user="bea", role="supervisor")
    services.sessions = people = FakeSessions()
    return people


async def test_a_session_is_ended_once_it_is_said_what_that_means(desktop, people: FakeSessions):
    app = desktop()
    async with app.run_test(size=(120, 40)) as pilot:
        await burst(pilot, ":who\n")
        assert isinstance(top(app), SignedInScreen)
        assert "5 sessions of 4 people" in shown(app)
        await press(pilot, "down", "e")
        assert isinstance(top(app), Confirm)
        assert "the session of ana on desk-7" in " ".join(shown(app).split())
        assert "rolled back" in shown(app)
        await press(pilot, "enter")
        assert people.called("end") == [(40,)]
        assert "The session is ended" in shown(app)
        assert "desk-7" not in shown(app)


async def test_the_session_that_is_looked_through_is_not_ended_here(desktop, people: FakeSessions):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, ":who\ne")
        assert isinstance(top(app), SignedInScreen)
        assert "end session" not in shown(app)


async def test_a_collector_ends_their_own_alone(desktop, services: FakeServices, people: FakeSessions):
    services.session = session(user="ana", role="collector")
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, ":who\n")
        assert "Only your own sessions" in shown(app)
        await press(pilot, "down", "e")
        assert isinstance(top(app), SignedInScreen)
        await press(pilot, "end", "e", "enter")
        assert people.called("end") == [(38,)]


async def test_what_could_not_be_ended_is_said(desktop, people: FakeSessions):
    people.ended = Ended(40, None)
    app = desktop()
    async with app.run_test(size=(120, 40)) as pilot:
        await burst(pilot, ":who\n")
        await press(pilot, "down", "e", "enter")
        assert "connections stay, powerless" in shown(app)
        people.failures["end"].append(NotFound("session 39 is not live"))
        await press(pilot, "down", "e", "enter")
        assert "session 39 is not live" in shown(app)


async def test_enter_leads_to_what_they_did(desktop, services: FakeServices, people: FakeSessions):
    services.audit = FakeAudit()
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, ":who\n")
        await press(pilot, "down", "enter")
        assert isinstance(top(app), AuditScreen)
        assert "who:ana" in shown(app)


async def test_the_screen_that_one_is_at_is_told_with_the_renewal(desktop, services: FakeServices):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        app._renewed -= 6
        await burst(pilot, "o")
        assert services.access.called("renew") == [("Accounts",)]
        app._renewed -= 6
        await burst(pilot, "y")
        assert len(services.access.called("renew")) == 1


@SIZES
@pytest.mark.parametrize("role", ["supervisor", "collector"])
def test_how_it_looks(snap_compare, desktop, services: FakeServices, people: FakeSessions, role: str, size):
    if role == "collector":
        services.session = session(user="bea", role=role)
        people.found = tuple(each for each in everybody() if each.mine)

    async def ready(pilot):
        await burst(pilot, ":who\n")
        await press(pilot, "down")
        await settled(pilot)

    assert snap_compare(desktop(), terminal_size=size, run_before=ready)

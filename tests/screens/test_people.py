"""The screens of people, of rights, and of what waits for a second person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from screens.approvals import ApprovalsScreen
from screens.base import BaseScreen
from screens.people import PeopleScreen
from screens.rights import RightsScreen
from services.domain.money import Money
from services.errors import Refused
from tests.screens.conftest import burst, press, settled, shown
from tests.screens.fakes import FakeServices, session
from tests.screens.fakes_people import WORK, FakeApprovals, FakeDealer, FakeRights, FakeStaff, FakeTeams


@pytest.fixture
def services() -> FakeServices:
    made: Any = FakeServices()
    made.users, made.teams, made.assigning = FakeStaff(), FakeTeams(), FakeDealer()
    made.rights, made.approvals = FakeRights(), FakeApprovals()
    made.session = session("agency_admin", user="ada")
    return made  # type: ignore[no-any-return]


def people(routes: Any) -> BaseScreen:
    return PeopleScreen(routes.desk, routes.users, routes.teams, routes.assigning)


def rights(routes: Any) -> BaseScreen:
    return RightsScreen(routes.desk, routes.rights)


def approvals(routes: Any) -> BaseScreen:
    return ApprovalsScreen(routes.desk, routes.approvals)


# ---- people ----------------------------------------------------------------------------------------------------------


async def test_somebody_comes_in_one_burst(desktop, services):
    app = desktop(people)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "ndora\nDora Lund\ns\nhush-hush-1\nhush-hush-1\n")
        assert services.users.called("add") == [("dora", "Dora Lund", "supervisor", "hush-hush-1", None)]
        assert "dora can sign in now" in shown(app)
        await burst(pilot, "nx\nX\n\nshort\n")
        assert "at least 8" in shown(app)


async def test_somebody_leaves_and_others_take_the_work(desktop, services):
    app = desktop(people)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down")
        assert "12 promises" in shown(app)
        await burst(pilot, "dben\n")
        assert "type ana for exactly this person" in shown(app)
        await press(pilot, "backspace", "backspace", "backspace")
        await burst(pilot, "ana\n\nteam:north\n")
        assert services.users.called("disable") == [("ana", (), "north", False)]
        assert "ana can sign in no more. 212 accounts" in shown(app)
        await burst(pilot, "dana\nben cleo\n")
        assert services.users.called("hand_over") == [("ana", ("ben", "cleo"), None)]


async def test_work_may_lie_and_says_so(desktop, services):
    services.users.failures["disable"].append(Refused("too many", rule="accounts_most", who_may="agency_admin"))
    app = desktop(people)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down")
        await burst(pilot, "dana\n\n\n")
        assert "who takes the open work?" in shown(app)
        await press(pilot, "up")
        await burst(pilot, "l\n\n")
        assert services.users.called("disable") == [("ana", (), None, True)]
        assert "accounts most" in shown(app)


async def test_a_team_is_rebalanced_after_it_was_shown(desktop, services):
    services.session = session("supervisor", user="bea")
    app = desktop(people)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down")
        await burst(pilot, "b\ns\n")
        assert "130 accounts change hands" in shown(app)
        assert not services.assigning.called("rebalance")
        await press(pilot, "enter")
        assert services.assigning.called("rebalance") == [("north", True)]
        await burst(pilot, "w\nhxl\n\nben cleo\n")
        assert "100 accounts of ana go to ben cleo. 112 do not fit." in shown(app)
        await press(pilot, "enter")
        ((giver, how),) = services.assigning.called("give")
        assert (giver, how) == ("ana", {"to": ["ben", "cleo"], "team": None, "client": "HXL", "status": None})


async def test_roles_passwords_and_teams(desktop, services):
    app = desktop(people)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down")
        await burst(pilot, "rr\n")
        assert services.users.called("set_role") == [("ana", "readonly")]
        await burst(pilot, "pnew-password\nnew-passwort\n")
        assert "not the same" in shown(app)
        await burst(pilot, "\x1b\n")
        await burst(pilot, "t\n dora\n\n")
        assert services.teams.called("set") == [("north", ("ana", "ben", "cleo", "dora"))]
        assert not services.teams.called("limit")
        await press(pilot, "end")
        await burst(pilot, "pnew-password\nnew-password\n")
        assert services.users.called("enable") == [("finn", "new-password")]


@pytest.mark.parametrize(
    ("role", "offered"),
    [("agency_admin", "ndrptwb"), ("supervisor", "twb"), ("readonly", ""), ("collector", "")],
)
async def test_people_are_changed_by_those_who_may(desktop, services, role: str, offered: str):
    services.session = session(role, user="bea")
    app = desktop(people)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down")
        active = {key for key, each in app.screen.active_bindings.items() if each.enabled and each.node is app.screen}
        assert active & set("ndrptwb") == set(offered)
        assert ("Who may" in shown(app)) is (role == "collector")


# ---- rights ----------------------------------------------------------------------------------------------------------


async def test_an_administrator_decides(desktop, services):
    app = desktop(rights)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down", "down")
        await burst(pilot, "cc\nn\n")
        assert services.rights.called("set") == [("payment.reverse", "collector", False)]
        await burst(pilot, "2\n")
        assert services.rights.called("set_two") == [("payment.reverse", False)]
        await burst(pilot, "vc\n\n400\n")
        assert services.rights.called("set_limit") == [("payment", Money(400_00, "USD"), "collector", None)]
        await burst(pilot, "na\ncleo\nnone\n")
        assert services.rights.called("set_limit")[1] == ("accounts", None, None, "cleo")


async def test_others_read_and_hear_who_decides(desktop, services):
    services.session = session("collector")
    app = desktop(rights)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "c2\nvn")
        assert not services.rights.called("set")
        assert not services.rights.called("set_two")
        assert "Changing it: who may: agency admin" in shown(app)


# ---- a second person -------------------------------------------------------------------------------------------------


async def test_a_colleague_answers_and_nobody_their_own(desktop, services):
    app = desktop(approvals)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "1 wait for you, 1 of yours" in shown(app)
        await burst(pilot, "y")
        assert "ben may then do exactly this" in shown(app)
        await press(pilot, "enter")
        assert services.approvals.called("give") == [(12,)]
        await press(pilot, "down")
        assert "Your own question" in shown(app)
        await burst(pilot, "yn\n")
        assert "Question 11" in shown(app)
        assert len(services.approvals.called("give")) + len(services.approvals.called("refuse")) == 1


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("make", [people, rights, approvals], ids=["people", "rights", "approvals"])
def test_pictures(desktop, services, snap_compare, make, size):
    services.users.work["ada"] = replace(WORK, login="ada")

    async def ready(pilot):
        await settled(pilot)

    assert snap_compare(desktop(make), terminal_size=size, run_before=ready)


@pytest.mark.parametrize("typed", ["d", "b\n", "w", "t", "n"], ids=["leaves", "rebalance", "give", "team", "new"])
def test_pictures_of_forms(desktop, services, snap_compare, typed: str):
    async def ready(pilot):
        await settled(pilot)
        await press(pilot, "down")
        await burst(pilot, typed)

    assert snap_compare(desktop(people), terminal_size=(80, 24), run_before=ready)

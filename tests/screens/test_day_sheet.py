"""The day sheet: whose, which day, what it adds up to."""

from __future__ import annotations

from datetime import date

import pytest

from screens.account import AccountScreen
from screens.day_sheet import DaySheetScreen
from services.errors import NotFound
from services.payments.results import DaySheet
from tests.screens.conftest import burst, press, settled, shown, top
from tests.screens.fakes import TODAY, FakeServices, session, usd
from tests.screens.fakes_money import FakeTill, day_sheet


@pytest.fixture
def till(services: FakeServices) -> FakeTill:
    made = FakeTill()
    services.payments = made
    return made


def sheet(routes) -> DaySheetScreen:
    return DaySheetScreen(routes.desk, routes.payments)


async def test_totals_by_method_and_the_entries(desktop, till: FakeTill):
    app = desktop(sheet)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        text = shown(app)
        for part in (
            "Sat 21 Nov 2026 · ana",
            "9 entries",
            "1,031.50 USD",
            "check",
            "402.00",
            "reversal nsf",
            "−125.50",
        ):
            assert part in text
        assert till.called("day_sheet") == [(TODAY, "ana")]


async def test_the_arrows_go_through_the_days_and_never_past_today(desktop, till: FakeTill):
    app = desktop(sheet)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "right")
        await press(pilot, "left", "left")
        assert "Thu 19 Nov 2026" in shown(app)
        await burst(pilot, "t")
        assert "Sat 21 Nov 2026" in shown(app)
        days = [day for day, _user in till.called("day_sheet")]
        assert days[0] == days[-1] == TODAY
        assert date(2026, 11, 22) not in days


async def test_a_day_is_named_as_people_name_days(desktop, till: FakeTill):
    app = desktop(sheet)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "d15\n")
        assert till.called("day_sheet")[-1] == (date(2026, 11, 15), "ana")


async def test_only_a_supervisor_names_somebody_else(desktop, services: FakeServices, till: FakeTill):
    app = desktop(sheet)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "d")
        assert "Of whom" not in shown(app)
    services.session = session("supervisor", user="bea")
    app = desktop(sheet)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "dt\n")
        await press(pilot, "ctrl+u")
        await burst(pilot, "ben\n")
        assert till.called("day_sheet")[-1] == (TODAY, "ben")
        assert "· ben" in shown(app)


async def test_somebody_who_is_not_there_is_said(desktop, services: FakeServices, till: FakeTill):
    services.session = session("supervisor", user="bea")
    app = desktop(sheet)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        till.failures["day_sheet"].append(NotFound("there is no user nobody"))
        await burst(pilot, "t")
        assert "there is no user nobody" in shown(app)


async def test_a_day_of_nothing_says_what_to_do(desktop, till: FakeTill):
    till.sheet = DaySheet("ana", TODAY, (), usd("0"), ())
    app = desktop(sheet)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "You entered nothing today, so far." in shown(app)
        await press(pilot, "left")
        assert "You entered nothing on Fri 20 Nov 2026." in shown(app)


async def test_an_entry_opens_its_account_and_the_sheet_is_copied(desktop, till: FakeTill):
    till.sheet = day_sheet(3)
    app = desktop(sheet)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        copied: list[str] = []

        def copy(text: str) -> str:
            copied.append(text)
            return "copied"

        top(app).desk.copy = copy
        await burst(pilot, "c")
        assert copied[0].splitlines()[0] == "Day sheet of ana, 2026-11-21, Harbor Collections"
        assert "R-000480-0\t10023-3\tQuillfeather Oyelaran\tcheck\t1990\t100.00 USD" in copied[0]
        await burst(pilot, "\n")
        assert isinstance(top(app), AccountScreen)

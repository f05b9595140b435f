"""The audit browser: one line filters, Enter goes to what was changed and Esc comes back."""

from __future__ import annotations

from typing import Any

import pytest

from screens.account import AccountScreen
from screens.audit import AuditScreen
from screens.batch import BatchScreen
from services.audit.changes import brief, changes
from services.errors import NotFound
from tests.screens.conftest import burst, press, settled, shown, top
from tests.screens.fakes import FIRST, FakeServices, session
from tests.screens.fakes_audit import FakeAudit, audit_event
from tests.screens.fakes_imports import FakeImports


@pytest.fixture
def trail(services: FakeServices) -> FakeAudit:
    services.session = session("supervisor", user="bea")
    services.imports = FakeImports()
    made = FakeAudit()
    services.audit = made
    return made


def browser(query: str = ""):
    return lambda routes: AuditScreen(routes.desk, routes.audit, query)


def said(app: Any) -> str:
    return " ".join(shown(app).split())


async def test_newest_first_with_before_and_after(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        lines = shown(app).splitlines()
        first = next(line for line in lines if "payment.reverse" in line)
        assert first.split()[:6] == ["12", "Nov", "14:22", "bea", "payment.reverse", "10023-3"]
        text = said(app)
        assert "owing USD 1,259.07 1,359.07" in text
        assert "interest USD 84.07 109.07" in text
        assert "principal" not in text
        assert "12 Nov 2026 14:22:00 · till-4 ssh 10.2.0.18 · session 7 · transaction 99200" in text


async def test_one_line_filters(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "/who:ben act:account.*\n")
        assert trail.called("list")[-1] == ("who:ben act:account.*", None)
        assert "1 event" in shown(app)
        assert top(app)._table.has_focus


async def test_the_line_comes_from_the_command_line_too(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, ":t who:ana since:-7d\n")
        assert trail.called("list")[-1] == ("who:ana since:-7d", None)
        assert "who:ana since:-7d" in shown(app)


async def test_what_is_left_out_is_said(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "/since:soon\n")
        assert "since:soon is left out" in shown(app)


async def test_somebody_who_is_nobody_is_said_in_place_of_the_list(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        trail.failures["list"].append(NotFound("there is no user nobody"))
        await burst(pilot, "/who:nobody\n")
        assert "There is no user nobody." in shown(app)
        assert "payment.reverse" not in shown(app)


async def test_nothing_recorded_says_what_to_do(desktop, trail: FakeAudit):
    trail.trail = []
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "Nothing recorded for this." in shown(app)
        await burst(pilot, "tec\n")


async def test_enter_goes_to_the_account_and_back_to_the_same_row(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down", "down", "enter")
        assert isinstance(top(app), AccountScreen)
        await press(pilot, "escape")
        assert isinstance(top(app), AuditScreen)
        assert top(app)._table.current.id == 80


async def test_enter_goes_to_a_batch_and_says_where_there_is_no_screen(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "end", "up", "enter")
        assert "There is no screen for debtor 12" in shown(app)
        await press(pilot, "down", "enter")
        assert isinstance(top(app), BatchScreen)


async def test_the_same_transaction_and_back_to_the_same_row(desktop, trail: FakeAudit):
    app = desktop(browser("since:-30d"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down", "t")
        query, _after = trail.called("list")[-1]
        assert query == 'since:"2026-11-12T14:11" until:"2026-11-12T14:32" tx:99200'
        assert "2 events" in shown(app)
        await press(pilot, "t")
        assert trail.called("list")[-1] == ("since:-30d", None)
        assert top(app)._table.current.id == 89


async def test_escape_takes_a_narrowed_view_back_before_it_leaves(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "e", "w", "escape")
        assert trail.called("list")[-1] == (f"entity:account/{FIRST}", None)
        await press(pilot, "escape")
        assert trail.called("list")[-1] == ("", None)
        await press(pilot, "escape")
        assert not isinstance(top(app), AuditScreen)


async def test_pages_follow_as_the_cursor_nears_the_end(desktop, trail: FakeAudit):
    trail.trail = [audit_event(number) for number in range(250, 0, -1)]
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "100 shown, more below" in shown(app)
        for _ in range(20):
            await press(pilot, *["pagedown"] * 3)
        assert [after for _query, after in trail.called("list")] == [None, "100", "200"]
        assert "250 events" in shown(app)


async def test_the_account_screen_leads_here(desktop, trail: FakeAudit):
    app = desktop(lambda routes: AccountScreen(routes.desk, routes.accounts, routes.payments, FIRST))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "h")
        assert isinstance(top(app), AuditScreen)
        assert trail.called("list")[-1] == (f"entity:account/{FIRST}", None)
        await press(pilot, "down", "enter")
        assert isinstance(top(app), AccountScreen)
        await press(pilot, "escape")
        assert isinstance(top(app), AuditScreen)
        assert top(app)._table.current.id == 89


def test_money_is_in_the_currency_of_its_own_row():
    event = audit_event(1, before={"owing": 1500, "currency": "JPY"}, after={"owing": 0, "currency": "JPY"})
    (change,) = changes(event, "USD")
    assert (change.before, change.after, change.unit) == ("1,500", "0", "JPY")
    assert brief(event, "USD") == "owing 1,500 → 0 JPY"


def test_only_what_differs_is_a_change():
    event = audit_event(1)
    assert [change.column for change in changes(event, "USD")] == ["owing", "interest", "costs", "version"]
    assert brief(event, "USD") == "owing 1,359.07 → 1,259.07"


def test_odd_values_are_shown_and_break_nothing():
    before = {"due": [1, 2], "owing": "x", "flag": None, "list": [1, {"a": "[b]"}], "promised": 100}
    event = audit_event(1, before=before, after={"owing": True, "flag": False, "currency": "???", "unapplied": 5})
    found = {change.column: (change.before, change.after, change.unit) for change in changes(event, "USD")}
    assert found["owing"] == ("x", "yes", "")
    assert found["flag"] == ("", "no", "")
    assert found["list"] == ('[1, {"a": "[b]"}]', "", "")
    assert found["promised"] == ("100", "", "minor units")
    assert found["unapplied"] == ("", "5", "minor units of ???")

"""The books on the screen: chart, statement, transfer, trust; another moment; who may look."""

from __future__ import annotations

from datetime import date

import pytest

from screens.account import AccountScreen
from screens.ledger import LedgerScreen, StatementScreen, TransferScreen, TrustScreen
from services.ledger.results import NOW, Chart, Clocks, Subject
from tests.screens.conftest import burst, press, settled, shown, top
from tests.screens.fakes import FakeServices, session, usd
from tests.screens.fakes_ledger import BOOKS, FakeBooks, chart, line

SIZES = [(80, 24), (120, 40)]


@pytest.fixture(autouse=True)
def books(services: FakeServices) -> FakeBooks:
    made = FakeBooks()
    services.ledger = made
    services.session = session("supervisor", user="bea")
    return made


def ledger(routes) -> LedgerScreen:
    return LedgerScreen(routes.desk, routes.ledger)


def trust(routes) -> TrustScreen:
    return TrustScreen(routes.desk, routes.ledger)


def statement(routes) -> StatementScreen:
    return StatementScreen(routes.desk, routes.ledger, Subject(client="HARBOR", kind="client_due"))


def transfer(routes) -> TransferScreen:
    return TransferScreen(routes.desk, routes.ledger, "R-000481-4")


async def test_from_the_chart_down_to_the_account(desktop, books: FakeBooks):
    app = desktop(ledger)
    books.lines = (line(81), line(80))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "912,004.10" in shown(app)
        assert "escrow" not in shown(app)
        await burst(pilot, "z")
        assert "escrow" in shown(app)
        await burst(pilot, "z\n")
        assert books.called("statement")[-1] == (Subject(client="HARBOR", kind="trust", currency="USD"), NOW, None)
        assert isinstance(top(app), StatementScreen)
        await burst(pilot, "\n")
        assert isinstance(top(app), TransferScreen)
        assert books.called("transfer") == [("481",)]
        assert all(part in shown(app) for part in ("HARBOR trust", "HARBOR receivable", "principal 90.93", "nsf"))
        await burst(pilot, "a")
        assert isinstance(top(app), AccountScreen)
        await press(pilot, "escape", "escape", "escape")
        assert isinstance(top(app), LedgerScreen)


async def test_another_moment_of_both_clocks(desktop, books: FakeBooks):
    app = desktop(ledger)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "w31 Oct\n2026-11-02\n")
        at = books.called("accounts")[-1][0]
        assert at.as_of == date(2026, 10, 31)
        assert f"{at.known_at:%Y-%m-%d %H:%M:%S.%f}" == "2026-11-02 23:59:59.999999"
        assert "counting up to 31 Oct 2026, known at 2 Nov 2026 23:59" in shown(app)
        await burst(pilot, "\n")
        assert books.called("statement")[-1][1] == at
        await press(pilot, "escape")
        await burst(pilot, "w")
        await press(pilot, "ctrl+u")
        await burst(pilot, "\n")
        await press(pilot, "ctrl+u")
        await burst(pilot, "\n")
        assert books.called("accounts")[-1] == (Clocks(),)


async def test_a_long_statement_comes_in_pages(desktop, books: FakeBooks):
    app = desktop(statement)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "end")
        await press(pilot, "end")
        assert [after for _, _, after in books.called("statement")] == [None, "100", "200"]
        assert len(top(app)._table.items) == 240


async def test_trust_says_plainly_whether_it_holds(desktop, books: FakeBooks):
    app = desktop(trust)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "is exactly what it is held for" in shown(app)
        assert "49,460.55" in shown(app)
        books.chart = chart({**BOOKS, "NORTHBY": ("1250.01", *BOOKS["NORTHBY"][1:])})
        await press(pilot, "f5")
        assert "is NOT what it is held for" in shown(app)
        assert "off by 0.01 USD" in shown(app)
        await burst(pilot, "\n")
        assert isinstance(top(app), StatementScreen)


async def test_commands_lead_there_and_a_wrong_transfer_is_said(desktop, books: FakeBooks):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "f3")
        await burst(pilot, ":l\n")
        assert isinstance(top(app), LedgerScreen)
        await burst(pilot, "t")
        assert isinstance(top(app), TrustScreen)
        await burst(pilot, ":l R-000481-4\n")
        assert isinstance(top(app), TransferScreen)
        await burst(pilot, ":l\nx99\n")
        assert "there is no transfer 99" in shown(app)


async def test_a_collector_is_told_whose_the_books_are(desktop, services: FakeServices, books: FakeBooks):
    services.session = session()
    for screen in (ledger, trust):
        app = desktop(screen)
        async with app.run_test(size=(80, 24)) as pilot:
            await settled(pilot)
            assert "does not read the books" in shown(app)
            await burst(pilot, "wtx")
            assert isinstance(top(app), LedgerScreen | TrustScreen)
    assert books.calls == []


async def test_nothing_posted_yet(desktop, books: FakeBooks):
    books.chart, books.lines = Chart(None, None, ()), ()
    for screen, words in ((ledger, "Nothing was posted yet"), (trust, "No client has a book"), (statement, "yet.")):
        app = desktop(screen)
        async with app.run_test(size=(80, 24)) as pilot:
            await settled(pilot)
            assert words in shown(app)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("screen", [ledger, statement, transfer, trust])
def test_pictures(desktop, snap_compare, screen, size):
    assert snap_compare(desktop(screen), terminal_size=size, run_before=settled)


def test_a_hostile_book(desktop, snap_compare, books: FakeBooks):
    books.lines = (
        line(3, account="[b]", by="\x1b[31m", reason="[/x] \u202e", amount=usd("-0.01"), other=None),
        line(2),
    )
    assert snap_compare(desktop(statement), terminal_size=(80, 24), run_before=settled)

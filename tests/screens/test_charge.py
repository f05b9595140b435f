"""Watching one charge: links can be copied, read out, scanned and taken back, and nothing is said that is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from screens.charge import ChargeScreen
from screens.charge.qr import QrCode, lines_needed, rows_of, spelled
from screens.payment import PaymentScreen
from services.errors import NotFound, Refused
from tests.screens.conftest import burst, press, settled, shown, top
from tests.screens.fakes import NOW, FakeServices, session
from tests.screens.fakes_charges import LONG_URL, URL, FakeCharges, charge, link
from tests.screens.fakes_money import FakeTill

ID = UUID(int=42)


@pytest.fixture
def charges(services: FakeServices) -> FakeCharges:
    made = FakeCharges()
    services.charges = made
    return made


@pytest.fixture(autouse=True)
def quick_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screens.charge.screen.UNREAD", 0)


def watching(routes: Any) -> ChargeScreen:
    return ChargeScreen(routes.desk, routes.charges, ID)


def told(app: Any) -> str:
    return " ".join(shown(app).split())


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (charge("unknown", next_ask_at=NOW + timedelta(seconds=50)), "Do NOT charge again; 250.00 USD are held"),
        (charge("unknown", next_ask_at=NOW + timedelta(seconds=50)), "14:32:50, in less than a minute"),
        (charge("unknown", reason="mismatch", told="25.00 USD"), "took 25.00 USD where 250.00 USD were asked for"),
        (charge("processing", method="us_bank_account"), "when the bank confirms, in about 4 days"),
        (charge("posted", receipt="R-000483-9"), "Paid R-000483-9"),
        (charge("posted", receipt="R-000483-9", reason="late", late=True), "heard of after it had been given up"),
        (charge("posted", receipt="R-000483-9", reason="returned: R01"), "the bank took it back: R01"),
        (charge("failed", reason="insufficient_funds"), "Not enough money on it. Nothing is held."),
        (charge("failed", reason="stolen_card"), "The bank declined it."),
        (charge("failed", reason="some_new_code"), "Some new code."),
        (link(), "57 minutes left"),
        (link(reason="card_declined"), "A try did not go through: the bank declined it. It is still open"),
        (link(expires_at=NOW - timedelta(seconds=1)), "Time is up"),
        (link("expired", url=None), "Nobody paid it in time"),
        (link("canceled", url=None), "Nothing was taken, nothing is held"),
    ],
)
async def test_every_state_says_what_it_means(desktop, charges: FakeCharges, made: Any, says: str):
    charges.known[ID] = made
    app = desktop(watching)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert says in told(app)


async def test_a_link_is_copied_spelled_and_shown_as_a_code(desktop, charges: FakeCharges):
    charges.known[ID] = link()
    app = desktop(watching)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert URL in shown(app)
        await burst(pilot, "q")
        assert isinstance(top(app), QrCode)
        assert "▀" in shown(app)
        await burst(pilot, "\x1bs")
        assert "127 dot 0 dot 0 dot 1 colon 8123" in shown(app)
        await burst(pilot, "\x1bc")
        assert "Copied" in shown(app)


async def test_a_code_that_does_not_fit_is_refused_with_what_would_help(desktop, charges: FakeCharges):
    charges.known[ID] = link(url=LONG_URL)
    app = desktop(watching)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "q")
        assert isinstance(top(app), ChargeScreen)
        assert f"{lines_needed(LONG_URL)} lines are needed, there are 24" in shown(app)


async def test_taking_a_link_back_asks_and_says_the_effect(desktop, charges: FakeCharges):
    charges.known[ID] = link()
    app = desktop(watching)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "x")
        assert "Nobody can pay it any more" in told(app)
        await burst(pilot, "\n")
        assert charges.called("cancel") == [(ID,)]
        assert "Taken back" in shown(app)
        await burst(pilot, "x")
        assert len(charges.called("cancel")) == 1


async def test_a_link_paid_meanwhile_stays_paid(desktop, charges: FakeCharges):
    charges.known[ID] = link()
    charges.failures["cancel"].append(Refused("charge is posted", rule="charge_not_cancelable", hint="refund it"))
    app = desktop(watching)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "x\n")
        assert "charge is posted" in told(app)


async def test_what_failed_can_be_paid_in_another_way(desktop, services: FakeServices, charges: FakeCharges):
    services.payments = FakeTill()
    charges.known[ID] = charge("failed", reason="card_declined")
    app = desktop(watching)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "p")
        assert isinstance(top(app), PaymentScreen)
        assert top(app)._fields["amount"].value == "250.00"
        assert not any(isinstance(screen, ChargeScreen) for screen in app.screen_stack)


async def test_readonly_looks_and_changes_nothing(desktop, services: FakeServices, charges: FakeCharges):
    services.session = session("readonly")
    charges.known[ID] = link()
    app = desktop(watching)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "xp")
        assert isinstance(top(app), ChargeScreen)
        assert not charges.called("cancel")


async def test_a_charge_that_is_not_there_says_so_and_leaves(desktop, charges: FakeCharges):
    charges.failures["show"].append(NotFound("there is no charge"))
    app = desktop(watching)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "there is no charge" in told(app)
        await burst(pilot, "\n")
        assert not isinstance(top(app), ChargeScreen)


async def test_it_becomes_newer_by_itself_and_stops_when_decided(desktop, charges: FakeCharges):
    charges.known[ID] = charge("unknown")
    app = desktop(watching)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        charges.known[ID] = replace(charges.known[ID], state="failed", reason="never_reached")
        top(app)._watch()
        await settled(pilot)
        assert "This has changed: Not paid" in shown(app)
        asked = len(charges.called("show"))
        top(app)._watch()
        await settled(pilot)
        assert len(charges.called("show")) == asked


async def test_an_enter_meant_for_the_form_does_not_leave(desktop, charges: FakeCharges, monkeypatch):
    monkeypatch.setattr("screens.charge.screen.UNREAD", 3600)
    charges.known[ID] = charge("unknown")
    app = desktop(watching)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "enter", "enter")
        assert isinstance(top(app), ChargeScreen)


# ---- the code --------------------------------------------------------------------------------------------------------


def dark(rows: tuple[str, ...]) -> list[list[bool]]:
    """Modules as they are drawn: what is not filled is dark."""
    upper = [[char in " ▄" for char in row] for row in rows]
    lower = [[char in " ▀" for char in row] for row in rows]
    return [line for pair in zip(upper, lower, strict=True) for line in pair]


@pytest.mark.parametrize("quiet", [4, 2])
def test_what_is_drawn_is_the_code_with_its_quiet_zone(quiet: int):
    import segno

    code = segno.make(URL, error="l", micro=False, boost_error=False)
    matrix = [[bool(module) for module in row] for row in code.matrix]
    side = len(matrix) + 2 * quiet
    rows = rows_of(URL, (side, (side + 1) // 2))
    drawn = dark(rows)
    assert len(rows) == (side + 1) // 2
    assert all(len(row) == side for row in rows)
    assert [row[quiet:-quiet] for row in drawn[quiet : quiet + len(matrix)]] == matrix
    assert not any(any(row) for row in drawn[:quiet])
    assert not any(row[at] for row in drawn for at in (*range(quiet), *range(-quiet, 0)))


def test_swapped_it_is_its_negative():
    rows, negative = rows_of(URL, (80, 24)), rows_of(URL, (80, 24), swapped=True)
    inside = [row[4:-4] for row in dark(rows)[4:-5]]
    assert [[not module for module in row] for row in inside] == [row[4:-4] for row in dark(negative)[4:-5]]


def test_a_link_of_the_stand_in_fits_the_smallest_terminal():
    assert rows_of(URL, (80, 24))
    assert not rows_of(LONG_URL, (80, 24))
    assert rows_of(LONG_URL, (160, 50))


def test_it_is_spelled_so_that_capitals_cannot_be_missed():
    first, *groups = spelled("https://pay.example.com/aB_9x").splitlines()
    assert first == "pay dot example dot com"
    assert groups == ["/aB_  slash alfa capital BRAVO underscore", "9x    nine x-ray"]

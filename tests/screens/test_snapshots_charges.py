"""Pictures of charging: what is offered, what is under way, the QR code, refunds; in trouble, too long, hostile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from textual.pilot import Pilot

from screens.account import AccountScreen
from screens.charge import ChargeScreen
from screens.payment import PaymentScreen
from services.charges.results import Charge
from tests.screens.conftest import burst, press, settled, shown, top, until
from tests.screens.fakes import FIRST, NOW, TODAY, FakeServices, account, payment, session, usd
from tests.screens.fakes_charges import LONG_URL, RESTING, VISA, FakeCharges, charge, link
from tests.screens.fakes_money import FakeTill
from tests.screens.test_snapshots import HOSTILE, SIZES

ID = UUID(int=42)
WIDE_NAME = "山田 太郎 [old] Ltd"


@pytest.fixture(autouse=True)
def furnished(services: FakeServices) -> None:
    services.session = session("supervisor", user="bea")
    services.payments = FakeTill()
    services.charges = FakeCharges(till=services.payments)


def paying(routes: Any) -> PaymentScreen:
    return PaymentScreen(routes.desk, routes.payments, routes.accounts, FIRST, charges=routes.charges)


def watching(routes: Any) -> ChargeScreen:
    return ChargeScreen(routes.desk, routes.charges, ID)


def opened(routes: Any) -> AccountScreen:
    return AccountScreen(routes.desk, routes.accounts, routes.payments, FIRST, charges=routes.charges)


def typed(text: str) -> Callable[[Pilot[Any]], Any]:
    async def go(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await burst(pilot, text)

    return go


# ---- payment ---------------------------------------------------------------------------------------------------------


@SIZES
@pytest.mark.parametrize(
    "keys", ["250\ncard\n", "250\ncard\nmaster", "250\nbank 6789\n", "250\ncard\npay\n"],
    ids=["card", "expired", "bank", "link"],
)  # fmt: skip
def test_what_is_charged(desktop, snap_compare, size, keys: str):
    assert snap_compare(desktop(paying), terminal_size=size, run_before=typed(keys))


@SIZES
def test_a_charge_under_a_hold_of_another(desktop, services: FakeServices, snap_compare, size):
    services.accounts.book[FIRST] = account(held=usd("150"))
    assert snap_compare(desktop(paying), terminal_size=size, run_before=typed(""))


@SIZES
def test_the_provider_is_called(desktop, services: FakeServices, snap_compare, size):
    services.charges.gates["start"] = Event()

    async def go(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await burst(pilot, "250\ncard\n")
        await pilot.press("enter")
        await until(pilot, lambda: "Calling the provider" in shown(pilot.app))

    assert snap_compare(desktop(paying), terminal_size=size, run_before=go)


@SIZES
def test_a_card_payment_is_posted(desktop, snap_compare, size):
    async def go(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        top(pilot.app)._attempt.submission = ID  # another in every run, and shown in the command that equals a receipt
        await burst(pilot, "250\ncard\n\n")

    assert snap_compare(desktop(paying), terminal_size=size, run_before=go)


@SIZES
def test_a_card_is_declined(desktop, services: FakeServices, snap_compare, size):
    services.charges.outcome, services.charges.reason = "failed", "insufficient_funds"
    assert snap_compare(desktop(paying), terminal_size=size, run_before=typed("250\ncard\n\n"))


@SIZES
def test_the_provider_rests(desktop, services: FakeServices, snap_compare, size):
    services.charges.state = RESTING

    async def go(pilot: Pilot[Any]) -> None:
        await typed("250\ncard\n")(pilot)
        # What is known of the provider is read beside the keys: an Enter ahead of it asks the provider itself.
        await until(pilot, lambda: "does not answer" in shown(pilot.app))
        await press(pilot, "enter")

    assert snap_compare(desktop(paying), terminal_size=size, run_before=go)


# ---- one charge ------------------------------------------------------------------------------------------------------

STATES = {
    "unknown": charge("unknown", next_ask_at=NOW + timedelta(seconds=50)),
    "mismatch": charge("unknown", reason="mismatch", told="25.00 USD"),
    "processing": charge("processing", method="us_bank_account", shown="STRIPE TEST BANK ···6789"),
    "failed": charge("failed", reason="insufficient_funds"),
    "link": link(),
    "long_link": link(url=LONG_URL),
    "hostile": link(debtor=f"{HOSTILE} {WIDE_NAME}", reason=HOSTILE, shown=HOSTILE),
}


@SIZES
@pytest.mark.parametrize("made", STATES.values(), ids=STATES.keys())
def test_a_charge(desktop, services: FakeServices, snap_compare, size, made: Charge):
    services.charges.known[ID] = made
    assert snap_compare(desktop(watching), terminal_size=size, run_before=typed(""))


@SIZES
@pytest.mark.parametrize("key", ["q", "s", "x"])
def test_a_link_is_shown_spelled_and_taken_back(desktop, services: FakeServices, snap_compare, size, key: str):
    services.charges.known[ID] = link()
    assert snap_compare(desktop(watching), terminal_size=size, run_before=typed(key))


# ---- account ---------------------------------------------------------------------------------------------------------


@SIZES
@pytest.mark.parametrize("keys", ["u", "uu"], ids=["charges", "methods"])
def test_an_account_with_charges(desktop, services: FakeServices, snap_compare, size, keys: str):
    services.accounts.book[FIRST] = account(held=usd("400"))
    services.charges.saved = (*services.charges.saved, replace(VISA, id=11, brand=WIDE_NAME))
    services.charges.known = {
        UUID(int=at): replace(made, id=UUID(int=at), amount=usd(amount))
        for at, (made, amount) in enumerate(
            (
                (charge("unknown"), "250"),
                (link(), "150"),
                (charge("posted", receipt="R-000483-9"), "80"),
                (charge("failed", reason="stolen_card"), "80"),
            ),
            1,
        )
    }
    assert snap_compare(desktop(opened), terminal_size=size, run_before=typed(keys))


@SIZES
def test_a_refund(desktop, services: FakeServices, snap_compare, size):
    paid = payment("R-000481-4", "100", TODAY, method="card", reference="pi_1")
    back = payment("R-000490-1", "-40", TODAY, method="card", reverses="R-000481-4", reason="refund")
    services.accounts.book[FIRST] = account(payments=(paid, back))

    async def go(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await burst(pilot, "m")
        await press(pilot, "r")
        await burst(pilot, "25")

    assert snap_compare(desktop(opened), terminal_size=size, run_before=go)

"""The account screen and the payment provider: what is held is seen, what was charged can be given back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from screens.account import AccountScreen
from screens.charge import ChargeScreen
from services.charges.results import Refund
from services.errors import Refused
from tests.screens.conftest import burst, press, settled, shown, top
from tests.screens.fakes import FIRST, NOW, TODAY, FakeServices, account, payment, session, usd
from tests.screens.fakes_charges import FakeCharges, charge, link, on_its_way


@pytest.fixture
def charges(services: FakeServices) -> FakeCharges:
    services.session = session("supervisor", user="bea")
    made = FakeCharges()
    services.charges = made
    return made


def opened(routes: Any) -> AccountScreen:
    return AccountScreen(routes.desk, routes.accounts, routes.payments, FIRST, charges=routes.charges)


def told(app: Any) -> str:
    return " ".join(shown(app).split())


def boxed(app: Any) -> str:
    """What a dialog says, without its frame and what stands beside it."""
    lines = (line.split("│") for line in shown(app).splitlines())
    return " ".join(" ".join(parts[1] for parts in lines if len(parts) > 2).split())


async def test_what_is_held_and_unknown_stands_on_the_head(desktop, services: FakeServices, charges: FakeCharges):
    services.accounts.book[FIRST] = account(held=usd("250"))
    charges.known[UUID(int=42)] = charge("unknown")
    app = desktop(opened)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "Do NOT charge again: 250.00 held, visa ···4242 unknown since 14:29 (u)" in told(app)
        charges.known[UUID(int=42)] = charge("posted", receipt="R-000483-9")
        top(app)._watch()
        await settled(pilot)
        assert "Do NOT charge" not in told(app)


async def test_a_method_that_a_paid_link_leaves_shows_by_itself(desktop, charges: FakeCharges):
    saved, charges.saved = charges.saved, ()
    charges.known[UUID(int=42)] = link("posted", receipt="R-000483-9", next_ask_at=NOW)
    app = desktop(opened)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "visa" not in told(app)
        charges.saved, charges.known[UUID(int=42)] = saved, link("posted", receipt="R-000483-9")
        top(app)._watch()
        await settled(pilot)
        assert "visa ···4242" in told(app)
        reads = len(charges.called("methods"))
        top(app)._watch()
        await settled(pilot)
        assert len(charges.called("methods")) == reads


async def test_charges_are_listed_and_opened(desktop, charges: FakeCharges):
    charges.known = {UUID(int=42): link(), UUID(int=43): charge("failed", id=UUID(int=43), reason="expired_card")}
    app = desktop(opened)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "u")
        assert "it has expired" in told(app)
        await burst(pilot, "\n")
        assert isinstance(top(app), ChargeScreen)
        await burst(pilot, "\x1b")
        assert isinstance(top(app), AccountScreen)


async def test_saved_methods_are_listed_and_removed(desktop, charges: FakeCharges):
    app = desktop(opened)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "visa ···4242" in told(app)
        await burst(pilot, "uu")
        assert "03/26 expired" in told(app)
        await burst(pilot, "x")
        assert "visa ···4242 cannot be charged any more" in told(app)
        await burst(pilot, "\n")
        assert charges.called("remove_method") == [(FIRST, 7)]
        assert "Removed visa" in shown(app)
        assert "08/29" not in shown(app)


def paid_by_card(services: FakeServices, *back: str) -> None:
    paid = payment("R-000481-4", "100", TODAY, method="card", reference="pi_1")
    rows = [
        payment(f"R-00049{at}-1", f"-{amount}", TODAY, method="card", reverses="R-000481-4", reason="refund")
        for at, amount in enumerate(back)
    ]
    services.accounts.book[FIRST] = account(payments=(*rows, paid))


async def test_a_card_payment_is_refunded_in_part_up_to_what_is_left(desktop, services, charges: FakeCharges):
    paid_by_card(services, "40")
    app = desktop(opened)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "m")
        top(app)._lists.payments.move_cursor(row=1)
        await burst(pilot, "r")
        assert "At most 60.00 USD can go back" in boxed(app)
        assert "100.00 by card on 21 Nov 2026. 40.00 given back already" in boxed(app)
        await burst(pilot, "60.01\n")
        assert "at most 60.00 USD can be given back" in told(app)
        assert not charges.called("refund")
        await burst(pilot, "\b" * 5)
        top(app).form["amount"].value = ""
        await burst(pilot, "25\n")
        ((receipt, amount, _),) = charges.called("refund")
        assert (receipt, amount) == ("R-000481-4", usd("25"))
        assert "25.00 USD given back on R-000481-4" in told(app)


async def test_what_is_on_its_way_back_stands_on_the_head_until_it_is_decided(desktop, charges: FakeCharges):
    charges.under_way = (on_its_way("unknown"), on_its_way(id=UUID(int=44), amount=usd("5"), shown="link"))
    app = desktop(opened)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "Do NOT refund again: 40.00 may be on its way to visa ···4242, 14:22" in told(app)
        assert "5.00 on its way back since 14:22, for R-000491-9" in told(app)
        charges.under_way = ()
        top(app)._watch()  # the account has not moved: a refund that came to nothing leaves no trace on it
        await settled(pilot)
        assert "on its way back" not in told(app)


async def test_what_is_on_its_way_back_is_not_offered_again(desktop, services, charges: FakeCharges):
    paid_by_card(services)
    charges.under_way = (on_its_way(of="R-000481-4"), on_its_way(id=UUID(int=44), amount=usd("9")))
    app = desktop(opened)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "mr")
        assert "40.00 on its way back already" in boxed(app)
        assert "At most 60.00 USD can go back" in boxed(app)
        await burst(pilot, "\x1b")
        charges.under_way = (on_its_way(of="R-000481-4", amount=usd("100")),)
        await press(pilot, "f5")
        await burst(pilot, "r")
        assert isinstance(top(app), AccountScreen)


async def test_a_card_payment_given_back_whole_is_not_refunded_again(desktop, services, charges: FakeCharges):
    paid_by_card(services, "40", "60")
    app = desktop(opened)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "m")
        await burst(pilot, "r")
        assert "takes R-000481-4 back: put the cursor on a payment" in told(app)
        top(app)._lists.payments.move_cursor(row=2)
        await burst(pilot, "r")
        assert isinstance(top(app), AccountScreen)
        assert "All of R-000481-4 is back already" in told(app)


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("unknown", "Do NOT refund again"),
        ("pending", "counts when the provider confirms"),
        ("failed", "Nothing was given back"),
    ],
)
async def test_what_came_of_a_refund_is_told_as_it_is(desktop, services, charges: FakeCharges, state: str, says: str):
    paid_by_card(services)
    charges.back = Refund(None, "R-000481-4", usd("100"), usd("0"), state, replayed=False)
    app = desktop(opened)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "mr100\n")
        assert says in told(app)


async def test_a_check_is_reversed_as_before(desktop, services, charges: FakeCharges):
    app = desktop(opened)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "mr")
        assert "Reverse R-000481-4" in shown(app)


async def test_without_a_provider_the_account_is_as_it_was(desktop, services: FakeServices):
    app = desktop(opened)
    services.charges.failures["of_account"] = [Refused("no payment provider is configured", rule="no_gateway")] * 9
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "u")
        assert "Timeline" in shown(app)
        assert replace(services.accounts.book[FIRST]).held == usd("0")

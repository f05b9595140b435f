"""Charging on the payment screen: what is named is charged, once, and what came of it is told as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from textual import events

from screens.charge import ChargeScreen
from screens.payment import PaymentScreen
from services.charges.results import Charge, ChargeForm, LinkForm
from services.errors import Refused, Unreachable
from services.gateways.base import ProviderUnavailable
from tests.screens.conftest import burst, press, settled, shown, top, until
from tests.screens.fakes import FIRST, NOW, FakeServices, account, usd
from tests.screens.fakes_charges import BANK, OLD, RESTING, VISA, FakeCharges
from tests.screens.fakes_money import FakeTill


@pytest.fixture
def charges(services: FakeServices) -> FakeCharges:
    made = FakeCharges()
    services.payments, services.charges = made.till, made
    return made


@pytest.fixture(autouse=True)
def quick_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever types here has read every answer at once."""
    monkeypatch.setattr("screens.payment.screen.UNREAD", 0)


def paying(routes: Any) -> PaymentScreen:
    return PaymentScreen(routes.desk, routes.payments, routes.accounts, FIRST, charges=routes.charges)


def told(app: Any) -> str:
    """The text on the screen with its line ends taken out."""
    return " ".join(shown(app).split())


def started(charges: FakeCharges) -> list[ChargeForm]:
    return [form for (form,) in charges.called("start")]


def linked(charges: FakeCharges) -> list[LinkForm]:
    return [form for (form,) in charges.called("link")]


# ---- typing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "method"),
    [
        ("250.00\ncard\n\n", VISA),
        ("250.00\nvisa 4242\n\n", VISA),
        ("250.00\nmaster\n\n", OLD),
        ("250.00\ncard\nmaster\n", OLD),
        ("250.00\nus\n\n", BANK),
        ("250.00\nbank 6789\n\n", BANK),
    ],
)
async def test_a_burst_charges_what_it_names_and_nothing_twice(desktop, charges: FakeCharges, typed: str, method: Any):
    charges.gates["methods"] = gate = Event()
    app = desktop(paying)
    async with app.run_test(size=(80, 24)) as pilot:
        for char in typed:
            name = {"\n": "enter", " ": "space", ".": "full_stop"}.get(char, char)
            app.post_message(events.Key(name, None if char == "\n" else char))
        await until(pilot, lambda: bool(charges.called("methods")))
        gate.set()
        await settled(pilot)
        (form,) = started(charges)
        assert (form.account, form.amount, form.method_id, form.version) == (FIRST, usd("250"), method.id, 17)
        assert "R-000483-9" in shown(app)


@pytest.mark.parametrize("line", ["card", "visa", "visa 4242"])
async def test_the_command_line_names_a_card(desktop, charges: FakeCharges, line: str):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, f":p {FIRST} 250.00 {line}\n\n")
        (form,) = started(charges)
        assert (form.amount, form.method_id) == (usd("250"), VISA.id)


async def test_a_method_that_nobody_knows_charges_nothing(desktop, charges: FakeCharges):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, f":p {FIRST} 250.00 chekc 1991\n\n\n")
        assert not started(charges)
        assert not linked(charges)
        assert not charges.till.called("post")
        assert "is no method" in shown(app)


async def test_a_link_is_made_as_it_was_asked_for(desktop, charges: FakeCharges):
    app = desktop(paying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "250\ncard\npay\n24\nno\n")
        (form,) = linked(charges)
        assert (form.amount, form.minutes, form.save) == (usd("250"), 1440, False)
        assert isinstance(top(app), ChargeScreen)
        assert not any(isinstance(screen, PaymentScreen) for screen in app.screen_stack)


async def test_without_a_saved_card_a_link_is_offered(desktop, charges: FakeCharges):
    charges.saved = ()
    app = desktop(paying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "250\ncard\n")
        assert "payment link" in shown(app)


async def test_what_has_expired_says_so_and_comes_last(desktop, charges: FakeCharges):
    charges.saved = (OLD,)
    app = desktop(paying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "250\ncard\n")
        assert "payment link" in shown(app)
        await burst(pilot, "master")
        assert "mastercard ···4444 expired 03/26" in shown(app)


async def test_leaving_keeps_which_card_was_chosen(desktop, charges: FakeCharges):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, f":p {FIRST}\n250.00\ncard\nmaster\x1b:p {FIRST}\n")
        assert "mastercard 4444" in shown(app)
        await press(pilot, "f10")
        (form,) = started(charges)
        assert form.method_id == OLD.id


async def test_other_methods_ask_nothing_of_the_provider(desktop, charges: FakeCharges):
    app = desktop(paying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "250.00\ncheck\n1991\n\n\n")
        assert [form.method for (form,) in charges.till.called("post")] == ["check"]
        assert not started(charges)
        assert not charges.called("breaker")


# ---- what comes of it ------------------------------------------------------------------------------------------------


async def test_while_the_provider_is_called_nothing_else_happens_and_keys_are_kept(desktop, charges: FakeCharges):
    gate = charges.gates["start"] = Event()
    app = desktop(paying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "250\ncard\n")
        await pilot.press("enter")
        await until(pilot, lambda: "Calling the provider" in shown(app))
        for key in ("escape", "f10", "enter"):
            app.post_message(events.Key(key, None))
        await pilot.pause()
        assert isinstance(top(app), PaymentScreen)
        gate.set()
        await settled(pilot)
        assert len(started(charges)) == 1


async def test_a_decline_says_why_and_what_to_offer_and_keys_typed_ahead_charge_nothing(desktop, charges: FakeCharges):
    charges.outcome, charges.reason = "failed", "insufficient_funds"
    app = desktop(paying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "250\ncard\n\n\n\n")
        assert len(started(charges)) == 1
        assert "not enough money on it" in shown(app)
        assert "Offer a smaller amount" in told(app)
        charges.outcome, charges.reason = "posted", None
        await burst(pilot, "\n")
        first, second = started(charges)
        assert first.submission_id != second.submission_id
        assert "R-000483-9" in shown(app)


async def test_a_decline_is_still_said_when_its_own_hold_has_moved_the_account(
    desktop, services: FakeServices, charges: FakeCharges, monkeypatch
):
    charges.outcome, charges.reason = "failed", "insufficient_funds"
    start = charges.start

    def holding(form: ChargeForm) -> Charge:
        services.accounts.book[FIRST] = account(version=19)
        charges.till.version = 19
        return start(form)

    monkeypatch.setattr(charges, "start", holding)
    app = desktop(paying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "250\ncard\n\n")
        top(app)._watch()
        await settled(pilot)
        assert "version 19" in shown(app)
        assert "not enough money on it" in shown(app)


@pytest.mark.parametrize(
    ("outcome", "method", "says"),
    [
        ("unknown", "card", "Do NOT charge again; 250.00 USD are held"),
        ("processing", "us", "when the bank confirms, in about 4 days"),
        ("pending", "card", "250.00 USD are held"),
    ],
)
async def test_what_is_not_decided_is_watched(desktop, charges: FakeCharges, outcome: str, method: str, says: str):
    charges.outcome = outcome
    app = desktop(paying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"250\n{method}\n\n")
        screen = top(app)
        assert isinstance(screen, ChargeScreen)
        assert says in shown(app)
        (made,) = charges.known.values()
        charges.known[made.id] = replace(made, state="posted", receipt="R-000483-9")
        screen._watch()
        await settled(pilot)
        assert "Paid R-000483-9" in shown(app)


async def test_no_answer_of_the_database_keeps_the_submission(desktop, charges: FakeCharges):
    charges.failures["start"].append(Unreachable("the connection was lost"))
    app = desktop(paying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "250\ncard\n\n")
        assert "Enter again is safe" in shown(app)
        await burst(pilot, "\n")
        first, second = started(charges)
        assert first.submission_id == second.submission_id


async def test_a_program_killed_while_it_calls_comes_back_to_the_same_submission(desktop, charges: FakeCharges):
    gate = charges.gates["start"] = Event()
    app = desktop(paying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "250\ncard\n")
        await pilot.press("enter")
        await until(pilot, lambda: bool(started(charges)))
        draft = app.routes.desk.drafts.recall(f"payment {FIRST}")
        assert UUID(draft["submission"]) == started(charges)[0].submission_id
        assert draft["in_doubt"] == "yes"
        gate.set()
        await settled(pilot)
        assert app.routes.desk.drafts.recall(f"payment {FIRST}") is None


async def test_a_resting_provider_is_told_before_anything_is_sent(desktop, charges: FakeCharges):
    charges.state = RESTING
    app = desktop(paying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "250\ncard\n")
        assert "3 timeouts in a row" in shown(app)
        await burst(pilot, "\n")
        assert not started(charges)
        assert "Try again at 14:33:30" in told(app)
        assert "250.00" in shown(app)
        charges.state = replace(RESTING, next_try_at=NOW - timedelta(seconds=1))
        top(app)._look_at_provider()
        await settled(pilot)
        await burst(pilot, "\n")
        assert len(started(charges)) == 1


async def test_a_provider_that_stops_answering_meanwhile_loses_nothing_typed(desktop, charges: FakeCharges):
    said = ProviderUnavailable("the payment provider does not answer", sent=False, hint="try again then")
    charges.failures["start"].append(said)
    app = desktop(paying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "250\ncard\n\n")
        assert "Nothing was sent" in shown(app)
        assert "visa 4242" in shown(app)


async def test_the_same_amount_again_is_charged_only_when_said_so(desktop, charges: FakeCharges):
    charges.failures["start"].append(Refused("the same amount was already paid", rule="duplicate"))
    app = desktop(paying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "250\ncard\n\n")
        assert "Enter again to post anyway" in shown(app)
        await burst(pilot, "\n")
        assert [form.allow_duplicate for form in started(charges)] == [False, True]


async def test_a_hold_is_shown_before_and_beside_the_preview(desktop, services: FakeServices, charges: FakeCharges):
    services.accounts.book[FIRST] = account(held=usd("150"))
    app = desktop(paying)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "150.00 by a charge under way" in shown(app)


async def test_without_a_provider_cards_are_not_set_up_and_nothing_else_suffers(desktop, services: FakeServices):
    services.payments = FakeTill()
    app = desktop(paying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "250\ncard\n\n\n\n")
        assert "not set up here" in shown(app)
        assert "make the link" not in shown(app)
        await press(pilot, "shift+tab")
        await burst(pilot, "check\n1991\n\n\n")
        assert "R-000483-9" in shown(app)


@pytest.mark.parametrize("given", [{}, {"amount": "250", "method": "visa", "reference": "4242"}], ids=["", "visa 4242"])
async def test_that_cards_are_not_set_up_is_said_before_anything_is_typed(
    desktop, charges: FakeCharges, given: dict[str, str]
):
    charges.configured = False
    app = desktop(lambda routes: PaymentScreen(
        routes.desk, routes.payments, routes.accounts, FIRST, charges=routes.charges, **given
    ))  # fmt: skip
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "cards     not set up here" in shown(app)
        assert ("cards are not set up here" in " ".join(shown(app).split())) is bool(given)
        assert not charges.called("breaker")

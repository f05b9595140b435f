"""The plan screen: what was agreed, and every agreement from the keyboard."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from screens.account import AccountScreen
from screens.plan import PlanScreen
from screens.plan.lines import bar
from services.accounts.results import Ahead
from services.errors import Refused
from services.plans.results import PlanChange, PlanForm, PromiseForm
from tests.screens.conftest import burst, press, settled, shown, top
from tests.screens.fakes import FIRST, FakeServices, session, usd
from tests.screens.fakes_charges import VISA, FakeCharges
from tests.screens.fakes_plans import FakePlans, offer, outlook, plan, promise


@pytest.fixture
def book(services: FakeServices) -> FakePlans:
    made = FakePlans()
    services.plans = services.promises = services.settlements = made
    return made


def opened(routes) -> PlanScreen:
    return PlanScreen(routes.desk, routes.plans, routes.promises, routes.settlements, FIRST)


async def test_what_was_agreed_is_shown(desktop, book: FakePlans):
    app = desktop(opened)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        for part in (
            "behind · next 5 Nov 2026 100.00",
            "100.00 for 5 Dec 2026 · open",
            "600.00 of 800.00 until 15 Dec 2026 · open",
        ):
            assert part in shown(app)
        book.seen = outlook(
            promises=(promise(state="broken"),), offers=(offer(state="expired"),),
            plan=plan(state="held", reason="declined: insufficient_funds"),
        )  # fmt: skip
        await press(pilot, "f5")
        await settled(pilot)
        for part in ("held: declined: insufficient funds", "broken", "expired"):
            assert part in shown(app)


async def test_a_plan_is_made_in_one_burst(desktop, book: FakePlans):
    book.seen = outlook(plan=None, promises=(), offers=())
    app = desktop(opened)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "divides what is owed" in shown(app)
        await burst(pilot, "n5 Dec\n\n100\n\n2\n")
        await settled(pilot)
        assert "Plan made: 11 instalments" in shown(app)
    assert book.called("make") == [(FIRST, PlanForm(date(2026, 12, 5), "monthly", None, usd("100"), 2), 17)]
    assert book.called("propose")


async def test_an_instalment_is_changed_added_and_dropped(desktop, book: FakePlans):
    app = desktop(opened)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "enter")
        assert isinstance(top(app), PlanScreen), "what is paid is not changed"
        await press(pilot, "down", "down", "enter")
        await settled(pilot)
        await burst(pilot, "50\n\n")
        await settled(pilot)
        await burst(pilot, "a1 Mar\n80\n")
        await settled(pilot)
        await press(pilot, "x", "enter")
        await settled(pilot)
    changes = [(change, version) for _number, change, version in book.called("change")]
    assert changes == [
        (PlanChange("amount", 3, usd("50")), 21),
        (PlanChange("add", due_on=date(2027, 3, 1), amount=usd("80")), 21),
        (PlanChange("drop", 3), 21),
    ]


async def test_a_plan_is_held_and_released_with_a_reason(desktop, book: FakePlans):
    app = desktop(opened)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "hasked by phone\n")
        await settled(pilot)
        assert "held: asked by phone" in shown(app)
        assert "h release" in shown(app)
        await burst(pilot, "hpays again\n")
        await settled(pilot)
        await burst(pilot, "dgave up\n")
        await settled(pilot)
    assert (book.called("hold"), book.called("release")) == ([("asked by phone", 21)], [("pays again", 21)])
    assert book.called("cancel") == [(FIRST, "gave up", "")]


async def test_promises_and_offers(desktop, book: FakePlans):
    book.seen = outlook(offers=())
    app = desktop(opened)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "p31 Jan\n100\n3\n\n2\n")
        await settled(pilot)
        await burst(pilot, "o700")
        assert f"700.00 USD: {70000 * 100 / book.seen.balance.minor:.1f} %" in shown(app)
        await burst(pilot, "\n+14\n")
        await settled(pilot)
        book.seen = outlook()
        await press(pilot, "f5")
        await settled(pilot)
        await burst(pilot, "y")
        await settled(pilot)
        await burst(pilot, "uthought again\n")
        await settled(pilot)
        await burst(pilot, "wmisheard\n")
        await settled(pilot)
    assert book.called("make") == [(FIRST, PromiseForm(usd("100"), date(2027, 1, 31), "monthly", 3, 2), None)]
    assert book.called("offer") == [(FIRST, usd("700"), date(2026, 12, 5), "")]
    assert book.called("accept") == [(FIRST,)]
    assert book.called("cancel") == [(FIRST, "thought again", ""), (FIRST, 3, "misheard")]


async def test_who_only_looks_has_no_keys_for_more(desktop, services: FakeServices, book: FakePlans):
    services.session = session("readonly")
    book.seen = outlook(plan=None, promises=(), offers=())
    app = desktop(opened)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert not any(hint in shown(app) for hint in ("makes one", "takes one", "takes a promise"))
        for letter in "naxhdpwoyu":
            await press(pilot, letter)
        assert isinstance(top(app), PlanScreen)
    assert {name for name, _ in book.calls} == {"outlook"}


async def test_the_account_says_what_is_next_and_leads_there(desktop, services: FakeServices, book: FakePlans):
    ahead = (
        Ahead("plan", "on_track", date(2026, 12, 5), usd("100")),
        Ahead("offer", "open", date(2026, 12, 15), usd("600")),
    )
    services.accounts.book[FIRST] = replace(services.accounts.book[FIRST], ahead=ahead)
    app = desktop(lambda routes: AccountScreen(routes.desk, routes.accounts, routes.payments, FIRST))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "on track · next 5 Dec 2026 100.00" in shown(app)
        assert "600.00 until 15 Dec 2026" in shown(app)
        await press(pilot, "l")
        await settled(pilot)
        assert isinstance(top(app), PlanScreen)
        await press(pilot, "escape")
        await burst(pilot, f":plan {FIRST}\n")
        await settled(pilot)
        assert isinstance(top(app), PlanScreen)
    assert book.called("outlook")


def test_a_bar_shrinks_to_nothing_and_never_hides_a_rest():
    assert [bar(part, 100, 12) for part in (100, 50, 0)] == ["█" * 12, "█" * 6, ""]
    assert (bar(0, 0, 12), bar(1, 10**9, 12)) == ("", "▏")


HOSTILE = "Smith [/b] \x1b[31m \u202eevil"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("what", ["plan", "nothing", "hostile"])
def test_pictures(desktop, book: FakePlans, snap_compare, size, what):
    if what == "nothing":
        book.seen = outlook(plan=None, promises=(), offers=())
    elif what == "hostile":
        book.seen = outlook(debtor=HOSTILE, plan=plan(state="held", reason=HOSTILE))
    assert snap_compare(desktop(opened), terminal_size=size, run_before=settled)


def with_cards(routes) -> PlanScreen:
    return PlanScreen(routes.desk, routes.plans, routes.promises, routes.settlements, FIRST, charges=routes.charges)


async def test_a_plan_charges_the_saved_method_whose_first_letters_are_typed(desktop, book: FakePlans, services):
    services.charges = FakeCharges()
    book.seen = outlook(plan=None, promises=(), offers=())
    app = desktop(with_cards)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "n5 Dec\n\n100\n\n2\nvisa")
        assert "charged on its day" in shown(app)
        await burst(pilot, "\n")
        assert "Plan made" in shown(app)
    assert book.called("make") == [
        (FIRST, PlanForm(date(2026, 12, 5), "monthly", None, usd("100"), 2, method_id=VISA.id), 17)
    ]


async def test_a_plan_is_charged_or_paid_by_hand_from_now_on(desktop, book: FakePlans, services):
    services.charges = FakeCharges()
    app = desktop(with_cards)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "cvisa\n")
        assert "Charged to visa 4242 by itself" in shown(app)
        await burst(pilot, "c\n")
        assert "Paid by hand" in shown(app)
        services.charges.saved = ()
        await burst(pilot, "c")
        assert "has saved no method" in shown(app)
        services.charges.failures["methods"].append(Refused("no provider", rule="no_gateway"))
        await burst(pilot, "c")
        assert isinstance(top(app), PlanScreen)
    changes = [change for _number, change, _version in book.called("change")]
    assert changes == [PlanChange("method", method_id=VISA.id), PlanChange("method", method_id=None)]

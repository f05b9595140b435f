"""One account: everything about it is there, and everything that can be done has its key."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from screens.account import AccountScreen
from screens.account.reverse import ReverseForm
from screens.accounts import AccountsScreen
from screens.dialogs.confirm import Confirm
from screens.dialogs.problem import Problem
from screens.dialogs.reader import Reader
from services.accounts.results import Viewer
from services.errors import Busy, NotFound, Refused, Unreachable
from tests.screens.conftest import burst, press, settled, shown, top, until
from tests.screens.fakes import FIRST, NOW, FakeServices, account, activity, payment, session, usd


@pytest.fixture
def opened(desktop, services: FakeServices):
    """The app on the account screen."""

    def make(number: str = FIRST, then: str = "", **ui):
        return desktop(lambda routes: AccountScreen(routes.desk, routes.accounts, routes.payments, number, then), **ui)

    return make


async def test_everything_about_the_account_is_on_the_screen(opened):
    app = opened()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        text = shown(app)
    for part in (
        "Quillfeather Oyelaran", "Harbor Lending · HX-007 · medical · assigned ana", "⚑ attorney: speak to Bright",
        "1,259.07 USD", "1,100.00", "84.07", "75.00", "0.00", "1,359.07 1 Nov 26", "in contact", "priority 2",
        "21 Nov 2026 (today)", "+1 312 555 1007", "q7@example.org", "7 Wacker Drive", "•••-••-0007",
        "10030-3 disputed, NORTHBY", "charged off 15 Oct 26", "Lakeside Clinic", "R-000481-4",
        "promise to pay: promised 100 a",
    ):  # fmt: skip
        assert part in text


@pytest.mark.parametrize(
    ("keys", "parts"),
    [
        ("m", ("Payments", "R-000481-4", "check", "100.00")),
        ("b", ("Postings of all buckets", "placement", "−59.07", "1,159.07")),
        ("bb", ("Postings of principal", "−59.07")),
        ("e", ("Contacts", "7 Wacker Drive, Chicago IL 60601", "mobile")),
        ("o", ("Other debts of this person", "10030-3", "disputed", "ben", "310.00")),
    ],
)
async def test_one_key_shows_each_list_and_escape_comes_back_to_the_timeline(opened, keys: str, parts):
    app = opened()
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await burst(pilot, keys)
        for part in parts:
            assert part in shown(app)
        await press(pilot, "escape")
        assert "─ Timeline" in shown(app)


async def test_a_call_with_a_promise_goes_through_in_one_burst(opened, services: FakeServices):
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "cprom\n+7\n100\nfrom wages\n")
        assert services.accounts.called("call") == [
            (FIRST, "promise_to_pay", "from wages", date(2026, 11, 28), usd("100"))
        ]
        assert "Call recorded: promise to pay" in shown(app)


async def test_a_call_without_a_promise_has_no_day_and_no_amount(opened, services: FakeServices):
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "cleft\n\n")
        assert services.accounts.called("call") == [(FIRST, "left_message", "", None, None)]


async def test_a_wrong_date_is_answered_under_its_field_and_stops_the_burst_there(opened, services: FakeServices):
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "f31/02/2027\n")
        assert "there is no such day" in shown(app)
        assert not services.accounts.called("follow_up")


@pytest.mark.parametrize(
    ("typed", "on"), [("t", date(2026, 11, 21)), ("+7", date(2026, 11, 28)), ("5 dec", date(2026, 12, 5)), ("", None)]
)
async def test_follow_up_takes_the_short_forms_of_a_date(opened, services: FakeServices, typed: str, on):
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, f"f{typed}\n")
        assert services.accounts.called("follow_up") == [(FIRST, on)]


async def test_a_status_move_sends_the_version_that_was_looked_at(opened, services: FakeServices):
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "sneg\nwill call back\n")
        assert services.accounts.called("change_status") == [(FIRST, "negotiating", 17, None, "will call back")]
        assert "negotiating" in shown(app)


async def test_closing_asks_for_one_of_its_reasons(opened, services: FakeServices):
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "sclosed\nunc\n\n")
        assert services.accounts.called("change_status") == [(FIRST, "closed", 17, "uncollectible", "")]


async def test_an_account_without_a_move_says_so(opened, services: FakeServices):
    services.accounts.book[FIRST] = account(status="closed", closed_reason="paid_in_full", moves=())
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "s")
        assert "No move from closed is allowed now" in shown(app)


async def test_contacts_are_added_changed_and_removed(opened, services: FakeServices):
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "eaem\nnew@example.org\nwork\n\n")
        assert services.accounts.called("save_contact") == [(FIRST, "email", "new@example.org", "work", None, False)]
        await burst(pilot, "\n\n\n\n\n")
        assert services.accounts.called("save_contact")[1] == (FIRST, "phone", "+1 312 555 1007", "mobile", 1, True)
        await burst(pilot, "x")
        assert isinstance(top(app), Confirm)
        await press(pilot, "enter")
        assert len(services.accounts.called("remove_contact")) == 1


async def test_a_mistyped_address_is_answered_before_it_is_sent(opened, services: FakeServices):
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "eaemail\nnot-an-address\n")
        assert "not-an-address" in shown(app)
        assert "✗" in shown(app)
        assert not services.accounts.called("save_contact")


async def test_a_masked_value_is_never_sent_back(opened, services: FakeServices):
    masked = replace(account().debtor.contacts[0], value="•••• 1007")
    services.accounts.book[FIRST] = account(debtor=replace(account().debtor, contacts=(masked,)))
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "e\n")
        assert top(app).form["value"].value == ""


async def test_a_flag_is_raised_and_lifted(opened, services: FakeServices):
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "gdispute\nsays paid\n")
        assert "dispute: says paid" in shown(app)
        await burst(pilot, "gattorney\nletter withdrawn\n")
        assert services.accounts.called("lift_flag") == [(FIRST, "attorney", "letter withdrawn")]


# ---- who may ---------------------------------------------------------------------------------------------------------


async def test_a_reader_sees_no_key_that_writes(opened, services: FakeServices):
    services.session = session("readonly")
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        keys = shown(app).splitlines()[-1]
        assert "note" not in keys
        assert "history" in keys
        await burst(pilot, "ncsfgpwr")
        assert isinstance(top(app), AccountScreen)


async def test_only_a_supervisor_assigns_and_reverses(opened, services: FakeServices):
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "wr")
        assert isinstance(top(app), AccountScreen)


async def test_what_the_agency_took_away_is_not_offered(opened, services: FakeServices):
    rights = {**session().rights, "account.assign": ("agency_admin",), "account.note": ()}
    services.session = session("supervisor", rights=rights)
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        keys = shown(app).splitlines()[-1]
        assert ("note" in keys, "status" in keys) == (False, True)
        await burst(pilot, "wncf")
        assert isinstance(top(app), AccountScreen)


async def test_a_supervisor_assigns(opened, services: FakeServices):
    services.session = session("supervisor")
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "wben\n")
        assert services.accounts.called("assign") == [((FIRST,), "ben")]
        assert "assigned ben" in shown(app)


async def test_a_reversal_wants_its_reason_and_the_amount_typed(opened, services: FakeServices):
    services.session = session("supervisor")
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "rnsf\n10\n")
        assert isinstance(top(app), ReverseForm)
        assert "type 100.00 to reverse" in shown(app)
        assert not services.payments.called("reverse")
        await burst(pilot, "0.00\n")
        ((receipt, reason, _),) = services.payments.called("reverse")
        assert (receipt, reason) == ("R-000481-4", "nsf")
        assert "reversed by R-000482-2: owing 1,359.07 USD" in shown(app)


async def test_a_reversal_without_an_answer_is_repeated_under_the_same_submission(opened, services: FakeServices):
    services.session = session("supervisor")
    services.payments.failures["reverse"] += [
        Unreachable("no answer"),
        Refused("already done", rule="already_reversed"),
    ]
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "rnsf\n100\n")
        for _ in range(2):
            assert isinstance(top(app), Problem)
            await press(pilot, "enter", "enter")
        first, second, third = (args[2] for args in services.payments.called("reverse"))
        assert first == second != third


async def test_what_is_reversed_already_has_no_key_to_reverse_it(opened, services: FakeServices):
    services.session = session("supervisor")
    row = payment("R-000481-4", "100", date(2026, 11, 12), reversed_by="R-000482-2", reason="nsf")
    services.accounts.book[FIRST] = account(payments=(row,))
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "mr")
        assert isinstance(top(app), AccountScreen)
        assert "nsf: R-000482-2" in shown(app)


# ---- live ------------------------------------------------------------------------------------------------------------


async def test_a_change_made_elsewhere_shows_without_moving_the_cursor(opened, services: FakeServices):
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down", "down")
        book = services.accounts.book
        newer = (activity(99, "payment", "59.07 cash", by="ben"), *account().activities)
        book[FIRST] = account(version=18, balance=usd("1200"), activities=newer)
        top(app)._watch()
        await settled(pilot)
        assert "1,200.00 USD" in shown(app)
        assert top(app)._lists.current.id == account().activities[2].id


async def test_the_same_version_reads_nothing_again(opened, services: FakeServices):
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        reads = len(services.accounts.called("show"))
        top(app)._watch()
        await settled(pilot)
        assert len(services.accounts.called("show")) == reads
        assert services.accounts.called("version")


async def test_nothing_is_asked_behind_a_dialog(opened, services: FakeServices):
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        screen = top(app)
        await burst(pilot, "n")
        screen._watch()
        await settled(pilot)
        assert not services.accounts.called("version")


async def test_who_else_is_here_is_said_and_leaving_is_told(opened, services: FakeServices):
    services.accounts.viewers = (Viewer("ben", NOW - timedelta(minutes=4)),)
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "◆ also open by ben since 14:28" in shown(app)
        await press(pilot, "escape")
        await until(pilot, lambda: services.accounts.called("leave") == [(FIRST,)])


# ---- what is not there -----------------------------------------------------------------------------------------------


async def test_an_account_nobody_shows_me_is_not_found_and_the_lookup_stays(desktop, services: FakeServices):
    services.accounts.failures["show"].append(NotFound("there is no account 10044-9"))
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "10044-9\n")
        assert "there is no account 10044-9" in shown(app)
        await press(pilot, "enter")
        assert isinstance(top(app), AccountsScreen)


async def test_a_long_entry_opens_in_full(opened, services: FakeServices):
    text = "He said " + "that and this, " * 30 + "and goodbye"
    services.accounts.book[FIRST] = account(activities=(activity(60, "note", text),))
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "enter")
        assert isinstance(top(app), Reader)


async def test_the_number_under_the_cursor_is_copied(opened):
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "y")
        assert "R-000481-4 copied" in shown(app)


async def test_a_busy_reader_is_asked_again_before_anybody_is_told(opened, services: FakeServices):
    services.accounts.failures["show"] += [Busy("no connection was free") for _ in range(3)]
    app = opened()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert isinstance(top(app), Problem)
        assert len(services.accounts.called("show")) == 3

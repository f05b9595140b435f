"""Payment entry: what is typed lands where it was meant, and is posted once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from threading import Event
from typing import Any

import pytest
from textual import events

from screens.account import AccountScreen
from screens.payment import PaymentScreen
from services.domain.numbers import account_number
from services.errors import BadInput, Busy, NotAllowed, Refused, SessionExpired, Stale, Unreachable
from services.payments.results import PaymentForm
from tests.screens.conftest import burst, press, settled, shown, top, type_keys, until
from tests.screens.fakes import FIRST, FakeServices, account, session, usd
from tests.screens.fakes_money import FakeTill, LostAnswer, earlier

WHOLE = "250.00\ncheck\n1991\n\n\n"
"""Amount, method, reference; Enter takes the date, Enter takes the payer and posts."""


@pytest.fixture
def till(services: FakeServices) -> FakeTill:
    made = FakeTill()
    services.payments = made
    return made


@pytest.fixture(autouse=True)
def quick_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever types here has read every answer at once."""
    monkeypatch.setattr("screens.payment.screen.UNREAD", 0)


def paying(amount: str = "", method: str = "", reference: str = ""):
    return lambda routes: PaymentScreen(routes.desk, routes.payments, routes.accounts, FIRST, amount, method, reference)


def posted(till: FakeTill) -> list[PaymentForm]:
    return [form for (form,) in till.called("post")]


# ---- typing ----------------------------------------------------------------------------------------------------------


async def test_a_burst_lands_in_its_fields_and_posts_once(desktop, till: FakeTill):
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, WHOLE)
        (form,) = posted(till)
        assert (form.amount, form.method, form.reference, form.payer) == (usd("250"), "check", "1991", "debtor")
        assert (form.effective_on, form.version, form.overpayment) == (date(2026, 11, 21), 17, "refuse")
        assert "R-000483-9" in shown(app)
        assert "1,009.07 USD" in shown(app)


async def test_a_burst_through_the_whole_program_lands_too(desktop, services: FakeServices, till: FakeTill):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, f":p {FIRST} 250.00 check 1991\n\n")
        (form,) = posted(till)
        assert (form.amount, form.method, form.reference) == (usd("250"), "check", "1991")


@pytest.mark.parametrize("again", [1, 2, 5, 30])
async def test_enter_again_and_again_posts_once(desktop, till: FakeTill, monkeypatch, again: int):
    monkeypatch.setattr("screens.payment.screen.UNREAD", 3600)
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, WHOLE + "\n" * again)
        assert len(posted(till)) == 1
        assert isinstance(top(app), PaymentScreen)
        assert "Posted once" in shown(app)


async def test_enter_while_posting_is_slow_posts_once_and_the_receipt_stays(desktop, till: FakeTill, monkeypatch):
    monkeypatch.setattr("screens.payment.screen.UNREAD", 3600)
    gate = till.gates["post"] = Event()
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        screen = top(app)
        for key in "250.00":
            await pilot.press("full_stop" if key == "." else key)
        await pilot.press("f10")
        await until(pilot, lambda: bool(till.called("post")))
        await until(pilot, lambda: "Posting…" in shown(app))
        for key in ("enter", "enter", "f10", "escape", "enter"):
            app.post_message(events.Key(key, None))
        await pilot.pause()
        assert top(app) is screen
        gate.set()
        await settled(pilot)
        assert len(posted(till)) == 1


async def test_typing_into_a_filled_field_replaces_it(desktop, till: FakeTill):
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "250\n\n\n-1\n")
        await press(pilot, "shift+tab", "shift+tab", "shift+tab", "shift+tab")
        await burst(pilot, "75\n")
        await press(pilot, "f10")
        (form,) = posted(till)
        assert (form.amount, form.effective_on) == (usd("75"), date(2026, 11, 20))


@pytest.mark.parametrize(
    ("typed", "full"), [("t", "21 Nov 2026"), ("-1", "20 Nov 2026"), ("15", "15 Nov 2026"), ("25", "25 Oct 2026")]
)
async def test_a_short_date_is_echoed_in_full(desktop, till: FakeTill, typed: str, full: str):
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"250\n\n\n{typed}")
        assert full in shown(app)
        await burst(pilot, "\n")
        assert top(app)._fields["effective"].value == full


async def test_a_field_that_cannot_stand_is_not_passed(desktop, till: FakeTill):
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "ten\n")
        assert "is not an amount" in shown(app).replace("\n", " ")
        assert top(app)._fields["amount"].editor.has_focus
        await press(pilot, "f10")
        assert posted(till) == []


# ---- preview ---------------------------------------------------------------------------------------------------------


async def test_the_preview_says_how_it_falls_and_by_which_rule(desktop, till: FakeTill):
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "250")
        text = shown(app)
        for part in ("− 75.00", "− 84.07", "− 90.93", "1,009.07", "order: costs, fees, interest, principal",
                     "(contract of 2025-01-01)"):  # fmt: skip
            assert part in text


def _heard(screen: PaymentScreen, field: str, value: str) -> bool:
    return screen._fields[field].value == value and screen._meant == screen._fields.meaning


async def test_typing_asks_once_when_it_pauses(desktop, till: FakeTill, monkeypatch):
    """The pause is made here: however slow the machine, none falls between two keys."""
    monkeypatch.setattr("screens.payment.weighing.DEBOUNCE", 3600)
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        for times, keys, field, value in ((1, "250.00", "amount", "250.00"), (2, "\ncheck\n1991", "reference", "1991")):
            type_keys(pilot, keys)
            await until(pilot, partial(_heard, top(app), field, value))
            assert len(till.called("preview")) == times - 1
            top(app)._due._callback()
            await settled(pilot)
            assert len(till.called("preview")) == times


async def test_more_than_is_owed_is_refused_until_the_rest_is_kept(desktop, till: FakeTill):
    app = desktop(paying())
    async with app.run_test(size=(120, 40)) as pilot:
        await burst(pilot, "1300\n\n\n\n")
        assert "40.93 USD more than the 1,259.07 USD owed. Enter at most 1,259.07 USD, or F6" in shown(app)
        await burst(pilot, "\n")
        assert till.taken == {}
        assert top(app)._fields["amount"].editor.has_focus
        await press(pilot, "f6")
        assert "+ 40.93 USD" in shown(app)
        await press(pilot, "f10")
        assert posted(till)[-1].overpayment == "unapplied"
        assert len(till.taken) == 1


async def test_what_was_agreed_for_one_amount_is_not_agreed_for_another(desktop, till: FakeTill):
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "1300")
        await press(pilot, "f6")
        await burst(pilot, "0\n\n\n\n\n")
        assert posted(till)[-1].overpayment == "refuse"
        assert till.taken == {}


async def test_there_is_no_key_for_the_rest_where_there_is_none(desktop, till: FakeTill):
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "100")
        await press(pilot, "f6", "f10")
        assert posted(till)[-1].overpayment == "refuse"


# ---- answers ---------------------------------------------------------------------------------------------------------


async def test_a_duplicate_is_named_and_the_second_enter_posts_it(desktop, till: FakeTill):
    till.earlier = earlier()
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, WHOLE)
        assert "Same amount 3 h ago by ben (R-000477-6, check 1990). Enter again to post" in shown(app)
        assert [form.allow_duplicate for form in posted(till)] == [False]
        await burst(pilot, "\n")
        assert [form.allow_duplicate for form in posted(till)] == [False, True]
        assert len(till.taken) == 1


async def test_an_enter_that_came_before_the_warning_could_be_read_posts_nothing(desktop, till: FakeTill, monkeypatch):
    monkeypatch.setattr("screens.payment.screen.UNREAD", 3600)
    till.earlier = earlier()
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        top(app)._answered_at = -3600
        await burst(pilot, WHOLE + "\n\n")
        await burst(pilot, "\n")
        assert till.taken == {}
        assert "Enter again" in shown(app)


async def test_a_changed_amount_takes_the_second_enter_back(desktop, till: FakeTill):
    till.earlier = earlier()
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, WHOLE)
        await press(pilot, "shift+tab", "shift+tab", "shift+tab", "shift+tab")
        await burst(pilot, "251")
        await press(pilot, "f10")
        assert [form.allow_duplicate for form in posted(till)] == [False, False]


ANSWERS = [
    (Refused("account 10023-3 is closed and takes no payments", rule="closed", hint="check the account number"),
     "Account 10023-3 is closed and takes no payments. Check the account number.", True),
    (Refused("2026-12-01 is in the future", rule="future_date", hint="a payment counts from today at the latest"),
     "is in the future. A payment counts from today at the latest.", True),
    (Busy("somebody works on it", holder="ben", since=datetime(2026, 11, 21, 20, 31, 2, tzinfo=UTC)),
     "ben has held this account since 14:31:02. Nothing is posted: Enter tries again.", False),
    (Busy("nobody could tell who holds it"), "Nobody could tell who holds it. Nothing was written", False),
    (Unreachable("the database did not answer"), "No answer: it may be posted or not. Enter again is safe",
     False),
    (Stale("account 10023-3 has changed"), "The account has moved since you looked. The figures are new now", True),
]  # fmt: skip


@pytest.mark.parametrize(("error", "said", "definite"), ANSWERS, ids=lambda value: type(value).__name__)
async def test_an_answer_says_what_to_do_and_enter_tries_again(
    desktop, till: FakeTill, error: Any, said: str, definite: bool
):
    till.failures["post"].append(error)
    app = desktop(paying())
    async with app.run_test(size=(120, 40)) as pilot:
        await burst(pilot, WHOLE)
        assert said in shown(app)
        await press(pilot, "f10")
        first, second = posted(till)
        assert (first.submission_id != second.submission_id) is definite
        assert len(till.taken) == 1


async def test_a_lost_answer_is_found_again_and_nothing_is_posted_twice(desktop, services: FakeServices):
    till = services.payments = LostAnswer(lost=Unreachable("the line broke"))
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, WHOLE)
        assert "Enter again is safe" in shown(app)
        await burst(pilot, "\n")
        assert "Posted before: nothing was done now" in shown(app)
        assert len(till.taken) == 1


async def test_a_moved_account_is_read_again(desktop, services: FakeServices, till: FakeTill):
    till.failures["post"].append(Stale("moved"))
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        services.accounts.book[FIRST] = account(version=18, balance=usd("1159.07"))
        till.version = 18
        await burst(pilot, WHOLE)
        assert "version 18" in shown(app)
        assert "The account has moved" in shown(app)
        await burst(pilot, "\n")
        assert posted(till)[-1].version == 18


async def test_a_change_made_elsewhere_shows_by_itself(desktop, services: FakeServices, till: FakeTill):
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "250")
        services.accounts.book[FIRST] = account(version=18, balance=usd("1159.07"))
        till.version = 18
        top(app)._watch()
        await settled(pilot)
        assert "owing 1,159.07 USD" in shown(app)
        assert "The account has moved: the figures are new." in shown(app)


async def test_a_bad_field_is_said_under_the_field(desktop, till: FakeTill):
    till.failures["post"].append(BadInput("reference", "a reference is at most 100 characters long"))
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, WHOLE)
        assert "✗ a reference is at most 100" in shown(app)
        assert top(app)._fields["reference"].editor.has_focus


async def test_what_needs_more_than_a_line_is_said_in_a_dialog(desktop, till: FakeTill):
    till.failures["post"].append(NotAllowed("collectors of other accounts cannot post here"))
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, WHOLE)
        assert "Not allowed" in shown(app)


async def test_an_ended_session_locks_and_keeps_what_was_typed(desktop, till: FakeTill):
    till.failures["post"].append(SessionExpired("the session ended"))
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, WHOLE)
        assert "Locked" in shown(app)
        screen = next(screen for screen in app.screen_stack if isinstance(screen, PaymentScreen))
        assert screen._fields["amount"].value == "250.00"


# ---- receipt ---------------------------------------------------------------------------------------------------------


async def test_the_receipt_is_copied_and_written(desktop, till: FakeTill, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, WHOLE)
        copied: list[str] = []

        def copy(text: str) -> str:
            copied.append(text)
            return "copied"

        top(app).desk.copy = copy
        await burst(pilot, "c")
        assert "R-000483-9 copied" in shown(app)
        await burst(pilot, "w")
        assert "Written to" in shown(app)
        written = (tmp_path / "R-000483-9.txt").read_text(encoding="utf-8")
        assert copied == [written]
        assert "250.00 USD   check · 1991" in written
        assert (tmp_path / "R-000483-9.txt").stat().st_mode & 0o077 == 0


async def test_a_folder_that_takes_no_file_is_said(desktop, till: FakeTill, monkeypatch, tmp_path):
    (tmp_path / "R-000483-9.txt").mkdir()
    monkeypatch.chdir(tmp_path)
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, WHOLE + "w")
        assert "Not written here" in shown(app)


async def test_the_receipt_names_the_command_that_does_the_same(desktop, till: FakeTill):
    app = desktop(paying())
    async with app.run_test(size=(120, 40)) as pilot:
        await burst(pilot, WHOLE)
        (form,) = posted(till)
        said = " ".join(shown(app).split())
        assert "$ debtflow payment post --account 10023-3 --amount 250.00 --method check --reference 1991" in said
        assert f"--submission-id {form.submission_id}" in said


async def test_enter_goes_back_and_n_takes_the_next_with_the_same_method(desktop, till: FakeTill):
    app = desktop(lambda routes: AccountScreen(routes.desk, routes.accounts, routes.payments, FIRST))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "p" + "250\ncheck\n1991\n-1\n\n" + "n")
        assert "↻ last" in shown(app)
        await burst(pilot, "75\n\n1992\n\n\n")
        first, second = posted(till)
        assert (second.method, second.effective_on, second.reference) == ("check", date(2026, 11, 20), "1992")
        assert first.submission_id != second.submission_id
        await burst(pilot, "\n")
        assert isinstance(top(app), AccountScreen)


async def test_f9_repeats_method_and_date_on_another_account(desktop, till: FakeTill):
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "250\nbank\nT-1\n-1\nspo\n" + "\n")
        await burst(pilot, f":p {account_number(10030)} \n")
        await press(pilot, "f9")
        assert shown(app).count("↻ last") == 3
        await burst(pilot, "10\n\n\n\n\n")
        form = posted(till)[-1]
        assert (form.method, form.effective_on, form.payer) == ("bank_transfer", date(2026, 11, 20), "spouse")


async def test_f9_without_a_last_payment_says_so(desktop, till: FakeTill):
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "f9")
        assert "there is none to repeat" in shown(app)


# ---- drafts ----------------------------------------------------------------------------------------------------------


async def test_leaving_keeps_a_draft_and_coming_back_finds_it(desktop, till: FakeTill):
    app = desktop(lambda routes: AccountScreen(routes.desk, routes.accounts, routes.payments, FIRST))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "p90\ncheck\n77")
        await press(pilot, "escape")
        assert isinstance(top(app), AccountScreen)
        await burst(pilot, "p")
        assert "What you typed here last time is back" in shown(app)
        await press(pilot, "f10")
        (form,) = posted(till)
        assert (form.amount, form.method, form.reference) == (usd("90"), "check", "77")
        await burst(pilot, "\np")
        assert "last time" not in shown(app)


async def test_a_draft_of_an_open_outcome_keeps_its_submission(desktop, services: FakeServices):
    till = services.payments = LostAnswer(lost=Unreachable("the line broke"))
    app = desktop(lambda routes: AccountScreen(routes.desk, routes.accounts, routes.payments, FIRST))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "p" + WHOLE)
        app.save_drafts()
        await press(pilot, "escape")
        await burst(pilot, "p")
        assert "Enter again is safe" in shown(app)
        await press(pilot, "f10")
        assert "Posted before" in shown(app)
        assert len(till.taken) == 1


async def test_clearing_takes_the_draft_away(desktop, till: FakeTill):
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "90\ncheck\n")
        app.save_drafts()
        await press(pilot, "ctrl+z")
        screen = top(app)
        assert screen._fields["amount"].editor.has_focus
        assert "Cleared" in shown(app)
        assert "falls on" in shown(app)
        assert screen.draft() is None
        assert screen.desk.drafts.recall(screen.draft_name()) is None


async def test_a_draft_survives_the_signal_to_go(desktop, till: FakeTill):
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "90\ncheck\n5")
        screen = top(app)
        app._leave(129)
        kept = screen.desk.drafts.recall(screen.draft_name())
    assert kept["amount"] == "90.00"
    assert kept["reference"] == "5"
    assert kept["submission"]


# ---- who and where ---------------------------------------------------------------------------------------------------


async def test_a_role_that_only_looks_is_told_why(desktop, services: FakeServices, till: FakeTill):
    services.session = session("readonly")
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "does not enter payments" in " ".join(shown(app).split())
        await press(pilot, "f10")
        assert till.calls == []


async def test_a_method_that_is_none_is_said_and_left_out(desktop, till: FakeTill):
    app = desktop(paying("250.00", "barter"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "“barter” is no method" in shown(app)
        assert top(app)._fields["amount"].value == "250.00"


async def test_another_wish_for_the_same_account_does_not_bury_what_is_typed(desktop, till: FakeTill):
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "90\n")
        await press(pilot, "ctrl+g")
        await burst(pilot, f"p {FIRST} 250.00 check 1\n")
        assert "There is an unfinished payment here" in shown(app)
        assert top(app)._fields["amount"].value == "90.00"


async def test_an_account_that_takes_no_payments_says_so_at_once(desktop, services: FakeServices, till: FakeTill):
    services.accounts.book[FIRST] = replace(account(), status="closed", closed_reason="paid_in_full")
    app = desktop(paying())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "This account is closed" in shown(app)

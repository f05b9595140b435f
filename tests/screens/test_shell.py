"""The frame around all screens: going places, asking and acting, locking, being told to go."""

from __future__ import annotations

from threading import Event

import pytest
from textual import events

from debtflow_tui.drafts import DraftFolder
from screens.account import AccountScreen
from screens.accounts import AccountsScreen
from screens.dialogs.command_line import CommandLine
from screens.dialogs.confirm import Confirm
from screens.dialogs.help import Help
from screens.dialogs.problem import Problem
from screens.lock import LockScreen
from screens.sign_in import SignInScreen
from services.errors import Busy, NotAllowed, Refused, SessionExpired, Stale, Unreachable
from tests.screens.conftest import Desktop, burst, press, settled, shown, top, until
from tests.screens.fakes import FIRST, FakeServices, account, session


async def test_the_title_says_where_you_are_and_whose_database_it_is(desktop):
    app = desktop(production=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\n")
        assert "DebtFlow ▸ Accounts ▸ 10023-3" in shown(app)
        assert "PRODUCTION" in shown(app)


async def test_escape_goes_back_one_step_and_f2_to_the_lookup(desktop):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\n")
        assert isinstance(top(app), AccountScreen)
        await press(pilot, "escape")
        assert isinstance(top(app), AccountsScreen)
        await burst(pilot, f"\x1b{FIRST}\n")
        await press(pilot, "f2")
        assert isinstance(top(app), AccountsScreen)


async def test_the_same_account_again_is_the_same_screen(desktop):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\n")
        depth = len(app.screen_stack)
        await burst(pilot, f":a {FIRST}\n")
        assert len(app.screen_stack) == depth


# ---- the command line ------------------------------------------------------------------------------------------------


async def test_a_colon_in_the_empty_box_opens_the_command_line(desktop):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, ":")
        assert isinstance(top(app), CommandLine)


async def test_a_command_typed_in_one_burst_opens_its_account_and_its_form(desktop, services: FakeServices):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f":n {FIRST}\ncalled back\n")
        assert services.accounts.called("note") == [(FIRST, "called back")]


async def test_a_command_that_is_not_understood_is_answered_where_it_was_typed(desktop):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, ":zap\n")
        assert isinstance(top(app), CommandLine)
        assert "“zap” is no command" in shown(app)


async def test_f9_runs_the_last_command_again(desktop, services: FakeServices):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f":n {FIRST}\none\n")
        await press(pilot, "f9")
        await burst(pilot, "two\n")
        assert services.accounts.called("note") == [(FIRST, "one"), (FIRST, "two")]


async def test_help_is_made_from_the_bindings(desktop):
    app = desktop()
    async with app.run_test(size=(80, 40)) as pilot:
        await burst(pilot, f"{FIRST}\n")
        await press(pilot, "f1")
        assert isinstance(top(app), Help)
        assert "Record a call and its outcome" in shown(app)


async def test_the_palette_lists_the_keys_of_the_screen(desktop):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\n")
        await press(pilot, "ctrl+p")
        await until(pilot, lambda: "call  (c)" in shown(app))


# ---- acts ------------------------------------------------------------------------------------------------------------


async def test_keys_typed_during_an_act_are_delivered_after_success(desktop, services: FakeServices):
    gate = services.accounts.gates["note"] = Event()
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\n")
        type_ahead(app, "nfirst\nnsecond")
        await until(pilot, lambda: bool(services.accounts.called("note")))
        gate.set()
        await settled(pilot)
        assert services.accounts.called("note") == [(FIRST, "first")]
        assert top(app).form.values == {"text": "second"}


async def test_keys_typed_during_an_act_that_fails_are_thrown_away_and_counted(desktop, services: FakeServices):
    gate = services.accounts.gates["note"] = Event()
    services.accounts.failures["note"].append(Busy("account 10023-3 is locked", holder="ben"))
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\n")
        type_ahead(app, "nfirst\nabc")
        await until(pilot, lambda: bool(services.accounts.called("note")))
        await pilot.pause()
        gate.set()
        await settled(pilot)
        assert isinstance(top(app), Problem)
        await press(pilot, "enter")
        assert top(app).form.values == {"text": "first"}
        assert "3 keys typed meanwhile thrown away" in shown(app)


async def test_a_note_sent_again_after_an_open_outcome_is_the_same_note(desktop, services: FakeServices):
    open_outcome = Unreachable("the database does not answer")
    services.accounts.failures["note"] += [open_outcome, Refused("holds a card number", rule="card-number")]
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\nnfirst\n")
        for _ in range(2):
            await press(pilot, "escape")
            await burst(pilot, "\n")
        first, again, after_a_no = services.accounts.submissions
        assert first == again
        assert after_a_no != again


async def test_the_screen_cannot_be_left_before_the_outcome_is_shown(desktop, services: FakeServices):
    gate = services.accounts.gates["note"] = Event()
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\n")
        type_ahead(app, "nfirst\n")
        await until(pilot, lambda: bool(services.accounts.called("note")))
        form = top(app)
        app.post_message(events.Key("escape", None))
        await pilot.pause()
        assert top(app) is form
        gate.set()
        await settled(pilot)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Busy("account 10023-3 is locked", holder="ben"), ("Somebody else is at it", "Held by  ben")),
        (Stale("the account has moved"), ("It has moved since you looked", "F5 reads it again")),
        (NotAllowed("a note needs more than reading"), ("Not allowed", "Nothing was written")),
        (Unreachable("the server closed the line"), ("did not answer", "it will not be done twice")),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
async def test_an_error_says_what_happened_why_and_what_to_do(desktop, services: FakeServices, error, words):
    services.accounts.failures["note"].append(error)
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\nnx\n")
        assert isinstance(top(app), Problem)
        assert error.message in shown(app)
        for word in words:
            assert word in shown(app)


async def test_leaving_a_form_asks_only_where_something_was_typed(desktop):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\nn\x1b")
        assert isinstance(top(app), AccountScreen)
        await burst(pilot, "nabc\x1b")
        assert isinstance(top(app), Confirm)
        await press(pilot, "escape")
        assert top(app).form.values == {"text": "abc"}


# ---- reads -----------------------------------------------------------------------------------------------------------


async def test_a_lost_database_shows_a_banner_that_heals(desktop, services: FakeServices, monkeypatch):
    monkeypatch.setattr("screens.base.working.RETRY_AFTER", 0.01)
    gate = Event()
    services.accounts.failures["find"].append(Unreachable("the database does not answer"))
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(services.accounts.called("find")) == 2)
        gate.set()
        await settled(pilot)
        assert "does not answer" not in shown(app)
        assert "Quillfeather" in shown(app)


async def test_the_banner_stands_while_the_database_is_away(desktop, services: FakeServices):
    services.accounts.failures["find"].append(Unreachable("the database does not answer"))
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "the database does not answer. Trying again" in shown(app))


async def test_a_newer_question_cancels_the_older_and_its_late_answer_is_dropped(desktop, services: FakeServices):
    gate = services.accounts.gates["find"] = Event()
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(services.accounts.called("find")) == 1)
        type_ahead(app, "marisol")
        await until(pilot, lambda: len(services.accounts.called("find")) == 2)
        assert services.store.called("cancel_reads")
        gate.set()
        await settled(pilot)
        assert "Marisol" in shown(app)
        assert "Quillfeather" not in shown(app)


async def test_a_question_withdrawn_with_another_is_asked_again(desktop, services: FakeServices):
    services.accounts.failures["show"].append(Busy("the question was withdrawn"))
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\n")
        assert len(services.accounts.called("show")) == 2
        assert "OWING" in shown(app)


# ---- locking ---------------------------------------------------------------------------------------------------------


async def test_the_lock_keeps_what_was_typed_and_gives_up_the_connection(desktop, services: FakeServices):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "oyelaran")
        await press(pilot, "ctrl+l")
        assert isinstance(top(app), LockScreen)
        assert "Quillfeather" not in shown(app)
        await until(pilot, lambda: bool(services.called("close")))
        assert services.access.called("lock"), "the session ends on the server as well"
        await burst(pilot, "secret\n")
        assert isinstance(top(app), AccountsScreen)
        assert top(app).query_one("#box").value == "oyelaran"
        assert app.signed_in == [("ana", "secret")]


async def test_a_form_that_is_half_typed_is_under_the_lock_and_sent_once_after_it(desktop, services: FakeServices):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\nnhalf a te")
        form = top(app)
        await press(pilot, "ctrl+l")
        assert isinstance(top(app), LockScreen)
        assert "half a te" not in shown(app)
        await burst(pilot, "secret\n")
        assert top(app) is form
        await burst(pilot, "xt\n")
        assert services.accounts.called("note") == [(FIRST, "half a text")]


async def test_a_session_that_a_supervisor_ended_locks_without_a_key(desktop, services: FakeServices):
    services.access.failures["session"].append(SessionExpired("your session has ended"))
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\nnhalf a te")
        app._look_at_clock()
        await settled(pilot)
        assert isinstance(top(app), LockScreen)
        assert "your session has ended" in shown(app)
        await burst(pilot, "secret\n")
        assert "half a te" in shown(app)
        app._look_at_clock()
        await settled(pilot)
        assert not isinstance(top(app), LockScreen)


async def test_an_expired_session_locks_over_the_form_and_nothing_typed_is_lost(desktop, services: FakeServices):
    services.accounts.failures["note"].append(SessionExpired("the session ended"))
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\nnlong text\n")
        assert isinstance(top(app), LockScreen)
        await burst(pilot, "secret\n\n")
        assert services.accounts.called("note") == [(FIRST, "long text"), (FIRST, "long text")]


async def test_a_wrong_password_leaves_the_lock_shut(desktop, services: FakeServices):
    app = desktop()
    app.refuse = NotAllowed("user or password is wrong")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "ctrl+l")
        await burst(pilot, "guess\n")
        assert isinstance(top(app), LockScreen)
        assert "user or password is wrong" in shown(app)


async def test_signing_out_ends_the_session_and_forgets_the_screens(desktop, services: FakeServices):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\n:q\n")
        assert isinstance(top(app), SignInScreen)
        assert services.access.called("sign_out")
        assert len(app.screen_stack) == 1


async def test_the_session_is_renewed_once_however_many_keys_are_typed(desktop, services: FakeServices):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        app._renewed -= 61
        await burst(pilot, "oyelaran")
        assert len(services.access.called("renew")) == 1


async def test_a_session_past_its_end_locks_without_a_key(desktop, services: FakeServices):
    services.session = session(expires_at=session().opened_at)
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        app._look_at_clock()
        await settled(pilot)
        assert isinstance(top(app), LockScreen)


async def test_a_rebound_key_answers_instead_of_the_shipped_one(desktop):
    app = desktop(keymap={"note": "k"})
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\nn")
        assert isinstance(top(app), AccountScreen)
        await burst(pilot, "khello")
        assert top(app).form.values == {"text": "hello"}


async def test_no_colour_and_a_slow_line_still_say_everything(desktop, services: FakeServices, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    services.accounts.book[FIRST] = account()
    app = desktop(slow_line=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\n")
        assert "⚑ attorney" in shown(app)
        assert app.animation_level == "none"


def type_ahead(app: Desktop, text: str) -> None:
    """Type without waiting for anything."""
    names = {"\n": "enter"}
    for char in text:
        app.post_message(events.Key(names.get(char, char), None if char == "\n" else char))


def test_drafts_are_private_per_person_and_survive(tmp_path):
    folder = DraftFolder(tmp_path, "ana")
    folder.keep("payment 10023-3", {"amount": "250.00"})
    assert DraftFolder(tmp_path, "ana").recall("payment 10023-3") == {"amount": "250.00"}
    assert DraftFolder(tmp_path, "ben").recall("payment 10023-3") is None
    (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert file.stat().st_mode & 0o777 == 0o600
    folder.drop("payment 10023-3")
    assert folder.recall("payment 10023-3") is None


@pytest.mark.parametrize("form", ["../../etc/passwd", "a/b", "..", "ä ö", "x" * 500])
def test_no_name_of_a_form_leaves_the_folder(tmp_path, form: str):
    folder = DraftFolder(tmp_path / "home", "../ana")
    folder.keep(form, {"a": "b"})
    assert folder.recall(form) == {"a": "b"}
    assert all((tmp_path / "home" / "drafts") in path.parents for path in tmp_path.rglob("*.json"))


def test_a_draft_that_cannot_be_read_is_no_draft(tmp_path):
    folder = DraftFolder(tmp_path, "ana")
    folder.keep("form", {"a": "b"})
    for file in tmp_path.rglob("*.json"):
        file.write_text("{broken", encoding="utf-8")
    assert folder.recall("form") is None

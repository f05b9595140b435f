"""Looking an account up, without leaving the keyboard."""

from __future__ import annotations

from threading import Event

import pytest

from screens.account import AccountScreen
from screens.accounts import AccountsScreen
from screens.dialogs.command_line import CommandLine
from screens.dialogs.problem import Problem
from services.accounts.results import AccountPage
from services.errors import NotAllowed
from tests.screens.conftest import burst, press, settled, shown, top, until
from tests.screens.fakes import FIRST, FakeServices, account_row, session


async def test_an_empty_box_lists_my_accounts(desktop):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "my accounts, by follow-up" in shown(app)
        assert FIRST in shown(app)


async def test_results_come_as_you_type_once_the_typing_pauses(desktop, services: FakeServices, monkeypatch):
    monkeypatch.setattr("screens.accounts.DEBOUNCE", 0.5)
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        before = len(services.accounts.called("find"))
        await burst(pilot, "marisol")
        assert "Marisol" in shown(app)
        assert "Quillfeather" not in shown(app)
        assert len(services.accounts.called("find")) == before + 1


async def test_a_complete_number_opens_without_a_lookup(desktop, services: FakeServices):
    services.accounts.gates["find"] = Event()
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        for key in f"{FIRST}\n":
            await pilot.press({"\n": "enter", "-": "minus"}.get(key, key))
        await until(pilot, lambda: isinstance(top(app), AccountScreen))
        services.accounts.gates["find"].set()


async def test_enter_before_the_answer_opens_the_only_hit_and_types_on_into_it(desktop, services: FakeServices):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "marisol\nncalled back\n")
        assert services.accounts.called("note") == [("10044-9", "called back")]


async def test_enter_before_the_answer_does_not_guess_between_several(desktop, services: FakeServices):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "oyelaran\npx")
        assert isinstance(top(app), AccountsScreen)
        assert "3 fit: choose one, Enter opens it; 2 keys typed ahead thrown away" in shown(app)
        await press(pilot, "down", "enter")
        assert top(app).crumb == "10030-3"


async def test_an_answer_that_fails_gives_the_keys_back(desktop, services: FakeServices):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        services.accounts.failures["find"].append(NotAllowed("not now"))
        await burst(pilot, "oyelaran\n")
        assert isinstance(top(app), Problem)
        await press(pilot, "enter")
        await burst(pilot, "x")
        assert top(app).query_one("#box").value == "oyelaranx"


async def test_letters_are_keys_in_the_list_and_text_in_the_box(desktop, services: FakeServices):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "n")
        assert top(app).query_one("#box").value == "n"
        await press(pilot, "backspace")
        await press(pilot, "down", "down", "n")
        await burst(pilot, "hello\n")
        assert services.accounts.called("note") == [("10030-3", "hello")]


async def test_a_digit_in_the_list_starts_a_new_search_and_up_goes_back_to_the_box(desktop):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down")
        await burst(pilot, "10044")
        assert top(app).query_one("#box").value == "10044"
        assert "Marisol" in shown(app)
        await press(pilot, "down", "up")
        assert top(app).query_one("#box").has_focus


async def test_escape_goes_from_list_to_box_to_an_empty_box(desktop):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "oyelaran")
        await press(pilot, "down", "escape")
        assert top(app).query_one("#box").has_focus
        await press(pilot, "escape")
        assert top(app).query_one("#box").value == ""


async def test_back_from_an_account_typing_replaces_the_old_question(desktop):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{FIRST}\n\x1bmarisol")
        assert top(app).query_one("#box").value == "marisol"


async def test_the_next_page_is_read_as_the_cursor_nears_the_end(desktop, services: FakeServices):
    services.accounts.rows = [account_row(at) for at in range(120)]
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert len(top(app).query_one("#found").items) == 50
        await press(pilot, "down", "end")
        await until(pilot, lambda: len(top(app).query_one("#found").items) == 100)
        assert services.accounts.called("find")[-1][1] == "50"
        await settled(pilot)
        await press(pilot, "end")
        await until(pilot, lambda: len(top(app).query_one("#found").items) == 120)
        assert "120 in all" in shown(app)


async def test_refreshing_leaves_the_cursor_on_the_same_account(desktop, services: FakeServices):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down", "down", "down")
        services.accounts.rows.insert(0, account_row(40))
        await press(pilot, "f5")
        assert top(app).query_one("#found").current.number == "10037-5"


async def test_a_role_that_may_not_write_sees_no_key_that_writes(desktop, services: FakeServices):
    services.session = session("readonly")
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down")
        assert "payment " not in shown(app).splitlines()[-1]
        await press(pilot, "p", "n")
        assert isinstance(top(app), AccountsScreen)


async def test_beside_the_list_stands_the_account_where_there_is_room(desktop):
    app = desktop()
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: "promised 100 a month" in shown(app))
        assert "status assigned → in contact" in shown(app)
        await press(pilot, "down", "down")
        await until(pilot, lambda: "promised 100 a month" in shown(app) and "10030-3 · NORTHBY" in shown(app))


async def test_a_notice_of_the_query_language_is_shown(desktop):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "oyelaran balance>lots")
        assert "balance" in shown(app).splitlines()[-3]


@pytest.mark.parametrize("text", ["[/b] [red", "name:", '"', "a" * 200, "status:nonsense -- 'x", "٠١٢", "x;y"])
async def test_nothing_that_can_be_typed_breaks_the_box(desktop, text: str):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        top(app).query_one("#box").value = text
        await settled(pilot)
        assert isinstance(top(app), AccountsScreen)


@pytest.mark.parametrize("typed", ["", "marisol", "marisol ", "G"])
async def test_a_colon_opens_the_command_line_whatever_the_box_holds(desktop, typed: str):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, f"{typed}:")
        assert isinstance(top(app), CommandLine)


@pytest.mark.parametrize("word", ["status", "marisol Name", "-flag"])
async def test_a_colon_after_a_word_that_takes_one_is_text(desktop, word: str):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, f"{word}:")
        assert isinstance(top(app), AccountsScreen)
        assert f"{word}:" in shown(app)


async def test_a_colon_over_a_selected_word_opens_the_command_line(desktop):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "status")
        await press(pilot, "ctrl+a", ":")
        assert isinstance(top(app), CommandLine)


@pytest.mark.parametrize(
    ("persons", "collectors", "said"),
    [
        ((1, 1, None), "aaa", "2 of these are one person"),
        ((1, 1, 2, 2, 2), "abaaa", "5 of these are 2 people · 1 held by others"),
        ((1, 2, None), "bcb", None),
    ],
)
async def test_what_is_said_of_the_rows_as_a_whole(desktop, services, monkeypatch, persons, collectors, said):
    rows = tuple(
        account_row(at, person_id=person, collector={"a": "ana", "b": "ben", "c": "cal"}[who])
        for at, (person, who) in enumerate(zip(persons, collectors, strict=True))
    )
    monkeypatch.setattr(
        services.accounts, "find", lambda query, *, limit=50, after=None: AccountPage(rows, None, "name")
    )
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert (said in shown(app)) if said else ("one person" not in shown(app) and "held by" not in shown(app))

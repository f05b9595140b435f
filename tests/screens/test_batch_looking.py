"""A closer look at a batch: beside the database, in bytes, by column and value; and its release taken back."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import Any

import pytest

from screens.batch import BatchScreen
from services.errors import Refused
from services.imports.results import Where
from tests.screens.conftest import burst, press, settled, shown, top, until
from tests.screens.fakes_imports import FakeImports, import_row
from tests.screens.test_batch_together import batch, no_watch, review, said

__all__ = ["no_watch", "review"]


def compared(number: int, **changes: Any) -> Any:
    """A row that changes an account."""
    difference = {"original_amount": (110_000, 105_000), "debtor_phone": (None, "+13125551007")}
    return import_row(number, **{"verdict": "changed", "difference": difference, **changes})


# ---- beside the database ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_what_is_here_stands_beside_what_the_file_says(desktop, review: FakeImports, size: tuple[int, int]):
    review.book = {1: compared(1), 2: import_row(2), 3: compared(3, verdict="conflict"), 4: compared(4, verdict="odd")}
    app = desktop(batch)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        assert "conflicts with work done since" in said(app)
        await press(pilot, "end", "enter")
        assert "here the file changes it" in said(app)
        assert "original_amount 1,100.00 → 1,050.00" in said(app)
        assert "debtor_phone — → +13125551007" in said(app)
        await press(pilot, "down")
        assert "→ 1,050.00" not in said(app)


async def test_amounts_are_in_the_currency_of_the_client(desktop, review: FakeImports):
    review.book = {1: compared(1)}
    review.batch = replace(review.batch, currency="JPY")
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "original_amount 110,000 → 105,000" in said(app)


# ---- in bytes --------------------------------------------------------------------------------------------------------


async def test_the_bytes_of_a_row_as_they_were_sent(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "v")
        assert review.called("raw") == [(3,)]
        assert "line 4 · 99 bytes at 390 · utf-8 · looking is recorded" in shown(app)
        assert "0000  4858 2d30 3033 3b4f 7965 6c61  HX-003;Oyela" in shown(app)
        assert "␍⏎" in shown(app)
        await burst(pilot, "\n")
        assert isinstance(top(app), BatchScreen)


async def test_a_row_without_bytes_says_so(desktop, review: FakeImports):
    review.failures["raw"].append(Refused("row 3 of batch 118 has no bytes of its own", rule="no-bytes"))
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "v")
        assert "has no bytes of its own" in said(app)


async def test_a_long_row_is_shown_in_part(desktop, review: FakeImports):
    review.book[3] = replace(review.book[3], raw="x" * 5000)
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "v")
        await press(pilot, "end")
        assert "… 906 bytes more: debtflow import raw" in said(app)


async def test_v_is_a_letter_in_a_cell(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "nv/U")
        assert top(app)._detail._input.value == "v/U"
        assert review.called("raw") == []


# ---- by column and value ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("/\n\n12,-\n", (None, "amount-format", "original_amount", "12,-")),
        ("/account_t\n\nrent\n", (None, "amount-format", "account_type", "rent")),
        ("/due\nis e\n", (None, "amount-format", "due_date", "")),
        ("/\nis a\n", (None, "amount-format", "original_amount", None)),
    ],
)
async def test_rows_by_column_and_value_in_one_burst(desktop, review: FakeImports, typed: str, asked: tuple[Any, ...]):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, typed)
        assert review.called("narrowed") == [asked]


async def test_the_narrowed_rows_stay_above_the_findings_and_are_corrected_alike(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "slash")
        assert "1 ten" in said(app)
        assert "1 12,-" in said(app)
        await burst(pilot, "\n\n12,-\n")
        screen = top(app)
        assert [row.row for row in screen._lists.rows.items] == [9]
        assert "/ original_amount = 12" in said(app)
        await burst(pilot, "Ase\n\n12.00\n")
        ((_change, where),) = review.called("fix_alike")
        assert where == Where(rule="amount-format", column="original_amount", value="12,-")
        assert "/ original_amount = 12" in said(app)
        await burst(pilot, "/")
        assert "Among: amount-format." in said(app)


async def test_a_value_is_asked_for(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "/\n\n\n")
        assert "say which value, or choose empty cells" in said(app)
        assert review.called("narrowed") == []


# ---- the release taken back ------------------------------------------------------------------------------------------


@pytest.fixture
def released(review: FakeImports) -> FakeImports:
    review.batch = replace(review.batch, state="released")
    review.book = {n: import_row(n + 500, row=n, state="released", account="10023-3") for n in range(1, 8)}
    return review


async def test_a_release_is_taken_back_with_a_reason_and_the_number_of_rows(desktop, released: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "U")
        assert "What 7 rows did is taken back: every transfer by a reversal" in said(app)
        await burst(pilot, "last year's list\n6\n")
        assert "type 7, the number of rows" in said(app)
        assert released.called("undo") == []
        await press(pilot, "ctrl+u")
        await burst(pilot, "7\n")
        assert released.called("undo") == [("last year's list",)]
        assert "7 rows taken back" in said(app)
        assert "taken back: last year's list" in shown(app)
        await burst(pilot, "U")
        assert len(released.called("undo")) == 1


async def test_where_somebody_has_worked_since_it_says_on_which_accounts(desktop, released: FakeImports):
    error = Refused("1 of the accounts that batch 118 released were worked on since: 10023-3", rule="undo-worked")
    released.failures["undo"].append(error)
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "Uwrong\n7\n")
        assert "since: 10023-3" in said(app)
        assert "Nothing is taken back" in said(app)


async def test_taking_back_shows_how_far_it_is_and_can_be_stopped(desktop, released: FakeImports):
    gate = released.gates["chunk"] = Event()
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        for key in ("U", "x", "enter", "7", "enter"):
            await pilot.press(key)
        await until(pilot, lambda: "taken back · 6 left" in said(app))
        await pilot.press("escape")
        await until(pilot, lambda: "Stop taking back?" in said(app))
        await pilot.press("escape", "s")
        gate.set()
        await settled(pilot)
        assert "Stopped. What is taken back stays so; U goes on with the rest." in said(app)
        assert len(released.called("chunk")) < 7


async def test_taken_back_by_somebody_else_is_followed(desktop, released: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        for state, expected in (("undoing", "being taken back. U goes on"), ("undone", "It is over: 7 rows are taken")):
            released.batch = replace(released.batch, state=state, undone=7)
            top(app)._watch()
            await settled(pilot)
            assert expected in said(app)

"""Import review with many rows and with others: fix all alike, undo, approve, report, what somebody else does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from screens.batch import BatchScreen
from services.domain.alike import DayFirst, Map, Replace, Set, ShiftDate
from services.errors import Refused
from services.imports.results import News, Where
from tests.screens.conftest import burst, press, settled, shown, top, until
from tests.screens.fakes import FakeServices, session
from tests.screens.fakes_imports import FakeImports, import_row


@pytest.fixture(autouse=True)
def no_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screens.batch.review.WATCH_EVERY", 3600)


@pytest.fixture
def review(services: FakeServices) -> FakeImports:
    services.session = session("supervisor", user="bea")
    made = FakeImports()
    services.imports = made
    return made


def batch(routes) -> BatchScreen:
    return BatchScreen(routes.desk, routes.imports, 118)


def said(app) -> str:
    return " ".join(shown(app).split())


async def test_a_finding_is_corrected_in_all_its_rows_in_one_burst_and_taken_back(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "A\n\n\n1010.00\n")

        await until(pilot, lambda: "1 row corrected" in said(app))
        assert review.called("fix_alike") == [
            (Replace("original_amount", "ten", "1010.00"), Where(rule="amount-format"))
        ]
        assert "12,-" in said(app)
        await press(pilot, "U")
        await until(pilot, lambda: "Undo change 1?" in said(app))
        await press(pilot, "enter")
        await until(pilot, lambda: "Undone in 2 rows" in said(app))
        assert review.called("undo_change") == [(1,)]
        await press(pilot, "U")
        await until(pilot, lambda: "nothing to undo" in said(app))


@pytest.mark.parametrize(
    ("typed", "change"),
    [
        ("A\n\n\n5.00\n", Replace("original_amount", "ten", "5.00")),
        ("Aw\n\n\n5.00\n", Map("original_amount", {"ten": "5.00"})),
        ("Ase\n\n5.00\n", Set("original_amount", "5.00")),
        ("Ash\ndu\n+1m\n", ShiftDate("due_date", 1, "m")),
        ("Ad\ndu\n", DayFirst("due_date")),
    ],
)
async def test_every_way_is_reached_by_its_letters(desktop, review: FakeImports, typed: str, change: object):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, typed)
        await until(pilot, lambda: bool(review.called("fix_alike")))
        assert review.called("fix_alike")[0][0] == change


async def test_what_would_come_of_it_is_shown_before(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "A")
        await until(pilot, lambda: "these values are there" in said(app))
        assert "1 12,-" in said(app)
        await burst(pilot, "se\n\nbad")
        await until(pilot, lambda: "2 of 2 rows change" in said(app))
        assert "2 still in error" in said(app)
        assert not review.called("fix_alike")
        await press(pilot, "escape")
        await until(pilot, lambda: "Close this?" in said(app))
        await press(pilot, "enter")
        assert isinstance(top(app), BatchScreen)


async def test_what_was_done_stays_to_be_read_where_its_finding_is_gone(desktop, review: FakeImports):
    for row in (1, 2, 3, 4, 5, 6, 7, 8):
        review.book.pop(row, None)
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "Ase\n\n5.00\n")
        await until(pilot, lambda: bool(review.called("fix_alike")))
        await settled(pilot)
        assert "corrected: U takes it back" in said(app)


async def test_a_step_that_is_none_is_said_under_its_field(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "Ash\n\nsoon\n")
        await until(pilot, lambda: "is no step" in said(app))
        assert not review.called("fix_alike")


async def test_marked_rows_are_corrected_alone(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "tab", "down", "space")
        await burst(pilot, "Ase\n\n5.00\n")
        await until(pilot, lambda: bool(review.called("fix_alike")))
        assert review.called("fix_alike")[0][1] == Where(rows=(9,))


async def test_what_somebody_else_changed_shows_by_itself(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "tab")
        screen = top(app)
        assert isinstance(screen, BatchScreen)
        review.book[9] = import_row(9, version=2, values={**import_row(9).values, "original_amount": "nine"})
        review.batch = replace(review.batch, version=2)
        review.heard = News(2, ("ada",), (9,), 1)
        screen._watch()
        await until(pilot, lambda: "ada changed 1 row" in said(app))
        assert "nine" in said(app)
        assert review.called("news") == [(1,)]
        await settled(pilot)
        screen._watch()
        await settled(pilot)
        assert len(review.called("news")) == 1


async def test_a_cell_being_typed_is_left_alone_by_what_others_do(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "n99")
        screen = top(app)
        assert isinstance(screen, BatchScreen)
        review.batch = replace(review.batch, version=2)
        review.heard = News(2, ("ada",), (9,), 1)
        screen._watch()
        await until(pilot, lambda: "ada changed" in said(app))
        await burst(pilot, "88\n")
        await until(pilot, lambda: bool(review.called("fix")))
        assert review.called("fix")[0][1] == {"original_amount": "9988"}


async def test_a_batch_is_approved_or_says_who_may_not(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        review.failures["approve"].append(Refused("you have changed rows of batch 118 yourself", rule="four-eyes"))
        await press(pilot, "p")
        await until(pilot, lambda: "changed rows of batch 118 yourself" in said(app))
        await press(pilot, "escape", "p")
        await until(pilot, lambda: "approved by bea" in said(app))


async def test_the_report_for_the_client_is_written_where_it_is_said(desktop, review: FakeImports, tmp_path: Path):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "e")
        await until(pilot, lambda: "harbor_2025-11.errors.csv" in said(app))
        await press(pilot, "ctrl+u")
        await burst(pilot, f"{tmp_path}/x.csv\n")
        await until(pilot, lambda: "4 rows written" in said(app))
    (written,) = tmp_path.glob("*x.csv")
    assert written.read_bytes() == b"head\nrow\n"

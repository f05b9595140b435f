"""Import review: from a finding to its cell, to the release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import Any

import pytest

from screens.account import AccountScreen
from screens.accounts import AccountsScreen
from screens.batch import BatchScreen
from services.errors import Busy, NotFound, Refused, Stale, Unreachable
from services.imports.results import Batch
from tests.screens.conftest import burst, press, settled, shown, top, until
from tests.screens.fakes import FakeServices, session
from tests.screens.fakes_imports import FakeImports, import_row


@pytest.fixture
def review(services: FakeServices) -> FakeImports:
    services.session = session("supervisor", user="bea")
    made = FakeImports()
    services.imports = made
    return made


def batch(routes) -> BatchScreen:
    return BatchScreen(routes.desk, routes.imports, 118)


def said(app: Any) -> str:
    return " ".join(shown(app).split())


# ---- looking ---------------------------------------------------------------------------------------------------------


async def test_counts_readiness_findings_and_their_rows(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        text = said(app)
        for part in ("in review · 12 rows · 6 valid 1 warning 4 errors 1 duplicate", "63.6 % of placements ready",
                     "✗ amount-format 2", "original_amount ten", "“ten” cannot stand here"):  # fmt: skip
            assert part in text


async def test_the_rows_follow_the_finding_under_the_cursor(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down")
        assert "5 due_date 2025-02-31" in said(app)
        assert review.called("rows")[-1] == (None, "date-invalid", None)


async def test_states_are_filters_too(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "end")
        assert review.called("rows")[-1] == (None, None, None)
        await press(pilot, "up")
        assert review.called("rows")[-1] == ("duplicate", None, None)
        await press(pilot, "f", "f")
        assert review.called("rows")[-1] == ("valid", None, None)


async def test_enter_on_a_finding_shows_its_rows_before_the_next_key(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down", "enter", "enter", "2", "enter")
        assert review.called("fix") == [(5, {"due_date": "2"}, 1)]


async def test_pages_follow_as_the_cursor_nears_the_end(desktop, review: FakeImports):
    review.book = {number: import_row(number) for number in range(1, 251)}
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "end", "enter")
        for _ in range(20):
            await press(pilot, *["pagedown"] * 3)
        after = [after for state, rule, after in review.called("rows") if state is None and rule is None]
        assert after == [None, "100", "200"]
        assert top(app)._lists.rows.current.row == 250


async def test_a_batch_that_is_not_there_leaves_nothing_to_stay_for(desktop, review: FakeImports):
    review.failures["show"].append(NotFound("there is no import batch 118"))
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "there is no import batch 118" in shown(app)
        await burst(pilot, "\n")
        assert isinstance(top(app), AccountsScreen)


@pytest.mark.parametrize("role", ["collector", "readonly"])
async def test_who_does_not_review_is_told_who_does(desktop, services: FakeServices, review: FakeImports, role: str):
    services.session = session(role)
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "Who may: supervisor and agency admin." in said(app)
        await burst(pilot, "RJxn")
        assert review.calls == []


# ---- correcting ------------------------------------------------------------------------------------------------------


async def test_from_problem_to_problem_without_leaving_the_keyboard(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "n1010.00\n")
        assert "valid again ✓" in shown(app)
        await burst(pilot, "n12.00\n")
        assert [(row, values) for row, values, _ in review.called("fix")] == [
            (3, {"original_amount": "1010.00"}), (9, {"original_amount": "12.00"}),
        ]  # fmt: skip
        assert "8 valid" in shown(app)


async def test_after_the_last_problem_of_a_finding_come_those_of_the_next(desktop, review: FakeImports):
    app = desktop(batch)
    problems = [number for number, row in review.book.items() if row.findings]
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        seen = []
        for _ in problems:
            await press(pilot, "n")
            seen.append(top(app)._detail.row.row)
            await press(pilot, "escape")
        assert sorted(seen) == problems
        await press(pilot, "n")
        assert "There is no further problem here" in shown(app)
        back = []
        for _ in problems[1:]:
            await press(pilot, "N")
            back.append(top(app)._detail.row.row)
            await press(pilot, "escape")
        assert back == seen[-2::-1]


async def test_the_problem_before(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "enter", "down", "N")
        await burst(pilot, "7\n")
        assert review.called("fix") == [(3, {"original_amount": "7"}, 1)]


async def test_the_next_problem_may_be_on_the_next_page(desktop, review: FakeImports):
    review.book = {number: import_row(number + 500, row=number) for number in range(1, 150)}
    review.book[140] = import_row(3, row=140)
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "end", "enter")
        await burst(pilot, "n8\n")
        assert review.called("fix") == [(140, {"original_amount": "8"}, 1)]


async def test_what_is_still_wrong_stays_in_the_cell(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "nbad\n")
        assert "still error" in shown(app)
        assert top(app)._detail.editing


async def test_other_columns_of_the_row_with_the_arrows(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "n", "down", "ctrl+u")
        await burst(pilot, "2025-12-31\n")
        assert review.called("fix") == [(3, {"due_date": "2025-12-31"}, 1)]


async def test_a_row_changed_by_somebody_else_is_read_again_and_what_was_typed_stays(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "n1010.00")
        review.book[3] = replace(review.book[3], version=2)
        await burst(pilot, "\n")
        assert "Somebody else has changed row 3" in shown(app)
        await burst(pilot, "\n")
        assert review.called("fix")[-1] == (3, {"original_amount": "1010.00"}, 2)
        assert "valid again ✓" in shown(app)


async def test_escape_keeps_what_was_typed_in_its_cell(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "n1010.00")
        await press(pilot, "escape", "down", "up", "enter")
        assert top(app)._detail._input.value == "1010.00"
        assert review.called("fix") == []
        await press(pilot, "escape", "escape")
        assert isinstance(top(app), AccountsScreen)
        await burst(pilot, ":i 118\n")
        assert "1 corrections that were not sent are kept" in shown(app)
        await burst(pilot, "n")
        assert top(app)._detail._input.value == "1010.00"


async def test_what_cannot_be_seen_never_reaches_the_editor(desktop, review: FakeImports):
    row = import_row(3)
    review.book[3] = replace(row, values={**row.values, "original_amount": "1\x1b[2J0\u202e\n5"})
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "n")
        assert top(app)._detail._input.value == "1[2J0 5"
        assert "\x1b" not in shown(app)
        await burst(pilot, "\n")
        assert review.called("fix") == [(3, {"original_amount": "1[2J0 5"}, 1)]


async def test_nothing_is_corrected_after_the_end(desktop, review: FakeImports):
    review.batch = replace(review.batch, state="rejected", reason="wrong month")
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "rejected: wrong month" in shown(app)
        await press(pilot, "enter", "enter")
        assert "Nothing can be corrected now: this batch is rejected" in shown(app)
        await burst(pilot, "xRJ")
        assert isinstance(top(app), BatchScreen)


# ---- leaving rows out ------------------------------------------------------------------------------------------------


async def test_marked_rows_are_left_out_with_a_reason(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "enter", "space", "space")
        assert "2 rows marked" in shown(app)
        await burst(pilot, "xnot ours\n")
        assert review.called("exclude") == [((3, 9), "not ours")]
        assert "2 excluded" in shown(app)
        assert "2 left out: not ours" in shown(app)


async def test_every_row_of_a_finding_is_marked_whatever_is_loaded(desktop, review: FakeImports):
    review.book = {number: import_row(number) for number in range(1, 251)}
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "end", "enter")
        await burst(pilot, "axtoo old\n")
        ((rows, reason),) = review.called("exclude")
        assert (rows, reason) == (tuple(range(1, 251)), "too old")


async def test_excluded_rows_are_taken_back(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "enter")
        await burst(pilot, "xno\n")
        await press(pilot, "enter")
        assert "is excluded: i takes it back first" in shown(app)
        await burst(pilot, "i")
        assert review.called("include") == [((3,),)]
        assert "excluded" not in shown(app).splitlines()[1]


# ---- release and reject ----------------------------------------------------------------------------------------------


async def test_release_is_confirmed_by_the_number_of_rows(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "R")
        assert "Makes debtors and accounts of 7 placements of HARBOR" in said(app)
        assert "4 in error, 1" in said(app)
        await burst(pilot, "leave\n6\n")
        assert "type 7, the number of rows" in said(app)
        assert review.called("release") == []
        await press(pilot, "ctrl+u")
        await burst(pilot, "7\n")
        assert review.called("release") == [(True,)]
        assert "7 placements of HARBOR released; 4 in error stay behind" in shown(app)
        assert "released on 21 Nov 2026" in shown(app)


async def test_errors_are_left_out_only_where_that_was_said(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "R\n7\n")
        assert "4 rows are in error: leave them out" in said(app)
        assert review.called("release") == []


async def test_nothing_ready_is_nothing_to_release(desktop, review: FakeImports):
    review.book = {3: import_row(3)}
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "R")
        assert "No row is ready" in shown(app)


async def test_a_release_shows_how_far_it_is_and_can_be_stopped(desktop, review: FakeImports):
    review.book = {number: import_row(number + 500, row=number) for number in range(1, 101)}
    gate = review.gates["chunk"] = Event()
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "R")
        for key in ("1", "0", "0", "enter"):
            await pilot.press(key)
        await until(pilot, lambda: "1.0 % released · 99 left" in said(app) or "1 % released · 99 left" in said(app))
        await pilot.press("s")
        await until(pilot, lambda: "Stopping after the rows under way" in shown(app))
        gate.set()
        await settled(pilot)
        assert "Stopped. What is released stays released; R goes on with the rest." in shown(app)
        assert len(review.called("chunk")) < 100
        assert "released" in shown(app).splitlines()[1]


async def test_leaving_a_release_asks_and_stops_it(desktop, review: FakeImports):
    gate = review.gates["chunk"] = Event()
    review.book = {number: import_row(number + 500, row=number) for number in range(1, 101)}
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        for key in ("R", "1", "0", "0", "enter"):
            await pilot.press(key)
        await until(pilot, lambda: "99 left" in said(app))
        await pilot.press("escape")
        await until(pilot, lambda: "Stop the release?" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(top(app), AccountsScreen))
        gate.set()
        await settled(pilot)
        assert len(review.called("chunk")) < 100


GOES_ON = "Not released to the end: R goes on with the rest"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Busy("somebody else releases this client's batch"), GOES_ON),
        (Unreachable("the database did not answer"), GOES_ON),
        (Refused("nobody can work the accounts", rule="client-collectors"), "Nothing is released"),
    ],
)
async def test_a_release_that_fails_says_that_it_can_go_on(desktop, review: FakeImports, error, outcome):
    for _ in range(3):
        review.failures["release"].append(error)
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "Rl\n7\n")
        assert error.message in shown(app)
        assert outcome in said(app)


async def test_a_release_by_somebody_else_is_followed_to_its_end(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await watch(pilot, review, lambda old: replace(old, state="releasing", valid=4, released=2))
        assert "28.5 % released · 5 left" in said(app)
        assert "This batch is being released" in shown(app)
        await press(pilot, "enter", "enter")
        assert not top(app)._detail.editing
        for number in (1, 2, 4, 7, 10, 12, 6):
            review.book[number] = replace(review.book[number], state="released", account="10023-3")
        await watch(pilot, review, lambda old: replace(old, state="released"))
        assert "The release is over: 7 placements" in shown(app)


async def watch(pilot: Any, review: FakeImports, change: Callable[[Batch], Batch]) -> None:
    """The moment at which the screen looks what others did."""
    review.batch = change(review.batch)
    top(pilot.app)._watch()
    await settled(pilot)


async def test_a_released_row_opens_its_account(desktop, review: FakeImports):
    review.batch = replace(review.batch, state="released")
    review.book = {1: import_row(1, state="released", account="10023-3")}
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "enter", "enter")
        assert isinstance(top(app), AccountScreen)


async def test_reject_needs_a_reason(desktop, review: FakeImports):
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "J\n")
        assert "Reason is missing" in shown(app)
        await burst(pilot, "wrong month\n")
        assert review.called("reject") == [("wrong month",)]
        assert "rejected: wrong month" in shown(app)


async def test_a_refused_correction_is_said(desktop, review: FakeImports):
    review.failures["fix"].append(Stale("row 3 has changed"))
    review.failures["row"].append(Refused("row 3 is excluded", rule="row-excluded"))
    app = desktop(batch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "n7\n")
        assert "row 3 is excluded" in shown(app)

"""Reviewing a batch: what was found, the rows behind it, the cell to correct, the release."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType

from screens.base import key
from screens.batch.detail import RowDetail
from screens.batch.forms import ReasonForm
from screens.batch.posting import UNDOABLE, PostingScreen
from screens.dialogs.confirm import Confirm
from screens.navigation import GoBack, OpenAccount
from screens.widgets import PagedTable, words
from services.errors import DebtFlowError, Stale

if TYPE_CHECKING:
    from services.imports.results import ImportRow, RowPage

LARGEST_PAGE = 1000
REVIEWS = frozenset({"exclude", "include", "reject", "mark", "mark_all", "problem", "alike", "approve"})
LOOKS = frozenset({"report", "narrow", "states", "other_list"})
WITH_LETTERS = REVIEWS | {"release", "undo", "stop", "other_list", "states", "narrow", "raw", "report"}
BEFORE_RELEASE = frozenset({"in_review", "releasing"})
ON_ROWS = frozenset({"exclude", "include", "mark", "mark_all", "alike"})


class BatchScreen(PostingScreen):
    """One batch: findings by rule, rows behind them, a row in full with the line that corrects it."""

    CSS_PATH = "batch.tcss"
    AUTO_FOCUS = "#findings"
    HELP = """Marks: ✗ error, ! warning, = duplicate, ✓ valid, – excluded, → released, ▪ marked by you.

Enter on a finding goes to its rows, Enter on a row into its bad cell, Enter there checks the whole row again. n does
both: the next problem's cell. In the cell ↑ and ↓ go to other columns of the row, Esc back to the rows; a correction
that was not sent is kept.

A corrects the same thing in all rows of a finding (or those you marked) and shows what would come of it; U takes the
last change back. What others change shows by itself. / narrows the rows to a value in a column.

Where a row is compared with an account, "here" says how it stands to it and what it changes: before → after. v shows
the bytes of a row. Once a batch is released, U takes the whole release back.

Errors must be corrected, excluded, or left out at release. Warnings are released, duplicates never.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("n", "problem(1)", "next", "Into the bad cell of the next problem"),
        key("N,shift+n", "problem(-1)", "problem before", "Into the bad cell of the problem before", show=False),
        key(
            "A,shift+a",
            "alike",
            "alike",
            "Correct the same thing in all these rows",
        ),
        key("x", "exclude", "exclude", "Leave the marked rows out, with a reason"),
        key("R", "release", "release", "Release every row that is ready"),
        key("U,shift+u", "undo", "undo", "Take the last change back; once it is released, the whole release"),
        key("a", "mark_all", "mark all", "Mark every row of this finding, or none", show=False),
        key("space", "mark", "mark", "Mark the row, for exclude"),
        key("i", "include", "take back", "Take excluded rows back"),
        key("p", "approve", "approve", "Stand in for the batch as it is: who changed it may release it", show=False),
        key("e", "report", "report", "Write the rows in error as a file for the client"),
        key("s", "stop", "stop", "Stop the release after the rows under way"),
        key("J", "reject", "reject", "Refuse the whole file, with a reason"),
        key("f", "states", "states", "The next state: valid, warnings, errors, … , all rows", show=False),
        key("slash", "narrow", "rows with", "Only rows with a value in a column, or a fault there"),
        key("v", "raw", "as sent", "The bytes of the row as they were sent; looking at them is recorded"),
        key("tab", "other_list", "other list", "From the findings to the rows and back", show=False),
    ]

    @property
    def enter_does(self) -> str:
        if self._detail.editing:
            return "correct"
        if self._lists.rows.has_focus:
            row = self._lists.rows.current
            return "account" if row is not None and row.account else "fix" if self._reviewing else ""
        return "rows" if self._mine else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Keys for what can be done to this batch now."""
        if (action in LOOKS and not self._mine) or (self._detail.editing and action in WITH_LETTERS):
            return False
        if action == "stop":
            return self._release is not None and not self._release.stopping
        if action in REVIEWS:
            allowed = action != "approve" or self.desk.session.may("import.approve")
            return allowed and self._reviewing and (action not in ON_ROWS or self._lists.rows.current is not None)
        if action == "raw":
            return self._lists.rows.current is not None and self.desk.session.may("import.raw")
        if action in ("release", "undo"):
            state = self._batch.state if self._batch else ""
            states = BEFORE_RELEASE if action == "release" else UNDOABLE | {"in_review"}
            takes = "import.work" if state == "in_review" and action == "undo" else f"import.{action}"
            return self._mine and self._release is None and state in states and self.desk.session.may(takes)
        return True

    # ---- from row to cell ------------------------------------------------------------------------------------------

    @on(PagedTable.Opened, "#rows")
    def _row_opened(self) -> None:
        row = self._lists.rows.current
        if row is not None and row.account:
            self.post_message(OpenAccount(row.account))
        elif row is not None and self._may_fix(row):
            self._lists.entered = row.row
            self._detail.begin()

    def _may_fix(self, row: ImportRow) -> bool:
        if not self._reviewing:
            self.say(f"Nothing can be corrected now: this batch is {words(self._batch.state) if self._batch else ''}")
            return False
        if row.state == "excluded":
            self.say(f"Row {row.row} is excluded: i takes it back first")
            return False
        return True

    def action_other_list(self) -> None:
        (self._lists.findings if self._lists.rows.has_focus else self._lists.rows).focus()

    def action_states(self) -> None:
        """To the next state in the list of findings, where rules come first."""
        table = self._lists.findings
        places = [at for at, each in enumerate(table.items) if each.rule is None]
        if places:
            table.move_cursor(row=next((at for at in places if at > table.cursor_row), places[0]))
            table.focus()

    def action_problem(self, by: int) -> None:
        at = self._lists.problem(by)
        if at is not None:
            self._into(at)
        elif by > 0 and self._lists.next is not None:
            question = partial(self._page, self._lists.filter, self._lists.next)
            self.ask(question, self._on_to_next, topic="next page", hold=True)
        else:
            self._other_finding(by)

    def _into(self, at: int) -> None:
        """Into the bad cell of a row."""
        self._lists.rows.move_cursor(row=at)
        row = self._lists.rows.items[at]
        self._detail.show(row, self._lists.filter.column_of(row))
        self._lists.entered = row.row
        self.say("")
        self._detail.begin()

    def _on_to_next(self, page: RowPage) -> None:
        self._lists.add_rows(page)
        self.action_problem(1)

    def _other_finding(self, by: int) -> None:
        """On to the rows of the next finding, down or up; among all rows or those of a state there is none."""
        findings, now = self._lists.findings, self._lists.filter
        moved_on = findings.current is not None and findings.current.key != now.key
        at = findings.cursor_row + (0 if moved_on else by)
        chosen = self._filters[at] if 0 <= at < len(self._filters) else None
        if now.rule is None or chosen is None or chosen.rule is None:
            self.say("There is no further problem here" if by > 0 else "There is no problem before this one")
            self._lists.rows.focus()
            return
        self._lists.filter = chosen
        findings.move_cursor(row=at)
        self._lists.chosen.clear()
        self.ask(partial(self._page, chosen, None), partial(self._at_its_edge, by), topic="rows", hold=True)

    def _at_its_edge(self, by: int, page: RowPage) -> None:
        self._lists.show_rows(page, keep=False)
        self._lists.rows.move_cursor(row=0 if by > 0 else len(page.rows) - 1)
        at = self._lists.problem(by, fresh=True)
        if at is None:
            self._other_finding(by)
        else:
            self._into(at)

    # ---- correcting ------------------------------------------------------------------------------------------------

    @on(RowDetail.Corrected)
    def _correct(self, event: RowDetail.Corrected) -> None:
        row, column, value = event.row, event.column, event.value
        if value == row.values.get(column, "").strip() and not any(
            each.column in (column, "") for each in row.findings
        ):
            self._lists.rows.focus()
            return
        self.act(
            lambda: self._imports.fix(self._number, row.row, {column: value}, version=row.version), self._corrected,
            doing="Checking…", failed=partial(self._not_corrected, row.row),
        )  # fmt: skip

    def _corrected(self, row: ImportRow) -> None:
        self._detail.judge(row)
        self._lists.rows.replace(row)
        if row.state in ("valid", "warning"):
            self.say(f"Row {row.row} is valid again: n goes to the next problem", "good")
            self._lists.rows.focus()
        else:
            self.say("")
        self._count_again()

    def _not_corrected(self, number: int, error: DebtFlowError) -> bool:
        if not isinstance(error, Stale):
            return False
        self.ask(lambda: self._imports.row(self._number, number), self._show_moved, topic="row", hold=True)
        return True

    def _show_moved(self, row: ImportRow) -> None:
        column = self._detail.column
        self._lists.rows.replace(row)
        self._detail.show(row, column)
        self.say(f"Somebody else has changed row {row.row}: this is how it stands now. Enter sends yours.", "warn")

    # ---- leaving rows out ------------------------------------------------------------------------------------------

    def action_mark(self) -> None:
        self._lists.toggle()
        self._say_chosen()

    def action_mark_all(self) -> None:
        if self._lists.chosen:
            self._lists.choose(())
            self._say_chosen()
            return
        chosen = self._lists.filter

        def every() -> list[int]:
            page = self._page(chosen, None, LARGEST_PAGE)
            numbers = [row.row for row in page.rows]
            while page.next is not None:
                page = self._page(chosen, page.next, LARGEST_PAGE)
                numbers += [row.row for row in page.rows]
            return numbers

        def choose(numbers: list[int]) -> None:
            self._lists.choose(numbers)
            self._say_chosen()

        self.ask(every, choose, topic="every row", hold=True)

    def _say_chosen(self) -> None:
        count = len(self._lists.chosen)
        self.say(f"{count:,} row{'s' * (count != 1)} marked: x leaves them out" if count else "No row is marked")

    def action_exclude(self) -> None:
        rows = self._lists.meant
        one = len(rows) == 1
        what = f"row {rows[0]}" if one else f"{len(rows):,} rows"
        about = "It is not released; i takes it back." if one else "They are not released; i takes them back."
        form = ReasonForm(self.desk, f"Exclude {what}", about, "exclude")
        self.app.push_screen(form, partial(self._exclude, rows))

    def _exclude(self, rows: list[int], reason: str | None) -> None:
        if reason:
            self.act(
                lambda: self._imports.exclude(self._number, rows, reason),
                lambda _batch: self._changed(f"{len(rows):,} left out: {reason}"), doing="Excluding…",
            )  # fmt: skip

    def action_include(self) -> None:
        rows = self._lists.meant
        self.act(
            lambda: self._imports.include(self._number, rows),
            lambda _batch: self._changed(f"{len(rows):,} taken back"), doing="Taking back…",
        )  # fmt: skip

    # ---- the whole batch -------------------------------------------------------------------------------------------

    def action_reject(self) -> None:
        effect = "Nothing of it is placed, and the same file may be sent again. There is no way back."
        form = ReasonForm(self.desk, f"Reject batch {self._number}", effect, "reject")
        self.app.push_screen(form, self._reject)

    def _reject(self, reason: str | None) -> None:
        if reason:
            self.act(
                lambda: self._imports.reject(self._number, reason),
                lambda _batch: self._changed(f"Rejected: {reason}"), doing="Rejecting…",
            )  # fmt: skip

    # ---- leaving ---------------------------------------------------------------------------------------------------

    def action_back(self) -> None:
        if self.acting:
            self.say("Wait for the outcome", "warn")
        elif self._detail.editing:
            self._lists.rows.focus()
        elif self._release is not None:
            name, effect = self._release.leaving
            self.app.push_screen(Confirm(name, effect, "stop and leave"), self._stop_and_leave)
        else:
            self._go()

    def _stop_and_leave(self, sure: bool | None) -> None:
        if sure:
            self.action_stop()
            self._go()

    def _go(self) -> None:
        draft = self.draft()
        if draft is None:
            self.desk.drafts.drop(self.draft_name())
        else:
            self.desk.drafts.keep(self.draft_name(), draft)
        self.post_message(GoBack())

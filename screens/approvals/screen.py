"""Questions to a second person: what somebody wants to do, who, when; answered by anybody but them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Protocol

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from screens.base import BaseScreen, Desk, key
from screens.dialogs.confirm import Confirm
from screens.dialogs.reader import Reader
from screens.widgets import Column, EmptyState, PagedTable, cell, plain, words

if TYPE_CHECKING:
    from services.access.results import Question

WATCH_EVERY = 15.0
COLUMNS = (
    Column("NO", 5, right=True),
    Column("STATE", 8),
    Column("WHAT", 20, flex=True),
    Column("ASKED BY", 10),
    Column("WHEN", 12),
    Column("ANSWERED", 10, wide=True),
)
NOTHING = """Nothing waits for a second person.

What takes two is tried by one and written down here; somebody else answers.

f shows what was asked on other days, : rights says what takes two."""


class Questions(Protocol):
    """The questions that the person asked or may answer."""

    def list(self, *, old: bool = False) -> tuple[Question, ...]: ...
    def give(self, question: int) -> None: ...
    def refuse(self, question: int) -> None: ...


class ApprovalsScreen(BaseScreen):
    """The questions, and the one under the cursor in full."""

    CSS_PATH = "approvals.tcss"
    AUTO_FOCUS = "#questions"
    HELP = """A yes is for exactly what stands here, for who asked, once and within a day. Nobody answers their own
question: it ends by itself after a day. What you could not do yourself is not shown to you.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "read", "read", "All of it", show=False),
        key("y", "give", "yes", "Let who asked do exactly this, once"),
        key("n", "refuse", "no", "Say no"),
        key("f", "filter", "older", "Those of earlier days as well, or not"),
    ]

    def __init__(self, desk: Desk, approvals: Questions) -> None:
        super().__init__(desk)
        self._approvals = approvals
        self._old = False
        self._which = Static("", id="which")
        self._whole = Static("", id="whole")
        self._empty = EmptyState(NOTHING, id="nothing")
        self._table: PagedTable[Question] = PagedTable(COLUMNS, self._cells, lambda each: str(each.id), id="questions")

    @property
    def crumb(self) -> str:
        return "Approvals"

    @property
    def enter_does(self) -> str:
        return "" if self._table.current is None else "read"

    def body(self) -> ComposeResult:
        yield self._which
        yield self._table
        yield self._whole
        yield self._empty

    def on_mount(self) -> None:
        self._empty.display = False
        self.set_interval(WATCH_EVERY, self._watch)

    def _watch(self) -> None:
        if self.is_current and not self.waiting:
            self._look(quiet=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Only somebody else's open question can be answered."""
        question = self._table.current
        if action in ("give", "refuse"):
            return question is not None and question.state == "open" and not question.mine
        return True

    def look_again(self) -> None:
        self._look()

    def _look(self, *, quiet: bool = False) -> None:
        old = self._old
        self.ask(lambda: self._approvals.list(old=old), self._show, quiet=quiet)

    def _show(self, found: tuple[Question, ...]) -> None:
        self._table.fill(found)
        self._table.display = self._whole.display = bool(found)
        self._empty.display = not found
        waiting = sum(each.state == "open" and not each.mine for each in found)
        mine = sum(each.state == "open" and each.mine for each in found)
        said = f" {waiting:,} wait for you" + (f", {mine:,} of yours for somebody else" if mine else "")
        self._which.update(plain(said, "bold") + plain("   all days" if self._old else "", "$text-muted"))
        self.refresh_bindings()

    @on(PagedTable.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()
        question = self._table.current
        if question is not None:
            self._whole.update(self._in_full(question))

    def _in_full(self, question: Question) -> Content:
        if question.state == "open" and question.mine:
            after = "Your own question: somebody else who may do it answers it."
        elif question.state == "open":
            after = f"{question.asked_by} waits for your answer."
        elif question.state == "approved":
            after = f"{question.decided_by} said yes: {question.asked_by} may do it once, within the day."
        elif question.state == "refused":
            after = f"{question.decided_by} said no."
        else:
            after = "It is done." if question.state == "done" else "Nobody answered within a day."
        return Content("\n").join([plain(question.what), plain(f"{question.act}. {after}", "$text-muted")])

    # ---- keys --------------------------------------------------------------------------------------------------------

    @on(PagedTable.Opened)
    def action_read(self) -> None:
        question = self._table.current
        if question is not None:
            self.app.push_screen(Reader(f"Question {question.id}: {question.act}", question.what))

    def action_filter(self) -> None:
        self._old = not self._old
        self.look_again()

    def action_give(self) -> None:
        question = self._table.current
        if question is not None:
            effect = f"{question.asked_by} may then do exactly this, once, within a day: {question.what}"
            self.app.push_screen(Confirm("Say yes?", effect, "yes"), self._answer(question, self._approvals.give))

    def action_refuse(self) -> None:
        question = self._table.current
        if question is not None:
            effect = f"{question.asked_by} may not: {question.what}"
            self.app.push_screen(Confirm("Say no?", effect, "no"), self._answer(question, self._approvals.refuse))

    def _answer(self, question: Question, say: Callable[[int], None]) -> Callable[[bool | None], None]:
        def answered(sure: bool | None) -> None:
            if sure:
                self.act(lambda: say(question.id), lambda _: self._over(question), doing="Answering…")

        return answered

    def _over(self, question: Question) -> None:
        self.say(f"Question {question.id} is answered", "good")
        self.look_again()

    # ---- lines -------------------------------------------------------------------------------------------------------

    def _cells(self, question: Question) -> tuple[Text, ...]:
        muted = self.app.theme_variables["text-muted"]
        waits = question.state == "open" and not question.mine
        return (
            cell(question.id, right=True),
            cell(words(question.state), "" if waits else muted),
            cell(question.what, "" if question.state == "open" else muted),
            cell("you" if question.mine else question.asked_by),
            cell(f"{self.desk.local(question.asked_at):%-d %b %H:%M}", muted),
            cell(question.decided_by or "", muted),
        )

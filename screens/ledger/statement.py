"""A statement: what moved, newest recorded first, and the balance after each line."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from screens.base import BaseScreen, Desk, key
from screens.ledger.moment import WhichMoment, told
from screens.ledger.ports import Books
from screens.navigation import OpenAccount, OpenTransfer
from screens.widgets import GONE, Column, EmptyState, PagedTable, cell, money_cell, money_text, plain, words
from services.ledger.results import NOW, Clocks, Subject

if TYPE_CHECKING:
    from services.ledger.results import Statement, StatementLine

PAGE = 100
COLUMNS = (
    Column("RECORDED", 15),
    Column("COUNTS", 9),
    Column("KIND", 8, flex=True),
    Column("RECEIPT", 10, wide=True),
    Column("ACCOUNT", 9),
    Column("OTHER SIDE", 11, wide=True),
    Column("BY", 8, wide=True),
    Column("AMOUNT", 11, right=True),
    Column("AFTER", 12, right=True),
)
NOTHING = "Nothing moved here {when}.\n\nw asks about another moment."


class StatementScreen(BaseScreen):
    """Pages of legs; Enter opens the transfer behind one."""

    CSS_PATH = "ledger.tcss"
    AUTO_FOCUS = "#lines"
    HELP = """In the order in which it was recorded. COUNTS is the day it counts for, which may lie long before.
AFTER is the balance when the line had moved. An amount that lowers the balance is negative.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "open", "transfer", "The transfer behind the line under the cursor", show=False),
        key("a", "account", "account", "The account that the line is about"),
        key("w", "when", "which moment", "The same statement at another moment"),
        key("c,y", "copy", "copy", "Copy the lines shown"),
    ]

    def __init__(self, desk: Desk, ledger: Books, of: Subject, at: Clocks = NOW) -> None:
        super().__init__(desk)
        self._ledger = ledger
        self._of = of
        self._at = at
        self._next: str | None = None
        self._which = Static("", id="which")
        self._total = Static("", id="total")
        self._empty = EmptyState("", id="nothing")
        self._table: PagedTable[StatementLine] = PagedTable(COLUMNS, self._cells, _key, id="lines")

    @property
    def crumb(self) -> str:
        return words(str(self._of))

    @property
    def subject(self) -> str | None:
        line = self._table.current
        return self._of.account or (None if line is None else line.account)

    @property
    def enter_does(self) -> str:
        return "" if self._table.current is None else "transfer"

    def take_over(self, other: Self) -> bool:
        """The same statement at another moment."""
        self._turn_to(other._at if other._at != self._at else None)
        return True

    def body(self) -> ComposeResult:
        with Horizontal(id="head"):
            yield self._which
            yield self._total
        yield self._table
        yield self._empty

    def on_mount(self) -> None:
        self._empty.display = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Keys for a line need one."""
        return self._table.current is not None if action in ("open", "account", "copy") else True

    def look_again(self) -> None:
        of, at = self._of, self._at
        self.ask(lambda: self._ledger.statement(of, at, limit=PAGE), self._show)

    def _show(self, page: Statement) -> None:
        self._next = page.next
        self._table.fill(page.lines, more=page.next is not None)
        self._table.display, self._empty.display = bool(page.lines), not page.lines
        when = told(self._at, self.desk)
        self._empty.tell(NOTHING.format(when="yet" if when == "now" else when))
        self._which.update(plain(f" {words(page.of)}", "bold") + plain(f" · {when}", "$text-muted"))
        self._total.update(money_text(page.balance, "bold") + plain(f" {page.balance.currency} "))
        self.refresh_bindings()

    @on(PagedTable.NearEnd)
    def _more(self) -> None:
        of, at, after = self._of, self._at, self._next
        self.ask(lambda: self._ledger.statement(of, at, limit=PAGE, after=after), self._add, topic="next page")

    def _add(self, page: Statement) -> None:
        self._next = page.next
        self._table.extend(page.lines, more=page.next is not None)

    # ---- keys ------------------------------------------------------------------------------------------------------

    @on(PagedTable.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(PagedTable.Opened)
    def action_open(self) -> None:
        line = self._table.current
        if line is not None:
            self.post_message(OpenTransfer(str(line.transfer)))

    def action_account(self) -> None:
        number = self.subject
        if number is not None:
            self.post_message(OpenAccount(number, beside=True))

    def action_when(self) -> None:
        self.app.push_screen(WhichMoment(self.desk, self._at), self._turn_to)

    def _turn_to(self, at: Clocks | None) -> None:
        if at is not None:
            self._at = at
            self.look_again()

    def action_copy(self) -> None:
        lines = "\n".join(map(self._as_text, self._table.items))
        self.say(f"{len(self._table.items)} lines {self.desk.copy(lines)}", "good")

    # ---- a line ----------------------------------------------------------------------------------------------------

    def _cells(self, line: StatementLine) -> tuple[Text, ...]:
        alarm, muted = self.app.theme_variables["text-error"], self.app.theme_variables["text-muted"]
        return (
            cell(f"{self.desk.local(line.recorded_at):%d %b %y %H:%M}"),
            cell(f"{line.effective_on:%d %b %y}"),
            cell(f"{words(line.kind)} {words(line.reason)}" if line.reason else words(line.kind)),
            cell(line.receipt or ""),
            cell(line.account or GONE),
            cell(words(line.other) if line.other else "", muted),
            cell(line.by or GONE, muted),
            money_cell(line.amount, alarm),
            money_cell(line.after, alarm),
        )

    def _as_text(self, line: StatementLine) -> str:
        at = self.desk.local(line.recorded_at)
        parts = (line.effective_on, line.transfer, line.kind, line.receipt or "", line.account or "", line.amount,
                 line.after)  # fmt: skip
        return "\t".join((f"{at:%Y-%m-%d %H:%M:%S}", *map(str, parts)))


def _key(line: StatementLine) -> str:
    return f"{line.transfer}/{line.leg}"

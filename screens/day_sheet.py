"""What one person entered on one day, and what it adds up to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, ClassVar, Protocol

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from screens.base import BaseScreen, Desk, FormDialog, key
from screens.navigation import OpenAccount
from screens.widgets import Column, EmptyState, Entry, PagedTable, cell, money, money_cell, money_text, plain, words
from services.domain.dates import parse_date

if TYPE_CHECKING:
    from services.payments.results import DayEntry, DaySheet

COLUMNS = (
    Column("TIME", 5),
    Column("RECEIPT", 10),
    Column("ACCOUNT", 9),
    Column("DEBTOR", 12, flex=True),
    Column("METHOD", 14),
    Column("REFERENCE", 12, wide=True),
    Column("AMOUNT", 11, right=True),
)
NOTHING = """{whose} entered nothing on {day}.

‹ and › or the arrows go to another day, d names one: t, -1, 15, 21 Nov."""
NO_ENTRY_YET = "You entered nothing today, so far.\n\nF2 finds an account, p there enters a payment."


class Sheets(Protocol):
    """The part of the payment service that adds up a day."""

    def day_sheet(self, day: date | None = None, user: str | None = None) -> DaySheet: ...


class Which(FormDialog[tuple[date, str]]):
    """Asks for a day, and of those who may look at others' work, whose."""

    def __init__(self, desk: Desk, day: date, user: str) -> None:
        self._day, self._user, self._today = day, user, desk.today
        self._others = desk.session.role != "collector"
        super().__init__(desk, "Which day?", "t today, -1 yesterday, 15 the last 15th, 21 Nov, 2026-11-21", "show")

    def entries(self) -> tuple[Entry, ...]:
        day = Entry("day", "Day", required=True, check=self._echo, placeholder=self._day.isoformat(), width=16)
        user = Entry("user", "Of whom", self._user, required=True, max_length=63, width=16)
        return (day, user) if self._others else (day,)

    def _echo(self, text: str) -> str:
        return _in_full(parse_date(text, self._today, field="day"))

    def send(self) -> None:
        values = self.form.values
        self.dismiss((parse_date(values["day"], self._today, field="day"), values.get("user", self._user).lower()))


class DaySheetScreen(BaseScreen):
    """Totals by method above, the entries below; the day and the person can be changed."""

    CSS_PATH = "day_sheet.tcss"
    AUTO_FOCUS = "#entries"
    HELP = """Every payment and reversal that one person entered on one day of the agency's calendar, whatever day it
counts from. Money taken back counts negative. A line a method and currency: two currencies are never added up.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("left,comma", "go(-1)", "day before", "The day before", priority=True),
        key("right,full_stop", "go(1)", "day after", "The day after", priority=True),
        key("t", "today", "today", "Today"),
        key("d,g", "which", "which day", "Name a day, and whose sheet"),
        key("enter", "open", "account", "Open the account under the cursor", show=False),
        key("c,y", "copy", "copy", "Copy the sheet"),
    ]

    def __init__(self, desk: Desk, payments: Sheets) -> None:
        super().__init__(desk)
        self._payments = payments
        self._day = desk.today
        self._user = desk.session.user
        self._sheet: DaySheet | None = None
        self._which = Static("", id="which")
        self._total = Static("", id="total")
        self._sums = Static("", id="sums")
        self._empty = EmptyState("", id="nothing")
        self._table: PagedTable[DayEntry] = PagedTable(COLUMNS, self._cells, lambda entry: entry.receipt, id="entries")

    @property
    def crumb(self) -> str:
        return "Day sheet"

    @property
    def subject(self) -> str | None:
        entry = self._table.current
        return None if entry is None else entry.account

    @property
    def enter_does(self) -> str:
        return "" if self._table.current is None else "account"

    def body(self) -> ComposeResult:
        with Horizontal(id="head"):
            yield self._which
            yield self._total
        with Vertical(id="sheet"):
            yield self._sums
            yield self._table
        yield self._empty

    def on_mount(self) -> None:
        self._empty.display = False
        self._head()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is no day after today, and no account under the cursor of an empty sheet."""
        if action == "go" and parameters == (1,):
            return self._day < self.desk.today
        return self._table.current is not None if action == "open" else True

    def look_again(self) -> None:
        day, user = self._day, self._user
        self.ask(lambda: self._payments.day_sheet(day, user), self._show)

    def _show(self, sheet: DaySheet) -> None:
        self._sheet = sheet
        self._table.fill(sheet.entries[:500])
        found = bool(sheet.entries)
        self.query_one("#sheet").display, self._empty.display = found, not found
        mine = sheet.user == self.desk.session.user
        if mine and sheet.day == self.desk.today:
            self._empty.tell(NO_ENTRY_YET)
        else:
            self._empty.tell(NOTHING.format(whose="You" if mine else sheet.user, day=_in_full(sheet.day)))
        self._sums.update(Content("\n").join(_sums(sheet)))
        self._head()
        self.refresh_bindings()

    def _head(self) -> None:
        self._which.update(plain(f" {_in_full(self._day)}", "bold") + plain(f" · {self._user}", "$text-muted"))
        sheet = self._sheet
        if sheet is None:
            return
        count = len(sheet.entries)
        said = plain(f"{count} {'entry' if count == 1 else 'entries'} · ", "$text-muted")
        self._total.update(said + money_text(sheet.total, "bold") + plain(f" {sheet.total.currency} "))

    # ---- keys ------------------------------------------------------------------------------------------------------

    def action_go(self, days: int) -> None:
        self._turn_to(self._day + timedelta(days=days), self._user)

    def action_today(self) -> None:
        self._turn_to(self.desk.today, self._user)

    def action_which(self) -> None:
        self.app.push_screen(Which(self.desk, self._day, self._user), self._chosen)

    def _chosen(self, which: tuple[date, str] | None) -> None:
        if which is not None:
            self._turn_to(*which)

    def _turn_to(self, day: date, user: str) -> None:
        self._day, self._user = min(day, self.desk.today), user
        self._head()
        self.refresh_bindings()
        self.look_again()

    @on(PagedTable.Opened)
    def action_open(self) -> None:
        entry = self._table.current
        if entry is not None:
            self.post_message(OpenAccount(entry.account))

    def action_copy(self) -> None:
        if self._sheet is not None:
            self.say(
                f"The sheet of {_in_full(self._sheet.day)} {self.desk.copy(_as_text(self._sheet, self.desk))}", "good"
            )

    # ---- lines -----------------------------------------------------------------------------------------------------

    def _cells(self, entry: DayEntry) -> tuple[Text, ...]:
        how = f"reversal {words(entry.reason)}" if entry.reason else words(entry.method)
        return (
            cell(f"{self.desk.local(entry.recorded_at):%H:%M}"),
            cell(entry.receipt),
            cell(entry.account),
            cell(entry.debtor),
            cell(how),
            cell(entry.reference or ""),
            money_cell(entry.amount, self.app.theme_variables["text-error"]),
        )


def _in_full(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


def _sums(sheet: DaySheet) -> Iterator[Content]:
    """A line a method: count, total, and a bar for its share of what came in."""
    width = max((len(money(line.total)) for line in sheet.lines), default=0)
    most = max((line.total.minor for line in sheet.lines), default=0)
    for line in sheet.lines:
        figure = money_text(line.total)
        bar = "━" * round(20 * max(line.total.minor, 0) / most) if most > 0 else ""
        yield Content.assemble(
            plain(f" {words(line.method):<16}"),
            plain(f"{line.count:>4}  ", "$text-muted"),
            " " * (width + 2 - figure.cell_length),
            figure,
            plain(f" {line.total.currency}  ", "$text-muted"),
            plain(bar, "$text-accent"),
        )


def _as_text(sheet: DaySheet, desk: Desk) -> str:
    """The sheet for somewhere else: tabs between the cells."""
    lines = [f"Day sheet of {sheet.user}, {sheet.day}, {desk.session.agency_name}"]
    lines += [f"{words(line.method)}\t{line.count}\t{line.total}" for line in sheet.lines]
    lines += [f"total\t{len(sheet.entries)}\t{sheet.total}", ""]
    for entry in sheet.entries:
        at = desk.local(entry.recorded_at)
        parts = (
            entry.receipt,
            entry.account,
            entry.debtor,
            words(entry.method),
            entry.reference or "",
            str(entry.amount),
        )
        lines.append("\t".join((f"{at:%H:%M}", *parts)))
    return "\n".join(lines) + "\n"

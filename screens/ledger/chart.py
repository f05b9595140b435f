"""The chart of accounts: every ledger account with its balance."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from screens.base import BaseScreen, Desk, FormDialog, key
from screens.ledger.moment import WhichMoment, may_read, not_yours, told
from screens.ledger.ports import Books
from screens.navigation import OpenStatement, OpenTransfer, OpenTrust
from screens.widgets import GONE, Column, EmptyState, Entry, PagedTable, cell, money_cell, plain, words
from services.domain.numbers import parse_receipt_number
from services.ledger.results import NOW, Clocks, Subject

if TYPE_CHECKING:
    from services.ledger.results import Chart, LedgerBalance

COLUMNS = (
    Column("CLIENT", 12),
    Column("ACCOUNT", 12),
    Column("HOLDS", 14, flex=True),
    Column("SIDE", 6, wide=True),
    Column("BALANCE", 14, right=True),
    Column("", 3),
)
NOTHING = (
    "Nothing was posted yet.\n\nA released import file or a payment moves the first money. z shows empty accounts."
)


class WhichTransfer(FormDialog[str]):
    """Asks for a transfer by its number or receipt."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "Which transfer?", "Its number, or the receipt it was given", "open")

    def entries(self) -> tuple[Entry, ...]:
        return (Entry("ref", "Transfer", required=True, check=self._check, max_length=24, width=18),)

    def _check(self, text: str) -> str:
        return "" if text.isascii() and text.isdigit() else f"transfer {parse_receipt_number(text)}"

    def send(self) -> None:
        self.dismiss(self.form.values["ref"])


class LedgerScreen(BaseScreen):
    """A row a ledger account; Enter opens its statement."""

    CSS_PATH = "ledger.tcss"
    AUTO_FOCUS = "#accounts"
    HELP = """Every client has a book of eight ledger accounts. A balance counts positive on its own side: cash in
trust and what debtors owe by debits, what is held for others and earned by credits. Accounts without a balance are
hidden: z.

w asks about another moment: what counted up to a day, as it was known at a time. Both together are what a statement of
that time said.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "open", "statement", "What moved on the account under the cursor", show=False),
        key("w", "when", "which moment", "The books of another moment"),
        key("t", "trust", "trust", "What the cash in trust is held for"),
        key("x", "transfer", "transfer", "Open a transfer by its number or receipt"),
        key("z", "empty", "empty ones", "Show or hide accounts without a balance"),
    ]

    def __init__(self, desk: Desk, ledger: Books) -> None:
        super().__init__(desk)
        self._ledger = ledger
        self._at = NOW
        self._chart: Chart | None = None
        self._all = False
        self._head = Static("", id="moment")
        self._empty = EmptyState(NOTHING, id="nothing")
        self._table: PagedTable[LedgerBalance] = PagedTable(COLUMNS, self._cells, _key, id="accounts")

    @property
    def crumb(self) -> str:
        return "Ledger"

    @property
    def enter_does(self) -> str:
        return "" if self._table.current is None else "statement"

    def body(self) -> ComposeResult:
        if not may_read(self.desk.session):
            yield not_yours(self.desk.session)
            return
        with Horizontal(id="head"):
            yield self._head
        yield self._table
        yield self._empty

    def on_mount(self) -> None:
        self._empty.display = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Nothing here for those who do not read the books."""
        if action in ("when", "trust", "transfer", "empty"):
            return may_read(self.desk.session)
        return self._table.current is not None if action == "open" else True

    def look_again(self) -> None:
        if may_read(self.desk.session):
            at = self._at
            self.ask(lambda: self._ledger.accounts(at), self._show)

    def _show(self, chart: Chart) -> None:
        self._chart = chart
        rows = [each for each in chart.accounts if self._all or each.balance]
        self._table.fill(rows)
        self._table.display, self._empty.display = bool(rows), not rows
        self._head.update(plain(" Chart of accounts", "bold") + plain(f" · {told(self._at, self.desk)}", "$text-muted"))
        self.refresh_bindings()

    # ---- keys ------------------------------------------------------------------------------------------------------

    @on(PagedTable.Opened)
    def action_open(self) -> None:
        each = self._table.current
        if each is not None:
            subject = Subject(client=each.client, kind=each.kind, currency=each.balance.currency)
            self.post_message(OpenStatement(subject, self._at))

    def action_when(self) -> None:
        self.app.push_screen(WhichMoment(self.desk, self._at), self._turn_to)

    def _turn_to(self, at: Clocks | None) -> None:
        if at is not None:
            self._at = at
            self.look_again()

    def action_trust(self) -> None:
        self.post_message(OpenTrust())

    def action_transfer(self) -> None:
        self.app.push_screen(WhichTransfer(self.desk), self._go_to)

    def _go_to(self, ref: str | None) -> None:
        if ref is not None:
            self.post_message(OpenTransfer(ref))

    def action_empty(self) -> None:
        self._all = not self._all
        if self._chart is not None:
            self._show(self._chart)

    def _cells(self, each: LedgerBalance) -> tuple[Text, ...]:
        muted = self.app.theme_variables["text-muted"]
        return (
            cell(each.client or GONE),
            cell(words(each.kind)),
            cell(each.what, muted),
            cell(each.side, muted),
            money_cell(each.balance, self.app.theme_variables["text-error"]),
            cell(each.balance.currency, muted),
        )


def _key(each: LedgerBalance) -> str:
    return f"{each.client} {each.kind} {each.balance.currency}"

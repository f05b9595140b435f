"""What the cash in trust is held for, to the cent, and whether that is all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from screens.base import BaseScreen, Desk, key
from screens.ledger.moment import WhichMoment, may_read, not_yours, told
from screens.ledger.ports import Books
from screens.navigation import OpenStatement
from screens.widgets import GONE, Column, EmptyState, PagedTable, cell, money, money_cell, plain
from services.ledger.results import NOW, Clocks, Subject

if TYPE_CHECKING:
    from services.domain.money import Money
    from services.ledger.results import Trust, TrustLine

COLUMNS = (
    Column("CLIENT", 7, flex=True),
    Column("", 3),
    Column("CASH", 11, right=True),
    Column("CLIENT DUE", 10, right=True),
    Column("COMMISSION", 10, right=True),
    Column("ESCROW", 6, right=True, wide=True),
    Column("UNAPPLIED", 9, right=True),
    Column("OFF BY", 6, right=True),
)
NOTHING = "No client has a book yet.\n\nAn administrator opens one with debtflow client add."


class TrustScreen(BaseScreen):
    """One sentence, the sum in figures, and a line a client."""

    CSS_PATH = "ledger.tcss"
    AUTO_FOCUS = "#clients"
    HELP = """Cash in trust = due to clients + commission not yet drawn + escrow + unapplied, for every client and in
every currency, at any moment. Due to a client may be negative: then the client owes the agency. Enter opens the
statement of the client's trust account.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "open", "statement", "What moved on the trust account of this client", show=False),
        key("w", "when", "which moment", "The same at another moment"),
    ]

    def __init__(self, desk: Desk, ledger: Books) -> None:
        super().__init__(desk)
        self._ledger = ledger
        self._at = NOW
        self._said = Static("", id="said")
        self._sums = Static("", id="sums")
        self._empty = EmptyState(NOTHING, id="nothing")
        self._table: PagedTable[TrustLine] = PagedTable(COLUMNS, self._cells, _key, id="clients")

    @property
    def crumb(self) -> str:
        return "Trust"

    @property
    def enter_does(self) -> str:
        return "" if self._table.current is None else "statement"

    def body(self) -> ComposeResult:
        if not may_read(self.desk.session):
            yield not_yours(self.desk.session)
            return
        with Horizontal(id="head"):
            yield self._said
        yield self._sums
        yield self._table
        yield self._empty

    def on_mount(self) -> None:
        self._empty.display = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Nothing here for those who do not read the books."""
        if action == "when":
            return may_read(self.desk.session)
        return self._table.current is not None if action == "open" else True

    def look_again(self) -> None:
        if may_read(self.desk.session):
            at = self._at
            self.ask(lambda: self._ledger.trust(at), self._show)

    def _show(self, found: Trust) -> None:
        self._table.fill(found.clients)
        self._table.display, self._empty.display = bool(found.clients), not found.clients
        said = (
            plain(" ✓ Cash in trust is exactly what it is held for", "bold")
            if found.holds
            else plain(" ! Cash in trust is NOT what it is held for", "bold $text-error")
        )
        self._said.update(said + plain(f" · {told(self._at, self.desk)}", "$text-muted"))
        self._sums.update(Content("\n").join(map(_sum, found.totals)))
        self.refresh_bindings()

    @on(PagedTable.Opened)
    def action_open(self) -> None:
        line = self._table.current
        if line is not None:
            subject = Subject(client=line.client, kind="trust", currency=line.currency)
            self.post_message(OpenStatement(subject, self._at))

    def action_when(self) -> None:
        self.app.push_screen(WhichMoment(self.desk, self._at), self._turn_to)

    def _turn_to(self, at: Clocks | None) -> None:
        if at is not None:
            self._at = at
            self.look_again()

    def _cells(self, line: TrustLine) -> tuple[Text, ...]:
        alarm, muted = self.app.theme_variables["text-error"], self.app.theme_variables["text-muted"]
        return (
            cell(line.client or GONE),
            cell(line.currency, muted),
            *(
                money_cell(each, alarm)
                for each in (line.cash, line.client_due, line.commission, line.escrow, line.unapplied)
            ),
            cell(money(line.difference), alarm, right=True) if line.difference else cell("", right=True),
        )


def _sum(total: TrustLine) -> Content:
    """The equation of one currency: cash on the left, what it is held for under it, one below the other."""
    rows: tuple[tuple[str, str, Money], ...] = (
        ("cash in trust", "", total.cash),
        ("due to clients", "=", total.client_due),
        ("commission not yet drawn", "+", total.commission),
        ("escrow", "+", total.escrow),
        ("unapplied", "+", total.unapplied),
    )
    width = max(len(money(amount)) for _, _, amount in rows)
    lines = [
        plain(f"   {sign:<1} {name:<26}", "$text-muted")
        + plain(f"{money(amount):>{width}}", "bold" if not sign else "$text-error" if amount.minor < 0 else "")
        + plain(f" {total.currency}", "$text-muted")
        for name, sign, amount in rows
    ]
    if total.difference:
        lines.append(plain(f"   ! off by {money(total.difference)} {total.currency}", "bold $text-error"))
    return Content("\n").join(lines)


def _key(line: TrustLine) -> str:
    return f"{line.client} {line.currency}"

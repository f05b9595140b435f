"""One transfer: what it comes from, its legs, and its family."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.base import BaseScreen, Desk, key
from screens.ledger.ports import Books
from screens.navigation import OpenAccount, OpenBatch, OpenTransfer
from screens.widgets import GONE, Column, Facts, Heading, PagedTable, cell, money, money_cell, plain, words

if TYPE_CHECKING:
    from services.ledger.results import Relative, Source, Transfer, TransferLeg

COLUMNS = (
    Column("TRANSFER", 8, right=True),
    Column("KIND", 10, flex=True),
    Column("RECEIPT", 10),
    Column("RECORDED", 15),
    Column("BY", 8, wide=True),
    Column("REASON", 10),
    Column("AMOUNT", 11, right=True),
)


class TransferScreen(BaseScreen):
    """Facts and legs above, all that was ever done about the same money below."""

    CSS_PATH = "ledger.tcss"
    AUTO_FOCUS = "#family"
    HELP = """A leg debits one ledger account and credits another. The family is the first transfer and whatever took it
back or gave it back again; Enter goes to one of them.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "open", "that transfer", "The transfer of the family under the cursor", show=False),
        key("a", "account", "account", "The account that the money is about"),
        key("s", "source", "source", "The document it comes from: the import batch, or the account with its receipt"),
        key("c,y", "copy", "copy", "Copy the transfer's number and receipt"),
    ]

    def __init__(self, desk: Desk, ledger: Books, ref: str) -> None:
        super().__init__(desk)
        self._ledger = ledger
        self._ref = ref
        self._transfer: Transfer | None = None
        self._facts = Facts(10, id="facts")
        self._legs = Static("", id="legs")
        self._table: PagedTable[Relative] = PagedTable(COLUMNS, self._cells, lambda each: str(each.id), id="family")

    @property
    def crumb(self) -> str:
        return f"Transfer {self._ref}"

    @property
    def subject(self) -> str | None:
        return None if self._transfer is None else self._transfer.account

    @property
    def enter_does(self) -> str:
        return "" if self._other is None else "that transfer"

    @property
    def _other(self) -> Relative | None:
        """The relative under the cursor, if it is not this transfer itself."""
        each = self._table.current
        return each if self._transfer is not None and each is not None and each.id != self._transfer.id else None

    def body(self) -> ComposeResult:
        with VerticalScroll(id="picture", can_focus=False):
            yield self._facts
            yield Heading("Legs")
            yield self._legs
        yield Heading("Family")
        yield self._table

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Keys for what is shown need something shown."""
        if action == "open":
            return self._other is not None
        return self._transfer is not None if action in ("account", "source", "copy") else True

    def look_again(self) -> None:
        ref = self._ref
        self.ask(lambda: self._ledger.transfer(ref), self._show)

    def _show(self, found: Transfer) -> None:
        self._transfer = found
        recorded = f"{self.desk.local(found.recorded_at):%a %d %b %Y %H:%M:%S} by {found.by or 'the system'}"
        self._facts.show(
            (
                ("Transfer", plain(f"{found.id} · {words(found.kind)}", "bold")),
                ("Receipt", found.receipt or GONE),
                ("Account", found.account or GONE),
                ("Counts", f"{found.effective_on:%a %d %b %Y}"),
                ("Recorded", recorded),
                ("Source", plain(_sourced(found.source), "$text-accent")),
            )
        )
        self._legs.update(Content("\n").join(_legs(found.legs)))
        self._table.fill(found.family)
        at = next((place for place, each in enumerate(found.family) if each.id == found.id), 0)
        self._table.move_cursor(row=at)
        self.refresh_bindings()

    # ---- keys ------------------------------------------------------------------------------------------------------

    @on(PagedTable.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(PagedTable.Opened)
    def action_open(self) -> None:
        each = self._other
        if each is not None:
            self.post_message(OpenTransfer(str(each.id)))

    def action_account(self) -> None:
        number = self.subject
        if number is None:
            self.say("This transfer is about no account: it moved money between books")
        else:
            self.post_message(OpenAccount(number, beside=True))

    def action_source(self) -> None:
        """A batch has a screen of its own; a receipt stands among the payments of its account."""
        found = self._transfer
        batch = None if found is None else found.source.facts.get("batch")
        if isinstance(batch, int) and found is not None and found.source.kind == "import":
            self.post_message(OpenBatch(batch, beside=True))
        else:
            self.action_account()

    def action_copy(self) -> None:
        found = self._transfer
        if found is not None:
            self.say(f"Transfer {found.id} {self.desk.copy(found.receipt or str(found.id))}", "good")

    def _cells(self, each: Relative) -> tuple[Text, ...]:
        return (
            cell(each.id, right=True),
            cell(words(each.kind)),
            cell(each.receipt or ""),
            cell(f"{self.desk.local(each.recorded_at):%d %b %y %H:%M}"),
            cell(each.by or GONE),
            cell(words(each.reason) if each.reason else ""),
            money_cell(each.amount),
        )


def _sourced(source: Source) -> str:
    said = ", ".join(f"{words(name)} {value}" for name, value in source.facts.items())
    return f"{words(source.kind)} {source.ref}" + (f" · {said}" if said else "")


def _legs(legs: tuple[TransferLeg, ...]) -> Iterator[Content]:
    """A line a leg: what is debited, what is credited, how much, and of which buckets."""
    debits, credits = [words(str(leg.debit)) for leg in legs], [words(str(leg.credit)) for leg in legs]
    left, right = max(map(len, debits)), max(map(len, credits))
    width = max(len(money(leg.amount)) for leg in legs)
    for leg, debit, credit in zip(legs, debits, credits, strict=True):
        parts = ", ".join(f"{name} {money(part)}" for name, part in (leg.buckets or {}).items())
        yield Content.assemble(
            plain("  debit ", "$text-muted"), plain(f"{debit:<{left}}"), plain("  credit ", "$text-muted"),
            plain(f"{credit:<{right}}"), plain(f"  {money(leg.amount):>{width}} ", "bold"),
            plain(leg.amount.currency, "$text-muted"),
        )  # fmt: skip
        if parts:
            yield plain(f"          {parts}", "$text-muted")

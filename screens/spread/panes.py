"""How a receipt falls: a line for each account, the buckets of the one under the cursor, and the receipt itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rich.text import Text
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.widgets import GONE, Column, PagedTable, cell, money, money_cell, plain, words

if TYPE_CHECKING:
    from screens.base import Desk
    from services.domain.money import Money
    from services.receipts.results import GroupReceipt, Spread, SpreadLine


class Lines(PagedTable["SpreadLine"]):
    """The person's debts, oldest placement first; ``known`` says whether amounts are shown."""

    def __init__(self, alarm: Callable[[], str]) -> None:
        columns = (
            Column("ACCOUNT", 9), Column("CLIENT", 8), Column("OWING", 9, right=True), Column("GETS", 9, right=True),
            Column("AFTER", 9, right=True), Column("RULE", 12, flex=True), Column("PLACED", 11, wide=True),
        )  # fmt: skip
        super().__init__(columns, self._line, lambda line: line.account, id="lines")
        self._alarm = alarm
        self.known = False

    def _line(self, line: SpreadLine) -> tuple[Text, ...]:
        skipped = line.skipped is not None
        amount, after = (
            (money_cell(line.amount, ""), money_cell(line.after, "")) if line.amount else (cell(""), cell(""))
        )
        rule = line.rule if self.known or skipped else ""
        return (
            cell(line.account),
            cell(line.client),
            money_cell(line.before, ""),
            amount if self.known else cell(""),
            after if self.known else cell(""),
            cell(rule, self._alarm() if line.skipped == "disputed" else "dim" if skipped else ""),
            cell(f"{line.placed_on.day:2} {line.placed_on:%b %Y}"),
        )


class BucketsPane(Static):
    """The buckets of one account."""

    def __init__(self) -> None:
        super().__init__("", id="buckets")

    def show(self, line: SpreadLine | None, spread: Spread | None) -> None:
        """Show how it falls on the account under the cursor; without ``spread`` nothing is to fall yet."""
        self.update(Content("\n").join(_buckets(line, spread)))


def _buckets(line: SpreadLine | None, spread: Spread | None) -> Iterator[Content]:
    if line is not None:
        yield plain(f"{line.account} {line.client} · {words(line.status)}", "bold")
    if line is not None and spread is None and line.skipped is not None:
        yield plain(line.rule, "$text-muted")
    if line is not None and spread is not None:
        for part in line.allocation:
            if part.amount:
                yield plain(f"{part.bucket:<10}{money(part.before):>10}{f'− {money(part.amount)}':>12}")
        if line.unapplied:
            yield plain(f"{'unapplied':<10}{'':>10}{f'+ {money(line.unapplied)}':>12}", "bold")
        if line.allocation:
            yield plain(f"order: {line.allocation[0].rule}", "$text-muted")
        else:
            yield plain(line.rule, "$text-muted")
    if spread is not None:
        yield plain(f"spread: {spread.policy}", "$text-accent")


class GroupReceiptPane(VerticalScroll, can_focus=True):
    """What was posted."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(id="receipt")
        self._desk = desk
        self._slip = Static("")

    def compose(self) -> Iterator[Static]:
        yield self._slip

    def show(self, receipt: GroupReceipt, equal: str) -> None:
        """Show a receipt with the command that equals what was done."""
        word = "Posted before: nothing was done now" if receipt.replayed else "Posted"
        head = Content.assemble(plain(f"✓ {word}   ", "$text-accent"), plain(receipt.receipt, "bold"))
        body = [plain(line) for line in facts(receipt)]
        self._slip.update(Content("\n").join([head, *body, plain(""), plain(f"$ {equal}", "$text-muted")]))


def facts(receipt: GroupReceipt) -> Iterator[str]:
    """A receipt as plain lines."""
    how = " · ".join(filter(None, (words(receipt.method), receipt.reference)))
    yield ""
    yield f"amount     {receipt.amount}   {how}"
    yield f"effective  {receipt.effective_on:%A}, {receipt.effective_on.day} {receipt.effective_on:%b %Y}"
    yield f"spread     {receipt.policy}"
    yield f"by         {receipt.by}"
    yield ""
    width = max(len(_figure(line.amount)) for line in receipt.lines)
    for line in receipt.lines:
        after = f"owing {money(line.after)}" if line.amount else line.rule
        kept = f", {money(line.unapplied)} kept unapplied" if line.unapplied else ""
        paid = f"{_figure(line.amount):>{width}}   {line.receipt or GONE:<11}"
        yield f"{line.account:<10} {line.client:<9} {paid} {after}{kept}"


def _figure(amount: Money) -> str:
    return money(amount) if amount else GONE

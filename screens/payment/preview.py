"""How a payment would fall, as the kernel says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content
from textual.widgets import Static

from screens.widgets import money, money_text, plain, words
from services.domain.money import Money

if TYPE_CHECKING:
    from services.accounts.results import Account
    from services.payments.results import Preview

LABEL = 9
TITLES = {"before": "before", "taken": "payment", "after": "after"}


class Row(NamedTuple):
    """What a payment does to one bucket, or to all of them."""

    bucket: str
    before: Money
    taken: Money | None = None
    after: Money | None = None


class PreviewPane(Static):
    """First what is owed, then how the payment falls; dim while a newer answer is on its way."""

    def __init__(self) -> None:
        super().__init__("", id="preview")
        self._account: Account | None = None
        self._preview: Preview | None = None
        self._note: tuple[Content, ...] = ()

    def show_note(self, note: tuple[Content, ...]) -> None:
        """Show below it what else is to be known of the method chosen."""
        if note != self._note:
            self._note = note
            self.update(self._picture())

    def show_account(self, account: Account) -> None:
        """Show what is owed before anything is typed."""
        self._account = account
        self.update(self._picture())

    def show_preview(self, preview: Preview | None) -> None:
        """Show how it would fall; None where there is nothing to weigh."""
        self._preview = preview
        self.remove_class("-old")
        self.update(self._picture())

    def on_resize(self) -> None:
        self.update(self._picture())

    def _picture(self) -> Content:
        if self._account is None:
            return Content("")
        rows, total = self._rows(self._account)
        return Content("\n").join([*_table(rows, total, self.size.width), *self._words(self._account), *self._note])

    def _rows(self, account: Account) -> tuple[list[Row], Row]:
        seen = self._preview
        if seen is None or not seen.lines:
            known = dict(account.buckets.items())
            return [Row(bucket, known[bucket]) for bucket in reversed(known)], Row("owing", account.balance)
        rows = [Row(line.bucket, line.before, line.amount, line.after) for line in seen.lines]
        return rows, Row("owing", seen.before, seen.before - seen.after, seen.after)

    def _words(self, account: Account) -> Iterator[Content]:
        seen = self._preview
        held = account.held if seen is None else seen.held
        if held.minor:
            yield plain("")
            yield (plain("held      ", "$text-muted") + plain(money(held), "bold") + plain(" by a charge under way"))
        if seen is None:
            return
        if seen.unapplied.minor:
            yield plain("")
            yield plain("unapplied ", "$text-muted") + plain(f"+ {seen.unapplied}", "bold")
        if seen.outcome == "posted" and seen.status_after != account.status:
            yield plain("")
            yield plain("status    ", "$text-muted") + plain(f"{words(account.status)} → {words(seen.status_after)}")
        if seen.lines:
            yield plain("")
            yield from (plain(rule, "$text-muted") for rule in _rules(seen))


def _rules(preview: Preview) -> Iterator[str]:
    """The rule behind every line; one that is behind all of them stands once."""
    rules = dict.fromkeys(line.rule for line in preview.lines)
    for rule in rules:
        names = [line.bucket for line in preview.lines if line.rule == rule]
        whose = "order" if len(rules) == 1 else ", ".join(names)
        order, bracket, contract = rule.partition(" (")
        yield f"{whose}: {order}"
        if contract:
            yield f"       {bracket.strip()}{contract}"


def _table(rows: Sequence[Row], total: Row, room: int) -> Iterator[Content]:
    """Right-aligned columns; where they do not fit, what was owed before gives way."""
    width = max(9, *(len(money(figure)) for row in (*rows, total) for figure in row[1:] if isinstance(figure, Money)))
    columns = _columns(width, total, room)
    if len(columns) == len(TITLES):
        width = min(width + 3, (room - LABEL - 5) // 3)
    head = "".join(f" {TITLES[column]:>{width + 2 * (column == 'taken')}}" for column in columns)
    yield plain(f"{'falls on':<{LABEL}}{head}", "$text-muted")
    for row in rows:
        name = plain(f"{row.bucket:<{LABEL}}", "" if row.taken else "$text-muted")
        yield Content.assemble(name, *(_figure(row, column, width) for column in columns))
    yield plain("─" * (LABEL + len(head)), "$rule")
    name = plain(f"{total.bucket:<{LABEL}}", "bold")
    yield Content.assemble(name, *(_figure(total, column, width, "bold") for column in columns))


def _columns(width: int, total: Row, room: int) -> list[str]:
    if LABEL + 3 * (width + 1) + 2 <= room:
        return list(TITLES)
    if total.after is None:
        return ["before"]
    return ["taken", "after"] if LABEL + 2 * (width + 1) + 2 <= room else ["after"]


def _figure(row: Row, column: str, width: int, style: str = "") -> Content:
    amount: Money | None = getattr(row, column)
    if column == "taken":
        text = f"− {money(amount)}" if amount else ""
        return plain(f" {text:>{width + 2}}", style or "$text-accent")
    text = "" if amount is None else money(amount)
    dim = "$text-muted" if column == "before" or not amount else ""
    return Content(" " * (1 + width - len(text))) + (money_text(amount, style or dim) if text else Content(""))

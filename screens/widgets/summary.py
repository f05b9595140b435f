"""One account at a glance, beside a list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.widgets.panes import Fact, Facts
from screens.widgets.telling import told
from screens.widgets.text import GONE, money_text, plain, words
from services.domain.contacts import display_phone

if TYPE_CHECKING:
    from services.accounts.results import Account, AccountRow, Activity


class AccountSummary(VerticalScroll, can_focus=False):
    """First what the list knows, then the rest when it has been read."""

    def __init__(self, local: Callable[[datetime], datetime], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._local = local
        self._who = Static("", classes="name")
        self._what = Static("", classes="what")
        self._facts = Facts(11)
        self._rest = Facts(11)
        self._lately = Facts(13)

    def compose(self) -> ComposeResult:
        yield self._who
        yield self._what
        yield self._facts
        yield self._rest
        yield self._lately

    def clear(self) -> None:
        """Show nothing."""
        for part in (self._who, self._what, self._facts, self._rest, self._lately):
            part.update("")

    def begin(self, row: AccountRow) -> None:
        """Show what the list knows already."""
        self._who.update(plain(row.debtor, "bold"))
        self._what.update(plain(f"{row.number} · {row.client} · {row.external_ref}", "$text-muted"))
        self._facts.show(
            (
                ("", ""),
                ("owing", money_text(row.balance, "bold") + f" {row.balance.currency}"),
                ("status", words(row.status)),
                ("collector", row.collector or GONE),
            )
        )
        self._rest.update("")
        self._lately.update("")

    def show(self, account: Account) -> None:
        """Show the account itself."""
        facts: list[Fact] = [("", "")]
        facts += [("⚑ flag", plain(f"{words(flag.kind)}: {flag.note}", "$text-error")) for flag in account.flags]
        width = max(len(money.figures) for _, money in account.buckets.items())
        for name, amount in account.buckets.items():
            facts.append((name, plain(f"{amount.figures:>{width}}", "" if amount.minor else "$text-muted")))
        facts.append(("", ""))
        for contact in account.debtor.contacts:
            facts.append(
                (contact.kind, plain(display_phone(contact.value)) + plain(f"  {contact.label}", "$text-muted"))
            )
        self._rest.show(facts)
        self._lately.show([("", ""), *map(self._line, account.activities[:8])])

    def _line(self, entry: Activity) -> Fact:
        at = self._local(entry.at)
        kind, text = words(entry.kind), told(entry.kind, entry.text)
        what = text if text.startswith(kind) else f"{kind} {text}"
        said = Content.assemble(plain(f"{entry.by} ", "$text-muted"), plain(what))
        return f"{at.day:2} {at:%b %H:%M}", said

"""Showing what is masked for a moment: what of it, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from textual.content import Content
from textual.timer import Timer

from screens.account.charging import ChargingAccount
from screens.account.ports import AccountBook, ChargeBook
from screens.base import Desk, FormDialog, whose
from screens.widgets import Entry, plain
from services.domain.contacts import display_phone

if TYPE_CHECKING:
    from services.access import Session
    from services.accounts.results import Account, Revealed

SHOWN_FOR: Final = 30.0
"""Seconds after which it is hidden again by itself."""
MOST: Final = 4
LABELS: Final = {
    "phone": "Phone", "email": "E-mail", "address": "Address", "ssn": "SSN, last 4", "bank": "Bank transfers",
}  # fmt: skip


class RevealForm(FormDialog["Revealed"]):
    """Gives what was revealed; keeps nothing of it."""

    def __init__(self, desk: Desk, book: AccountBook, account: Account) -> None:
        self._book = book
        self._account = account
        about = "Shown for half a minute. Who looked, at what and why is written down."
        super().__init__(desk, f"Show what is hidden of {account.number}", about, "show")

    def entries(self) -> tuple[Entry, ...]:
        offered = revealable(self.desk.session, self._account)
        return (
            Entry("field", "What", codes=offered, check=LABELS.__getitem__),
            Entry("reason", "Why", required=True, max_length=400, placeholder="checks who is calling"),
        )

    def send(self) -> None:
        number, field, reason = self._account.number, self.form["field"].value, self.form["reason"].value
        self.act(lambda: self._book.reveal(number, field, reason), self._seen, doing="Asking…")

    def _seen(self, revealed: Revealed) -> None:
        self.dismiss(revealed)


class RevealingAccount(ChargingAccount):
    """The part of the account screen that shows what is masked, and sees to it that it does not stay."""

    def __init__(self, desk: Desk, accounts: AccountBook, number: str, charges: ChargeBook | None) -> None:
        super().__init__(desk, number, charges)
        self._book = accounts
        self._account: Account | None = None
        self._hiding: Timer | None = None

    def on_screen_suspend(self) -> None:
        """Whoever goes on to something else leaves nothing shown behind it."""
        self._hide()

    def action_reveal(self) -> None:
        account = self._account
        if account is None:
            return
        masked = account.debtor.masked
        if not masked:
            self.say("Nothing of this account is hidden from you")
        elif not revealable(self.desk.session, account):
            said = whose(self.desk.session, f"reveal.{masked[0]}")
            self.say("A {role} is not shown this. {who}".format(**said), "warn")
        else:
            self.app.push_screen(RevealForm(self.desk, self._book, account), self._show_revealed)

    def action_back(self) -> None:
        if self._head.reveals:
            self._hide()
        else:
            super().action_back()

    def _show_revealed(self, seen: Revealed | None) -> None:
        if seen is not None:
            self._head.show_revealed(list(revealed_lines(seen)))
            self._hiding = self.set_timer(SHOWN_FOR, self._hide)

    def _hide(self) -> None:
        self._head.show_revealed(())
        if self._hiding is not None:
            self._hiding.stop()


def revealable(session: Session, account: Account) -> tuple[str, ...]:
    """What of this account this person sees masked and may have shown."""
    return tuple(field for field in account.debtor.masked if session.may(f"reveal.{field}"))


def revealed_lines(seen: Revealed) -> Iterator[Content]:
    """The values, one a line, the last one saying how to hide them."""
    label = LABELS[seen.field]
    if not seen.values:
        yield plain(f" {label}: nothing is known", "bold")
        return
    for of, value in seen.values[:MOST]:
        text = display_phone(value) if seen.field == "phone" else value
        yield plain(f" {label}: {text}", "bold") + plain(f"  {of}" if of else "", "$text-muted")
    more = len(seen.values) - MOST
    also = f"{more} more: debtflow account reveal · " if more > 0 else ""
    yield plain(f" {also}hidden again in half a minute, or with Esc · {seen.left} more within 24 hours", "$text-muted")

"""The lower half of an account: one list at a time, each a table of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING

from rich.text import Text

from screens.account.head import shown_contact
from screens.widgets import GONE, Column, PagedTable, cell, money_cell, told, words

if TYPE_CHECKING:
    from services.accounts.results import Activity, Contact, OtherDebt, PaymentRow, Posting

VIEWS = ("timeline", "payments", "postings", "contacts", "others", "charges", "methods")
TITLES = {
    "timeline": "Timeline",
    "payments": "Payments",
    "postings": "Postings",
    "contacts": "Contacts",
    "others": "Other debts of this person",
    "charges": "Charges and payment links · u: saved methods",
    "methods": "Saved methods · x removes · u: charges",
}
NOTHING = {
    "timeline": "Nothing has happened on this account yet. n writes a note, c records a call.",
    "payments": "No payment yet. p enters one.",
    "postings": "No movement of this figure yet.",
    "contacts": "No way to reach this person is known. a adds one.",
    "others": "No other debt of this person is known here.",
    "charges": "Nothing was charged here yet. p, then Card, charges a saved method or makes a payment link.",
    "methods": "No method is saved. A payment link keeps the one it is paid with: p, then Card.",
}

Local = Callable[[datetime], datetime]
Alarm = Callable[[], str]


def _day(on: date) -> str:
    return f"{on.day:2} {on:%b %Y}"


class Timeline(PagedTable["Activity"]):
    """What happened, newest first."""

    def __init__(self, local: Local, alarm: Alarm) -> None:
        columns = (Column("WHEN", 12), Column("WHO", 8), Column("WHAT", 10), Column("", 20, flex=True))
        super().__init__(columns, self._line, lambda entry: str(entry.id), id="timeline")
        self._local = local
        self._alarm = alarm

    def _line(self, entry: Activity) -> tuple[Text, ...]:
        at = self._local(entry.at)
        outcome = f"{words(entry.outcome)}: " if entry.outcome else ""
        text = f"{outcome}{told(entry.kind, entry.text)}".removesuffix(": ")
        style = self._alarm() if entry.kind in ("reversal", "flag") else ""
        receipt = f"{entry.receipt}  " if entry.receipt else ""
        return cell(f"{at.day:2} {at:%b %H:%M}"), cell(entry.by), cell(words(entry.kind), style), cell(receipt + text)


class Payments(PagedTable["PaymentRow"]):
    """Payments and what was taken back, as families."""

    def __init__(self, alarm: Alarm) -> None:
        columns = (
            Column("EFFECTIVE", 11), Column("RECEIPT", 11), Column("METHOD", 14), Column("REFERENCE", 9, flex=True),
            Column("BY", 7, wide=True), Column("AMOUNT", 10, right=True),
        )  # fmt: skip
        super().__init__(columns, self._line, lambda row: row.receipt, id="payments")
        self._alarm = alarm

    def _line(self, row: PaymentRow) -> tuple[Text, ...]:
        alarm = self._alarm() if row.reverses or row.reversed_by or row.returned else ""
        told = words(row.reason or "reversed") if alarm else row.reference or ""
        family = f"{told}: {row.reverses or row.reversed_by}" if alarm else told
        if row.returned and not row.reversed_by:
            family = f"returned: {row.returned.figures}"
        return (
            cell(_day(row.effective_on)),
            cell(row.receipt),
            cell(words(row.method)),
            cell(family, alarm),
            cell(row.by),
            money_cell(row.amount, self._alarm()),
        )


class Postings(PagedTable["Posting"]):
    """Every movement behind a figure, with the figure after it."""

    def __init__(self, alarm: Alarm) -> None:
        columns = (
            Column("EFFECTIVE", 11), Column("WHAT", 10, flex=True), Column("RECEIPT", 11), Column("BUCKET", 9),
            Column("AMOUNT", 11, right=True), Column("AFTER", 11, right=True),
        )  # fmt: skip
        super().__init__(columns, self._line, _posting_key, id="postings")
        self._alarm = alarm

    def _line(self, row: Posting) -> tuple[Text, ...]:
        return (
            cell(_day(row.effective_on)),
            cell(words(row.kind)),
            cell(row.receipt or GONE),
            cell(row.bucket),
            money_cell(row.amount, self._alarm()),
            money_cell(row.running, self._alarm()),
        )


def _posting_key(row: Posting) -> str:
    return f"{row.recorded_at.isoformat()} {row.receipt} {row.bucket} {row.amount.minor}"


class Contacts(PagedTable["Contact"]):
    """Ways to reach the person."""

    def __init__(self) -> None:
        columns = (Column("KIND", 9), Column("", 30, flex=True), Column("LABEL", 14), Column("FIRST", 5))
        super().__init__(columns, self._line, lambda row: str(row.id), id="contacts")

    def _line(self, row: Contact) -> tuple[Text, ...]:
        return cell(row.kind), cell(shown_contact(row)), cell(row.label), cell("yes" if row.primary else "")


class Others(PagedTable["OtherDebt"]):
    """The person's other debts; those of others show no amount."""

    def __init__(self, alarm: Alarm) -> None:
        columns = (
            Column("ACCOUNT", 10), Column("CLIENT", 12, flex=True), Column("STATUS", 14), Column("COLLECTOR", 10),
            Column("OWING", 11, right=True),
        )  # fmt: skip
        super().__init__(columns, self._line, lambda row: row.number, id="others")
        self._alarm = alarm

    def _line(self, row: OtherDebt) -> tuple[Text, ...]:
        return (
            cell(row.number),
            cell(row.client),
            cell(words(row.status)),
            cell(row.collector or GONE),
            money_cell(row.balance, self._alarm()),
        )

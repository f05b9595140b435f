"""Charges under way and past, and the methods that the debtor saved: two lists of the account screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING

from rich.text import Text
from textual.content import Content

from screens.widgets import GONE, Column, PagedTable, cell, money, money_cell, plain, words
from screens.widgets.reasons import why
from screens.widgets.saved import has_expired

if TYPE_CHECKING:
    from services.charges.results import Charge, RefundUnderWay, SavedMethod

OPEN = frozenset({"pending", "unknown", "processing"})
"""States in which the amount is held."""
TROUBLE = frozenset({"unknown", "failed"})


class Charges(PagedTable["Charge"]):
    """Newest first; what is not decided yet says so."""

    def __init__(self, local: Callable[[datetime], datetime], alarm: Callable[[], str]) -> None:
        columns = (
            Column("STARTED", 12), Column("WITH", 16), Column("STATE", 13), Column("", 11, flex=True),
            Column("BY", 7, wide=True), Column("AMOUNT", 10, right=True),
        )  # fmt: skip
        super().__init__(columns, self._line, lambda charge: str(charge.id), id="charges")
        self._local = local
        self._alarm = alarm

    def _line(self, charge: Charge) -> tuple[Text, ...]:
        at = self._local(charge.started_at)
        return (
            cell(f"{at.day:2} {at:%b %H:%M}"),
            cell(charge.shown),
            cell(state_of(charge), self._alarm() if charge.state in TROUBLE else ""),
            cell(" ".join(_outcome(charge))),
            cell(charge.by),
            money_cell(charge.amount),
        )


class Methods(PagedTable["SavedMethod"]):
    """What the debtor left for later charges."""

    def __init__(self, today: Callable[[], date], alarm: Callable[[], str]) -> None:
        columns = (Column("KIND", 16), Column("BRAND", 12, flex=True), Column("LAST 4", 8), Column("EXPIRES", 14),
                   Column("SAVED", 12))  # fmt: skip
        super().__init__(columns, self._line, lambda method: str(method.id), id="methods")
        self._today = today
        self._alarm = alarm

    def _line(self, method: SavedMethod) -> tuple[Text, ...]:
        over = has_expired(method.expires, self._today())
        good = GONE if method.expires is None else f"{method.expires}{' expired' if over else ''}"
        return (
            cell(words(method.kind)),
            cell(method.brand),
            cell(method.last4),
            cell(good, self._alarm() if over else ""),
            cell(f"{method.added_on.day:2} {method.added_on:%b %Y}"),
        )


def _outcome(charge: Charge) -> Iterator[str]:
    if charge.receipt:
        yield charge.receipt
    if charge.reason and charge.state != "unknown":
        yield why(charge.reason)
    elif charge.state in OPEN:
        yield "held"


def state_of(charge: Charge) -> str:
    """A charge's state in a word or two."""
    if charge.kind == "link" and charge.state == "pending":
        return "open"
    return {"pending": "being charged", "processing": "at the bank"}.get(charge.state, words(charge.state))


def held_lines(charges: Iterable[Charge], local: Callable[[datetime], datetime], today: date) -> list[Content]:
    """What everybody must know before taking money here: what is held, and by what."""
    return [_held(charge, _since(local(charge.started_at), today)) for charge in charges if charge.state in OPEN]


def _held(charge: Charge, when: str) -> Content:
    what = f"{money(charge.amount)} held, {charge.shown} {state_of(charge)} since {when}  (u)"
    if charge.state == "unknown":
        # What must not be done comes first: a long name behind it may be cut.
        return plain(f" ◌ Do NOT charge again: {what}", "bold $text-error")
    return plain(f" ◌ {what}", "$text-accent")


def refund_lines(
    refunds: Iterable[RefundUnderWay], local: Callable[[datetime], datetime], today: date
) -> list[Content]:
    """What is on its way back to the debtor and not confirmed yet, so that nobody gives it back again."""
    return [_on_its_way(refund, _since(local(refund.started_at), today)) for refund in refunds]


def _on_its_way(refund: RefundUnderWay, when: str) -> Content:
    to = "" if refund.shown == "link" else f" to {refund.shown}"
    if refund.state == "unknown":
        return plain(
            f" ◌ Do NOT refund again: {money(refund.amount)} may be on its way{to}, {when}", "bold $text-error"
        )
    return plain(f" ◌ {money(refund.amount)} on its way back{to} since {when}, for {refund.of}", "$text-accent")


def _since(since: datetime, today: date) -> str:
    return f"{since:%H:%M}" if since.date() == today else f"{since.day} {since:%b}"


def methods_fact(methods: Iterable[SavedMethod], today: date) -> Content | None:
    """The saved methods on one line, None where there are none."""
    shown = [
        f"{method.brand} ···{method.last4}{' (expired)' if has_expired(method.expires, today) else ''}"
        for method in methods
    ]
    if not shown:
        return None
    more = f"  +{len(shown) - 1} more" if len(shown) > 1 else ""
    return plain(shown[0]) + plain(more, "$text-muted")

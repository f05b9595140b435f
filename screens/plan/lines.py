"""Plans, promises and offers as lines to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rich.text import Text
from textual.content import Content

from screens.widgets import Column, PagedTable, cell, day, money, money_cell, plain, told, words
from services.domain.money import Money

if TYPE_CHECKING:
    from services.plans.results import Instalment, Offer, Outlook, Plan, Promise

ALARM = ("late", "declined", "refused")
OTHERS, MOST = 68, 48
"""Cells that the columns beside the bars take, and the longest bar."""


def summary(seen: Outlook, *, keys: bool = True) -> Iterator[Content]:
    """One line each: the plan, the promise, the offer; with the ``keys`` that begin one, for who may."""
    hints = (" (n makes one)", " (p takes one)", " (o makes one)") if keys else ("", "", "")
    yield _label("Plan") + _plan(seen.plan, hints[0])
    yield _label("Promise") + _promise(seen.promises[0] if seen.promises else None, hints[1])
    yield _label("Offer") + _offer(seen.offers[0] if seen.offers else None, seen.floor_bp, hints[2])


def _label(name: str) -> Content:
    return plain(f" {name:<9}", "$text-muted")


def _plan(plan: Plan | None, hint: str) -> Content:
    if plan is None:
        return plain(f"none{hint}", "$text-muted")
    if plan.state == "held":
        release = plain("  (h releases it)" if hint else "", "$text-muted")
        return plain(f"held: {told('plan', plan.reason)}", "$text-error") + release
    if plan.state == "done":
        return plain("done, everything is paid", "bold")
    track = plain("on track", "bold") if plan.on_track else plain("behind", "$text-error")
    coming = f" · next {day(plan.next.due_on)} {money(plan.next.rest)}" if plan.next else ""
    how = "by hand" if plan.method_id is None else "charged"
    return (
        track + plain(coming) + plain(f" · {words(plan.every)}, {how}, {plan.grace_days} days of grace", "$text-muted")
    )


def _promise(promise: Promise | None, hint: str) -> Content:
    if promise is None:
        return plain(f"none{hint}", "$text-muted")
    part = next((each for each in promise.parts if each.state != "kept"), promise.parts[-1])
    amount = money(promise.amount) if promise.amount else "a payment"
    more = f", {words(promise.every)}, {part.no} of {promise.times}" if promise.times > 1 else ""
    said = plain(f"{amount} for {day(part.due_on)}{more} · ")
    state = plain(promise.state, "$text-error" if promise.state == "broken" else "bold")
    paid = f" · {money(part.paid)} paid" if part.paid and promise.state == "open" else ""
    return said + state + plain(f"{paid} · {promise.by}", "$text-muted")


def _offer(offer: Offer | None, floor_bp: int | None, hint: str) -> Content:
    floor = "no floor in the contract" if floor_bp is None else f"floor {floor_bp / 100:.2f} %"
    if offer is None:
        return plain(f"none{hint} · {floor}", "$text-muted")
    to_pay = f"{money(offer.left)} of " if offer.state == "open" and offer.paid else ""
    said = plain(f"{to_pay}{money(offer.amount)} until {day(offer.expires_on)} · ")
    state = plain("paid, about to be completed" if offer.state == "met" else offer.state, "bold")
    gone = f" · {money(offer.written_off)} written off" if offer.written_off else ""
    yes = " · accepted" if offer.accepted_at and offer.state == "open" else ""
    return said + state + plain(f"{yes} · for {money(offer.owing)}{gone} · {floor}", "$text-muted")


class Schedule(PagedTable["Instalment"]):
    """The instalments, and beside them what is left to pay after each, as a bar that shrinks, or why one failed."""

    def __init__(self, alarm: Callable[[], str]) -> None:
        columns = (
            Column("NO", 3, right=True), Column("DUE", 11), Column("AMOUNT", 9, right=True),
            Column("PAID", 8, right=True), Column("STATE", 9), Column("LEFT AFTER", 10, right=True),
            Column("", 6, flex=True),
        )  # fmt: skip
        super().__init__(columns, self._line, lambda line: str(line.no), id="schedule")
        self._alarm = alarm
        self._after: dict[int, Money] = {}
        self._most = 0

    def show(self, plan: Plan | None) -> None:
        """Show a plan's instalments, or none."""
        lines = plan.instalments if plan else ()
        left = self._most = sum(line.amount.minor for line in lines)
        for line in lines:
            left -= line.amount.minor
            self._after[line.no] = Money(left, line.amount.currency)
        self.fill(lines)

    def _line(self, line: Instalment) -> tuple[Text, ...]:
        alarm = self._alarm() if line.state in ALARM else ""
        after = self._after.get(line.no, line.amount)
        length = bar(after.minor, self._most, min(max(6, self.size.width - OTHERS), MOST))
        return (
            cell(str(line.no), right=True),
            cell(day(line.due_on)),
            money_cell(line.amount),
            money_cell(line.paid),
            cell(line.state, alarm),
            money_cell(after),
            cell(told("plan", line.told), alarm) if line.told else cell(length),
        )


def bar(part: int, whole: int, room: int) -> str:
    """A share of the whole in so many block characters, fine to an eighth; something left is never nothing to see."""
    eighths = round(room * 8 * part / whole) if whole else 0
    full, rest = divmod(max(eighths, 1 if part else 0), 8)
    return "█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")

"""Where a charge stands, in words for somebody who has the payer on the phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from screens.widgets.reasons import what_next, why

if TYPE_CHECKING:
    from screens.base import Desk
    from services.charges.results import Charge

OPEN = frozenset({"pending", "unknown", "processing"})


@dataclass(frozen=True, slots=True)
class Told:
    """A mark that can be told apart without colour, one word, what it means, and what to do."""

    mark: str
    word: str
    means: str
    do: str
    alarm: bool = False


def told(charge: Charge, desk: Desk) -> Told:
    """What a charge's state means and what to do about it."""
    if charge.kind == "link" and charge.state == "pending":
        return _link(charge, desk)
    return _DECIDED.get(charge.state, _open)(charge)


def is_open(charge: Charge) -> bool:
    """Whether it can still be paid or is not decided yet."""
    return charge.state in OPEN


def next_ask(charge: Charge, desk: Desk) -> str:
    """When the provider is asked again, in words."""
    if charge.next_ask_at is None:
        return ""
    left = charge.next_ask_at - desk.now()
    at = f"{desk.local(charge.next_ask_at):%H:%M:%S}"
    return f"{at}, {in_words(left)}" if left > timedelta(0) else f"{at}, as soon as the worker runs"


def time_left(until: datetime, desk: Desk) -> str:
    """How long it is still open, in words."""
    left = until - desk.now()
    return f"{in_words(left).removeprefix('in ')} left" if left > timedelta(0) else "time is up"


def in_words(left: timedelta) -> str:
    """A span as people say it, never longer than it is."""
    seconds = int(left.total_seconds())
    if seconds < 60:
        return "in less than a minute"
    minutes = seconds // 60
    if minutes < 60:
        return f"in {minutes} minute{'s' * (minutes > 1)}"
    hours, minutes = divmod(minutes, 60)
    rest = f" {minutes} min" if minutes else ""
    return f"in {hours} hour{'s' * (hours > 1)}{rest}"


def _link(charge: Charge, desk: Desk) -> Told:
    over = charge.expires_at is not None and charge.expires_at <= desk.now()
    if over:
        return Told("◌", "Time is up", "Nobody has paid it yet; the provider is asked a last time.", _HANDS_OFF)
    means = f"Nobody has paid it yet. {charge.amount} are held for it."
    do = "c copies it, q shows it as a QR code, s spells it. x takes it back and frees the amount."
    if charge.reason:
        means = f"A try did not go through: {why(charge.reason)}. It is still open; {charge.amount} are held."
    return Told("○", "Waiting to be paid", means, do)


_HANDS_OFF = "Do not charge again."


def _open(charge: Charge) -> Told:
    return Told("◌", "Being charged", f"The provider is asked. {charge.amount} are held.", _HANDS_OFF)


def _unknown(charge: Charge) -> Told:
    if charge.reason == "mismatch":
        taken = charge.told or "something else"
        said = f"The provider took {taken} where {charge.amount} were asked for. Nothing is posted."
        return Told("!", "To be looked at", said, what_next(charge.reason), alarm=True)
    means = "The provider did not answer: it may be paid or not. DebtFlow keeps asking."
    return Told("?", "Not known yet", means, f"Do NOT charge again; {charge.amount} are held.", alarm=True)


def _processing(charge: Charge) -> Told:
    if charge.method == "us_bank_account":
        means = f"Counts when the bank confirms, in about 4 days. {charge.amount} are held until then."
        return Told(
            "◌", "At the bank", means, "The bank can still refuse it; the account will say so. Do not charge again."
        )
    means = f"Counts when the provider confirms. {charge.amount} are held until then."
    return Told("◌", "Under way", means, _HANDS_OFF)


def _posted(charge: Charge) -> Told:
    note = f" But: {why(charge.reason)}." if charge.reason else ""
    do = what_next(charge.reason) if charge.reason == "taken_twice" else ""
    word = f"Paid {charge.receipt or ''}".rstrip()
    return Told("✓", word, f"{charge.amount} are posted.{note}", do, alarm=bool(charge.reason) and not charge.late)


def _failed(charge: Charge) -> Told:
    said = why(charge.reason)
    do = f"{what_next(charge.reason)} p opens the payment again."
    return Told("✗", "Not paid", f"{said[:1].upper()}{said[1:]}. Nothing is held.", do, alarm=True)


def _expired(_charge: Charge) -> Told:
    return Told("✗", "Expired", "Nobody paid it in time. Nothing was taken, nothing is held.", "p makes a new one.")


def _canceled(_charge: Charge) -> Told:
    return Told("✗", "Taken back", "Nothing was taken, nothing is held.", "p charges in another way.")


_DECIDED = {
    "unknown": _unknown,
    "processing": _processing,
    "posted": _posted,
    "failed": _failed,
    "expired": _expired,
    "canceled": _canceled,
}

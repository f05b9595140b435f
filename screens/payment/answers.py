"""What an answer to a payment means to the person who entered it, and where to go to put it right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from screens.widgets import Tone, words
from services.errors import Busy, DebtFlowError, Misconfigured, Refused, Stale, Unreachable
from services.gateways.base import ProviderUnavailable

if TYPE_CHECKING:
    from screens.base import Desk
    from services.payments.results import Earlier, Preview

_FIELD = {
    "overpayment": "amount",
    "currency": "amount",
    "future_date": "effective",
    "before_placement": "effective",
    "no_contract": "effective",
    "declined": "saved",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say, how loud, and the field that it is about, if it is about one."""

    text: str
    tone: Tone
    field: str | None = None


NOT_SET_UP = Answer("Cards and bank debits are not set up here. Choose another method.", "warn")


def refused(error: DebtFlowError, desk: Desk) -> Answer | None:
    """The answer to a payment that was not posted; None for what needs more than words."""
    if isinstance(error, Busy):
        return Answer(_busy(error, desk), "warn")
    if isinstance(error, Misconfigured):
        return NOT_SET_UP
    if isinstance(error, ProviderUnavailable) and not error.sent:
        return Answer(f"{sentence(error.message)} Nothing was sent: what you typed stays.", "warn")
    if isinstance(error, Unreachable | ProviderUnavailable):
        return Answer("No answer: it may be posted or not. Enter again is safe: it posts once.", "error")
    if isinstance(error, Stale):
        return Answer("The account has moved since you looked. The figures are new now: Enter posts.", "warn")
    if not isinstance(error, Refused):
        return None
    if error.rule == "submission_conflict":
        return Answer("What you sent before was posted after all: look at the account before you send this.", "warn")
    return Answer(_because(error.message, _hint(error.rule, error.hint)), "error", _FIELD.get(error.rule or ""))


def weighed(preview: Preview, desk: Desk, *, charging: bool = False) -> Answer | None:
    """What the preview has to say before anything is sent; what is charged leaves no rest to keep."""
    if preview.earlier is not None and preview.outcome in ("posted", "duplicate"):
        return Answer(twice(preview.earlier, desk), "warn")
    if preview.outcome == "posted" or preview.message is None:
        return None
    hint = _hint(preview.outcome, preview.hint)
    return Answer(_because(preview.message, hint and hint.partition(", or F6")[0] if charging else hint), "error")


def twice(earlier: Earlier, desk: Desk) -> str:
    """The same amount was taken a short while ago."""
    how = " ".join(filter(None, (words(earlier.method), earlier.reference)))
    ago = int((desk.now() - earlier.recorded_at).total_seconds()) // 60
    when = f"{ago // 60} h" if ago >= 60 else f"{max(ago, 1)} min"
    return f"Same amount {when} ago by {earlier.by} ({earlier.receipt}, {how})."


def _busy(error: Busy, desk: Desk) -> str:
    if error.holder is None or error.since is None:
        return f"{sentence(error.message)} Nothing was written: Enter tries again."
    since = desk.local(error.since)
    return f"{error.holder} has held this account since {since:%H:%M:%S}. Nothing is posted: Enter tries again."


def _hint(rule: str | None, hint: str | None) -> str | None:
    """A hint in the words of this screen where the service speaks of options."""
    if rule == "overpayment" and hint and "unapplied" in hint:
        return f"{hint.partition(', or ')[0]}, or F6 keeps the rest unapplied"
    return hint


def _because(message: str, hint: str | None) -> str:
    return f"{sentence(message)}{f' {sentence(hint)}' if hint else ''}"


def sentence(text: str) -> str:
    """With a capital and one full stop."""
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."

"""When the provider says no, or cannot be asked: why, in words, and what to offer the person instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens.payment.answers import Answer
from screens.widgets.reasons import what_next, why
from services.errors import Refused

if TYPE_CHECKING:
    from screens.base import Desk
    from services.charges.results import Breaker, Charge


class Declined(Refused):
    """A charge that came to nothing: nothing was taken, nothing is held."""

    def __init__(self, charge: Charge) -> None:
        said = f"not paid by {charge.shown}: {why(charge.reason)}"
        super().__init__(said, rule="declined", hint=what_next(charge.reason))


def not_now(breaker: Breaker | None, desk: Desk) -> Answer | None:
    """Why there is no use in asking the provider now; None where it can be asked."""
    if breaker is None or breaker.state == "closed":
        return None
    again = breaker.next_try_at
    if again is None or again <= desk.now():
        return None
    when = f"Try again at {desk.local(again):%H:%M:%S}, or take a check or a bank transfer."
    return Answer(f"The provider does not answer: nothing was sent, what you typed stays. {when}", "warn")

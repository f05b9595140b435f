"""What a payment form opens with: what the command line gave, else what was typed here before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from screens.base import Drafts
from screens.payment.answers import Answer
from screens.payment.attempt import Attempt
from screens.payment.fields import method_meant
from screens.payment.saved import is_charge
from services.errors import BadInput
from services.gateways.base import KINDS

BACK = Answer("What you typed here last time is back. ^Z clears it.", "plain")
BACK_IN_DOUBT = Answer("The last try had no answer: Enter again is safe, it posts once. ^Z clears it.", "warn")
LOOK_FIRST = Answer("An earlier try here had no answer: look at the account's payments first.", "warn")


@dataclass(frozen=True)
class Opening:
    """First values of the fields, the attempt that they belong to, and what to say about them."""

    values: Mapping[str, str]
    attempt: Attempt = field(default_factory=Attempt)
    word: Answer | None = None
    wish: str | None = None
    """A saved method as it was typed, to be found once the debtor's are known."""

    @property
    def first_field(self) -> str:
        """Where to begin: at the end, where all that had to be typed is there already."""
        if not self.values.get("amount") or not self.values.get("method"):
            return "amount"
        return "saved" if is_charge(self.values["method"]) else "payer"


def opening(drafts: Drafts, name: str, given: Mapping[str, str]) -> Opening:
    """Values given by the command line come before a draft; a method that is none may be a saved one."""
    values = {field: text for field, text in given.items() if text}
    draft = drafts.recall(name) or {}
    if draft and not values:
        attempt = Attempt.resumed(draft)
        return Opening(draft, attempt, BACK_IN_DOUBT if attempt.in_doubt else BACK)
    word = LOOK_FIRST if draft.get("in_doubt") else None
    wish = None
    if "method" in values:
        try:
            values["method"] = method_meant(values["method"])
        except BadInput:
            # It may be a saved method, whose last digits the command line takes for a reference.
            wish = " ".join(filter(None, (values["method"], values.pop("reference", None))))
            values["method"] = KINDS[0]
    return Opening(values, word=word, wish=wish)

"""What a payment form opens with: what the command line gave, else what was typed here before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from screens.base import Drafts
from screens.payment.answers import Answer
from screens.payment.attempt import Attempt
from screens.payment.fields import method_meant
from services.errors import BadInput

BACK = Answer("What you typed here last time is back. ^Z clears it.", "plain")
BACK_IN_DOUBT = Answer("The last try had no answer: Enter again is safe, it posts once. ^Z clears it.", "warn")
LOOK_FIRST = Answer("An earlier try here had no answer: look at the account's payments first.", "warn")


@dataclass(frozen=True)
class Opening:
    """First values of the fields, the attempt that they belong to, and what to say about them."""

    values: Mapping[str, str]
    attempt: Attempt = field(default_factory=Attempt)
    word: Answer | None = None

    @property
    def first_field(self) -> str:
        """Where to begin: at the end, where all that had to be typed is there already."""
        return "payer" if self.values.get("amount") and self.values.get("method") else "amount"


def opening(drafts: Drafts, name: str, given: Mapping[str, str]) -> Opening:
    """Values given by the command line come before a draft; a method that is none is said and left out."""
    values = {field: text for field, text in given.items() if text}
    draft = drafts.recall(name) or {}
    if draft and not values:
        attempt = Attempt.resumed(draft)
        return Opening(draft, attempt, BACK_IN_DOUBT if attempt.in_doubt else BACK)
    word = LOOK_FIRST if draft.get("in_doubt") else None
    try:
        if "method" in values:
            values["method"] = method_meant(values["method"])
    except BadInput as error:
        del values["method"]
        word = Answer(error.message, "error")
    return Opening(values, word=word)

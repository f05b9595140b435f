"""One submission, from the first key to a definite answer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from services.errors import BadInput, DebtFlowError, NotAllowed, NotFound, Refused, Stale, Unreachable
from services.gateways.base import ProviderUnavailable

DEFINITE = (BadInput, NotAllowed, NotFound, Refused, Stale)
"""Answers after which nothing was taken; a session that ended meanwhile says nothing of a charge that was sent."""


@dataclass
class Attempt:
    """``submission`` is made before anything is sent and kept while the outcome is open: so a repeat posts once."""

    submission: UUID = field(default_factory=uuid4)
    in_doubt: bool = False
    overpayment: str = "refuse"
    allow_duplicate: bool = False

    @classmethod
    def resumed(cls, draft: Mapping[str, str]) -> Attempt:
        """The attempt that a draft belongs to."""
        attempt = cls(in_doubt=draft.get("in_doubt") == "yes", overpayment=draft.get("overpayment", "refuse"))
        with suppress(ValueError):
            attempt.submission = UUID(draft.get("submission", ""))
        return attempt

    def draft(self) -> dict[str, str]:
        """What a draft has to remember of it."""
        doubt = "yes" if self.in_doubt else ""
        return {"submission": str(self.submission), "in_doubt": doubt, "overpayment": self.overpayment}

    def failed(self, error: DebtFlowError) -> None:
        """Take note of an answer that is no receipt: after a definite one, the next attempt is another submission."""
        self.in_doubt = self.in_doubt or _may_be_done(error)
        if isinstance(error, DEFINITE):
            self.submission, self.in_doubt, self.allow_duplicate = uuid4(), False, False

    def changed(self, amount: bool) -> None:
        """What was agreed to was agreed to for what stood there then."""
        self.allow_duplicate = False
        if amount:
            self.overpayment = "refuse"


def _may_be_done(error: DebtFlowError) -> bool:
    """Whether what was sent may have arrived although no answer came."""
    return error.sent if isinstance(error, ProviderUnavailable) else isinstance(error, Unreachable)

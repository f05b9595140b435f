"""Showing once what is masked: with a reason, a limited number of times, on record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from services.accounts.acts import SHORT_LENGTH, one_of
from services.accounts.results import MASKED, Revealed
from services.domain.prose import prose
from services.errors import Refused
from services.store import Store

REVEAL: Final = "select debtflow.account_reveal(%s, %s, %s)"
REVEALED: Final = "select debtflow.account_revealed(%s)"


def reveal(store: Store, number: str, field: str, reason: str) -> Revealed:
    """What the account holds of one kind; see ``Accounts.reveal``. It is on record before it is shown."""
    said = prose(reason, "reason", SHORT_LENGTH, required=True)
    values = (number, one_of("field", field, MASKED), said)
    answer = store.act(lambda connection: connection.exec_driver_sql(REVEAL, values).scalar_one())
    if answer["outcome"] == "limit":
        raise _too_many(answer)
    shown = store.act(lambda connection: connection.exec_driver_sql(REVEALED, (answer["reveal"],)).scalar_one())
    return Revealed(number, field, tuple((each["of"], each["value"]) for each in shown), answer["left"])


def _too_many(answer: dict[str, Any]) -> Refused:
    """Refused: it stands in the security events by now."""
    most, again_at = answer["most"], answer["again_at"]
    said = f"you may reveal {most} times within 24 hours, and you have" if most else "you may reveal nothing"
    when = f"again from {datetime.fromisoformat(again_at).astimezone(UTC):%d %b %H:%M} UTC; " if again_at else ""
    hint = f"{when}an administrator sets the limit: debtflow limit set reveal"
    return Refused(said, rule="reveal_limit", hint=hint, who_may="agency_admin")

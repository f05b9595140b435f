"""Who may do what the person at the screen may not."""

from __future__ import annotations

from screens.widgets import words
from services.access.results import Session


def whose(session: Session, act: str) -> dict[str, str]:
    """The person's ``role``, and ``who`` may instead: words for what stands in place of what is not theirs."""
    roles = [words(role) for role in session.who_may(act)]
    if not roles:
        return {"role": words(session.role), "who": "Nobody here may; an agency administrator decides it."}
    listed = roles[0] if len(roles) == 1 else f"{', '.join(roles[:-1])} and {roles[-1]}"
    return {"role": words(session.role), "who": f"Who may: {listed}."}

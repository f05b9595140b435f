"""Everything that can go wrong, as one family.

DebtFlowError
├── BadInput        a value that was typed or sent cannot be what it claims to be
├── NotFound        no such thing, or none that the caller may see
├── Refused         a rule of the house says no; ``rule`` names it
│   └── TwoPersons  it waits for a colleague's yes
├── Stale           what was looked at has moved since
├── Busy            somebody else holds it; safe to repeat
├── Unreachable     the database did not answer; the outcome may be unknown
├── NotAllowed      the caller's role lacks this act
├── SessionExpired  sign in again
└── Misconfigured   the installation or its configuration cannot work as it stands
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final

STEP_UP: Final = "step_up"
"""The rule of NotAllowed where the act only wants the password again."""


class DebtFlowError(Exception):
    """Something an operator can be told: ``message`` says what and where, ``hint`` what to do."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, rule: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.rule = rule
        self.hint = hint


class BadInput(DebtFlowError):
    """A value cannot be what it claims to be; ``field`` names where it was typed."""

    code = "bad_input"
    exit_code = 2

    def __init__(self, field: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, rule=f"{field}_form", hint=hint)
        self.field = field


class NotFound(DebtFlowError):
    """No such thing, or none that the caller may see: the two are never told apart."""

    code = "not_found"
    exit_code = 3


class Refused(DebtFlowError):
    """A rule says no; ``who_may`` names the role that may lift it, where there is one."""

    code = "refused"
    exit_code = 1

    def __init__(self, message: str, *, rule: str, hint: str | None = None, who_may: str | None = None) -> None:
        super().__init__(message, rule=rule, hint=hint)
        self.who_may = who_may


class TwoPersons(Refused):
    """The agency wants two persons for this; ``facts`` are what a second one approves, ``question`` where it waits.

    ``seal`` says that the words are the database's own.
    """

    def __init__(self, message: str, *, hint: str | None, act: str, what: str, facts: str, seal: str) -> None:
        super().__init__(message, rule="two-persons", hint=hint)
        self.act = act
        self.what = what
        self.facts = facts
        self.seal = seal
        self.question: int | None = None


class Stale(DebtFlowError):
    """What was looked at has moved since; look again and repeat."""

    code = "stale"
    exit_code = 4


class Busy(DebtFlowError):
    """Somebody else holds it; nothing was written and the act is safe to repeat."""

    code = "busy"
    exit_code = 4

    def __init__(
        self, message: str, *, holder: str | None = None, since: datetime | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, rule="busy", hint=hint)
        self.holder = holder
        self.since = since


class Unreachable(DebtFlowError):
    """The database did not answer: the outcome may be unknown, so repeat with the same submission id."""

    code = "unreachable"
    exit_code = 5


class NotAllowed(DebtFlowError):
    """The caller's role lacks this act, or the sign-in was refused; ``who_may`` names a role that has it."""

    code = "not_allowed"
    exit_code = 6

    def __init__(
        self, message: str, *, rule: str | None = None, hint: str | None = None, who_may: str | None = None
    ) -> None:
        super().__init__(message, rule=rule, hint=hint)
        self.who_may = who_may


class SessionExpired(DebtFlowError):
    """The session ended; sign in again. What was typed is kept."""

    code = "session_expired"
    exit_code = 6


class Misconfigured(DebtFlowError):
    """The installation or its configuration cannot work as it stands."""

    code = "misconfigured"
    exit_code = 2

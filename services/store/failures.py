"""Driver errors become ours, here and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
import psycopg.errors as pg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.errors import (
    BadInput,
    Busy,
    DebtFlowError,
    Misconfigured,
    NotAllowed,
    NotFound,
    Refused,
    SessionExpired,
    Stale,
    TwoPersons,
    Unreachable,
)

REPEATABLE: Final = ("40001", "40P01")
"""A deadlock or a lost race: nothing was written, and the same act will go through."""

SUBMISSIONS: Final = (
    "payment_submission_key",
    "receipt_submission_key",
    "adjustment_submission_key",
    "payment_batch_submission_key",
    "payment_batch_line_submission_key",
    "payment_batch_posting_key",
)
"""The keys that a submission is known by: one that loses the race for its own finds what the winner wrote."""

BUSY: Final = {
    "55P03": "somebody else is working on this right now",
    "40P01": "two acts waited for each other",
    "40001": "somebody else changed this at the same moment",
    "57014": "the question was withdrawn",
    "53300": "the database has no free connection",
}
GONE: Final = {
    "53100": ("the database's disk is full", "nothing was written; free space on the server, then repeat"),
    "53400": ("a limit of the database was reached", "ask for less, or tell the administrator"),
    "53200": ("the database ran out of memory", "repeat in a moment; tell the administrator if it stays"),
    "57P01": ("the database ended this connection", "it is shutting down, or your session was ended: repeat"),
    "57P02": ("the database stopped", "repeat when it is back"),
    "57P03": ("the database is starting", "repeat in a moment"),
}
SIGN_IN: Final = ("28P01", "28000", "42501")
UNPREPARED: Final = ("3D000", "3F000", "42P01", "42883")


@contextmanager
def translated() -> Iterator[None]:
    """Raise what the driver raises as a DebtFlowError; what is not understood is a bug and passes unchanged."""
    try:
        yield
    except PoolTimeout as error:
        raise Busy("no database connection became free in time", hint="try again in a moment") from error
    except (psycopg.Error, DBAPIError) as error:
        cause = driver_error(error)
        ours = translate(cause) if cause else None
        if ours is None:
            raise
        raise ours from error


def driver_error(error: BaseException) -> psycopg.Error | None:
    """The driver's own error inside SQLAlchemy's wrapping."""
    inner = error.orig if isinstance(error, DBAPIError) else error
    return inner if isinstance(inner, psycopg.Error) else None


def is_repeatable(error: psycopg.Error) -> bool:
    """Whether running the same act again is the answer; a submission posted twice at once replays on its second run."""
    return error.sqlstate in REPEATABLE or (error.sqlstate == "23505" and error.diag.constraint_name in SUBMISSIONS)


def is_lost(error: psycopg.Error) -> bool:
    """Whether the connection is gone, or was never made: nobody knows what became of a statement under way."""
    state = error.sqlstate
    if state is None:
        return isinstance(error, psycopg.OperationalError)
    return state.startswith("08") or state in ("57P01", "57P02", "57P03")


def translate(error: psycopg.Error) -> DebtFlowError | None:
    """The DebtFlowError that says what happened, or None where nobody could have expected it."""
    state = error.sqlstate or ""
    said = error.diag.message_primary or str(error).strip()
    hint = error.diag.message_hint or None
    if state.startswith("DF"):
        return _ours(state, said, hint, error.diag.constraint_name or state, error.diag.message_detail)
    if state in BUSY:
        return Busy(BUSY[state], hint="nothing was written; try again")
    if state in GONE:
        return Unreachable(GONE[state][0], hint=GONE[state][1])
    if state in SIGN_IN:
        return _refused_sign_in(state, said)
    if state in UNPREPARED:
        return Misconfigured(f"this database is not ready for DebtFlow: {said}", hint="run `debtflow db migrate`")
    if isinstance(error, pg.IntegrityError):
        rule = error.diag.constraint_name or "integrity"
        return Refused(f"the database refuses it: {said}", rule=rule, hint=hint)
    if is_lost(error):
        return _lost(said)
    return None


def _ours(state: str, said: str, hint: str | None, rule: str, detail: str | None) -> DebtFlowError:
    facts: dict[str, Any] = json.loads(detail) if detail else {}
    match state:
        case "DF400":
            return BadInput(facts.get("field", rule), said, hint=hint)
        case "DF403":
            return NotAllowed(said, rule=rule, hint=hint, who_may=facts.get("who_may"))
        case "DF404":
            return NotFound(said, rule=rule, hint=hint)
        case "DF409":
            return Stale(said, rule=rule, hint=hint)
        case "DF440":
            return SessionExpired("your session has ended", rule=rule, hint="sign in again; what you typed is kept")
        case _ if rule == "two-persons" and "facts" in facts:
            asked = json.dumps(facts["facts"])
            return TwoPersons(said, hint=hint, act=facts["act"], what=facts["what"], facts=asked, seal=facts["seal"])
        case _:
            return Refused(said, rule=rule, hint=hint, who_may=facts.get("who_may"))


def _refused_sign_in(state: str, said: str) -> NotAllowed:
    if state == "42501":
        told = f"the database says: {said}"
        return NotAllowed("your role may not see or do this", rule="database_privilege", hint=told)
    return NotAllowed("the user name or the password is not right", rule="sign_in", hint="type both again")


def _lost(said: str) -> DebtFlowError:
    lowered = said.lower()
    if "password authentication failed" in lowered or "no password supplied" in lowered or "pg_hba" in lowered:
        return _refused_sign_in("28P01", said)
    if "not permitted to log in" in lowered:
        # The server says it only to who has the right password.
        return NotAllowed(
            "this login may not sign in: it failed too often, or it was disabled",
            rule="sign_in_shut",
            hint="a supervisor lets you in again: debtflow user unlock",
        )
    if 'role "' in lowered and "does not exist" in lowered:
        return _refused_sign_in("28000", said)
    if 'database "' in lowered and "does not exist" in lowered:
        return Misconfigured(f"no such database: {said.splitlines()[0]}", hint="run `debtflow db bootstrap`")
    if "too many connections" in lowered or "too many clients" in lowered or "remaining connection slots" in lowered:
        return Busy("the database has no free connection", hint="try again in a moment")
    return Unreachable(
        "the database does not answer",
        hint="check that it runs and can be reached; repeating the same form is safe",
    )

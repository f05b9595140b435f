"""What is asked of the database for each act, and what need not be asked because it cannot be right."""

from __future__ import annotations

from datetime import date

from services.accounts.results import CALL_OUTCOMES, CONTACT_KINDS, FLAG_KINDS
from services.domain.contacts import normalise_email, normalise_phone
from services.domain.lookup import STATUSES
from services.domain.money import Money
from services.domain.prose import prose
from services.errors import BadInput

NOTE = "select debtflow.account_note(%s, %s, %s)"
CALL = "select debtflow.account_call(%s, %s, %s, %s, %s, %s, %s)"
FOLLOW_UP = "select debtflow.account_follow_up(%s, %s)"
PRIORITY = "select debtflow.account_priority(%s, %s)"
STATUS = "select debtflow.account_status(%s, %s, %s, %s, %s)"
ASSIGN = "select debtflow.account_assign(%s, %s)"
SAVE_CONTACT = "select debtflow.account_contact_save(%s, %s, %s, %s, %s, %s)"
REMOVE_CONTACT = "select debtflow.account_contact_remove(%s, %s)"
RAISE_FLAG = "select debtflow.account_flag_raise(%s, %s, %s)"
LIFT_FLAG = "select debtflow.account_flag_lift(%s, %s, %s)"

NOTE_LENGTH = 4000
SHORT_LENGTH = 400
LABEL_LENGTH = 60


def checked_call(outcome: str, promised_on: date | None, promised: Money | None) -> None:
    """Raises BadInput for an unknown outcome, or a promise in a call that did not end in one."""
    one_of("outcome", outcome, CALL_OUTCOMES)
    if outcome != "promise_to_pay" and (promised_on or promised):
        field = "promised_on" if promised_on else "promised"
        raise BadInput(field, f"{outcome} holds no promise", hint="choose promise_to_pay, or leave date and amount out")
    if promised is not None and promised.minor <= 0:
        raise BadInput("promised", "a promise is for an amount above zero", hint="type figures such as 100.00")


def contact_value(kind: str, value: str) -> str:
    """The value as it is kept; raises BadInput where nobody could be reached by it."""
    one_of("kind", kind, CONTACT_KINDS)
    if kind == "phone":
        return normalise_phone(value)
    if kind == "email":
        return normalise_email(value)
    return prose(value, "address", SHORT_LENGTH, required=True)


def flag_kind(kind: str) -> str:
    """The kind itself; raises BadInput for one that does not exist."""
    return one_of("flag", kind, FLAG_KINDS)


def status(to: str) -> str:
    """The status itself; raises BadInput for one that does not exist."""
    return one_of("status", to, tuple(each for each in STATUSES if each != "open"))


def one_of(field: str, value: str, choices: tuple[str, ...]) -> str:
    """The value, which must be one of the choices."""
    if value not in choices:
        raise BadInput(field, f"there is no {field} “{value[:40]}”", hint=", ".join(choices))
    return value

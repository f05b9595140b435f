"""One payment in one typed line: ``10023-3 250.00 1991``, with what stays from line to line left out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.domain.dates import parse_date
from services.domain.money import Money
from services.domain.numbers import parse_account_number
from services.errors import BadInput

MAX_BASE_DIGITS = 15

METHODS = {
    "cash": "cash",
    "check": "check",
    "transfer": "bank_transfer",
    "bank_transfer": "bank_transfer",
    "client": "paid_to_client",
    "paid_to_client": "paid_to_client",
}
SECOND, UNAPPLIED, SAME = "!", "+", "."


@dataclass(frozen=True, slots=True)
class TypedLine:
    """What a line says; ``second`` marks a second payment of the same amount, ``unapplied`` keeps what is too much."""

    account: str
    amount: Money
    method: str
    reference: str
    day: date
    second: bool = False
    unapplied: bool = False


def read_line(text: str, currency: str, today: date, *, method: str, day: date, last: str | None = None) -> TypedLine:
    """Read ``ACCOUNT AMOUNT [METHOD] [REFERENCE] [@DATE] [!] [+]``; raises BadInput naming the part.

    ``.`` is the account of the line before, a method's name in front of the reference overrides the sticky one, ``@-1``
    the sticky date.
    """
    words = text.split()
    if len(words) < 2:
        raise BadInput("line", "a line is an account and an amount", hint="10023-3 250.00 1991")
    account = _account(words[0], last)
    amount = Money.parse(words[1], currency)
    if amount.minor == 0:
        raise BadInput("amount", "an amount is at least one cent", hint="write it like 250.00")
    rest = words[2:]
    if rest and rest[0].lower() in METHODS:
        method = METHODS[rest.pop(0).lower()]
    days = [word for word in rest if word.startswith("@") and len(word) > 1]
    if len(days) > 1:
        raise BadInput("date", "a line has one date", hint="@-1, @15 or @2026-11-20")
    if days:
        day = parse_date(days[0][1:], today)
    kept = [word for word in rest if word not in (SECOND, UNAPPLIED) and word not in days]
    return TypedLine(account, amount, method, " ".join(kept), day, SECOND in rest, UNAPPLIED in rest)


def written(line: TypedLine, *, method: str, day: date) -> str:
    """The line as it would be typed while this method and date are the sticky ones."""
    parts = [
        line.account,
        line.amount.figures,
        "" if line.method == method else next(word for word, code in METHODS.items() if code == line.method),
        line.reference,
        "" if line.day == day else f"@{line.day}",
        SECOND if line.second else "",
        UNAPPLIED if line.unapplied else "",
    ]
    return " ".join(part for part in parts if part)


def base_of(account: str) -> int:
    """The digits of an account number before its check digit: what a hash total adds up."""
    return int(account.rpartition("-")[0])


def keyable(account: str) -> str:
    """The account number as a line may hold it; raises BadInput."""
    number = parse_account_number(account)
    if len(number.rpartition("-")[0]) > MAX_BASE_DIGITS:
        raise BadInput("account", f"{number} is longer than any account number", hint="type it again")
    return number


def _account(word: str, last: str | None) -> str:
    if word != SAME:
        return keyable(word)
    if last is None:
        raise BadInput("account", "there is no line before this one", hint="type the account number")
    return last

"""Numbers that people type: accounts ``10023-3`` and receipts ``R-000481-4``, each with a Damm check digit."""

from __future__ import annotations

import re
from contextlib import suppress

from services.domain.quoting import shown
from services.errors import BadInput

_DASHES = str.maketrans("‐‑‒–—−", "------")
_ACCOUNT = re.compile(r"([0-9]{1,18}) ?-? ?([0-9])")
_RECEIPT = re.compile(r"[Rr][- ]?(?:([0-9]{1,18})[- ]([0-9])|([0-9]{6,18})([0-9]))")
_DIGITS = re.compile(r"[0-9]{1,18}")


def account_number(base: int) -> str:
    """The number that people see for the account with this base (1 or more)."""
    return f"{base}-{_check_digit(base)}"


def parse_account_number(text: str) -> str:
    """The canonical account number, its hyphen optional; raises BadInput where the check digit does not fit."""
    typed = _plain(text)
    match = _ACCOUNT.fullmatch(typed)
    if match is None or int(match[1]) == 0:
        raise BadInput(
            "account", f"“{shown(typed)}” is not an account number", hint="it is digits, then a check digit: 10023-3"
        )
    base, digit = int(match[1]), match[2]
    if _check_digit(base) != digit:
        raise BadInput(
            "account",
            f"{base}-{digit} is not an account number: its check digit is wrong (mistyped?)",
            hint="type it again, or look the account up by name",
        )
    return f"{base}-{digit}"


def number_candidates(text: str) -> tuple[str, ...]:
    """The account numbers that the text can mean, likeliest first: complete, or lacking its check digit."""
    typed = _plain(text)
    found: list[str] = []
    with suppress(BadInput):
        found.append(parse_account_number(typed))
    if _DIGITS.fullmatch(typed) and int(typed):
        found.append(account_number(int(typed)))
    return tuple(found)


def receipt_number(serial: int) -> str:
    """The number on the receipt of the payment with this serial (1 or more)."""
    return f"R-{serial:06d}-{_check_digit(serial)}"


def parse_receipt_number(text: str) -> int:
    """The serial behind a receipt number; raises BadInput where the form or the check digit does not fit."""
    typed = _plain(text)
    match = _RECEIPT.fullmatch(typed)
    if match is None:
        raise BadInput(
            "receipt",
            f"“{shown(typed)}” is not a receipt number",
            hint="it looks like R-000481-4: type it whole, with its check digit",
        )
    serial, digit = int(match[1] or match[3]), match[2] or match[4]
    if serial == 0 or _check_digit(serial) != digit:
        raise BadInput(
            "receipt",
            f"{shown(typed)} is not a receipt number: its check digit is wrong (mistyped?)",
            hint="type it again as the receipt shows it",
        )
    return serial


def _plain(text: str) -> str:
    return text.translate(_DASHES).strip()


def _check_digit(base: int) -> str:
    from stdnum import damm  # 30 ms where nothing else has loaded ssl yet

    if base < 1:
        raise ValueError(f"numbers start at 1, not {base}")
    return str(damm.calc_check_digit(str(base)))

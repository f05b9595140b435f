"""How much a limit is, as people type it and as they read it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

from services.domain.money import Money
from services.errors import BadInput

NO_LIMIT: Final = 10**15
PERCENT: Final = "settlement"
COUNTED: Final = {"export": "rows", "accounts": "accounts", "reveal": "times in 24 hours"}
KINDS: Final = (
    "payment", "refund_freely", "fee", "cost", "write_off", "correct_up", "correct_down", "settlement", "export",
    "reveal", "accounts",
)  # fmt: skip


def parse_most(what: str, text: str, currency: str) -> Money | int | None:
    """An amount, a percentage (as basis points), or a count; ``none`` takes a limit back. Raises BadInput."""
    if text == "none":
        return None
    if what in COUNTED:
        if not (text.isascii() and text.isdigit() and len(text) <= 15):
            raise BadInput("most", f"{text[:40]} is no number", hint="write it like 5000")
        return int(text)
    return _basis_points(text) if what == PERCENT else Money.parse(text, currency, field="most")


def most_in_words(what: str, most: int, currency: str) -> str:
    """The same as people read it."""
    if what == PERCENT:
        return f"{most / 100:g} % below the floor"
    if most == NO_LIMIT:
        return "no limit"
    return f"{most:,} {COUNTED[what]}" if what in COUNTED else str(Money(most, currency))


def _basis_points(text: str) -> int:
    try:
        points = Decimal(text.removesuffix("%").strip()) * 100
    except InvalidOperation:
        points = Decimal(-1)
    if not points.is_finite() or points != points.to_integral_value() or not 0 <= points <= 10_000:
        raise BadInput("most", f"{text[:40]} is no percentage", hint="0 to 100, such as 12.5")
    return int(points)

"""What a batch must be to be released without anybody looking at it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from decimal import Decimal

from services.domain.money import Money
from services.errors import BadInput

_RATE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,4})?)\s*%")
WORDS = {
    "max-error-rate": "of the rows are in error",
    "max-new": "new accounts or entries",
    "expect-count": "rows in the file",
    "expect-sum": "is the sum of the rows",
    "no-conflicts": "rows repeat others or conflict with what is here",
}


@dataclass(frozen=True, slots=True)
class Agreed:
    """Conditions of an unattended release; None is no condition.

    ``max_error_rate`` is a share of the rows, 0 by itself: no row in error. ``expect_sum`` is an amount in the
    client's currency, over every row that could be read; of adjustments what the balances grow by, so that it may be
    below zero. ``max_new`` counts the accounts that placements would make, of other kinds the rows to carry out.
    """

    max_error_rate: str = "0"
    max_new: int | None = None
    expect_count: int | None = None
    expect_sum: str | None = None
    no_conflicts: bool = False

    def json(self, currency: str) -> str:
        """As `import_release_if` reads it; raises BadInput for a sum that is none."""
        conditions = {name: value for name, value in asdict(self).items() if value is not None}
        if self.expect_sum is not None:
            amount = self.expect_sum.strip()
            minor = Money.parse(amount.removeprefix("-"), currency, field="expect_sum").minor
            conditions["expect_sum"] = -minor if amount.startswith("-") else minor
        return json.dumps(conditions)


@dataclass(frozen=True, slots=True)
class Unmet:
    """A condition that does not hold: what was agreed, and what is there."""

    condition: str
    agreed: str
    found: str
    message: str


def share(text: str, field: str = "max_error_rate") -> str:
    """``0.5%`` as a share, exactly: 0.005."""
    match = _RATE.fullmatch(text.strip())
    if match is None or Decimal(match[1]) > 100:
        raise BadInput(field, f"{text} is no share of the rows", hint="write it like 0.5%")
    return format((Decimal(match[1]) / 100).normalize(), "f")


def unmet(condition: str, agreed: str, found: str, currency: str) -> Unmet:
    """The condition in words."""
    if condition == "max-error-rate":
        agreed, found = _percent(agreed), _percent(found)
    elif condition == "expect-sum":
        agreed, found = (str(Money(int(minor), currency)) for minor in (agreed, found))
    at_most = {"max-error-rate": "at most ", "max-new": "at most "}.get(condition, "")
    if condition == "no-conflicts":
        one = "1 row repeats another or conflicts with what is here"
        return Unmet(condition, agreed, found, one if found == "1" else f"{found} {WORDS[condition]}")
    return Unmet(condition, agreed, found, f"{found} {WORDS[condition]}: {at_most}{agreed} was agreed")


def _percent(of_one: str) -> str:
    return f"{(Decimal(of_one) * 100).normalize():f}%"

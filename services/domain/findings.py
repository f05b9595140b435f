"""What can be wrong with a placement: the rules by name, and the report that collects what was found."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from services.domain.quoting import redacted

Severity = Literal["error", "warning"]

_VALUE_LIMIT = 200

RULES: dict[str, str] = {
    "ref-missing": "Every account needs the client's own reference.",
    "ref-form": "A reference has at most 64 characters, none of them invisible.",
    "name-missing": "Every account needs the debtor's name, with a letter in it.",
    "name-long": "A name has at most 200 characters.",
    "name-control": "A name holds no control characters, line breaks or hidden direction marks.",
    "text-control": "No other cell holds control characters, line breaks or hidden direction marks.",
    "nul-byte": "No cell holds a NUL byte.",
    "bad-bytes": "Every character can be read in the file's encoding.",
    "card-number": "No cell holds a payment card number: this program never stores one.",
    "formula": "A text that starts like a spreadsheet formula is kept as plain text.",
    "ssn4-form": "Only the last 4 digits of a social security number are taken.",
    "email-format": "An address that no mail could reach is left out.",
    "phone-format": "A phone number that cannot be dialled is left out.",
    "amount-missing": "Every account needs the principal that is owed.",
    "amount-format": "An amount is plain figures, such as 1250.00.",
    "amount-currency": "An amount is in the currency that the client places in.",
    "amount-zero": "A debt without principal is not placed.",
    "amount-negative": "A debt is a positive amount; interest, fees and costs may be nothing.",
    "amount-large": "An amount fits the ledger, and so does the sum of principal, interest, fees and costs.",
    "amount-unusual": "An amount of a million or more is placed, after a second look.",
    "date-format": "A date is written as 2025-11-30.",
    "date-invalid": "The day exists in the calendar.",
    "date-ambiguous": "A date that reads two ways is taken month first.",
    "date-window": "A due date lies between 1970 and five years from today.",
    "creditor-long": "A creditor's name has at most 200 characters.",
    "type-long": "An account type has at most 64 characters.",
    "column-count": "A row has as many cells as the header line.",
    "row-long": "A row has at most 100,000 characters.",
    "quote-open": "A quoted cell ends with its closing quote.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in one cell (``column`` is empty for the whole row); the message says what, and what to do."""

    column: str
    value: str
    rule: str
    severity: Severity
    message: str


class Report:
    """The findings of one row, as they are made."""

    __slots__ = ("findings", "has_error", "spoilt")

    def __init__(self, spoilt: Collection[str] = ()) -> None:
        self.findings: list[Finding] = []
        self.has_error = False
        self.spoilt = set(spoilt)

    def error(self, column: str, value: str, rule: str, message: str) -> None:
        """Something that keeps the row out."""
        self.has_error = True
        self.findings.append(Finding(column, _safe(value), rule, "error", message))

    def spoil(self, column: str, value: str, rule: str, message: str) -> None:
        """An error after which the cell is not worth reading."""
        self.spoilt.add(column)
        self.error(column, value, rule, message)

    def warn(self, column: str, value: str, rule: str, message: str) -> None:
        """Something to know that keeps nothing out."""
        self.findings.append(Finding(column, _safe(value), rule, "warning", message))


def _safe(value: str) -> str:
    """The value without NUL, which no database text takes, and without what must not be written down."""
    return redacted(value[:_VALUE_LIMIT]).replace("\0", "\N{SYMBOL FOR NULL}")

"""Cells that several kinds of file have: amounts, days, words out of a list, free text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.domain import cells
from services.domain.findings import Report
from services.domain.money import exponent
from services.domain.quoting import shown

REFERENCE_LIMIT, REASON_LIMIT = 100, 200
_MINUS = "-\N{MINUS SIGN}\N{EN DASH}"

Ref = Annotated[str, Field(min_length=1, max_length=cells.REF_LIMIT)]
Reference = Annotated[str, Field(min_length=1, max_length=REFERENCE_LIMIT)]


@dataclass(frozen=True, slots=True)
class Terms:
    """What reading a row takes besides its cells."""

    currency: str
    today: dt.date


class Row(BaseModel):
    """A row that can be released; amounts are minor units of the batch's currency."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    ref: Ref


def read_positive(column: str, text: str, terms: Terms, report: Report) -> int:
    """An amount in minor units that is more than nothing; 0 where it was refused."""
    sign, minor = read_signed(column, text, terms, report)
    if sign < 0:
        report.error(
            column, text, "amount-sign", "the amount is negative: write it without a sign, the column says what it is"
        )
        return 0
    return minor


def read_signed(column: str, text: str, terms: Terms, report: Report) -> tuple[int, int]:
    """The sign and the amount in minor units; (1, 0) where it was refused."""
    if column in report.spoilt:
        return 1, 0
    if not text:
        report.error(column, text, "amount-missing", "the amount is missing: write it in plain figures, such as 125.00")
        return 1, 0
    sign, bare = _split_sign(text)
    minor = cells.read_minor(column, bare, terms.currency, exponent(terms.currency), report)
    if minor == 0:
        report.error(column, text, "amount-nothing", "the amount is nothing: write how much, or leave the row out")
    return sign, minor or 0


def _split_sign(text: str) -> tuple[int, str]:
    if text.startswith("(") and text.endswith(")"):
        return -1, text[1:-1].strip()
    if text[0] in _MINUS:
        return -1, text[1:].strip()
    if text[-1] in _MINUS:
        return -1, text[:-1].strip()
    return 1, text


def read_past_day(column: str, text: str, terms: Terms, report: Report) -> dt.date | None:
    """A day up to today, or nothing."""
    if not text:
        return None
    day = cells.read_calendar_day(column, text, report)
    if day is None or cells.EARLIEST <= day <= terms.today:
        return day
    report.error(
        column, text, "day-window", f"{day} is out of range: write a day from {cells.EARLIEST} to today, {terms.today}"
    )
    return None


def read_choice(column: str, text: str, choices: Sequence[str], report: Report) -> str | None:
    """One of these words, however it is written, or nothing."""
    word = "_".join(text.lower().replace("-", " ").replace("_", " ").split())
    if not word or word in choices:
        return word or None
    report.error(column, text, "choice-unknown", f"{column} is “{shown(text)}”: write one of {', '.join(choices)}")
    return None


def read_text(column: str, text: str, limit: int, report: Report) -> str | None:
    """Free text or nothing."""
    if len(text) > limit:
        report.error(
            column, text, "text-long", f"{column} has {len(text)} characters: {limit} are the most, shorten it"
        )
        return None
    return text or None

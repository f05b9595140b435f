"""The cells of a placement row, one reader each: what it means, or what is wrong with it and what to write instead."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from services.domain.columns import BESIDE_PRINCIPAL
from services.domain.contacts import normalise_email, normalise_phone
from services.domain.dates import calendar_readings
from services.domain.files.record import ROW_LIMIT, RawRow
from services.domain.findings import Report
from services.domain.money import MAX_MINOR, Money
from services.domain.names import Name, split_name
from services.domain.quoting import holds_card_number, shown
from services.errors import BadInput

REF_LIMIT, NAME_LIMIT, TYPE_LIMIT = 64, 200, 64
EARLIEST, YEARS_AHEAD = date(1970, 1, 1), 5
_UNUSUAL = 1_000_000

_NO_NAME = Name("", "")
_NO_CARD_COLUMNS = frozenset(
    {"debtor_phone", "original_amount", *BESIDE_PRINCIPAL, "due_date", "debtor_ssn_last4", "amount", "effective_on"}
    | {"paid_on"}
)
_FORMULA_COLUMNS = frozenset({"external_ref", "debtor_name", "creditor_name", "account_type"})
_READ_BY_OTHERS = _NO_CARD_COLUMNS | {"debtor_email"}
_MAY_HOLD_CARD = re.compile(r"\d(?:[ -]?\d){12}")
_NEVER_WITHOUT = re.compile(r"[0-9 -]{12}[0-9]")
_HIDDEN = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")

_PLAIN_AMOUNT = re.compile(r"([1-9][0-9]{0,8})(?:\.([0-9]{2}))?")
_SIGNED = re.compile(r"[-−–]\s*(\S.*)|(\S.*?)\s*[-−–]")
_LONG_FIGURES = re.compile(r"[0-9]{13,60}(?:\.[0-9]{0,4})?|[0-9]{1,3}(?:,[0-9]{3}){4,20}(?:\.[0-9]{0,4})?")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SSN_LAST4 = re.compile(r"[0-9]{4}")
_LIMITS = {"creditor_name": (NAME_LIMIT, "creditor-long"), "account_type": (TYPE_LIMIT, "type-long")}


def check_shape(row: RawRow, width: int, report: Report) -> None:
    """Whether the record as a whole is one row of this file."""
    cells = row.cells
    if row.cut:
        message = f"the row has more than {ROW_LIMIT:,} characters: only its beginning is here, send it again"
        report.error("", "", "row-long", message)
    elif row.unclosed:
        report.error("", "", "quote-open", "a quote is opened and never closed: close it, or double it inside a cell")
    elif len(cells) != width:
        report.error(
            "",
            "",
            "column-count",
            f"the row has {len(cells)} cells, the header {width}: add what is missing, or quote a cell that "
            "holds the delimiter",
        )


def check_text(values: Mapping[str, str], report: Report) -> None:
    """What no cell may hold, whatever it means."""
    for column in _FORMULA_COLUMNS:
        if (text := values.get(column, "")) and text.lstrip()[:1] in ("=", "+", "-", "@") and text.strip() != "-":
            report.warn(
                column, text, "formula", f"{column} starts like a formula: kept as plain text, check that it is meant"
            )
    together = "|".join(values.values())
    if together.isprintable() and "\ufffd" not in together and not _may_hold_card(together):
        return
    for column, text in values.items():
        _check_cell(column, text, report)


def _may_hold_card(text: str) -> bool:
    # In plain text thirteen digits with single marks between them end in thirteen such characters: ten times as fast to
    # look for, and mostly not there.
    if text.isascii() and _NEVER_WITHOUT.search(text) is None:
        return False
    return _MAY_HOLD_CARD.search(text) is not None


def _check_cell(column: str, text: str, report: Report) -> None:
    if "\0" in text:
        report.spoil(
            column, text, "nul-byte", f"{column} holds a NUL byte: send the file again as text, or retype the cell"
        )
    elif "\ufffd" in text:
        report.spoil(
            column,
            text,
            "bad-bytes",
            f"{column} holds bytes that are no text: save the file as UTF-8, or retype the cell",
        )
    elif column not in _NO_CARD_COLUMNS and holds_card_number(text):
        report.spoil(
            column,
            "[card number]",
            "card-number",
            f"{column} holds what looks like a payment card number: remove it, it must not be sent or stored",
        )
    elif column not in _READ_BY_OTHERS and _has_hidden(text.strip()):
        rule = {"external_ref": "ref-form", "debtor_name": "name-control"}.get(column, "text-control")
        report.spoil(column, text, rule, f"{column} holds invisible characters or a line break: retype it on one line")


def _has_hidden(text: str) -> bool:
    return not text.isprintable() and any(
        char in _HIDDEN or unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in text
    )


def read_ref(text: str, report: Report) -> str:
    """The client's reference."""
    if not text and "external_ref" not in report.spoilt:
        report.error(
            "external_ref", text, "ref-missing", "the client's reference is missing: write the account's number there"
        )
    elif len(text) > REF_LIMIT:
        report.error(
            "external_ref",
            text,
            "ref-form",
            f"the reference has {len(text)} characters: {REF_LIMIT} are the most, shorten it",
        )
    return text


def read_name(text: str, report: Report) -> Name:
    """The debtor's name, split."""
    if "debtor_name" in report.spoilt:
        return _NO_NAME
    if len(text) > NAME_LIMIT:
        report.error(
            "debtor_name",
            text,
            "name-long",
            f"the name has {len(text)} characters: {NAME_LIMIT} are the most, shorten it",
        )
        return _NO_NAME
    if not any(char.isalpha() for char in text):
        what = "is missing" if not text else "has no letter in it"
        report.error("debtor_name", text, "name-missing", f"the debtor's name {what}: write it as First Last")
        return _NO_NAME
    return split_name(text)


def read_ssn_last4(text: str, report: Report) -> str | None:
    """Four digits or nothing."""
    if not text or _SSN_LAST4.fullmatch(text):
        return text or None
    more = "more than" if sum(map(str.isdigit, text)) > 4 else "not exactly"
    report.error(
        "debtor_ssn_last4",
        "[hidden]",
        "ssn4-form",
        f"this is {more} 4 digits: write the last 4, with their zeros, or nothing",
    )
    return None


def read_email(text: str, report: Report) -> str | None:
    """An address or nothing."""
    return _contact("debtor_email", text, normalise_email, "email-format", "name@example.org", report)


def read_phone(text: str, report: Report) -> str | None:
    """An E.164 number or nothing."""
    return _contact("debtor_phone", text, normalise_phone, "phone-format", "+1 312 555 0142", report)


def _contact(
    column: str, text: str, normalise: Callable[[str], str], rule: str, example: str, report: Report
) -> str | None:
    if not text:
        return None
    try:
        return normalise(text)
    except BadInput as problem:
        report.warn(column, text, rule, f"{problem.message}: it is left out, unless you write it as {example}")
        return None


class Owed(NamedTuple):
    """What a debt is made up of, in minor units."""

    principal: int
    interest: int
    fees: int
    costs: int


def read_owed(cell: Mapping[str, str], currency: str, decimals: int, report: Report) -> Owed:
    """The principal and what has come on top of it; 0 where a cell was refused or names nothing."""
    owed = Owed(
        read_amount(cell["original_amount"], currency, decimals, report),
        *(read_beside(column, cell[column], currency, decimals, report) for column in BESIDE_PRINCIPAL),
    )
    if sum(owed) > MAX_MINOR:
        message = f"with interest, fees and costs the debt is over {Money(MAX_MINOR, currency)}: check for extra digits"
        report.error("original_amount", cell["original_amount"], "amount-large", message)
    return owed


def read_amount(text: str, currency: str, decimals: int, report: Report) -> int:
    """The principal in minor units; 0 where it was refused."""
    minor = read_minor("original_amount", text, currency, decimals, report)
    if minor == 0:
        report.error(
            "original_amount", text, "amount-zero", "the amount is nothing: write what is owed, or leave the row out"
        )
    return minor or 0


def read_beside(column: str, text: str, currency: str, decimals: int, report: Report) -> int:
    """Interest, fees or costs in minor units; nothing, empty and refused are 0."""
    return (read_minor(column, text, currency, decimals, report) or 0) if text else 0


def read_minor(column: str, text: str, currency: str, decimals: int, report: Report) -> int | None:
    """An amount without a sign in minor units, zero too; None where it was refused."""
    if decimals == 2 and (plain := _PLAIN_AMOUNT.fullmatch(text)):
        minor = int(plain[1]) * 100 + int(plain[2] or 0)
    elif column in report.spoilt or (parsed := _parse_amount(column, text, currency, report)) is None:
        return None
    else:
        minor = parsed
    if minor >= _UNUSUAL * 10**decimals:
        report.warn(
            column,
            text,
            "amount-unusual",
            f"{Money(minor, currency)} is unusually much: it is taken as it stands, check the decimals",
        )
    return minor


def _parse_amount(column: str, text: str, currency: str, report: Report) -> int | None:
    try:
        amount = Money.parse(text, currency)
    except BadInput as problem:
        report.error(column, text, *_amount_rule(text, currency, problem))
        return None
    if amount.currency != currency:
        message = f"the amount is in {amount.currency}, this client places in {currency}: write it in {currency}"
        report.error(column, text, "amount-currency", message)
        return None
    return amount.minor


def _amount_rule(text: str, currency: str, problem: BadInput) -> tuple[str, str]:
    if not text:
        return "amount-missing", "the amount is missing: write what is owed, such as 1250.00"
    if _LONG_FIGURES.fullmatch(text):
        return "amount-large", f"the amount is over {Money(MAX_MINOR, currency)}: check for extra digits"
    if (signed := _SIGNED.fullmatch(text)) and _is_amount(signed[1] or signed[2], currency):
        return "amount-negative", "the amount is negative: write what is owed without a sign, or leave the row out"
    return "amount-format", problem.message


def _is_amount(text: str, currency: str) -> bool:
    try:
        return bool(Money.parse(text, currency))
    except BadInput:
        return False


def read_due_date(text: str, today: date, report: Report) -> date | None:
    """The due date or nothing."""
    if not text:
        return None
    day = read_calendar_day("due_date", text, report)
    if day is None or EARLIEST <= day <= _years_after(today):
        return day
    report.error(
        "due_date",
        text,
        "date-window",
        f"{day} is out of range: write a date between {EARLIEST} and {_years_after(today)}",
    )
    return None


def read_calendar_day(column: str, text: str, report: Report) -> date | None:
    """A day of the calendar; None where the text is none."""
    if _ISO_DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    readings = calendar_readings(text)
    if readings is None:
        report.error(column, text, "date-format", f"“{shown(text)}” is not a date: write it as 2025-11-30")
    elif not readings:
        report.error(
            column, text, "date-invalid", f"there is no such day as {shown(text)}: write a day of the calendar"
        )
    elif len(readings) > 1:
        report.warn(
            column,
            text,
            "date-ambiguous",
            f"{shown(text)} reads two ways: taken month first as {readings[0]}, write {readings[1]} if that is meant",
        )
    return readings[0] if readings else None


@lru_cache(maxsize=8)
def _years_after(today: date) -> date:
    day = 28 if (today.month, today.day) == (2, 29) else today.day
    return today.replace(year=min(today.year + YEARS_AHEAD, 9999), day=day)


def read_optional(column: str, text: str, report: Report) -> str | None:
    """A short text or nothing."""
    limit, rule = _LIMITS[column]
    if len(text) > limit:
        report.error(column, text, rule, f"{column} has {len(text)} characters: {limit} are the most, shorten it")
    return text or None

"""What people type on the command line, as values. Every refusal names the option."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import click

from services.domain.dates import parse_date
from services.domain.numbers import parse_account_number
from services.errors import BadInput


def account(text: str) -> str:
    return parse_account_number(text)


def accounts(texts: Iterable[str]) -> list[str]:
    """Account numbers; ``-`` stands for those on stdin, one a line."""
    typed = list(texts)
    if typed == ["-"]:
        typed = [line.strip() for line in sys.stdin if line.strip()]
    return [parse_account_number(text) for text in typed]


def day(text: str | None, today: date, option: str) -> date | None:
    return None if text is None else parse_date(text, today, field=option)


def coming_day(text: str, today: date, option: str) -> date:
    return parse_date(text, today, prefer="future", field=option)


def own_today() -> date:
    """The person's own calendar, for shortcuts such as -7 where no session knows the agency's."""
    return date.today()  # noqa: DTZ011


def basis_points(percent: str, field: str) -> int:
    """A percentage, exactly; 27.5 gives 2750."""
    whole, _, part = percent.removesuffix("%").strip().partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 3 and len(part) <= 2 and (part or "0").isdigit()):
        raise BadInput(field, f"{percent} is not a percentage", hint="write it like 25 or 27.5")
    return int(whole) * 100 + int(part.ljust(2, "0"))


def submission(text: str | None) -> UUID | None:
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise BadInput(
            "submission_id", f"{text} is not a UUID", hint="write it like 3f2b8c1e-0c2d-4f7a-9d7b-0a5b6c7d8e9f"
        ) from None


ID = click.IntRange(1, 2**63 - 1)
VERSION = click.IntRange(0, 2**31 - 1)


def whole(text: str, field: str, what: str) -> int:
    """A number from 1 on, such as a batch or a row."""
    if not (text.isascii() and text.isdigit() and 0 < int(text[:19]) < 2**62):
        raise BadInput(field, f"{text} is not {what}", hint="it is a number, from 1 on")
    return int(text)


def count(text: str, field: str, of: str) -> int:
    """How many of something at most, none included."""
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise BadInput(field, f"{text[:40]} is no number of {of}", hint="write it like 5000")
    return int(text)


def rows(texts: Iterable[str]) -> list[int]:
    """Row numbers and ranges of them, such as ``3 7 9-12``."""
    found: list[int] = []
    for text in texts:
        first, dash, last = text.partition("-")
        start = whole(first, "row", "a row")
        end = whole(last, "row", "a row") if dash else start
        if not 0 <= end - start < 1_000_000:
            raise BadInput("row", f"{text} is not a range of rows", hint="write it like 9-12")
        found.extend(range(start, end + 1))
    return found


def cells(texts: Iterable[str]) -> dict[str, str]:
    """``COLUMN=VALUE`` pairs."""
    values: dict[str, str] = {}
    for text in texts:
        column, equals, value = text.partition("=")
        if not equals or not column.strip():
            raise BadInput("values", f"{text} sets no column", hint="write it like debtor_phone=+13125550123")
        values[column.strip()] = value
    return values


def source(name: str) -> tuple[Path | BinaryIO, str]:
    """A file to read piece by piece and its name; ``-`` is stdin."""
    return (sys.stdin.buffer, "stdin") if name == "-" else (Path(name), Path(name).name)


def file(name: str) -> tuple[bytes, str]:
    """The bytes of a file and its name; ``-`` is stdin."""
    if name == "-":
        return sys.stdin.buffer.read(), "stdin"
    try:
        return Path(name).read_bytes(), Path(name).name
    except OSError as error:
        raise BadInput("file", f"{name} cannot be read: {error.strerror}") from None


def text(words: str) -> str:
    """A text, or what stdin holds for ``-``."""
    return sys.stdin.read().strip() if words == "-" else words

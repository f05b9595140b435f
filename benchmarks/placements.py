"""A made-up file of placements, and a raw COPY of it into a table with as many indexes as TARGETS asks of ours."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

_HEADER: Final = (
    "external_ref,debtor_name,debtor_ssn_last4,debtor_email,debtor_phone,original_amount,due_date,creditor_name,"
    "account_type\n"
)
_TABLE: Final = """
drop table if exists yardstick;
create table yardstick (
  id bigint generated always as identity primary key, ref text collate "C" not null unique, name text collate "C",
  ssn4 text, email text, phone text collate "C", amount numeric, due date, creditor text, kind text);
create index on yardstick (name, id);
create index on yardstick (phone);
create index on yardstick (due, id);
"""
_COPY: Final = """
copy yardstick (ref, name, ssn4, email, phone, amount, due, creditor, kind) from stdin (format csv, header)
"""
_BLOCK: Final = 1 << 16
_SYLLABLES: Final = (
    "ba", "ber", "dan", "el", "fen", "gar", "hol", "is", "ka", "lor", "mi", "nor", "ol", "per", "quil", "ras", "son",
    "ta", "ul", "ver",
)  # fmt: skip
KINDS: Final = ("medical", "card", "utility", "telecom")


def write(path: Path, rows: int, seed: int, *, more: int = 0) -> Path:
    """A file of so many rows: one in a hundred is in error, one in fifty gets a warning.

    The same ``seed`` makes the same debtors; ``more`` is added to each amount.
    """
    with path.open("w", encoding="utf-8") as file:
        file.writelines(_lines(rows, seed, more))
    return path


def _lines(rows: int, seed: int, more: int) -> Iterator[str]:
    seeded = random.Random(seed)
    creditors, first = [f"Creditor {k:02}" for k in range(40)], date(2023, 1, 1)
    yield _HEADER
    for n in range(rows):
        name, last = _word(seeded, 2), _word(seeded, 3)
        phone = f"{312 + n // 10_000 % 8}{200 + n // 80_000:03}{n % 10_000:04}" if n % 50 else "12"
        amount = f"{seeded.randrange(20, 9000) + more}.{seeded.randrange(100):02}"
        due = first + timedelta(days=seeded.randrange(700)) if n % 100 else date(1890, 1, 1)
        yield (
            f"R{seed}-{n:08},{name} {last},{seeded.randrange(10_000):04},{name}.{last}{n}@example.org,{phone},{amount},"
            f"{due},{seeded.choice(creditors)},{seeded.choice(KINDS)}\n"
        )


def _word(seeded: random.Random, syllables: int) -> str:
    return "".join(seeded.choice(_SYLLABLES) for _ in range(syllables)).title()


def copy_raw(connection: psycopg.Connection[Any], path: Path) -> float:
    """Seconds that PostgreSQL takes to copy the file, as it is, into the empty table."""
    connection.execute(_TABLE)
    began = time.perf_counter()
    with path.open("rb") as file, connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        while block := file.read(_BLOCK):
            copy.write(block)
    return time.perf_counter() - began

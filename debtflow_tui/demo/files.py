"""Placement files: those that the demo's accounts come from, and three to try the import with."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Final

from debtflow_tui.demo.cast import HARBOR, Creditor
from debtflow_tui.demo.names import CAMEOS, Someone, someone

HEADER: Final = (
    "external_ref", "debtor_name", "debtor_ssn_last4", "debtor_email", "debtor_phone", "original_amount", "interest",
    "fees", "costs", "due_date", "creditor_name", "account_type",
)  # fmt: skip
AMOUNT: Final = HEADER.index("original_amount")
Row = list[str]


@dataclass(frozen=True, slots=True)
class PlacementFile:
    """A file as a client sends it; ``placed_on`` is the day it came."""

    client: str
    name: str
    placed_on: date
    data: bytes


def placements(
    creditor: Creditor, count: int, today: date, dice: Random, known: list[Someone]
) -> Iterator[PlacementFile]:
    """The client's files, one for each of its months; some debtors are already ``known`` and are added to it."""
    months = len(creditor.months)
    number = 1
    for position, months_ago in enumerate(creditor.months):
        size = count * (position + 1) // months - count * position // months
        day = _working_day(today - timedelta(days=30 * months_ago))
        rows = [_placement(creditor, number + i, day, dice, _debtor(dice, known)) for i in range(size)]
        for row in rows:
            if cameo := CAMEOS.get(row[0]):
                row[1:AMOUNT] = cameo.name, cameo.ssn_last4, cameo.email, cameo.phone
        number += size
        if rows:
            yield PlacementFile(creditor.code, f"{creditor.code.lower()}-{day:%Y-%m}.csv", day, _csv(rows))


def write_samples(folder: Path, today: date) -> tuple[Path, ...]:
    """Write clean.csv, errors.csv and large.csv; the same on every day but for their dates."""
    folder.mkdir(parents=True, exist_ok=True)
    samples = {"clean.csv": clean(today), "errors.csv": errors(today), "large.csv": large(today)}
    for name, data in samples.items():
        (folder / name).write_bytes(data)
    return tuple(folder / name for name in samples)


def clean(today: date) -> bytes:
    """200 rows with nothing wrong in them."""
    return _csv(_sample("CL", 200, today, Random(11)))  # noqa: S311


def large(today: date) -> bytes:
    """20,000 rows, a few of them in error as in life."""
    dice = Random(12)  # noqa: S311
    rows = _sample("LG", 20_000, today, dice)
    for row in dice.sample(rows, 40):
        row[AMOUNT] = dice.choice(("", "0", "n/a", "-120.00"))
    return _csv(rows)


def errors(today: date) -> bytes:
    """60 rows with semicolons in Windows-1252, as a spreadsheet saves them: every third has something wrong."""
    rows = _sample("ER", 60, today, Random(13))  # noqa: S311
    rows[0][1] = "Quillfeather Oyelaran"
    for row in rows:
        row[1] = row[1].encode("cp1252", "replace").decode("cp1252").replace("?", "e")
    for position, (column, wrong) in enumerate(WRONG):
        rows[3 * position + 2][HEADER.index(column)] = wrong
    rows[57][0] = rows[3][0]
    rows[58] = rows[58][:-2]
    return _csv(rows, delimiter=";", encoding="cp1252")


WRONG: Final = (
    ("external_ref", ""),
    ("debtor_name", ""),
    ("debtor_name", "12345"),
    ("debtor_ssn_last4", "123-45-6789"),
    ("debtor_email", "nobody at example.com"),
    ("debtor_phone", "555"),
    ("original_amount", ""),
    ("original_amount", "twelve"),
    ("original_amount", "0.00"),
    ("interest", "-250.00"),
    ("costs", "310.00 EUR"),
    ("original_amount", "99999999999999999.00"),
    ("due_date", "2025-02-30"),
    ("due_date", "soon"),
    ("due_date", "2190-01-01"),
    ("due_date", "03/04/2025"),
    ("account_type", "=HYPERLINK(1)"),
    ("creditor_name", "card 4111 1111 1111 1111"),
)


# ---- rows ------------------------------------------------------------------------------------------------------------


def _sample(prefix: str, count: int, today: date, dice: Random) -> list[Row]:
    creditor = HARBOR.creditors[0]
    day = today - timedelta(days=3)
    return [
        [f"{prefix}-{100_000 + i}", *_placement(creditor, i, day, dice, someone(dice))[1:]] for i in range(1, count + 1)
    ]


def _placement(creditor: Creditor, number: int, placed: date, dice: Random, debtor: Someone) -> Row:
    due = placed - timedelta(days=dice.randrange(60, 720))
    ref = f"{creditor.prefix}-{20_000 + number}"
    name = debtor.name_reversed if dice.random() < 0.2 else debtor.name
    amount = _amount(dice, creditor.typical)
    return [
        ref,
        name,
        debtor.ssn_last4,
        debtor.email,
        debtor.phone,
        amount,
        *_on_top(creditor, ref, amount),
        due.isoformat(),
        creditor.name,
        dice.choice(creditor.kinds),
    ]


def _debtor(dice: Random, known: list[Someone]) -> Someone:
    # About one in sixteen owes to somebody else as well.
    if known and dice.random() < 0.06:
        return dice.choice(known)
    found = someone(dice)
    known.append(found)
    return found


def _amount(dice: Random, typical: int) -> str:
    cents = round(dice.lognormvariate(0, 0.7) * typical * 100)
    cents = max(2_500, cents - cents % 5 if dice.random() < 0.5 else cents)
    return f"{cents // 100}.{cents % 100:02d}"


def _on_top(creditor: Creditor, ref: str, principal: str) -> tuple[str, str, str]:
    dice = Random(f"owed {ref}")  # noqa: S311 - dice of its own: who is in a file does not hang on what is owed
    found = {
        each.column: f"{float(principal) * each.part * dice.uniform(0.2, 1):.2f}"
        for each in creditor.on_top
        if dice.random() < each.odds
    }
    return found.get("interest", ""), found.get("fees", ""), found.get("costs", "")


def _working_day(day: date) -> date:
    return day - timedelta(days=max(0, day.weekday() - 4))


def _csv(rows: Iterable[Sequence[str]], *, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows(rows)
    return text.getvalue().encode(encoding)

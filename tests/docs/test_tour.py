"""Whom and what the README's tour meets is in the demo, whatever the day."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from datetime import date
from itertools import count
from random import Random

import pytest

from debtflow_tui.demo import files
from debtflow_tui.demo.cast import HARBOR, Creditor
from debtflow_tui.demo.load import ACCOUNTS, SEED
from debtflow_tui.demo.names import OMAR, Someone
from services.domain.csvfile import read_rows, sniff
from services.domain.names import split_name
from services.domain.numbers import account_number
from services.domain.placement import check_record, match_header
from tests.docs.pages import README, section

DAYS = [date(2026, 1, 1), date(2026, 11, 21), date(2028, 2, 29)]


def placements(today: date) -> list[tuple[files.PlacementFile, Creditor]]:
    """The files that the accounts of the demo's first agency come from."""
    known: list[Someone] = []
    dice = Random(f"{SEED} {HARBOR.code}")
    return [
        (file, each)
        for each in HARBOR.creditors
        for file in files.placements(each, round(ACCOUNTS * HARBOR.share * each.share), today, dice, known)
    ]


def rows_of(file: files.PlacementFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.data.decode())))


def accounts_of(collector: str, today: date) -> dict[str, str]:
    """The accounts that the demo gives to one of its collectors: debtors by number."""
    numbers, turns = count(10_001), Counter[str]()
    held: dict[str, str] = {}
    for file, creditor in sorted(placements(today), key=lambda pair: (pair[0].placed_on, pair[0].name)):
        for row in rows_of(file):
            number = account_number(next(numbers))
            if creditor.collectors[turns[file.client] % len(creditor.collectors)] == collector:
                held[number] = split_name(row["debtor_name"]).display
            turns[file.client] += 1
    return held


@pytest.mark.parametrize("today", DAYS)
def test_the_debtor_with_two_debts(today: date) -> None:
    tour = section(README, "Five minutes")
    accounts = accounts_of("ana", today)
    omar = [number for number, debtor in accounts.items() if debtor == "Omar Torres"]
    assert "*Omar Torres*" in tour
    assert len(omar) == 2
    assert set(re.findall(r"\d{5}-\d", tour)) <= set(omar)


@pytest.mark.parametrize("today", DAYS)
def test_the_payment_falls_on_three_buckets(today: date) -> None:
    omar = next(row for file, _ in placements(today) for row in rows_of(file) if row["external_ref"] == OMAR)
    assert float(omar["fees"]) > 25, "what he has paid before"
    assert float(omar["fees"]) - 25 + float(omar["interest"]) < 250 < float(omar["original_amount"])
    assert "`250.00`" in section(README, "Five minutes")


@pytest.mark.parametrize("today", DAYS)
def test_the_rows_that_are_corrected(today: date) -> None:
    """The script corrects two cells of errors.csv and leaves the other errors out: those two must be all it takes."""
    data = files.errors(today)
    records = read_rows(data, sniff(data))
    header = match_header(next(records).cells)
    found = {row.number: check_record(row, header, currency="USD", today=today)[1] for row in records}
    fixes = re.findall(r'import fix "\$batch" (\d+) (\w+)=', section(README, "The same day as a script"))
    assert len(fixes) == 2
    for row, column in fixes:
        assert [finding.column for finding in found[int(row)]] == [column]
    assert found[1] == ()
    assert b"Quillfeather Oyelaran" in data

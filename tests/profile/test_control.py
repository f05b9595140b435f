"""Control records: what a sender says of the rows, and what there was."""

from __future__ import annotations

import pytest

from services.domain.profile import Mapper, Tally, read_toml

PROFILE = """
[numbers]
decimal = ","
thousands = "."

[head]
marker = "H"

[trailer]
marker = "T"
count = 2
sums = { original_amount = 3 }
"""
HEADER = ["external_ref", "debtor_name", "original_amount"]
ROWS = [["H", "list"], ["A", "Ivo", "1.000,50"], ["B", "Ada", "2,00"]]


def verdict(*records, profile=PROFILE):
    tally = Tally(read_toml(profile), "EUR")
    mapper = Mapper(tally.profile, HEADER)
    for cells in records:
        if not tally.takes(cells):
            tally.add(mapper(cells))
    return tally.verdict()


def test_a_file_that_agrees():
    got = verdict(*ROWS, ["T", "2", "1.002,50"])
    assert (got.agrees, got.rows, got.sums["original_amount"].minor) == (True, 2, 100250)


@pytest.mark.parametrize(
    ("records", "rule", "says"),
    [
        (ROWS, "control-missing", "may have been cut off"),
        ([*ROWS[1:], ["T", "2", "1.002,50"]], "control-missing", "before the rows"),
        ([*ROWS, ["T", "3", "1.002,50"]], "control-count", "says 3 rows and the file holds 2"),
        ([*ROWS, ["T", "two", "1.002,50"]], "control-form", "no count: “two”"),
        ([*ROWS, ["T", "2"]], "control-form", "no amount: it is empty"),
        ([*ROWS, ["T", "2", "1.002,51"]], "control-sum", "-0.01 EUR between them"),
        ([*ROWS, ["C", "Eva", "1,234.00"], ["T", "3", "2.236,50"]], "control-sum", "without 1 that cannot be read"),
    ],
)
def test_a_file_that_does_not(records, rule, says):
    got = verdict(*records)
    assert [finding.rule for finding in got.findings] == [rule]
    assert says in got.findings[0].message
    assert not got.agrees


def test_without_control_records_there_is_no_verdict():
    assert verdict(["A", "Ivo", "1,00"], profile="") is None


def test_a_second_trailer_is_a_row():
    got = verdict(*ROWS, ["T", "2", "1.002,50"], ["T", "2", "1.002,50"])
    assert got.rows == 3

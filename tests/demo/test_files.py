"""The made-up people and their files."""

from __future__ import annotations

import csv
import io
from datetime import date
from random import Random

import pytest

from debtflow_tui.demo import files
from debtflow_tui.demo.cast import FIRMS, HARBOR
from debtflow_tui.demo.names import CAMEOS, OMAR, Someone, someone
from services.domain.contacts import normalise_email, normalise_phone
from services.domain.csvfile import read_rows, sniff
from services.domain.placement import check_record, match_header

TODAY = date(2026, 11, 20)


def found(data: bytes) -> tuple[int, set[str], int]:
    """Rows, the rules that found something, and rows in error."""
    records = read_rows(data, sniff(data))
    header = match_header(next(records).cells)
    rows, bad, rules = 0, 0, set()
    for record in records:
        placement, findings = check_record(record, header, currency="USD", today=TODAY)
        rows += 1
        bad += placement is None
        rules |= {finding.rule for finding in findings}
    return rows, rules, bad


def test_the_clean_file_is_clean() -> None:
    assert found(files.clean(TODAY)) == (200, set(), 0)


def test_the_file_with_errors_has_a_dozen_kinds() -> None:
    data = files.errors(TODAY)
    rows, rules, bad = found(data)
    assert rows == 60
    assert len(rules) >= 12
    assert 12 <= bad < 30
    assert sniff(data).delimiter == ";"
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")


def test_the_large_file_is_large() -> None:
    rows, _, bad = found(files.large(TODAY))
    assert (rows, bad) == (20_000, 40)


def test_files_are_the_same_every_time() -> None:
    assert files.errors(TODAY) == files.errors(TODAY)
    again = [list(files.placements(HARBOR.creditors[0], 50, TODAY, Random(1), [])) for _ in range(2)]
    assert again[0] == again[1]


def test_every_account_of_a_client_is_placed_once_and_without_findings() -> None:
    refs: list[str] = []
    for creditor in HARBOR.creditors:
        for file in files.placements(creditor, 100, TODAY, Random(1), []):
            assert found(file.data)[1:] == (set(), 0)
            assert file.placed_on < TODAY
            refs += [row["external_ref"] for row in csv.DictReader(io.StringIO(file.data.decode()))]
    assert len(refs) == len(set(refs)) == 300
    assert set(CAMEOS) - {"HX-21533", OMAR} <= set(refs)


def test_about_half_of_the_debts_are_more_than_their_principal():
    for creditor in HARBOR.creditors:
        (*_, last) = files.placements(creditor, 600, TODAY, Random(1), [])
        rows = list(csv.DictReader(io.StringIO(last.data.decode())))
        more = [row for row in rows if row["interest"] or row["fees"] or row["costs"]]
        assert 0.3 < len(more) / len(rows) < 0.7
        assert {each.column for each in creditor.on_top} == {
            column for column in ("interest", "fees", "costs") if any(row[column] for row in rows)
        }


def test_nobody_can_be_called_or_written_to() -> None:
    dice = Random(7)
    people: list[Someone] = [someone(dice) for _ in range(2000)]
    assert len({person.name for person in people}) > 1900
    for person in people:
        if person.phone:
            assert normalise_phone(person.phone) == person.phone
            assert person.phone[5:10] == "55501"
        if person.email:
            assert normalise_email(person.email).rpartition("@")[2].startswith("example.")


def test_the_cast_is_complete() -> None:
    assert len(HARBOR.creditors) == 3
    assert len(HARBOR.logins) >= 6
    assert {login.role for login in HARBOR.logins} == {
        "agency_admin", "supervisor", "collector", "readonly", "worker", "webhook"
    }  # fmt: skip
    first = next(login.user for firm in FIRMS for login in firm.logins if login.role == "collector")
    assert all(first in creditor.collectors for creditor in HARBOR.creditors)
    assert len({creditor.commission_bp for creditor in HARBOR.creditors}) == 3
    assert len({creditor.buckets for creditor in HARBOR.creditors}) == 3
    assert sum(creditor.share for creditor in HARBOR.creditors) == pytest.approx(1.0)

"""A redacted copy is the file without some rows: all others stand where they stood, whatever dress the file wears."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator

import pytest

from services.domain.files.reading import Reading
from services.domain.files.record import RawRow
from services.domain.files.records import read_records
from services.errors import Refused
from services.imports.opening import opened
from services.pii.redaction import redacted
from tests.imports.workbooks import Cell, workbook, zipped

HEAD = "external_ref,debtor_name,original_amount"
TEXT = f'{HEAD}\r\nA-1,Zoë Önly,1.00\r\nB-2,"Mina, with\r\ntwo lines",2.00\r\nC-3,Ivo,3.00\r\n'
FIXED = "external_ref  debtor_name  original_amount\nA-1           Zoë          1.00\nB-2           Mina         2.00\n"
SHEET: dict[str, list[list[Cell]]] = {
    "List": [[*HEAD.split(",")], ["A-1", "Zoë <&>", 1.5], ["B-2", "Mina", 2], ["C-3", None, 3]],
    "Other": [["Mina"]],
}
MORE = {"list.csv": TEXT.encode(), "other.csv": b"Mina was here too"}

DRESSES = [
    pytest.param(TEXT.encode(), Reading(), 3, id="text"),
    pytest.param(TEXT.encode("utf-16"), Reading(encoding="utf-16"), 3, id="utf-16"),
    pytest.param(TEXT.encode("utf-16-be"), Reading(encoding="utf-16-be"), 3, id="utf-16-be"),
    pytest.param(FIXED.encode(), Reading(widths=(14, 13, 15)), 3, id="fixed"),
    pytest.param(gzip.compress(TEXT.encode()), Reading(), 3, id="gzip"),
    pytest.param(zipped(MORE), Reading(entry="list.csv"), 3, id="zip"),
    pytest.param(workbook(SHEET), Reading(sheet="List"), 3, id="workbook"),
    pytest.param(gzip.compress(workbook({"L": SHEET["List"]})), Reading(), 3, id="workbook in gzip"),
]


def records(data: bytes, reading: Reading) -> Iterator[RawRow]:
    with opened(io.BytesIO(data), len(data), reading) as (text, settled):
        yield from read_records(text, settled)


def without(data: bytes, reading: Reading, *lines: int) -> bytes:
    with redacted(io.BytesIO(data), len(data), [(reading, lines)]) as copy:
        return copy.read()


@pytest.mark.parametrize(("data", "reading", "line"), DRESSES)
def test_every_other_row_is_where_it_was(data: bytes, reading: Reading, line: int) -> None:
    before = list(records(data, reading))
    copy = without(data, reading, line)
    after = {row.line: row for row in records(copy, reading)}
    for row in before:
        if row.line != line:
            assert after[row.line]._replace(number=0) == row._replace(number=0)
        else:
            assert set("".join(after[row.line].cells)) == {"*"}
    for form in ("Mina", "two lines"):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            assert form.encode(encoding) not in _unpacked(copy)


def _unpacked(data: bytes) -> bytes:
    if data.startswith(b"\x1f\x8b"):
        return _unpacked(gzip.decompress(data))
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return b"".join(_unpacked(archive.read(name)) for name in archive.namelist())
    return data


def test_text_keeps_its_length_and_its_lines() -> None:
    copy = without(TEXT.encode(), Reading(), 3)
    assert len(copy) == len(TEXT.encode())
    assert copy.count(b"\r\n") == TEXT.count("\r\n")


def test_two_ways_of_reading_one_archive_are_both_kept() -> None:
    data = zipped({"a.csv": TEXT.encode(), "b.csv": TEXT.replace("Mina", "Nina").encode()})
    with redacted(io.BytesIO(data), len(data), [(Reading(entry="a.csv"), [3]), (Reading(entry="b.csv"), [2])]) as copy:
        both = _unpacked(copy.read())
    assert b"Mina" not in both
    assert both.count("Zoë".encode()) == 1


def test_a_row_that_is_not_there_is_told() -> None:
    with pytest.raises(Refused) as refused:
        without(TEXT.encode(), Reading(), 3, 99)
    assert refused.value.rule == "row-lost"

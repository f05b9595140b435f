"""How a file is read before anybody keeps it: what is guessed, what is overruled, what is refused and how."""

from __future__ import annotations

import gzip
import io
import random
import struct
import tempfile
import zipfile
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.domain.files import containers
from services.domain.files.reading import Reading
from services.domain.files.records import read_records
from services.errors import BadInput, Unreachable
from services.imports import spool
from services.imports.look import look
from services.imports.opening import opened
from tests.imports.files import good, line, written
from tests.imports.workbooks import Cell, workbook, zipped

HEAD = ("external_ref", "debtor_name", "original_amount")
CSV = b"external_ref,debtor_name,original_amount\r\nHX-1,Ann Bee,5\r\nHX-2,Ben Cee,6\r\n"
FIXED = (
    "external_ref debtor_name          original_amount\n"
    "HX-1         Ann Bee                       12.50\n"
    "HX-2         Quillfeather Oyelara         112.50\n"
)
BOOK: dict[str, list[list[Cell]]] = {
    "Cover": [["October"]],
    "Placed": [["October"], [*HEAD, "due_date"], ["007", "Ann", 12.5], ["HX-2", None, 1e16]],
}


def cells(source: bytes, reading: Reading | None = None) -> list[tuple[str, ...]]:
    """Header and rows."""
    found = look(source, reading, rows=50)
    return [found.header.cells, *(row.cells for row in found.rows)]


@pytest.mark.parametrize(
    ("data", "settled"),
    [
        (CSV, {"container": "none", "kind": "csv", "encoding": "utf-8", "delimiter": ",", "header_line": 1}),
        (gzip.compress(CSV), {"container": "gzip", "kind": "csv"}),
        (zipped({"oct/a.csv": CSV, "__MACOSX/._a.csv": b"x"}), {"container": "zip", "entry": "oct/a.csv"}),
        (CSV.decode().encode("utf-16"), {"encoding": "utf-16"}),
        (b"\xfe\xff" + CSV.decode().encode("utf-16-be"), {"encoding": "utf-16-be"}),
        (CSV.decode().encode("utf-16-le"), {"encoding": "utf-16-le"}),
        (b"Our list of October\r\n\r\n" + CSV, {"header_line": 3}),
        (b"sep=,\r\n" + CSV, {"header_line": 2}),
    ],
    ids=range(8),
)
def test_one_list_in_many_dresses(data: bytes, settled: dict[str, Any]) -> None:
    found = look(data)
    assert settled.items() <= found.reading.facts().items()
    assert set(found.guessed) == set(found.reading.facts())
    assert [found.header.cells, *(row.cells for row in found.rows)] == [
        HEAD, ("HX-1", "Ann Bee", "5"), ("HX-2", "Ben Cee", "6"),
    ]  # fmt: skip


def test_fixed_width_is_seen_by_its_blanks_or_said() -> None:
    rows = [HEAD, ("HX-1", "Ann Bee", "12.50"), ("HX-2", "Quillfeather Oyelara", "112.50")]
    assert look(FIXED.encode()).reading.widths == (13, 21, 15)
    assert cells(FIXED.encode()) == rows
    bare = b"HX-1Ann Bee    12.50\nHX-2Quill     112.50\n"
    said = Reading(widths=(4, 10, 6), names=HEAD, header_line=0)
    assert cells(bare, said) == [HEAD, ("HX-1", "Ann Bee", "12.50"), ("HX-2", "Quill", "112.50")]


def test_a_workbook_is_read_by_its_sheet() -> None:
    found = look(workbook(BOOK), Reading(sheet="Placed"))
    assert (found.reading.kind, found.reading.header_line) == ("xlsx", 2)
    assert [(row.line, row.cells) for row in found.rows] == [
        (3, ("007", "Ann", "12.5")), (4, ("HX-2", "", "10000000000000000")),
    ]  # fmt: skip
    assert look(zipped({"a.xlsx": workbook(BOOK)})).reading.sheet == "Cover"


def test_what_is_said_overrules_what_is_guessed() -> None:
    assert cells(b"a|b;c\n1|2;3\n", Reading(delimiter=";")) == [("a|b", "c"), ("1|2", "3")]
    assert cells(b"x\nref,name\n'a,b',c\n", Reading(header_line=2, quote="'"))[1] == ("a,b", "c")
    assert cells(b'ref,name\n5" pipe,"x\n', Reading(quote=""))[1] == ('5" pipe', '"x')
    assert cells(b"1,2\n3,4\n", Reading(header_line=0))[:2] == [("column 1", "column 2"), ("1", "2")]
    assert cells(b"ref,name\n1,\x8e\n", Reading(encoding="ibm850"))[1] == ("1", "Ä")
    assert Reading.of(look(CSV).reading.facts()) == look(CSV).reading


@pytest.mark.parametrize(
    "wrong",
    [{"delimiter": ""}, {"delimiter": "ab"}, {"encoding": "klingon"}, {"widths": (0,)}, {"widths": ()}, {"kind": "pdf"},
     {"header_line": -1}, {"quote": "«"}, {"names": ("x",) * 1001}, {"container": "rar"}],
)  # fmt: skip
def test_what_cannot_be_said_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        Reading(**wrong)


def linked() -> bytes:
    """A zip archive whose entry is a symbolic link."""
    out, entry = io.BytesIO(), zipfile.ZipInfo("a.csv")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


def locked() -> bytes:
    data = bytearray(zipped({"a.csv": CSV}))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        struct.pack_into("<H", data, data.index(magic) + at, 1)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\xd0\xcf\x11\xe0", "old Excel"),
        (zipped({}), "holds nothing"),
        (zipped({"a.csv": CSV, "b.csv": CSV}), "a.csv, b.csv"),
        (zipped({"../a.csv": CSV}), "leads out"),
        (zipped({"/etc/a.csv": CSV}), "leads out"),
        (zipped({"c:a.csv": CSV}), "leads out"),
        (zipped({"..\\a.csv": CSV}), "leads out"),
        (zipped({"a\x1b[31m.csv": CSV}), "leads out"),
        (linked(), "leads out"),
        (locked(), "password"),
        (zipped({"a.zip": zipped({"a.csv": CSV})}), "another archive"),
        (gzip.compress(gzip.compress(CSV)), "another archive"),
        (gzip.compress(CSV)[:-9], "broken"),
        (zipped({"a.csv": CSV})[:-9], "broken"),
        (zipped({f"{n}.csv": b"" for n in range(1001)}), "more than 1,000 files"),
        (workbook(BOOK, more='<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "more memory"),
        (workbook(BOOK).replace(b"sheet1.xml", b"sheet9.xml"), "workbook cannot be read"),
        (b",".join(b"c%d" % n for n in range(1001)) + b"\n1\n", "1,001 columns"),
    ],
    ids=range(19),
)
def test_what_is_no_list_is_refused_with_what_to_do(data: bytes, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        look(data)
    assert says in refused.value.message
    assert refused.value.hint or "columns" in says


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: zipped({"a.csv": data})], ids=["gzip", "zip"])
def test_a_bomb_is_not_unpacked(pack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "_FREE", 1 << 20)
    assert look(pack(good(2000))).rows
    with pytest.raises(BadInput, match="fill the disk"):
        look(pack(bytes(4 << 20)))
    monkeypatch.setattr(containers, "LARGEST", 1 << 20)
    monkeypatch.setattr(spool, "LARGEST", 1 << 20)
    with pytest.raises(BadInput, match="larger than 1 MB"):
        look(pack(random.Random(1).randbytes(1 << 20) + b"x"))
    with pytest.raises(BadInput, match="larger than 1 MB"):
        look(io.BytesIO(bytes((1 << 20) + 1)))


def test_a_file_that_is_not_there_or_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (tmp_path / "none.csv", tmp_path, Path("a\0b")):
        with pytest.raises(BadInput, match="cannot be read"):
            look(path)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", full)
    with pytest.raises(Unreachable) as refused:
        look(CSV)
    assert (refused.value.rule, bool(refused.value.hint)) == ("disk-full", True)


def test_a_field_of_fifty_megabytes_is_one_row_and_takes_no_memory() -> None:
    import tracemalloc

    with tempfile.TemporaryFile() as file:
        file.write(b"external_ref,debtor_name,original_amount\nHX-1,Ann,5\nHX-2,")
        for _ in range(50):
            file.write(b"x" * (1 << 20))
        file.write(b",6\nHX-3,Cat,7\n")
        size = file.tell()
        tracemalloc.start()
        with opened(file, size, Reading(encoding="utf-8")) as (text, settled):
            rows = list(read_records(text, settled))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert [(row.line, row.cut) for row in rows] == [(1, False), (2, False), (3, True), (4, False)]
    assert rows[2].length == (50 << 20) + 7
    assert peak < 16 << 20


WIDE = written([line("A-1", name="Zoë 𝄞 Núñez"), line("A-2", name='"two\r\nlines"'), line("A-3", name="Ω")])


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_the_bytes_of_a_row_are_the_row(codec: str, end: str) -> None:
    data = WIDE.decode().replace("\r\n", end).encode(codec)
    found = look(data)
    plain = "utf-16-le" if codec == "utf-16" else codec
    for row in found.rows:
        assert row.offset is not None
        assert row.length is not None
        assert data[row.offset : row.offset + row.length].decode(plain) == row.text
    assert len(found.rows) == 3


_BITS = st.lists(
    st.sampled_from([b'"', b",", b";", b"\n", b"\r", b"\0", b"a", b"\xff", b"\xc3\xa9", b"\xd8\x00", b"\t", CSV, b"="]),
    max_size=40,
).map(b"".join)
_SAID = st.sampled_from(
    [None, Reading(kind="fixed", widths=(3, 4)), Reading(encoding="utf-16"), Reading(header_line=0), Reading(quote="'")]
)


@settings(max_examples=120)
@given(st.one_of(st.binary(max_size=200), _BITS), _SAID)
def test_any_bytes_are_rows_or_bad_input(body: bytes, said: Reading | None) -> None:
    for data in (body, CSV + body, gzip.compress(CSV + body)):
        try:
            found = look(data, said, rows=100)
        except BadInput:
            continue
        rows = [found.header, *found.rows]
        assert [row.number for row in rows] == list(range(len(rows)))
        lines = [row.line for row in rows]
        assert lines == sorted(lines)
        spans = [(row.offset, row.length) for row in rows if row.offset is not None and row.line]
        assert all(at + (length or 0) <= after for (at, length), (after, _) in pairwise(spans))


@settings(max_examples=40)
@given(
    st.sampled_from(["zip", "gzip", "xlsx"]),
    st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=4)), max_size=3),
)
def test_no_broken_archive_crashes_the_reader(what: str, changes: list[tuple[int, bytes]]) -> None:
    packed = {
        "zip": zipped({"a.csv": CSV}),
        "gzip": gzip.compress(CSV),
        "xlsx": workbook({"S": [HEAD, ("1", "Ann", 5)]}),
    }
    data = bytearray(packed[what])
    if what == "xlsx":  # one in a process of its own takes its time
        changes = changes[:1]
    for at, put in changes:
        at %= len(data)
        data[at : at + len(put)] = put
    with suppress(BadInput):
        assert look(bytes(data)).header.cells


@settings(max_examples=60)
@given(st.integers(1, 40), st.binary(min_size=1, max_size=6).filter(lambda put: not set(put) & set(b'\r\n",')))
def test_spoilt_bytes_spoil_their_own_row(at: int, put: bytes) -> None:
    rows = [line(f"A-{n}", name=f"Zoë Núñez{n}") for n in range(1, 41)]
    data = written(rows)
    where = data.index(f"Núñez{at}".encode())
    with opened(io.BytesIO(data[:where] + put + data[where:]), len(data)) as (file, settled):
        found = list(read_records(file, settled))[1:]
    clean = [row for row in found if row.number != at]
    assert [row.cells[1] for row in clean] == [f"Zoë Núñez{n}" for n in range(1, 41) if n != at]

"""What is kept of a file: its bytes, how it was read, and where each row stands in it."""

from __future__ import annotations

import gzip
from pathlib import Path

import psycopg
import pytest

from services.domain.files.reading import Reading
from services.errors import NotAllowed, NotFound, Refused
from services.imports import Imports
from tests.imports.files import good, line, written
from tests.imports.workbooks import workbook, zipped
from tests.support.house import House

CSV = written([line("A-1", name="Zoë"), line("A-2", name='"two, names"')])


def test_rows_of_every_dress_are_the_same(imports: Imports, tmp_path: Path) -> None:
    head = ["external_ref", "debtor_name", "original_amount"]
    fixed = b"A-1 Ann Bee    12.50\nA-2 Ivo Brandt  9.00\n"
    for data, reading, said in (
        (gzip.compress(CSV, mtime=0), None, {"container": "gzip", "kind": "csv", "encoding": "utf-8"}),
        (zipped({"a.csv": CSV, "b.txt": b""}), Reading(entry="a.csv"), {"container": "zip", "entry": "a.csv"}),
        (workbook({"S": [head, ["A-1", "Ann", 12.5], ["A-2", "Ivo", 9]]}), None, {"kind": "xlsx", "sheet": "S"}),
        (fixed, Reading(widths=(4, 10, 7), names=tuple(head), header_line=0), {"kind": "fixed", "header_line": 0}),
    ):
        path = tmp_path / "sent.bin"
        path.write_bytes(data)
        batch = imports.stage(path, path.name, "HXL", reading=reading)
        assert (batch.rows, batch.valid) == (2, 2)
        assert said.items() <= batch.reading.facts().items()
        assert [row.values["external_ref"] for row in imports.rows(batch.id).rows] == ["A-1", "A-2"]
        assert b"".join(imports.file(batch.id)) == data
        imports.reject(batch.id, "next")


def test_a_large_file_comes_back_in_pieces_and_by_row(house: House, imports: Imports) -> None:
    data = good(4) + written([line(f"B-{n}", note="x" * 90_000) for n in range(30)], columns=("note",)).replace(
        b"note\r\n", b""
    ).replace(b"\r\n", b",,,,,,,,,,,\r\n")
    batch = imports.stage(data, "large.csv", "HXL")
    assert house.one("select array_agg(length(bytes) order by seq) from debtflow.file_chunk") == [
        1 << 20, 1 << 20, len(data) - (2 << 20),
    ]  # fmt: skip
    assert b"".join(imports.file(batch.id)) == data
    for row in (1, 4, 12, 34):
        raw = imports.raw(batch.id, row)
        assert raw.data == data.split(b"\r\n")[row]
        assert data[raw.offset :].startswith(raw.data)
    query = "select kind, count(*) from debtflow.security_event where entity = 'batch' group by kind"
    assert house.su.execute(query).fetchall() == [("file.read", 1)]


def test_a_row_in_an_archive_has_its_bytes_too(imports: Imports) -> None:
    batch = imports.stage(gzip.compress(CSV), "a.csv.gz", "HXL")
    assert imports.raw(batch.id, 2).text.startswith('A-2,"two, names",4022')
    book = workbook({"S": [["external_ref", "debtor_name", "original_amount"], ["X-1", "Ann", 1]]})
    with pytest.raises(Refused) as refused:
        imports.raw(imports.stage(book, "b.xlsx", "HXL").id, 1)
    assert refused.value.rule == "no-bytes"


def test_an_error_report_is_a_list_whatever_the_file_was(imports: Imports) -> None:
    head = ["external_ref", "debtor_name", "original_amount"]
    fixed = (
        b"external_ref  debtor_name  original_amount\n"
        b"A-1           Ann Bee                 12.50\n"
        b"A-2           Ivo Bee                   ten\n"
    )
    text = b"October\nexternal_ref,debtor_name,original_amount\nA-1,Ann Bee,5\nA-2,Ivo Bee,ten\n"
    for data in (
        workbook({"S": [head, ["A-1", "Ann Bee", 1], ["A-2", "Ivo Bee", "ten"]]}), fixed, gzip.compress(text), text,
    ):  # fmt: skip
        batch = imports.stage(data, "sent.bin", "HXL")
        assert batch.errors == 1
        header, row = b"".join(imports.report(batch.id).data).decode("utf-8-sig").splitlines()
        assert header == "external_ref,debtor_name,original_amount,debtflow_rule,debtflow_reason"
        assert row.startswith("A-2,Ivo Bee,ten,amount-format,")


def test_a_file_from_an_earlier_release_is_still_there(house: House, imports: Imports) -> None:
    batch = imports.stage(good(2), "a.csv", "HXL")
    house.su.execute("alter table debtflow.file_chunk disable trigger append_only")
    house.su.execute("delete from debtflow.file_chunk")
    house.su.execute("update debtflow.file set place = 'row', bytes = %s", [good(2)])
    house.su.execute("update debtflow.import_batch set reading = '{}'")
    assert b"".join(imports.file(batch.id)) == good(2)
    assert imports.raw(batch.id, 2).data == good(2).splitlines()[2]


def test_only_those_who_review_read_files(house: House, imports: Imports) -> None:
    batch = imports.stage(good(1), "a.csv", "HXL")
    for login, error in (("rex", NotAllowed), ("ana", NotFound), ("zack", NotFound)):
        with pytest.raises(error):
            list(Imports(house.store(login)).file(batch.id))
    for most in (0, 1 << 25, None):
        with pytest.raises(psycopg.DatabaseError) as refused:
            house.psql("bea").execute("select debtflow.import_file_read(%s, 0, %s)", [batch.id, most])
        assert refused.value.sqlstate == "DF400"


@pytest.mark.parametrize(
    "pieces",
    [[], [(0, b"ab")], [(0, b"abd")], [(1, b"abc")], [(0, b"ab"), (1, b"c")], [(0, b"abc"), (1, b"d")]],
)
def test_nobody_leaves_half_a_file_behind(house: House, pieces: list[tuple[int, bytes]]) -> None:
    bea = house.psql("bea")

    def send() -> None:
        with bea.transaction():
            kept = bea.execute("select file from debtflow.file_keep(sha256('abc'), 3)").fetchone()
            for seq, piece in pieces:
                bea.execute("select debtflow.file_chunk_keep(%s, %s, %b)", [*(kept or ()), seq, piece])

    with pytest.raises(psycopg.DatabaseError) as refused:
        send()
    assert refused.value.sqlstate == "DF422"
    assert house.one("select count(*) from debtflow.file") == 0


def test_nothing_is_added_to_a_file_that_is_whole(house: House, imports: Imports) -> None:
    imports.stage(good(1), "a.csv", "HXL")
    with pytest.raises(psycopg.DatabaseError) as refused:
        house.psql("bea").execute("select debtflow.file_chunk_keep(id, 1, 'x') from debtflow.file")
    assert refused.value.diag.constraint_name == "file-whole"

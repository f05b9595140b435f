import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.csvfile import DELIMITERS, Dialect, RawRow, read_rows, sniff
from services.errors import BadInput

HEADER = "external_ref;debtor_name;original_amount"


def rows_of(data: bytes) -> list[RawRow]:
    return list(read_rows(data, sniff(data)))


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize(
    ("codec", "dialect"),
    [
        ("utf-8", ("utf-8", False)),
        ("utf-8-sig", ("utf-8", True)),
        ("utf-16", ("utf-16", True)),
        ("cp1252", ("windows-1252", False)),
    ],
)
def test_encoding_and_delimiter_are_found(delimiter, codec, dialect):
    text = (
        f"{HEADER}\r\nHX-1;Zoë Núñez;12,50\r\n".replace(";", delimiter)
        if delimiter != ","
        else f"{HEADER}\r\nHX-1;Zoë Núñez;12.50\r\n".replace(";", ",")
    )
    data = text.encode(codec)
    found = sniff(data)
    assert found == Dialect(dialect[0], delimiter, dialect[1])
    header, row = read_rows(data, found)
    assert header.cells == ("external_ref", "debtor_name", "original_amount")
    assert row.cells[:2] == ("HX-1", "Zoë Núñez")
    assert (row.number, row.line) == (1, 2)


def test_the_header_decides_where_the_cells_hold_more_commas():
    data = b"external_ref;debtor_name;original_amount\nHX-1;A, B, C, D;1,5\nHX-2;A, B, C, D;1,5\n"
    assert sniff(data).delimiter == ";"


def test_a_quoted_record_spans_lines_and_keeps_its_raw_text():
    data = b'external_ref,debtor_name,original_amount\r\n"HX,1","two\r\nlines ""quoted""",5\r\nHX-2,B,6\r\n'
    _, first, second = rows_of(data)
    assert first.cells == ("HX,1", 'two\r\nlines "quoted"', "5")
    assert first.text == '"HX,1","two\r\nlines ""quoted""",5'
    assert (first.line, second.line, second.number) == (2, 4, 2)


@pytest.mark.parametrize("tail", [b"", b"HX-9,Z,9\n" * 500])
def test_a_quote_that_never_closes_spoils_one_row_only(tail):
    data = b'external_ref,debtor_name,original_amount\nHX-1,"open,5\nHX-2,B,6\n' + tail
    rows = rows_of(data)
    assert [row.unclosed for row in rows[:3]] == [False, True, False]
    assert rows[1].text == 'HX-1,"open,5'
    assert [(row.line, row.number) for row in rows[1:3]] == [(2, 1), (3, 2)]
    assert rows[2].cells == ("HX-2", "B", "6")
    assert len(rows) == 3 + tail.count(b"\n")


def test_an_inch_mark_inside_a_cell_is_a_letter():
    assert rows_of(b'external_ref,debtor_name\nHX-1,5" pipe\n')[1].cells == ("HX-1", '5" pipe')


def test_ragged_rows_nul_bytes_and_blank_lines_are_rows_or_nothing():
    data = b"\r\nsep=,\r\nexternal_ref,debtor_name\r\nHX-1\r\n\r\n,\r\nHX\x002,B,C,D\r\n\x1a"
    header, short, long = rows_of(data)
    assert (header.number, header.line) == (0, 3)
    assert (short.cells, short.line) == (("HX-1",), 4)
    assert (long.cells, long.number, long.line) == (("HX\x002", "B", "C", "D"), 2, 7)


def test_only_line_ends_end_lines():
    data = "external_ref,debtor_name\rHX-1,a\u2028b\x0bc\x85d\rHX-2,e".encode()
    assert [row.cells for row in rows_of(data)[1:]] == [("HX-1", "a\u2028b\x0bc\x85d"), ("HX-2", "e")]


def test_one_broken_byte_does_not_spoil_every_accent():
    data = b"external_ref,debtor_name\n" + "HX-1,Zoë Núñez\n".encode() * 20 + b"HX-2,Jos\xe9\n"
    rows = rows_of(data)
    assert rows[1].cells[1] == "Zoë Núñez"
    assert rows[21].cells[1] == "Jos\ufffd"


def test_a_huge_cell_is_one_row():
    data = b'external_ref,debtor_name\nHX-1,"' + b"x" * 300_000 + b'"\nHX-2,B\n'
    rows = rows_of(data)
    assert len(rows) == 3
    assert rows[2].cells == ("HX-2", "B")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\n\n \n", "empty"),
        (b"external_ref,debtor_name,original_amount\n", "no rows"),
        (b"HX-1,Ann,5\nHX-2,Ben,6\n", "no column that is known"),
        (b"PK\x03\x04\x14\x00", "Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08", "gzip"),
        ("external_ref,debtor_name\nA,B\n".encode("utf-32"), "UTF-32"),
    ],
)
def test_what_is_no_placement_file_is_refused_with_what_to_do(data, says):
    with pytest.raises(BadInput) as caught:
        sniff(data)
    assert says in caught.value.message
    assert caught.value.hint


cell = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0\ufeff\x1a"), max_size=12)


@given(
    st.lists(st.lists(cell, min_size=3, max_size=3).filter(lambda row: "".join(row).strip()), min_size=1, max_size=8),
    st.sampled_from(DELIMITERS),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_a_csv_writer_wrote_is_read_back(table, delimiter, codec):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([HEADER.split(";"), *table])
    rows = rows_of(out.getvalue().encode(codec))
    assert [list(row.cells) for row in rows[1:]] == table
    assert [row.number for row in rows] == list(range(len(table) + 1))
    assert not any(row.unclosed for row in rows)


@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(
            st.sampled_from([b'"', b",", b";", b"\n", b"\r", b"\0", b"a", b"external_ref", b"\xff", b"\xc3"]),
            max_size=60,
        ).map(b"".join),
    )
)
def test_any_bytes_are_rows_or_bad_input(data):
    for body in (data, b"external_ref,debtor_name\n" + data):
        try:
            rows = rows_of(body)
        except BadInput:
            continue
        assert [row.number for row in rows] == list(range(len(rows)))
        assert sorted({row.line for row in rows}) == [row.line for row in rows]


@given(st.lists(st.sampled_from(['"', ",", "\n", "a", "bc", '""', ',"', '",']), max_size=60).map("".join))
def test_no_letter_is_lost(body):
    data = ("external_ref,debtor_name\nx,y\n" + body).encode()
    kept = "".join(row.text for row in rows_of(data)[2:])
    assert [char for char in kept if char.isalpha()] == [char for char in body if char.isalpha()]

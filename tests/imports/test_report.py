"""The error report for a client, and the file that comes back repaired."""

from __future__ import annotations

import csv
import io

import pytest

from services.errors import BadInput, Refused
from services.imports import Imports
from tests.imports.files import good, line, written


def written_out(imports: Imports, batch: int, *states: str) -> bytes:
    return b"".join(imports.report(batch, states=states or ("error",)).data)


@pytest.mark.parametrize(
    ("delimiter", "encoding"),
    [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "cp1252"), ("|", "utf-16"), (";", "cp1252")],
)
def test_only_failed_rows_in_the_clients_own_writing_and_the_repaired_file_is_clean(
    imports: Imports, delimiter: str, encoding: str
) -> None:
    rows = [
        line("A-1", name="Zoë Müller"),
        line("A-2", name="Zoë Ångström", amount="ten", creditor_name='"Harbor; Bay, Ltd | Sons and ""Co"""'),
        line("A-3"),
        line("A-4", due_date="31/02/2025", amount="neun"),
        line("A-1", name="Twice Sent"),
    ]
    batch = imports.stage(written(rows, delimiter=delimiter, encoding=encoding), "harbor.csv", "HXL")
    assert batch.errors == 2
    imports.release(batch.id, leave_errors=True)
    said = imports.report(batch.id)
    data = b"".join(said.data)
    assert (said.name, said.rows) == ("harbor.errors.csv", 2)
    head, *lines = written(rows, delimiter=delimiter, encoding=encoding).decode(encoding).split("\r\n")
    text = data.decode(encoding)
    first, second, third, end = text.split("\r\n")
    assert (first, end) == (f"{head}{delimiter}debtflow_rule{delimiter}debtflow_reason", "")
    assert second.startswith(f"{lines[1]}{delimiter}amount-format{delimiter}")
    assert third.startswith(lines[3])
    assert "amount-format, date-invalid" in third
    assert data[:3] == written(rows, delimiter=delimiter, encoding=encoding)[:3]

    repaired = text.replace(f"{delimiter}ten{delimiter}", f"{delimiter}10.00{delimiter}", 1)
    repaired = repaired.replace(f"{delimiter}neun{delimiter}", f"{delimiter}9.00{delimiter}", 1)
    repaired = repaired.replace(f"{delimiter}31/02/2025{delimiter}", f"{delimiter}2025-02-28{delimiter}", 1)
    second_try = imports.stage(repaired.encode(encoding), "repaired.csv", "HXL")
    assert (second_try.rows, second_try.valid) == (2, 2)
    assert imports.release(second_try.id).released == 2


def test_ragged_and_broken_rows_keep_the_reasons_in_their_columns(imports: Imports) -> None:
    data = b'external_ref,debtor_name,original_amount\nA-1,Ann Ace\nA-2,Bob Boo,1.00,more\nA-3,Cat Coe,"3.00\n'
    batch = imports.stage(data, "ragged.csv", "HXL")
    first, second, third = written_out(imports, batch.id).decode().splitlines()[1:]
    assert first.startswith("A-1,Ann Ace,,")
    assert second.startswith("A-2,Bob Boo,1.00,column-count,")
    assert second.endswith(",more")
    assert third.startswith('A-3,Cat Coe,"""3.00","quote-open, ')


def test_what_was_corrected_meanwhile_is_reported_corrected(imports: Imports) -> None:
    batch = imports.stage(written([line("A-1", amount="ten", due_date="soon")]), "a.csv", "HXL")
    imports.fix(batch.id, 1, {"original_amount": "10.00"})
    (row,) = written_out(imports, batch.id).decode().splitlines()[1:]
    assert ",10.00," in row
    assert "date-format" in row
    assert "amount-format" not in row


def test_a_second_report_does_not_add_the_columns_twice(imports: Imports) -> None:
    batch = imports.stage(written([line("A-1", amount="ten")]), "a.csv", "HXL")
    again = imports.stage(written_out(imports, batch.id).replace(b"ten", b"nine"), "b.csv", "HXL")
    head, row = written_out(imports, again.id).decode().splitlines()
    assert head.count("debtflow_reason") == 1
    assert row.count("“nine” is not an amount") == 1


def test_other_rows_are_reported_on_request_and_nothing_is_refused(imports: Imports) -> None:
    batch = imports.stage(written([line("A-1"), line("A-1"), line("A-3")]), "a.csv", "HXL")
    with pytest.raises(Refused, match="nothing to report"):
        imports.report(batch.id)
    imports.exclude(batch.id, [3], "recalled by the client")
    text = written_out(imports, batch.id, "duplicate", "excluded").decode()
    assert "key-duplicate" in text.splitlines()[1]
    assert text.splitlines()[2].endswith("recalled by the client")
    with pytest.raises(BadInput):
        imports.report(batch.id, states=("valid",))
    clean = imports.stage(good(1, "N"), "c.csv", "HXL")
    with pytest.raises(Refused):
        imports.report(clean.id)


def test_no_cell_of_a_report_is_run_by_a_spreadsheet_and_all_come_back_as_they_were(imports: Imports) -> None:
    run = "=cmd|' /C calc'!A0"
    rows = [
        line("A-1", name=run, amount="-12.00", debtor_phone="+1 212 555 0100"),
        line("@A-2", name="'=One", amount="ten"),
        line("A-3", name="Cat Coe", **{"=HYPERLINK(1)": "x"}),
    ]
    batch = imports.stage(written(rows), "a.csv", "HXL")
    imports.exclude(batch.id, [3], "=HYPERLINK(2)")
    given = [cell for row in csv.reader(io.StringIO(written_out(imports, batch.id, "error", "excluded").decode()))
             for cell in row]  # fmt: skip
    assert [cell for cell in given if cell.startswith(("=", "@", "\t"))] == []
    assert {f"'{run}", "-12.00", "+1 212 555 0100", "'@A-2", "''=One"} <= set(given)
    assert any(cell.startswith("'=HYPERLINK(2)") for cell in given)

    report = written_out(imports, batch.id)
    again = imports.stage(report.replace(b",ten,", b",10.00,").replace(b"-12.00", b"12.00"), "b.csv", "HXL")
    found = imports.rows(again.id).rows
    assert [(row.values["external_ref"], row.values["debtor_name"]) for row in found] == [
        ("A-1", run),
        ("@A-2", "'=One"),
    ]
    assert [row.state for row in found] == ["warning", "warning"]
    assert f"'{run}" in written_out(imports, again.id, "warning").decode()
    assert f"''{run}" not in written_out(imports, again.id, "warning").decode()

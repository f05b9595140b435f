"""A first profile for a file that nobody has described."""

from __future__ import annotations

import pytest

from services.domain.profile import Mapper, fields_of, propose, suggest, to_toml
from services.domain.profile.fields import KINDS

FILES = {
    "en": (
        "Acct No;Patient Name;Current Balance;Date of Service;E-mail Address;Cell Phone;SSN4;Branch",
        ["881;Ivo Brandt;1,250.00;11/30/2025;i@example.org;(312) 555-0142;4022;North",
         "882;Ada Coe;80.00;11/02/2025;;312-555-0143;;South"],
        {"external_ref": "Acct No", "debtor_name": "Patient Name", "original_amount": "Current Balance",
         "due_date": "Date of Service", "debtor_email": "E-mail Address", "debtor_phone": "Cell Phone",
         "debtor_ssn_last4": "SSN4"},
        ("M/D/YYYY", ""),
    ),
    "de": (
        "Kunden-Nr.;Vorname;Nachname;Hauptforderung;Zinsen;Fälligkeit;Telefonnummer",
        ["K1;Ivo;Brandt;1.250,00;3,50;30.11.2025;030 901820", "K2;Ada;Coe;80,00;0,00;02.11.2025;"],
        {"external_ref": "Kunden-Nr.", "debtor_name": ["Vorname", "Nachname"], "original_amount": "Hauptforderung",
         "interest": "Zinsen", "due_date": "Fälligkeit", "debtor_phone": "Telefonnummer"},
        ("D.M.YYYY", ","),
    ),
    "typo": (
        "Refrence;Debtr Name;Amont",
        ["1;Ivo Brandt;5.00"],
        {"external_ref": "Refrence", "debtor_name": "Debtr Name", "original_amount": "Amont"},
        ("", ""),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_columns_and_formats_are_found(name):
    header, rows, columns, (dates, decimal) = FILES[name]
    cells = [row.split(";") for row in rows]
    profile = propose("placements", header.split(";"), cells)
    assert {column: said.source for column, said in profile.columns.items()} == columns, to_toml(profile)
    assert (profile.dates.formats or [""])[0] == dates
    assert profile.numbers.decimal == decimal
    mapper = Mapper(profile, header.split(";"))
    assert [mapper(row).findings for row in cells] == [()] * len(cells)


def test_our_own_names_need_no_profile():
    header = ["external_ref", "debtor_name", "original_amount", "due_date"]
    assert propose("placements", header, [["1", "Ivo", "5.00", "2025-11-30"]]).is_plain


def test_nothing_is_made_up():
    assert suggest("placements", ["x", "y", "", "zzz"], [["1", "2", "3", "4"]]) == ()
    assert suggest("placements", [], []) == ()


def test_a_column_is_used_once():
    found = suggest("placements", ["Name", "Customer Name", "Amount", "Total"], [])
    sources = [source for each in found for source in each.sources]
    assert len(sources) == len(set(sources))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_known_by_its_own_names(kind):
    header = [field.name for field in fields_of(kind)]
    assert [each.column for each in suggest(kind, header, [])] == header
    assert Mapper(propose(kind, header, []), header)([""] * len(header)).findings == ()


def test_a_day_first_file_is_told_by_its_days():
    rows = [[f"{n}", "Ivo", "5.00", f"{n:02}/11/2025"] for n in range(1, 13)]
    profile = propose("placements", ["external_ref", "debtor_name", "original_amount", "due_date"], rows)
    assert profile.dates.formats == ["D/M/YYYY"]


def test_a_few_bad_cells_do_not_hide_how_the_others_are_written():
    rows = [[f"{n}", "Ivo", "5,00", "30.11.2025"] for n in range(5)] + [["6", "Ivo", "ten", "31.02.2025"]]
    profile = propose("placements", ["external_ref", "debtor_name", "original_amount", "due_date"], rows)
    assert (profile.dates.formats, profile.numbers.decimal) == (["D.M.YYYY"], ",")

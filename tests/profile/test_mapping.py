"""What a profile makes of a record: the columns, the cells, and what cannot be turned."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.domain.columns import COLUMNS, match_header
from services.domain.files.reading import Reading
from services.domain.profile import Mapper, Profile, missing, names_known, read_toml, to_toml
from services.errors import BadInput

GERMAN = """
kind = "placements"
about = "Nordbank, monthly"
ignore = ["Notiz"]

[key]
columns = ["Filiale", "Konto-Nr."]

[dates]
formats = ["DD.MM.YYYY", "D-MON-YY"]

[numbers]
decimal = ","
thousands = "."

[phones]
region = "DE"

[columns.debtor_name]
from = ["Vorname", "Nachname"]
clean = ["squeeze", "title"]

[columns.original_amount]
from = "Betrag"

[columns.due_date]
from = 6

[columns.debtor_phone]
from = "Telefon"

[columns.creditor_name]
default = "Nordbank"

[columns.account_type]
from = "Art"
clean = ["upper"]
other = "refuse"
values = { PL = "payment plan", "RT 2" = "rent" }

[columns.debtor_email]
from = "E-Mail"
required = true
"""
HEADER = (
    "Filiale",
    "KONTO NR",
    "Vorname",
    "Nachname",
    "Betrag",
    "Fällig am",
    "Telefon",
    "Art",
    "E-Mail",
    "Notiz",
    "Ort",
)
ROW = ("012", "4455", "ivo", "von  brandt", "1.234,56", "30.11.2025", "030 901820", "pl", "i@example.org", "x", "Kiel")


def mapped(**changed: str):
    mapper = Mapper(read_toml(GERMAN), HEADER)
    names = (name.lower().replace(" ", "_").replace("-", "") for name in HEADER)
    cells = [changed.get(name, cell) for name, cell in zip(names, ROW, strict=True)]
    return mapper(cells)


def test_a_record_comes_out_under_our_names_and_in_our_forms():
    got = mapped()
    assert got.findings == ()
    assert got.cells == {
        "external_ref": "012-4455", "debtor_name": "Ivo Von Brandt", "debtor_email": "i@example.org",
        "debtor_phone": "+4930901820", "original_amount": "1234.56", "due_date": "2025-11-30",
        "creditor_name": "Nordbank", "account_type": "payment plan", "Ort": "Kiel",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "column", "rule", "kept"),
    [
        ({"fällig_am": "31.02.2025"}, "due_date", "date-profile", "31.02.2025"),
        ({"fällig_am": "02/03/2025"}, "due_date", "date-profile", "02/03/2025"),
        ({"betrag": "1,234.56"}, "original_amount", "amount-profile", "1,234.56"),
        ({"betrag": "1.23"}, "original_amount", "amount-profile", "1.23"),
        ({"betrag": "1e9"}, "original_amount", "amount-profile", "1e9"),
        ({"art": "zz"}, "account_type", "value-unknown", "ZZ"),
        ({"konto_nr": " "}, "external_ref", "key-part-missing", "012-"),
        ({"email": ""}, "debtor_email", "column-required", ""),
    ],
)
def test_what_cannot_be_turned_stays_and_is_told(changed, column, rule, kept):
    got = mapped(**changed)
    assert [(each.column, each.rule, each.severity) for each in got.findings] == [(column, rule, "error")]
    assert got.cells[column] == kept
    assert set(got.spoilt) == {column}


@pytest.mark.parametrize(
    ("changed", "column", "becomes"),
    [
        ({"fällig_am": "3-Nov-25"}, "due_date", "2025-11-03"),
        ({"fällig_am": "2025-11-30"}, "due_date", "2025-11-30"),
        ({"fällig_am": "30.11.2025 00:00:00"}, "due_date", "2025-11-30"),
        ({"fällig_am": ""}, "due_date", ""),
        ({"betrag": "(12,5)"}, "original_amount", "-12.5"),
        ({"betrag": "12,00-"}, "original_amount", "-12.00"),
        ({"betrag": "€ 1.000"}, "original_amount", "€ 1000"),
        ({"betrag": "12,--"}, "original_amount", "12.00"),
        ({"betrag": "12,00 EUR"}, "original_amount", "12.00 EUR"),
        ({"telefon": "nobody"}, "debtor_phone", "nobody"),
        ({"telefon": "+1 312 555 0142"}, "debtor_phone", "+13125550142"),
        ({"art": ""}, "account_type", ""),
        ({"art": "rt 2"}, "account_type", "rent"),
        ({"vorname": ""}, "debtor_name", "Von Brandt"),
    ],
)
def test_the_forms_that_are_read(changed, column, becomes):
    got = mapped(**changed)
    assert (got.findings, got.cells[column]) == ((), becomes)


def test_a_record_that_is_too_short_has_empty_cells():
    got = Mapper(read_toml(GERMAN), HEADER)(ROW[:3])
    assert (got.cells["original_amount"], got.cells["Ort"]) == ("", "")


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (HEADER[:4], "original_amount is read from “Betrag”"),
        (HEADER[:5], "due_date is read from column 6"),
        ((*HEADER, "Betrag"), "Betrag is there twice, as columns 5 and 12"),
    ],
)
def test_a_file_that_the_profile_does_not_fit_is_refused_by_name(header, says):
    with pytest.raises(BadInput, match=says.replace("(", r"\(")) as refused:
        Mapper(read_toml(GERMAN), header)
    assert refused.value.hint


@settings(max_examples=60)
@given(
    st.permutations([*COLUMNS, "Branch", "Note", "note", ""]),
    st.integers(3, 16),
    st.lists(st.text(max_size=8), max_size=18),
)
def test_the_empty_profile_reads_as_if_there_were_none(header, width, cells):
    header = header[:width]
    try:
        known = match_header(header)
    except BadInput:
        with pytest.raises(BadInput, match="lacks"):
            Mapper(Profile(), header)
        return
    mapper = Mapper(Profile(), header)
    assert (mapper(cells).cells, mapper(cells).findings) == (known.values(cells), ())
    assert mapper.width == known.width


@pytest.mark.parametrize(
    ("numbers", "text", "becomes"),
    [
        ("implied_decimals = 2", "125000", "1250.00"),
        ("implied_decimals = 2", "5", "0.05"),
        ("implied_decimals = 2", "-5", "-0.05"),
        ("implied_decimals = 2", "12.50", None),
        ('decimal = "."\nthousands = ","', "1,250.00 CR", "-1250.00"),
        ('decimal = "."\nthousands = "\'"', "1'250.00", "1250.00"),
        ('decimal = ","\nthousands = " "', "1\u00a0250,00", "1250.00"),
        ('decimal = "."', "1,250.00", None),
        ('decimal = "."', "NaN", None),
    ],
)
def test_amounts_in_other_notations(numbers, text, becomes):
    profile = read_toml(f"[numbers]\n{numbers}")
    got = Mapper(profile, ["external_ref", "debtor_name", "original_amount"])(["1", "Ivo Brandt", text])
    assert got.cells["original_amount"] == (text if becomes is None else becomes)
    assert bool(got.findings) == (becomes is None)


@pytest.mark.parametrize(
    ("step", "text", "becomes"),
    [
        ("trim", " a ", "a"), ("squeeze", " a  b ", "a b"), ("upper", "aß", "ASS"), ("lower", "ÄB", "äb"),
        ("title", "o'NEIL mc-kay", "O'neil Mc-Kay"), ("digits", "A-12 3", "123"), ("unpad", "0012", "12"),
        ("unpad", "000", "0"), ("unquote", "'0012", "0012"), ("unquote", '="0012"', "0012"),
        ("unquote", "=1+1", "=1+1"),
    ],
)  # fmt: skip
def test_cleaning(step, text, becomes):
    profile = Profile.model_validate({"columns": {"creditor_name": {"clean": [step]}}})
    got = Mapper(profile, ["external_ref", "debtor_name", "original_amount", "creditor_name"])(["1", "I", "1", text])
    assert got.cells["creditor_name"] == becomes


def test_what_is_required_is_asked_for_again_after_a_correction():
    profile = read_toml(GERMAN)
    assert [each.rule for each in missing(profile, {"debtor_email": " "})] == ["column-required"]
    assert missing(profile, {"debtor_email": "a@b.de"}) == ()


def test_the_names_of_a_profile_make_a_header_line():
    known = names_known(read_toml(GERMAN))
    assert known(HEADER) >= 7
    assert known(ROW) == 0


# ---- as text ---------------------------------------------------------------------------------------------------------

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12)
PLACES = st.integers(1, 2000)


@settings(max_examples=60)
@given(
    about=NAMES,
    columns=st.dictionaries(
        st.sampled_from(COLUMNS),
        st.fixed_dictionaries(
            {"from": NAMES | PLACES | st.lists(NAMES | PLACES, min_size=1, max_size=3)},
            optional={"values": st.dictionaries(NAMES, NAMES, max_size=4), "default": NAMES, "required": st.booleans(),
                      "clean": st.lists(st.sampled_from(["trim", "upper"]), max_size=2), "join": st.just("/")},
        ),
        max_size=5,
    ),
    trailer=st.fixed_dictionaries({"marker": NAMES, "sums": st.dictionaries(st.just("fees"), PLACES)}),
)  # fmt: skip
def test_a_profile_reads_back_from_its_own_text(about, columns, trailer):
    try:
        profile = Profile.model_validate({"about": about, "columns": columns, "trailer": trailer})
    except ValueError:
        return
    assert read_toml(to_toml(profile)) == profile


def test_the_text_of_a_profile_says_only_what_is_not_as_usual():
    assert to_toml(Profile()) == 'kind = "placements"\n'
    assert read_toml("") == Profile()
    assert Profile().is_plain
    agreed = read_toml('[reading]\nsheet = "May"\nwidths = [4, 8]\ndelimiter = "tab"\n')
    assert agreed.is_plain
    assert agreed.reading.reading() == Reading(sheet="May", widths=(4, 8), delimiter="\t")
    assert read_toml(to_toml(agreed)) == agreed
    unseen = Profile.model_validate({"columns": {"debtor_name": {"from": "Nom\u00a0\U000e0041"}}})
    assert to_toml(unseen).replace("\n", "").isprintable()
    assert read_toml(to_toml(unseen)) == unseen


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kind = 1", "kind: "),
        ("kind =", "this is no TOML"),
        ("[reading]\nencoding = 'utf8'", "reading: utf8 is no encoding"),
        ("[reading]\nwidths = [0]", "reading: these are no widths"),
        ("[reading]\ndelimiter = 'and'", "reading: and divides no cells"),
        ("[reading]\ncodepage = 850", "reading.codepage: is not known here"),
        ("[columns.nothing]\nfrom = 1", "there is no column nothing in placements"),
        ("[columns.due_date]\nfrom = 0", "columns.due_date.from: name the sender's column"),
        ("[columns.due_date]\nfrom = true", "columns.due_date.from: name the sender's column"),
        ("[columns.due_date]\nform = 'x'", "columns.due_date.form: is not known here"),
        ("[columns.due_date]\nclean = ['wash']", "there is no cleaning “wash”"),
        ("[dates]\nformats = ['DD.MM']", "spells no date"),
        ("[dates]\nformats = ['DD.DD.YYYY']", "spells no date"),
        ("[numbers]\ndecimal = ','\nthousands = ','", "cannot be both"),
        ("[numbers]\ndecimal = ','\nimplied_decimals = 2", "neither a decimal mark"),
        ("[phones]\nregion = 'Germany'", "phones.region"),
        ("[columns.debtor_phone]\nclean = ['phone']", "needs the sender's country"),
        ("[key]\ncolumns = ['a']\n[columns.external_ref]\nfrom = 'b'", "external_ref comes from the key"),
        ("[trailer]\nmarker = 'T'\nsums = { due_date = 2 }", "due_date is no amount"),
        ("[trailer]\nmarker = ''", "trailer.marker"),
        ("about = '4111 1111 1111 1111'", "card number"),
        ("about = 'a\u007f'", "no TOML"),
        ('about = "a\\u0007"', "control characters"),
        ("about = '" + "x" * 300 + "'", "about: "),
        ("a=" + "[" * 5000 + "]" * 5000, "nested too deep"),
        ("[" + ".".join("a" * 3000) + "]\nx = 1", "nested too deep"),
        ("[columns.account_type.values]\n" + "\n".join(f"k{n} = '{'v' * 190}'" for n in range(900)), "larger than"),
    ],
)
def test_a_profile_that_is_none_says_where_and_what(text, says):
    with pytest.raises(BadInput) as refused:
        read_toml(text)
    assert says in refused.value.message

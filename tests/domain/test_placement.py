from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain import cells
from services.domain.cells import read_amount
from services.domain.columns import COLUMNS, match_header
from services.domain.csvfile import RawRow
from services.domain.findings import RULES, Report
from services.domain.money import Money
from services.domain.placement import PlacementRow, check_record, check_row

TODAY = date(2026, 11, 21)
CARD = "4111111111111111"
GOOD = {
    "external_ref": "HX-007",
    "debtor_name": "Oyelaran, Quillfeather",
    "debtor_ssn_last4": "4022",
    "debtor_email": "Q7@example.org",
    "debtor_phone": "(312) 555-1007",
    "original_amount": "1,250.00",
    "due_date": "2025-11-30",
    "creditor_name": "Harbor Lending",
    "account_type": "medical",
}

# column, cell, rule, severity: one line a rule at least.
FAULTS = [
    ("external_ref", "  ", "ref-missing", "error"),
    ("external_ref", "X" * 65, "ref-form", "error"),
    ("external_ref", "HX\x1b[31m7", "ref-form", "error"),
    ("external_ref", f"ref {CARD}", "card-number", "error"),
    ("external_ref", "=HYPERLINK(1)", "formula", "warning"),
    ("debtor_name", "", "name-missing", "error"),
    ("debtor_name", "4022", "name-missing", "error"),
    ("debtor_name", "N" * 201, "name-long", "error"),
    ("debtor_name", "Ann\x1b[2J Bee", "name-control", "error"),
    ("debtor_name", "Ann\nBee", "name-control", "error"),
    ("debtor_name", "Ann \u202eeeB", "name-control", "error"),
    ("debtor_name", "@SUM Bee", "formula", "warning"),
    ("debtor_name", "Ann\0Bee", "nul-byte", "error"),
    ("debtor_name", "Jos\ufffd Bee", "bad-bytes", "error"),
    ("debtor_ssn_last4", "402", "ssn4-form", "error"),
    ("debtor_ssn_last4", "123-45-6789", "ssn4-form", "error"),
    ("debtor_email", "not an address", "email-format", "warning"),
    ("debtor_email", f"{CARD}@example.org", "card-number", "error"),
    ("debtor_phone", "555-1007", "phone-format", "warning"),
    ("debtor_phone", CARD, "phone-format", "warning"),
    ("original_amount", "", "amount-missing", "error"),
    ("original_amount", "ten", "amount-format", "error"),
    ("original_amount", "1.234,56", "amount-format", "error"),
    ("original_amount", "12,-", "amount-format", "error"),
    ("original_amount", "1e9", "amount-format", "error"),
    ("original_amount", "NaN", "amount-format", "error"),
    ("original_amount", "-0", "amount-format", "error"),
    ("original_amount", "(12.00)", "amount-format", "error"),
    ("original_amount", "12.345", "amount-format", "error"),
    ("original_amount", "0.00", "amount-zero", "error"),
    ("original_amount", "-12.00", "amount-negative", "error"),
    ("original_amount", "12.00-", "amount-negative", "error"),
    ("original_amount", "99999999999999.99", "amount-large", "error"),
    ("original_amount", "9" * 50, "amount-large", "error"),
    ("original_amount", "1,000,000.00", "amount-unusual", "warning"),
    ("original_amount", "250.00 EUR", "amount-currency", "error"),
    ("interest", "some", "amount-format", "error"),
    ("interest", "-87.50", "amount-negative", "error"),
    ("fees", "12.345", "amount-format", "error"),
    ("fees", "9" * 20, "amount-large", "error"),
    ("costs", "45.00 EUR", "amount-currency", "error"),
    ("costs", "2000000", "amount-unusual", "warning"),
    ("costs", "4\x1b[31m5", "amount-format", "error"),
    ("due_date", "soon", "date-format", "error"),
    ("due_date", "11/30/25", "date-format", "error"),
    ("due_date", "45991", "date-format", "error"),
    ("due_date", "31/02/2025", "date-invalid", "error"),
    ("due_date", "2025-02-30", "date-invalid", "error"),
    ("due_date", "03/04/2025", "date-ambiguous", "warning"),
    ("due_date", "1969-12-31", "date-window", "error"),
    ("due_date", "2031-11-22", "date-window", "error"),
    ("creditor_name", "H" * 201, "creditor-long", "error"),
    ("creditor_name", "a\tb", "text-control", "error"),
    ("account_type", "m" * 65, "type-long", "error"),
    ("account_type", "4111 1111 1111 1111", "card-number", "error"),
    ("Notes", f"paid with {CARD}", "card-number", "error"),
    ("Notes", "\x07", "text-control", "error"),
]


def check(values):
    return check_row(values, currency="USD", today=TODAY)


def test_a_clean_row_is_a_placement():
    row, findings = check(GOOD)
    assert findings == ()
    assert row == PlacementRow(
        external_ref="HX-007",
        first_name="Quillfeather",
        last_name="Oyelaran",
        debtor_name="Quillfeather Oyelaran",
        ssn_last4="4022",
        email="q7@example.org",
        phone="+13125551007",
        amount_minor=125000,
        due_date=date(2025, 11, 30),
        creditor_name="Harbor Lending",
        account_type="medical",
    )


def test_optional_cells_may_be_empty_or_absent():
    row, findings = check({"external_ref": "1", "debtor_name": "Cher", "original_amount": "5", "due_date": " "})
    assert findings == ()
    assert row is not None
    assert (row.ssn_last4, row.email, row.phone, row.due_date, row.creditor_name, row.account_type) == (None,) * 6


@pytest.mark.parametrize(("column", "cell", "rule", "severity"), FAULTS)
def test_every_fault_is_one_finding_at_its_cell(column, cell, rule, severity):
    row, findings = check({**GOOD, column: cell})
    assert [(found.column, found.rule, found.severity) for found in findings] == [(column, rule, severity)]
    assert (row is None) == (severity == "error")
    assert len(findings[0].message) > 20
    assert findings[0].message.isprintable()


def test_a_debt_may_name_what_came_on_top_of_the_principal():
    row, findings = check({**GOOD, "interest": "1,087.50", "fees": "0.00", "costs": " 45 "})
    assert findings == ()
    assert row is not None
    assert (row.amount_minor, row.interest_minor, row.fees_minor, row.costs_minor) == (125000, 108750, 0, 4500)


@pytest.mark.parametrize("column", ["interest", "fees", "costs"])
@pytest.mark.parametrize("cell", ["", " ", "0", "0.00"])
def test_what_came_on_top_may_be_nothing(column, cell):
    row, findings = check({**GOOD, column: cell})
    assert findings == ()
    assert row is not None
    assert (row.interest_minor, row.fees_minor, row.costs_minor) == (0, 0, 0)


def test_nothing_but_interest_is_no_placement():
    row, findings = check({**GOOD, "original_amount": "", "interest": "87.50"})
    assert row is None
    assert [(found.column, found.rule) for found in findings] == [("original_amount", "amount-missing")]


def test_the_sum_of_what_is_owed_is_bounded_too():
    most = "9,999,999,999,999.99"
    row, findings = check({**GOOD, "original_amount": most, "costs": "0.01"})
    assert row is not None
    row, findings = check({**GOOD, "original_amount": most, "costs": "0.02"})
    assert row is None
    assert [(found.column, found.rule) for found in findings if found.severity == "error"] == [
        ("original_amount", "amount-large")
    ]


def test_a_warning_leaves_the_bad_optional_value_out():
    row, findings = check({**GOOD, "debtor_email": "nobody", "debtor_phone": "12"})
    assert row is not None
    assert (row.email, row.phone) == (None, None)
    assert {found.rule for found in findings} == {"email-format", "phone-format"}


def test_an_ambiguous_date_is_taken_month_first_and_the_message_says_so():
    row, findings = check({**GOOD, "due_date": "03/04/2025"})
    assert row is not None
    assert row.due_date == date(2025, 3, 4)
    assert "2025-03-04" in findings[0].message
    assert "2025-04-03" in findings[0].message


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("30/11/2025", date(2025, 11, 30)),
        ("11/30/2025", date(2025, 11, 30)),
        ("30.11.2025", date(2025, 11, 30)),
        ("03/03/2025", date(2025, 3, 3)),
        ("2031-11-21", date(2031, 11, 21)),
    ],
)
def test_a_date_that_reads_one_way_is_taken(cell, day):
    row, findings = check({**GOOD, "due_date": cell})
    assert findings == ()
    assert row is not None
    assert row.due_date == day


def test_a_formula_is_kept_as_the_text_it_is():
    row, _ = check({**GOOD, "creditor_name": "=1+1"})
    assert row is not None
    assert row.creditor_name == "=1+1"


def test_all_faults_of_a_row_are_reported_together():
    _, findings = check({"external_ref": "", "debtor_name": "", "original_amount": "ten", "due_date": "soon"})
    assert [found.rule for found in findings] == ["ref-missing", "name-missing", "amount-format", "date-format"]


@pytest.mark.parametrize("column", [*COLUMNS, "Notes"])
@pytest.mark.parametrize(
    "secret", [CARD, "4111-1111-1111-1111", "4111 1111 1111 1111", "378282246310005", "123-45-6789", "123456789"]
)
def test_no_finding_repeats_a_card_or_social_security_number(column, secret):
    if secret == "123456789" and column != "debtor_ssn_last4":  # bare digits are a secret only where one is asked for
        return
    _, findings = check({**GOOD, column: f"{secret}\x07" if column == "Notes" else secret})
    said = " ".join(found.message + found.value for found in findings)
    assert secret not in said
    assert secret[-4:] not in said


@pytest.mark.parametrize(
    ("cells", "unclosed", "rule"),
    [
        (("HX-1", "Ann Bee"), False, "column-count"),
        (("HX-1", "Ann Bee", "5", "6"), False, "column-count"),
        (("HX-1", '"Ann', "5"), True, "quote-open"),
    ],
)
def test_a_record_of_another_shape_is_an_error(cells, unclosed, rule):
    header = match_header(["external_ref", "debtor_name", "original_amount"])
    row, findings = check_record(RawRow(1, 2, "", cells, unclosed), header, currency="USD", today=TODAY)
    assert row is None
    assert findings[0].rule == rule


def test_a_record_of_the_right_shape_is_its_row():
    header = match_header(["original_amount", "external_ref", "debtor_name"])
    row, findings = check_record(RawRow(1, 2, "", ("5", "HX-1", "Ann Bee")), header, currency="USD", today=TODAY)
    assert findings == ()
    assert row is not None
    assert (row.external_ref, row.amount_minor) == ("HX-1", 500)


def test_every_rule_is_shown_by_an_example_and_documented_in_one_line():
    shown = {rule for _, _, rule, _ in FAULTS} | {"column-count", "quote-open", "row-long"}
    assert shown == set(RULES)
    assert all(doc.endswith(".") and "\n" not in doc for doc in RULES.values())


@given(
    st.lists(st.sampled_from(["4", "42", "4242", " ", "-", "/", "|", "a", "\u0664", "\u00a0"]), max_size=30).map(
        "".join
    )
)
def test_the_quick_look_for_a_card_number_overlooks_none(text):
    assert cells._may_hold_card(text) == (cells._MAY_HOLD_CARD.search(text) is not None)


@given(st.from_regex(r"[0-9]{1,11}(\.[0-9]{0,3})?", fullmatch=True))
def test_the_quick_reading_of_an_amount_agrees_with_the_thorough_one(text):
    report = Report()
    minor = read_amount(text, "USD", 2, report)
    if not report.has_error:
        assert Money(minor, "USD") == Money.parse(text, "USD")


@given(
    st.dictionaries(
        st.sampled_from([*COLUMNS, "Notes"]),
        st.one_of(st.text(max_size=80), st.sampled_from([fault[1] for fault in FAULTS])),
    )
)
def test_any_cells_are_a_row_or_findings(values):
    row, findings = check({**GOOD, **values})
    assert (row is None) == any(found.severity == "error" for found in findings)
    assert {found.rule for found in findings} <= set(RULES)
    for found in findings:
        assert found.message.isprintable()
        assert "\0" not in found.value

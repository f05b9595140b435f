"""Numbers that no database holds, and payment references that no receipt may show."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Call
from tests.support.house import House

HUGE = "99999999999999999999"


@pytest.mark.parametrize(
    "asked",
    [
        ("account", "contact-remove", "{number}", HUGE),
        ("account", "contact", "{number}", "address", "1 Main St", "--id", HUGE),
        ("account", "timeline", "{number}", "--before", HUGE),
        ("account", "timeline", "{number}", "--before", f"-{HUGE}"),
        ("account", "status", "{number}", "in_contact", "--version", HUGE),
        ("payment", "post", "--account", "{number}", "--amount", "5", "--method", "cash", "--version", HUGE),
        ("import", "fix", "1", "1", "debtor_name=Jane Doe", "--version", HUGE),
    ],
)
def test_a_number_that_no_column_holds_is_bad_input(house: House, as_: Call, asked: tuple[str, ...]) -> None:
    """Sent on, it would find no function that takes it, and the database would be called unprepared."""
    said = as_("bea", *(word.format(number="10001-4") for word in asked))
    assert (said.code, said.error["code"]) == (2, "usage")
    assert HUGE in said.error["message"]


@pytest.mark.parametrize(
    ("reference", "code", "rule"),
    [
        ("a\x1b[31mred", 2, "reference_form"),
        ("a\x07", 2, "reference_form"),
        ("x" * 101, 2, "reference_form"),
        ("4111 1111 1111 1111", 1, "card-number"),
    ],
)
def test_a_reference_holds_no_control_and_no_card_number(
    house: House, as_: Call, reference: str, code: int, rule: str
) -> None:
    words = ("payment", "post", "--account", house.place(), "--amount", "5.00", "--method", "check", "--reference")
    said = as_("ana", *words, reference)
    assert (said.code, said.error["rule"]) == (code, rule)
    assert house.one("select count(*) from debtflow.payment") == 0


def test_a_pasted_reference_becomes_one_line(house: House, as_: Call) -> None:
    words = ("payment", "post", "--account", house.place(), "--amount", "5.00", "--method", "check", "--reference")
    assert as_("ana", *words, " RF18\t 5390\n0754 ").json["reference"] == "RF18 5390 0754"

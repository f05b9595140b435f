from datetime import date

import pytest
from hypothesis import given

from services.domain.lookup import Condition, Reading, parse_lookup
from services.domain.money import Money
from tests.domain.strategies import languages


@pytest.mark.parametrize(
    ("text", "kind", "needles"),
    [
        ("", "mine", ()),
        ("   ", "mine", ()),
        ("status:open", "any", ()),
        ("10023-3", "number", ("10023-3",)),
        ("10023", "number", ("10023-3",)),
        ("10023-5", "ref", ("10023-5",)),
        ("HX-007", "ref", ("HX-007",)),
        ("4022", "ssn", ("4022",)),
        ("(312) 555-1007", "phone", ("3125551007",)),
        ("312-555-1007", "phone", ("3125551007",)),
        ("+1 312 555 1007", "phone", ("3125551007",)),
        ("3125551007", "phone", ("3125551007",)),
        ("555-1007", "phone", ("5551007",)),
        ("Q7@Example.org", "email", ("q7@example.org",)),
        ("q7@", "email", ("q7@",)),
        ("oyelran quil", "name", ("oyelran", "quil")),
        ("Núñez", "name", ("nunez",)),
        ('"Mary Ann" Smith', "name", ("mary", "ann", "smith")),
        ("!!!", "ref", ("!!!",)),
        ("phone:1007", "phone", ("1007",)),
        ("phone: 312 555 1007", "phone", ("3125551007",)),
        ("ref:10023", "ref", ("10023",)),
        ("name:10023", "name", ("10023",)),
        ("ssn:123-45-4022", "ssn", ("4022",)),
        ("number:10023", "number", ("10023-3",)),
        ("quil name:oyelaran", "name", ("oyelaran", "quil")),
    ],
)
def test_what_was_typed_decides_the_search(text, kind, needles):
    query = parse_lookup(text)
    assert (query.kind, query.needles) == (kind, needles)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("10023", ["number", "ref", "phone"]),
        ("4022", ["ssn", "number", "ref", "phone"]),
        ("3125551007", ["phone", "number", "ref"]),
        ("4111111111111", ["ref", "phone", "number"]),
        ("oyelaran", ["name", "ref"]),
        ("HX7", ["ref", "name"]),
        ("phone:10023", ["phone"]),
    ],
)
def test_a_word_that_looks_like_two_things_gives_both_likeliest_first(text, kinds):
    assert [reading.kind for reading in parse_lookup(text).readings] == kinds


def test_a_mistyped_account_number_is_said_at_once():
    query = parse_lookup("10023-5")
    assert query.notes == ("10023-5 is not an account number: its check digit is wrong (mistyped?)",)
    assert query.readings == (Reading("ref", ("10023-5",)), Reading("phone", ("100235",)))
    assert parse_lookup("number:10023-5").needles == ()
    assert "check digit" in parse_lookup("number:10023-5").notes[0]


def test_filters_combine_with_words():
    query = parse_lookup(
        "oyelran quil status:disputed balance>500 client:HARBOR "
        "followup<2026-11-21 priority>=2 flag:attorney collector:me"
    )
    assert query.needles == ("oyelran", "quil")
    assert query.conditions == (
        Condition("status", ":", "disputed"),
        Condition("balance", ">", "500"),
        Condition("client", ":", "HARBOR"),
        Condition("followup", "<", "2026-11-21"),
        Condition("priority", ">=", "2"),
        Condition("flag", ":", "attorney"),
        Condition("collector", ":", "me"),
    )
    assert query.notes == ()
    assert query.conditions[1].money("USD") == Money(50000, "USD")
    assert query.conditions[3].day(date(2026, 1, 1)) == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("status:disp", "disputed"),
        ("status:in-contact", "in_contact"),
        ('status:"Payment Plan"', "payment_plan"),
        ("flag:cease", "cease_and_desist"),
        ("status:new", "new"),
        ("flag:D", None),
        ("status:ne", None),
    ],
)
def test_a_choice_may_be_abbreviated_where_only_one_is_meant(typed, value):
    query = parse_lookup(typed)
    assert [condition.value for condition in query.conditions] == ([value] if value else [])
    assert bool(query.notes) == (value is None)


@pytest.mark.parametrize(
    "text",
    [
        "status:",
        "status:lost",
        "balance>ten",
        "balance>",
        "balance>1e9",
        "followup<soon",
        "priority:9",
        "stauts:open",
        "client>5",
        "flag<x",
        "balance<-5",
    ],
)
def test_a_half_typed_or_wrong_filter_is_left_out_and_said(text):
    query = parse_lookup(f"oyelaran {text}")
    assert query.conditions == ()
    assert query.needles == ("oyelaran",)
    assert len(query.notes) == 1
    assert "left out" in query.notes[0]


def test_a_later_filter_replaces_an_earlier_one():
    assert parse_lookup("balance>5 balance<9 balance>7").conditions == (
        Condition("balance", "<", "9"),
        Condition("balance", ">", "7"),
    )


def test_the_canonical_text():
    assert (
        str(parse_lookup(' phone:"312 555 1007"   status:disp balance:5 '))
        == 'phone:"312 555 1007" status:disputed balance=5'
    )
    assert str(parse_lookup("")) == ""


@given(languages)
def test_any_text_is_a_question_and_its_canonical_text_asks_the_same(text):
    query = parse_lookup(text)
    again = parse_lookup(str(query))
    assert again == query
    assert str(again) == str(query)
    str(query.readings).encode("utf-8")

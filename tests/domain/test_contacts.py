import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.contacts import _sure_north_american, display_phone, normalise_email, normalise_phone, phone_key
from services.errors import BadInput


@pytest.mark.parametrize(
    "typed",
    [
        "+1 312 555 1007",
        "(312) 555-1007",
        "312.555.1007",
        "1-312-555-1007",
        "3125551007 x12",
        "001 312 555 1007",
        "+13125551007",
    ],
)
def test_one_phone_in_many_formats_has_one_key_and_one_form(typed):
    assert phone_key(typed) == "3125551007"
    if not typed.startswith("00"):
        assert normalise_phone(typed) == "+13125551007"


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("+44 20 7946 0958", "442079460958"),
        ("011 44 20 7946 0958", "442079460958"),
        ("555-10", "55510"),
        ("", ""),
        ("+", ""),
        ("abc", ""),
    ],
)
def test_a_key_keeps_other_country_codes_and_half_typed_digits(typed, key):
    assert phone_key(typed) == key


def test_other_countries_keep_their_code():
    assert normalise_phone("+44 20 7946 0958") == "+442079460958"
    assert normalise_phone("020 7946 0958", region="GB") == "+442079460958"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "555-1007",
        "call me",
        "+1 999 555 1234",
        "312 555 1007 or 1008",
        "+1",
        "1-800-FLOWERS",
        "٣١٢٥٥٥١٠٠٧",
        "3125551007\n3125551008",
        "0" * 60,
    ],
)
def test_what_cannot_be_dialled_is_refused(typed):
    with pytest.raises(BadInput):
        normalise_phone(typed)


def test_numbers_are_shown_in_groups():
    assert display_phone("+13125551007") == "+1 312 555 1007"
    assert display_phone("+442079460958") == "+44 20 7946 0958"
    assert display_phone("···1007") == "···1007"
    assert display_phone("+99999") == "+99999"


nanp = st.from_regex(
    r"(\+?1[ .-]?)?(\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .-]?)[2-9][0-9]{2}[ .-]?[0-9]{4}", fullmatch=True
)


@given(nanp)
def test_the_quick_reading_of_a_phone_is_narrower_than_the_library_and_agrees_with_it(typed):
    quick = _sure_north_american(typed)
    if quick is not None:
        parsed = phonenumbers.parse(typed, "US")
        assert phonenumbers.is_valid_number(parsed)
        assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == quick


@pytest.mark.parametrize("area", ["312", "416", "983", "800"])
def test_the_quick_reading_agrees_in_every_exchange(area):
    for exchange in range(200, 1000):
        typed = f"{area}{exchange}0142"
        if _sure_north_american(typed):
            assert phonenumbers.is_valid_number(phonenumbers.parse(typed, "US"))


@given(st.one_of(st.text(max_size=40), st.from_regex(r"\+?[0-9() .-]{3,20}", fullmatch=True)))
def test_any_text_is_a_phone_or_bad_input(text):
    phone_key(text)
    try:
        e164 = normalise_phone(text)
    except BadInput:
        return
    assert normalise_phone(e164) == e164
    assert e164[1:].endswith(phone_key(e164))


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (" Q7@Example.ORG ", "q7@example.org"),
        ("a.b+c@x-y.co.uk", "a.b+c@x-y.co.uk"),
        ("o'brien@example.org", "o'brien@example.org"),
    ],
)
def test_an_address_is_kept_in_lower_case(typed, address):
    assert normalise_email(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "q7",
        "q7@",
        "@example.org",
        "q7@example",
        "q7@@example.org",
        "a..b@example.org",
        ".a@example.org",
        "a b@example.org",
        "Ann <a@example.org>",
        "a@-x.org",
        "a@x.org,b@x.org",
        "a@x.org\nBcc: all@x.org",
        "ä@example.org",
        f"{'a' * 65}@example.org",
        f"a@{'b.' * 130}org",
        "a@1.2.3.4",
    ],
)
def test_what_no_mail_could_reach_is_refused(typed):
    with pytest.raises(BadInput):
        normalise_email(typed)


def test_a_hostile_address_is_refused_at_once():
    with pytest.raises(BadInput):
        normalise_email("a." * 50_000 + "@" + "b." * 50_000)

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.numbers import (
    account_number,
    number_candidates,
    parse_account_number,
    parse_receipt_number,
    receipt_number,
)
from services.errors import BadInput

bases = st.integers(1, 10**18 - 1)


def test_the_check_digit_is_the_standard_damm_digit():
    assert account_number(572) == "572-4"
    assert account_number(10023) == "10023-3"
    assert receipt_number(481) == "R-000481-4"


@pytest.mark.parametrize("typed", ["10023-3", "100233", " 10023 - 3 ", "10023–3", "0010023-3", "10023 3"])
def test_an_account_number_is_forgiving_about_its_hyphen(typed):
    assert parse_account_number(typed) == "10023-3"


def test_a_wrong_check_digit_is_named():
    with pytest.raises(BadInput) as caught:
        parse_account_number("10023-5")
    assert caught.value.message == "10023-5 is not an account number: its check digit is wrong (mistyped?)"


@pytest.mark.parametrize(
    "typed", ["", "-", "10023-", "-3", "ten", "10023-33", "0-0", "١٠٠٢٣-٣", "1" * 30, "10023-3; drop"]
)
def test_what_has_not_the_form_is_no_account_number(typed):
    with pytest.raises(BadInput):
        parse_account_number(typed)


def test_candidates_complete_first_then_without_check_digit():
    assert number_candidates("10023") == ("10023-3",)
    assert number_candidates("100233")[0] == "10023-3"
    assert len(number_candidates("100233")) == 2
    assert number_candidates("10023-5") == ()
    assert number_candidates("0") == ()


@given(bases)
def test_an_account_number_reads_back(base):
    number = account_number(base)
    assert parse_account_number(number) == number
    assert number in number_candidates(number.replace("-", ""))
    assert number in number_candidates(str(base))


@given(bases)
def test_a_receipt_number_reads_back(serial):
    number = receipt_number(serial)
    assert parse_receipt_number(number) == serial
    assert parse_receipt_number(number.replace("-", "").lower()) == serial


@given(bases, st.data())
def test_every_mistyped_digit_and_every_swap_of_neighbours_is_caught(base, data):
    digits = list(account_number(base).replace("-", ""))
    at = data.draw(st.integers(0, len(digits) - 1))
    if data.draw(st.booleans()) and at + 1 < len(digits) and digits[at] != digits[at + 1]:
        digits[at], digits[at + 1] = digits[at + 1], digits[at]
    else:
        digits[at] = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != digits[at]]))
    with pytest.raises(BadInput):
        parse_account_number(f"{''.join(digits[:-1])}-{digits[-1]}")


@pytest.mark.parametrize("typed", ["R-000481-5", "R-000481", "000481-4", "R481", "R-0-0", "", "R-", "X-000481-4"])
def test_a_receipt_is_typed_whole(typed):
    with pytest.raises(BadInput):
        parse_receipt_number(typed)


def test_a_receipt_is_found_in_every_usual_spelling():
    assert {parse_receipt_number(typed) for typed in ("r-481-4", "R0004814", "R 000481 4", " r-000481–4 ")} == {481}


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_bad_input(text):
    assert all(parse_account_number(found) == found for found in number_candidates(text))
    with suppress(BadInput):
        assert parse_receipt_number(text) >= 1

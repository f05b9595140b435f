import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.money import MAX_MINOR, Money, exponent
from services.errors import BadInput

currencies = st.sampled_from(["USD", "EUR", "JPY", "KWD", "CLF"])


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("250", 25000),
        ("250.00", 25000),
        ("1250.5", 125050),
        ("1,250.00", 125000),
        ("12,50", 1250),
        ("12,5", 1250),
        ("1,250", 125000),
        ("  0.01 ", 1),
        ("$1,250.00", 125000),
        ("000250.00", 25000),
        ("1,234,567.89", 123456789),
    ],
)
def test_an_operator_types_amounts_as_they_come(typed, minor):
    assert Money.parse(typed, "USD") == Money(minor, "USD")


@pytest.mark.parametrize("typed", ["250.00 EUR", "250 eur", "EUR 250", "250.00EUR", "eur250,00"])
def test_an_amount_may_carry_its_own_currency(typed):
    assert Money.parse(typed, "USD") == Money(25000, "EUR")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "missing"),
        ("   ", "missing"),
        ("-5", "sign"),
        ("+5", "sign"),
        ("−5", "sign"),
        ("(12.00)", "sign"),
        ("5-", "sign"),
        ("1e9", "all its figures"),
        ("ten", "not an amount"),
        ("NaN", "not an amount"),
        ("Infinity", "not an amount"),
        ("1.234,56", "type it as 1,234.56"),
        ("1.234", "two ways"),
        ("12.345", "two ways"),
        ("1234.567", "too many decimals"),
        ("0,250", "not an amount"),
        ("1,25,000", "not an amount"),
        ("1 250", "not an amount"),
        ("12,-", "type it as 12.00"),
        ("٢٥٠", "not an amount"),
        ("1_000", "not an amount"),
        ("250 XYZ", "no known currency"),
        ("USD 250 EUR", "two currencies"),
        ("€250", "not an amount"),
        ("10000000000000.01", "more than"),
        ("9" * 70, "not that long"),
        (".", "not an amount"),
        ("250.", "not an amount"),
    ],
)
def test_what_is_no_amount_is_refused_with_the_reason(typed, says):
    with pytest.raises(BadInput) as caught:
        Money.parse(typed, "USD", field="original_amount")
    assert says in caught.value.message
    assert caught.value.field == "original_amount"


@pytest.mark.parametrize(("typed", "currency"), [("1.5", "JPY"), ("12,50", "JPY"), ("1.2345", "KWD")])
def test_decimals_are_those_of_the_currency(typed, currency):
    with pytest.raises(BadInput):
        Money.parse(typed, currency)


@pytest.mark.parametrize(
    ("money", "shown"),
    [
        (Money(125907, "USD"), "1,259.07 USD"),
        (Money(-125907, "USD"), "-1,259.07 USD"),
        (Money(5, "EUR"), "0.05 EUR"),
        (Money(1250, "JPY"), "1,250 JPY"),
        (Money(1250, "KWD"), "1.250 KWD"),
    ],
)
def test_figures_have_separators_and_the_currencys_decimals(money, shown):
    assert str(money) == shown


def test_json_is_minor_units_and_currency():
    assert Money(125907, "USD").json() == {"minor": 125907, "currency": "USD"}


def test_currencies_never_mix():
    dollar, euro = Money(1, "USD"), Money(1, "EUR")
    assert dollar != euro
    for act in (lambda: dollar + euro, lambda: dollar - euro, lambda: dollar < euro, lambda: dollar >= euro):
        with pytest.raises(TypeError, match="do not mix"):
            act()


def test_money_is_never_a_float():
    with pytest.raises(TypeError):
        Money(1.5, "USD")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money(True, "USD")


def test_an_unknown_currency_is_bad_input():
    with pytest.raises(BadInput, match="not a currency"):
        exponent("DOL")


@given(st.integers(0, MAX_MINOR), currencies)
def test_what_is_shown_can_be_typed_again(minor, currency):
    money = Money(minor, currency)
    assert Money.parse(str(money), "USD") == money
    plain = money.figures.replace(",", "")
    if exponent(currency) != 3:  # three decimals look like thousands to a reader of 1.250, never to this parser
        assert Money.parse(plain, currency) == money


@given(st.lists(st.integers(-(10**9), 10**9)))
def test_a_sum_is_the_sum_of_its_minor_units(parts):
    assert Money.sum([Money(part, "USD") for part in parts], "USD") == Money(sum(parts), "USD")


@given(st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_order_is_that_of_the_minor_units(left, right):
    assert (Money(left, "USD") < Money(right, "USD")) == (left < right)
    assert (Money(left, "USD") >= Money(right, "USD")) == (left >= right)
    assert -Money(left, "USD") + Money(left, "USD") == Money.zero("USD")


@given(
    st.one_of(st.text(max_size=70), st.from_regex(r"[$€]?[-+(]?[0-9.,eE ]{0,25}[)-]?( [A-Z]{3})?", fullmatch=True)),
    currencies,
)
def test_any_text_is_an_amount_or_bad_input(text, currency):
    try:
        money = Money.parse(text, currency)
    except BadInput:
        return
    assert 0 <= money.minor <= MAX_MINOR

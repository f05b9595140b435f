"""What leaves the house: our numbers, and nothing about a person."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from debtflow_tui.standin.server import StandIn
from services.domain.money import Money
from services.gateways.base import ProviderRefused
from services.gateways.currencies import from_stripe, to_stripe
from services.gateways.words import metadata_of
from tests.gateways.test_charges import USD, now
from tests.support.standin import gateway_to, kept

BAD_WORDS = [
    "Account 4242 4242 4242 4242",
    "Account 4242424242424242",
    "for 123-45-6789",
    "from ann@example.org",
    "two\nlines",
    "",
    "x" * 201,
]


@pytest.mark.parametrize("words", BAD_WORDS)
def test_a_description_carries_no_number_of_a_person(standin: StandIn, words: str) -> None:
    customer, visa = kept(standin)
    gateway = gateway_to(standin)
    told = {"account": "100-3"}
    with pytest.raises(ProviderRefused) as caught:
        gateway.charge(uuid4(), USD, customer=customer, method=visa, description=words, metadata=told)
    assert caught.value.decline_code == "kept_here"
    assert words == "" or words not in caught.value.message
    with pytest.raises(ProviderRefused):
        gateway.link(
            uuid4(),
            USD,
            customer=None,
            description=words,
            expires_at=now() + timedelta(hours=1),
            metadata=told,
            save=False,
        )
    assert standin.book.tables["payment_intent"] == standin.book.tables["checkout.session"] == {}


@pytest.mark.parametrize(
    "told",
    [
        {"name": "Ann"},
        {"account": "Ann Bo"},
        {"account": "4242424242424242"},
        {"account": "ann@example.org"},
        {"account": ""},
        {"agency": "x" * 70},
    ],
)
def test_metadata_is_our_numbers_alone(told: dict[str, str]) -> None:
    with pytest.raises(ProviderRefused):
        metadata_of(told)


def test_a_payments_own_id_is_never_taken_for_a_card_number() -> None:
    # The last groups of this one pass the Luhn check.
    assert metadata_of({"payment": "1a795eb8-1354-4522-9030-3083ddea1346", "account": "10001-4", "agency": "HARBOR"})


@pytest.mark.parametrize("name", ["Ann 4111111111111111", "Ann 123-45-6789", " ", "a\nb"])
def test_a_customers_name_is_a_name(standin: StandIn, name: str) -> None:
    with pytest.raises(ProviderRefused):
        gateway_to(standin).customer(uuid4(), name)


@pytest.mark.parametrize(
    ("amount", "sent"),
    [
        (Money(25_00, "USD"), (2500, "usd")),
        (Money(500, "JPY"), (500, "jpy")),
        (Money(40, "ISK"), (4000, "isk")),
        (Money(7_00, "MGA"), (7, "mga")),
        (Money(5_120, "KWD"), (5120, "kwd")),
    ],
)
def test_amounts_as_stripe_counts_them(amount: Money, sent: tuple[int, str]) -> None:
    assert to_stripe(amount) == sent
    assert from_stripe(*sent) == amount


@pytest.mark.parametrize("amount", [Money(5_124, "KWD"), Money(7_50, "MGA"), Money(5, "UGX"), Money(1_000, "IQD")])
def test_what_cannot_be_taken_exactly_is_not_taken(amount: Money) -> None:
    with pytest.raises(ProviderRefused) as caught:
        to_stripe(amount)
    assert caught.value.decline_code == "amount_not_exact"

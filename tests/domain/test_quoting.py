"""What looks like a card number is found however it is written, and what only resembles one is left alone."""

from __future__ import annotations

import pytest

from services.domain.prose import prose, refuse_card_number
from services.domain.quoting import holds_card_number
from services.errors import Refused

CARDS = [
    "4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242", "4242 42424242 4242", "42 4242 4242 424242",
    "4242.4242.4242.4242", "4242\u00a04242\u00a04242\u00a04242", "378282246310005", "3782 822463 10005",
    "5555555555554444", "5555 5555 5555 4444", "6011111111111117", "card 4242424242424242, exp 12/30",
    "ref 12 4242 4242 4242 4242 77", "x4242424242424242x", "４２４２４２４２４２４２４２４２",
    "4000 0000 0000 0000 006",
]  # fmt: skip
NONE = [
    "", "1991", "4242", "visa 4242", "4242424242424241", "4242 4242 4242 4241", "+1 312 555 0142",
    "2026-11-21 14:32:01",
    "R-000483-9", "12 Nov 100.00, 5 Dec 100.00, 5 Jan 100.00", "10023-3", "HX-007", "1,259.07",
    "42424242424242424242424",
    "paid 2026-10-05 2026-11-05 2026-12-05", "550e8400-e29b-41d4-a716-446655440000",
]  # fmt: skip


def test_a_cell_of_nothing_but_digits_is_read_once() -> None:
    # Read anew from each of its digits, this would take the better part of an hour.
    assert not holds_card_number("1" * 100_000)
    assert holds_card_number("1" * 100_000 + " 4242 4242 4242 4242")


@pytest.mark.parametrize("text", CARDS)
def test_a_card_number_is_found(text: str):
    assert holds_card_number(text)
    with pytest.raises(Refused) as refused:
        prose(text, "note", 200)
    assert refused.value.rule == "card-number"
    assert "4242 4242" not in refused.value.message


@pytest.mark.parametrize("text", NONE)
def test_what_is_none_is_left_alone(text: str):
    assert not holds_card_number(text)
    refuse_card_number(text, "the note")


@pytest.mark.parametrize("text", ["7" * 100_000, "7 " * 50_000, "7" * 50_000 + "-" + "7" * 49_999])
def test_endless_digits_are_looked_at_once(text: str):
    """From each of them on would take minutes."""
    assert not holds_card_number(text)

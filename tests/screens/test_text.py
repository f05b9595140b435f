"""Data is shown as it is: never markup, never an instruction to the terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from screens.widgets import GONE, cell, harmless, money, money_cell, money_text, plain, told
from services.domain.money import Money


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("ACME [old] Ltd", "ACME [old] Ltd"),
        ("Smith [/b] x", "Smith [/b] x"),
        ("red\x1b[31m", "red␛[31m"),
        ("a\nb\tc\rd", "a⏎b→c␍d"),
        ("\x00\x7f", "␀␡"),
        ("pay\u202eyap", "pay·yap"),
        ("zero\u200bwidth", "zero·width"),
        ("\x9b31m", "·31m"),
        ("山田 Ålund", "山田 Ålund"),
        ("line\u2028sep", "line·sep"),
    ],
)
def test_hostile_characters_show_as_themselves(raw: str, seen: str):
    assert harmless(raw) == seen
    assert plain(raw).plain == seen
    assert cell(raw).plain == seen


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_nothing_acts_and_nothing_is_lost_but_its_shape(raw: str):
    shown = harmless(raw)
    assert len(shown) == len(raw)
    assert all(unicodedata.category(char) not in ("Cc", "Cf", "Cs") for char in shown)
    assert cell_len(shown) >= 0


def test_money_is_signed_grouped_and_right_aligned():
    assert money(Money(125907, "USD")) == "1,259.07"
    assert money(Money(-4093, "USD")) == "−40.93"
    assert money(None) == GONE
    assert money_cell(Money(-1, "USD"), "red").style == "red"
    assert money_cell(Money(1, "USD"), "red").style == ""
    assert money_cell(Money(1, "USD")).justify == "right"
    assert "$text-error" in str(money_text(Money(-1, "USD")).spans)


@pytest.mark.parametrize(
    ("kind", "text", "read"),
    [
        ("plan", "held: declined: insufficient_funds", "held: declined: insufficient funds"),
        ("promise", "50.00 by 2026-12-05, every two_weeks", "50.00 by 5 Dec 2026, every two weeks"),
        ("promise", "on 2026-13-05", "on 2026-13-05"),
        ("payment", "25.00 USD bank_transfer pi_0152c_x", "25.00 USD bank transfer pi_0152c_x"),
        ("note", "asked for bank_transfer on 2026-12-05", "asked for bank_transfer on 2026-12-05"),
        ("status", "mail_to@jo_ann.example.org", "mail_to@jo_ann.example.org"),
    ],
)
def test_what_the_program_wrote_is_told_in_words(kind: str, text: str, read: str):
    assert told(kind, text) == read

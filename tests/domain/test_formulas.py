"""Cells that a spreadsheet would run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.formulas import bared, shielded


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+SUM(A1)", "-2+cmd", "@SUM(1)", "\t=1+1", "\r=1", "'=1+1"])
def test_what_would_run_is_text(text: str) -> None:
    assert shielded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Ann Ace", "-12.00", "+1 (212) 555-0100", "-", "12-34", "O'Neil", "'t Hooft"])
def test_what_does_not_run_stays(text: str) -> None:
    assert (shielded(text), bared(text)) == (text, text)


@given(st.text(alphabet="'=+-@\t\ra1.", max_size=8))
def test_what_comes_back_is_what_was_given(text: str) -> None:
    assert bared(shielded(text)) == text

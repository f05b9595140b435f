"""What the program wrote down about an account, in the words of people: codes and dates as they are read aloud."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

TYPED: Final = frozenset({"note", "call", "import", "contact"})
"""Kinds whose text somebody typed or sent: it is shown as it is."""

CODE: Final = re.compile(r"(?<![\w./@-])[a-z]+(?:_[a-z]+)+(?![\w./@-])")
METHOD: Final = re.compile(r"\b(?:bank_transfer|paid_to_client|us_bank_account)\b")
DAY: Final = re.compile(r"\b\d{4}-\d\d-\d\d\b")


def told(kind: str, text: str) -> str:
    """The text of an entry of this kind; a payment's reference stays as it was typed."""
    if kind in TYPED:
        return text
    if kind in ("payment", "reversal"):
        return METHOD.sub(_spoken, text)
    return DAY.sub(_dated, CODE.sub(_spoken, text))


def _spoken(code: re.Match[str]) -> str:
    return code[0].replace("_", " ")


def _dated(written: re.Match[str]) -> str:
    try:
        on = date.fromisoformat(written[0])
    except ValueError:
        return written[0]
    return f"{on.day} {on:%b %Y}"

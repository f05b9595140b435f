"""Cells that a spreadsheet would run: text in a file that we give to others, and what they were when it comes back.

A quote before such a cell, as OWASP asks for ("CSV injection"). Figures and telephone numbers stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from services.domain.files.record import RawRow

ADDED: Final = ("debtflow_rule", "debtflow_reason")
"""The columns by which a file is known as an error report of ours."""

_RUN = re.compile(r"'*[=+\-@\t\r]")
_FIGURES = re.compile(r"[-+(]*[\d\s.,()/-]*")


def shielded(text: str) -> str:
    """The cell as text that no spreadsheet runs."""
    return f"'{text}" if _is_run(text) else text


def bared(text: str) -> str:
    """What was shielded, as it was; any other text as it is."""
    return text[1:] if text[:1] == "'" and _is_run(text[1:]) else text


def as_given(records: Iterator[RawRow]) -> Iterator[RawRow]:
    """The records of a file, of an error report of ours those that it was made from; the first one is the header."""
    head = next(records)
    yield head
    ours = is_report(head.cells)
    for record in records:
        yield record._replace(cells=tuple(map(bared, record.cells))) if ours else record


def is_report(header: Sequence[str]) -> bool:
    """Whether this header line is one of our error reports."""
    return tuple(header[-len(ADDED) :]) == ADDED


def _is_run(text: str) -> bool:
    return _RUN.match(text) is not None and _FIGURES.fullmatch(text) is None

"""Amounts as a sender writes them; what they come to is plain figures with a point, ``-1234.50``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

_SPACES: Final = str.maketrans("\u00a0\u202f\u2009\u2019", "   '")
_DASHES: Final = "-\u2212\u2013"
_CREDIT: Final = re.compile(r"\s*(?:CR|HABEN|H)$", re.IGNORECASE)
_DEBIT: Final = re.compile(r"\s*(?:DR|SOLL|S)$", re.IGNORECASE)
_AROUND: Final = re.compile(r"([^0-9.,' ]*\s*)([0-9.,' ]*[0-9](?:[.,][-\u2013\u2014]{1,2})?[.,]?)(\s*[^0-9.,' ]*)")


class _Signed(NamedTuple):
    figures: str
    negative: bool


@dataclass(frozen=True)
class Notation:
    """How figures are written: ``decimal`` is ``.`` or ``,``, ``thousands`` what separates groups or nothing.

    With ``implied`` decimals the figures carry no decimal mark: 125000 is 1250.00.
    """

    decimal: str = "."
    thousands: str = ","
    implied: int = 0

    @cached_property
    def _form(self) -> re.Pattern[str]:
        group = rf"[1-9][0-9]{{0,2}}(?:{re.escape(self.thousands)}[0-9]{{3}})+|" if self.thousands else ""
        return re.compile(rf"({group}[0-9]+)(?:{re.escape(self.decimal)}([0-9]*|[-\u2013\u2014]{{1,2}}))?")

    def plain(self, text: str) -> str | None:
        """The amount in plain figures, a currency beside it kept; None where it is written otherwise."""
        figures, negative = _unsigned(text.translate(_SPACES).strip())
        around = _AROUND.fullmatch(figures)
        if around is None:
            return None
        before, number, after = around.groups()
        value = self._figures(number.strip())
        if value is None or (negative and (before.strip() or after.strip())[:1] in (*_DASHES, "+")):
            return None
        return f"{'-' if negative else ''}{before.strip()}{' ' if before.strip() else ''}{value}" + (
            f" {after.strip()}" if after.strip() else ""
        )

    def _figures(self, number: str) -> str | None:
        if self.implied:
            if not number.isdigit():
                return None
            whole = number.rjust(self.implied + 1, "0")
            return f"{whole[: -self.implied].lstrip('0') or '0'}.{whole[-self.implied :]}"
        found = self._form.fullmatch(number)
        if found is None:
            return None
        whole, cents = found[1].replace(self.thousands, "") if self.thousands else found[1], found[2] or ""
        if not cents:
            return whole
        return f"{whole}.00" if cents[0] in "-\u2013\u2014" else f"{whole}.{cents}"


def _unsigned(text: str) -> _Signed:
    """The figures without what makes them negative: a sign before or behind, parentheses, CR."""
    if text.startswith("(") and text.endswith(")"):
        return _Signed(text[1:-1].strip(), True)
    if text[:1] and text[0] in _DASHES:
        return _Signed(text[1:].strip(), True)
    if len(text) > 1 and text[-1] in _DASHES and text[-2].isdigit():
        return _Signed(text[:-1].strip(), True)
    if _CREDIT.search(text):
        return _Signed(_CREDIT.sub("", text), True)
    return _Signed(_DEBIT.sub("", text).lstrip("+"), False)


NOTATIONS: Final = (
    Notation(".", ","), Notation(",", "."), Notation(",", " "), Notation(".", "'"), Notation(".", " "),
)  # fmt: skip


def likely_notations(samples: Sequence[str]) -> tuple[Notation, ...]:
    """The notations in which most samples are amounts, those that could be meant beside each other; empty for none."""
    texts = [text.strip() for text in samples if text.strip()]
    fits = {notation: sum(_fits(notation, text) for text in texts) for notation in NOTATIONS}
    best = max(fits.values())
    return tuple(each for each in NOTATIONS if texts and fits[each] == best and best * 3 >= len(texts) * 2)


def _fits(notation: Notation, text: str) -> bool:
    plain = notation.plain(text)
    return plain is not None and re.search(r"\.[0-9]{3,}", plain) is None

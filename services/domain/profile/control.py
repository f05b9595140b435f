"""Control records: what a sender says before or after the rows of how many they are and what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.domain.findings import Finding
from services.domain.money import MAX_MINOR, Money, exponent
from services.domain.profile.mapper import Mapped
from services.domain.profile.model import ControlRecord, Profile
from services.domain.quoting import shown
from services.errors import BadInput

RULES: Final = {
    "control-missing": "A file that has a control record by its profile comes with one.",
    "control-form": "A control record's figures can be read.",
    "control-count": "A file holds as many rows as its control record says.",
    "control-sum": "The amounts of a file come to the sum in its control record.",
}
"""What is found in a whole file, beside what is found in its rows."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the control records of a file said and what there was; findings are about the file, not about a row."""

    rows: int
    sums: Mapping[str, Money]
    unread: Mapping[str, int]
    findings: tuple[Finding, ...]

    @property
    def agrees(self) -> bool:
        """Whether the file is what its sender says it is."""
        return not self.findings


@dataclass
class Tally:
    """Counts the rows of a file as they pass, takes its control records aside, and compares at the end."""

    profile: Profile
    currency: str
    rows: int = 0
    _minor: dict[str, int] = field(default_factory=dict)
    _unread: dict[str, int] = field(default_factory=dict)
    _heard: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._known = self._records()
        self._summed = tuple({name for _, record in self._records() for name in record.sums})

    def takes(self, cells: Sequence[str]) -> bool:
        """Whether this record is a control record; it is kept for the end and is no row."""
        for which, record in self._known:
            text = cells[record.at - 1].strip() if record.at <= len(cells) else ""
            if text == record.marker and which not in self._heard:
                self._heard[which] = tuple(cells)
                return True
        return False

    def add(self, row: Mapped) -> None:
        """Count one row."""
        self.rows += 1
        for name in self._summed:
            text = row.cells.get(name, "").strip()
            minor = None if name in row.spoilt else _minor_of(text, self.currency)
            if minor is None:
                self._unread[name] = self._unread.get(name, 0) + bool(text)
            else:
                self._minor[name] = self._minor.get(name, 0) + minor

    def verdict(self) -> Verdict | None:
        """How the file compares, None where its profile knows no control record."""
        if not self._records():
            return None
        found = [finding for which, record in self._records() for finding in self._compare(which, record)]
        sums = {name: Money(self._minor.get(name, 0), self.currency) for name in sorted(self._summed)}
        return Verdict(self.rows, sums, {name: count for name, count in self._unread.items() if count}, tuple(found))

    # ---- inside

    def _records(self) -> tuple[tuple[str, ControlRecord], ...]:
        named = (("head", self.profile.head), ("trailer", self.profile.trailer))
        return tuple((which, record) for which, record in named if record is not None)

    def _compare(self, which: str, record: ControlRecord) -> list[Finding]:
        if which not in self._heard:
            where = "before" if which == "head" else "after"
            return [
                _finding(
                    "", "", "control-missing",
                    f"there is no record with “{shown(record.marker)}” in cell {record.at} {where} the rows: the file "
                    "may have been cut off, ask for it again",
                )
            ]  # fmt: skip
        cells = self._heard[which]
        found = [self._compare_count(cells, record.count)] if record.count is not None else []
        found += [self._compare_sum(cells, name, place) for name, place in record.sums.items()]
        return [finding for finding in found if finding is not None]

    def _compare_count(self, cells: Sequence[str], place: int) -> Finding | None:
        text = _cell(cells, place)
        plain = text.replace(",", "").replace(".", "").replace(" ", "")
        if not (plain.isascii() and plain.isdigit() and len(plain) < 16):
            return _finding("", text, "control-form", f"cell {place} of the control record is no count: {_said(text)}")
        said = int(plain)
        if said == self.rows:
            return None
        return _finding(
            "", text, "control-count",
            f"the control record says {said:,} rows and the file holds {self.rows:,}: ask for the whole file",
        )  # fmt: skip

    def _compare_sum(self, cells: Sequence[str], name: str, place: int) -> Finding | None:
        text = _cell(cells, place)
        notation = self.profile.numbers.notation
        said = _minor_of((notation.plain(text) if notation else text) or "", self.currency)
        if said is None:
            return _finding(
                name, text, "control-form", f"cell {place} of the control record is no amount: {_said(text)}"
            )
        there = self._minor.get(name, 0)
        if said == there:
            return None
        unread = self._unread.get(name, 0)
        more = f", without {unread:,} that cannot be read" if unread else ""
        return _finding(
            name, text, "control-sum",
            f"the control record says {Money(said, self.currency)} of {name} and the rows come to "
            f"{Money(there, self.currency)}{more}: {Money(there - said, self.currency)} between them, ask the client",
        )  # fmt: skip


def _finding(column: str, value: str, rule: str, message: str) -> Finding:
    return Finding(column, shown(value, 200), rule, "error", message)


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place - 1].strip() if place <= len(cells) else ""


def _said(text: str) -> str:
    return f"“{shown(text)}”" if text else "it is empty"


def _minor_of(text: str, currency: str) -> int | None:
    """Minor units of a plain amount, a sign before it allowed; None where it is none."""
    sign, bare = (-1, text[1:].strip()) if text[:1] in ("-", "\u2212", "\u2013") else (1, text)
    whole, _, cents = bare.partition(".")
    decimals = exponent(currency)
    if whole.isascii() and whole.isdigit() and len(whole) < 19 and (not cents or cents.isdigit()):
        if len(cents.rstrip("0")) <= decimals and cents.isascii():
            return sign * int(whole + cents[:decimals].ljust(decimals, "0"))
        return None
    try:
        amount = Money.parse(bare, currency)
    except BadInput:
        return None
    return sign * amount.minor if amount.currency == currency and amount.minor <= MAX_MINOR else None

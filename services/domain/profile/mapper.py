"""From a record as sent to cells under our names, as a profile says; what cannot be turned stays, and is told.

The empty profile changes nothing: our columns are found by their names, all others are kept under the sender's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.domain.columns import free_name, key_of
from services.domain.findings import Finding, Report
from services.domain.profile.clean import Step, steps_of
from services.domain.profile.days import read_day
from services.domain.profile.fields import Field, fields_of
from services.domain.profile.figures import Notation
from services.domain.profile.model import Column, Profile, Source
from services.domain.quoting import shown
from services.errors import BadInput

RULES: Final = {
    "date-profile": "A date is written as the client's profile says.",
    "amount-profile": "An amount is written as the client's profile says.",
    "value-unknown": "A value is one of those that the client's profile names.",
    "key-part-missing": "Every part of the key that the profile makes a reference of is there.",
    "column-required": "A column that the client's profile requires is filled.",
}
"""What a profile finds, beside the rules of the row."""

KEPT: Final = frozenset(RULES) - {"column-required"}
"""Findings that the cells cannot show again once they are turned: they stay until the cell is corrected."""

_Turn = Callable[[str, str, Report], str]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A record under our names; ``spoilt`` are the columns that are not worth checking again."""

    cells: dict[str, str]
    findings: tuple[Finding, ...]

    @property
    def spoilt(self) -> Collection[str]:
        """The columns in which something was found already."""
        return {finding.column for finding in self.findings}


@dataclass(frozen=True, slots=True)
class _Filled:
    """How one of our columns is filled."""

    name: str
    indexes: tuple[int, ...]
    join: str
    whole: bool
    steps: tuple[Step, ...]
    values: Mapping[str, str]
    other: str
    turn: _Turn | None
    default: str
    required: bool

    @property
    def is_plain(self) -> bool:
        return len(self.indexes) == 1 and not (
            self.steps or self.values or self.turn or self.default or self.required or self.whole
        )


class Mapper:
    """Turns the records of one file; made once from its header line."""

    def __init__(self, profile: Profile, header: Sequence[str]) -> None:
        self.profile = profile
        self.width = len(header)
        fields = fields_of(profile.kind)
        self._places = _places(profile, header, fields)
        taken = {index for indexes in self._places.values() for index in indexes}
        self.extra = _extra(profile, header, taken, {field.name for field in fields})
        filled = [_filled(profile, field, self._places) for field in fields if self._is_filled(field.name)]
        self._plain = {each.name: each.indexes[0] for each in filled if each.is_plain}
        self._turned = tuple(each for each in filled if not each.is_plain)
        self._order = tuple(each.name for each in filled)

    @property
    def columns(self) -> Mapping[str, tuple[int, ...]]:
        """Which places each of our columns is read from, none where it is a default alone."""
        return {name: self._places.get(name, ()) for name in self._order}

    def __call__(self, cells: Sequence[str]) -> Mapped:
        """The record by column name, ours first; a cell that is not there is empty."""
        count = len(cells)
        found = {name: cells[index] if index < count else "" for name, index in self._plain.items()}
        report: Report | None = None
        if self._turned:
            report = Report()
            for each in self._turned:
                found[each.name] = _fill(each, cells, report)
            found = {name: found[name] for name in self._order}
        for name, index in self.extra.items():
            found[name] = cells[index] if index < count else ""
        return Mapped(found, tuple(report.findings) if report else ())

    def _is_filled(self, name: str) -> bool:
        column = self.profile.columns.get(name)
        return name in self._places or (column is not None and bool(column.default))


def names_known(profile: Profile) -> Callable[[Sequence[str]], int]:
    """Counts the columns of a line that the profile, or this program by itself, knows: so a header line is found."""
    said = [source for column in profile.columns.values() for source in column.sources]
    names = [*said, *profile.key.columns, *profile.ignore, *(field.name for field in fields_of(profile.kind))]
    keys = {key_of(name) for name in names if isinstance(name, str)}
    return lambda cells: len(keys & set(map(key_of, cells)))


def missing(profile: Profile, cells: Mapping[str, str]) -> tuple[Finding, ...]:
    """What the profile requires and the cells do not hold."""
    report = Report()
    for name, column in profile.columns.items():
        if column.required and not cells.get(name, "").strip():
            _tell_missing(name, report)
    return tuple(report.findings)


def _fill(each: _Filled, cells: Sequence[str], report: Report) -> str:
    parts = [cells[index].strip() if index < len(cells) else "" for index in each.indexes]
    if each.whole and not all(parts) and any(parts):
        report.error(
            each.name, each.join.join(parts), "key-part-missing",
            f"the key has {len(parts)} parts and one is empty: write the whole reference, or leave the row out",
        )  # fmt: skip
        return each.join.join(parts)
    text = parts[0] if len(parts) == 1 else each.join.join(part for part in parts if part)
    for step in each.steps:
        text = step(text)
    text = _valued(each, text, report)
    if not text.strip():
        text = each.default
        if each.required and not text:
            _tell_missing(each.name, report)
    elif each.turn is not None:
        text = each.turn(each.name, text, report)
    return text


def _tell_missing(name: str, report: Report) -> None:
    report.error(
        name, "", "column-required",
        f"{name} is empty, and this client's profile requires it: write it, or leave the row out",
    )  # fmt: skip


def _valued(each: _Filled, text: str, report: Report) -> str:
    if not each.values or (given := each.values.get(text)) is None:
        if each.values and text and each.other == "refuse":
            known = ", ".join(shown(value) for value in list(each.values)[:8])
            report.error(
                each.name, text, "value-unknown",
                f"“{shown(text)}” is not among the values of this client's profile ({known}): correct it, or add it",
            )  # fmt: skip
        return "" if each.values and each.other == "empty" else text
    return given


# ---- how a column is read --------------------------------------------------------------------------------------------


def _filled(profile: Profile, field: Field, places: Mapping[str, tuple[int, ...]]) -> _Filled:
    column = profile.columns.get(field.name, Column())
    from_key = field.name == "external_ref" and bool(profile.key.columns)
    steps = [*column.clean]
    if field.what == "phone" and profile.phones.region and "phone" not in steps:
        steps.append("phone")
    return _Filled(
        field.name,
        places.get(field.name, ()),
        profile.key.join if from_key else column.join,
        from_key,
        steps_of(steps, profile.phones.region),
        column.values,
        column.other,
        _turn(profile, field),
        column.default,
        column.required,
    )


def _turn(profile: Profile, field: Field) -> _Turn | None:
    if field.what == "date" and profile.dates.formats:
        return _day_turner(tuple(profile.dates.formats))
    if field.what == "amount" and (notation := profile.numbers.notation) is not None:
        return _amount_turner(notation)
    return None


def _day_turner(formats: tuple[str, ...]) -> _Turn:
    def turn(column: str, text: str, report: Report) -> str:
        day = read_day(text.strip(), (*formats, "YYYY-MM-DD"))
        if day is None:
            report.error(
                column, text, "date-profile",
                f"“{shown(text)}” is no day written as {' or '.join(formats)}: write it as 2025-11-30",
            )  # fmt: skip
            return text
        return day.isoformat()

    return turn


def _amount_turner(notation: Notation) -> _Turn:
    form = (
        f"figures with {notation.implied} implied decimals" if notation.implied
        else f"figures with “{notation.decimal}” before the decimals"
    )  # fmt: skip

    def turn(column: str, text: str, report: Report) -> str:
        plain = notation.plain(text)
        if plain is None:
            report.error(
                column, text, "amount-profile",
                f"“{shown(text)}” is no amount in {form}, as this client's profile says: write it as 1250.00",
            )  # fmt: skip
            return text
        return plain

    return turn


# ---- where a column stands -------------------------------------------------------------------------------------------


def _places(profile: Profile, header: Sequence[str], fields: Sequence[Field]) -> dict[str, tuple[int, ...]]:
    """The places of each of our columns, by the profile where it says so and by our own names elsewhere."""
    by_key: dict[str, list[int]] = {}
    for index, cell in enumerate(header):
        by_key.setdefault(key_of(cell), []).append(index)
    said = {name: column.sources for name, column in profile.columns.items() if column.sources}
    if profile.key.columns:
        said["external_ref"] = tuple(profile.key.columns)
    places = {name: tuple(_place(name, source, header, by_key) for source in sources) for name, sources in said.items()}
    taken = {index for indexes in places.values() for index in indexes}
    for field in fields:
        free = [index for index in by_key.get(key_of(field.name), ()) if index not in taken]
        if field.name not in places and free:
            places[field.name] = (_only(field.name, free),)
    _refuse_missing(profile, fields, places, header)
    return places


def _place(name: str, source: Source, header: Sequence[str], by_key: Mapping[str, list[int]]) -> int:
    if isinstance(source, int):
        if source <= len(header):
            return source - 1
        raise BadInput(
            "header", f"{name} is read from column {source}, and the file has {len(header)}",
            hint="the client may have changed the file: edit the profile, or have it sent as before",
        )  # fmt: skip
    found = by_key.get(key_of(source), [])
    if not found:
        raise BadInput(
            "header", f"{name} is read from “{shown(source)}”, and the header line names {_named(header)}",
            hint="the client may have changed the file: edit the profile, or have it sent as before",
        )  # fmt: skip
    return _only(source, found)


def _only(name: str, places: Sequence[int]) -> int:
    if len(places) > 1:
        raise BadInput(
            "header",
            f"{shown(name)} is there twice, as columns {places[0] + 1} and {places[1] + 1}: remove or rename one",
            hint="or let the profile say which one is meant, by its place",
        )
    return places[0]


def _refuse_missing(
    profile: Profile, fields: Sequence[Field], places: Mapping[str, tuple[int, ...]], header: Sequence[str]
) -> None:
    columns = profile.columns
    required = [
        field.name for field in fields if field.required or (field.name in columns and columns[field.name].required)
    ]
    lacking = [name for name in required if name not in places and not (name in columns and columns[name].default)]
    if lacking:
        needed = ", ".join(required)
        raise BadInput(
            "header",
            f"the header line lacks {', '.join(lacking)}; it names {_named(header)}",
            hint=f"the first line must name {needed}, or a profile say where they come from; the others are optional",
        )


def _named(header: Sequence[str]) -> str:
    return ", ".join(shown(name) for name in header[:12])


def _extra(profile: Profile, header: Sequence[str], taken: set[int], ours: set[str]) -> dict[str, int]:
    """The sender's own columns, by the name they are kept under."""
    ignored = {key_of(name) for name in profile.ignore}
    extra: dict[str, int] = {}
    for index, cell in enumerate(header):
        if index not in taken and key_of(cell) not in ignored:
            extra[free_name(cell, index, {*extra, *ours})] = index
    return extra

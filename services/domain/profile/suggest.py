"""A first profile for a file nobody has described yet: from its header line and a few of its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from services.domain.columns import key_of
from services.domain.names import fold
from services.domain.profile.days import likely_formats, read_day
from services.domain.profile.fields import Field, fields_of
from services.domain.profile.figures import likely_notations
from services.domain.profile.model import Column, Dates, Numbers, Phones, Profile

SURE: Final = 0.75
_FIRST: Final = ("first name", "firstname", "given name", "forename", "vorname", "prenom", "nombre de pila", "fname")
_LAST: Final = ("last name", "lastname", "surname", "family name", "nachname", "nom de famille", "apellido",
                "apellidos", "lname")  # fmt: skip

_LOOKS: Final = {
    "amount": re.compile(r"[^\d,.]{0,4}\(?-?\d[\d.,' ]*\)?\s?[^\d,.]{0,4}"),
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "phone": re.compile(r"\+?[0-9()./ x-]{7,24}"),
    "date": re.compile(r"(?=.*\d)[0-9A-Za-z./ -]{6,12}(?:[ T][\d:.]+)?"),
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A column of ours and the sender's that it probably is; ``score`` up to 1, ``why`` in words."""

    column: str
    sources: tuple[str, ...]
    score: float
    why: str


def suggest(kind: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[Suggestion, ...]:
    """Our columns in their order, each with the sender's that fits best; a column of the sender's is used once."""
    fields = fields_of(kind)
    scored = sorted(
        (
            (_score(field, name, _column(rows, index)), field.name, index)
            for field in fields
            for index, name in enumerate(header)
            if name.strip()
        ),
        key=lambda each: (-each[0][0], each[2]),
    )
    found: dict[str, Suggestion] = {}
    used: set[int] = set()
    if (name := _split_name(fields, header)) is not None:
        found["debtor_name"] = name
        used.update(header.index(source) for source in name.sources)
    for (score, why), column, index in scored:
        if score >= SURE and column not in found and index not in used:
            found[column] = Suggestion(column, (header[index],), round(score, 2), why)
            used.add(index)
    return tuple(found[field.name] for field in fields if field.name in found)


def propose(
    kind: str, header: Sequence[str], rows: Sequence[Sequence[str]], *, region: str = "", about: str = ""
) -> Profile:
    """The profile that the suggestions come to: only what differs from our own names and forms is said."""
    suggestions = suggest(kind, header, rows)
    places = {each.column: [header.index(source) for source in each.sources] for each in suggestions}
    columns = {
        each.column: _column_of(each, header)
        for each in suggestions
        if [key_of(source) for source in each.sources] != [key_of(each.column)]
    }
    what = {field.name: field.what for field in fields_of(kind)}
    samples = {
        kind_of: [text for name, at in places.items() if what[name] == kind_of for text in _column(rows, at[0])]
        for kind_of in ("date", "amount")
    }
    return Profile(
        kind=kind,  # type: ignore[arg-type]
        about=about,
        columns=columns,
        dates=Dates(formats=_formats(samples["date"])),
        numbers=_numbers(samples["amount"]),
        phones=Phones(region=region),
    )


def _column_of(suggestion: Suggestion, header: Sequence[str]) -> Column:
    """By name, or by place where the header has the name twice."""
    keys = [key_of(name) for name in header]
    sources: list[str | int] = [
        source if keys.count(key_of(source)) == 1 else header.index(source) + 1 for source in suggestion.sources
    ]
    return Column(source=sources if len(sources) > 1 else sources[0])


def _formats(samples: Sequence[str]) -> list[str]:
    """What this program would not read the same by itself: nothing for ISO, both readings where days leave it open."""
    likely = likely_formats(samples)
    if not likely or "YYYY-MM-DD" in likely:
        return []
    return [_likelier(likely, samples)]


def _likelier(likely: Sequence[str], samples: Sequence[str]) -> str:
    """The first that fits; where two do, the one whose days lie closer together: months repeat, days do not."""

    def spread(format: str) -> int:
        return len({day.replace(day=1) for text in samples if (day := read_day(text.strip(), (format,)))})

    return min(likely, key=lambda format: (spread(format), likely.index(format)))


def _numbers(samples: Sequence[str]) -> Numbers:
    likely = likely_notations(samples)
    if not likely or likely[0].decimal == ".":
        return Numbers()
    return Numbers(decimal=",", thousands="." if likely[0].thousands == "." else " ")


def _column(rows: Sequence[Sequence[str]], index: int) -> list[str]:
    return [row[index].strip() for row in rows if index < len(row) and row[index].strip()]


def _score(field: Field, name: str, samples: Sequence[str]) -> tuple[float, str]:
    """How well a header cell and what stands below it fit a field."""
    best, why = _by_name(field, name)
    looks = _LOOKS.get(field.what)
    if looks is None or not samples:
        return best, why
    share = sum(bool(looks.fullmatch(text)) for text in samples) / len(samples)
    if share < 0.5:
        return best * 0.5, why
    if field.what == "email" and share == 1 and best < SURE:
        return SURE, "its values look like addresses"
    return best, why


def _by_name(field: Field, name: str) -> tuple[float, str]:
    key = key_of(name)
    if key == key_of(field.name):
        return 1.0, "the name is ours"
    best, why = 0.0, ""
    for place, word in enumerate(field.words):
        other = key_of(fold(word))
        if other == key_of(fold(name)):
            score, how = 0.98 - place * 0.003, f"senders call it {word}"
        else:
            ratio = SequenceMatcher(None, key, other).ratio() if abs(len(key) - len(other)) <= 4 else 0.0
            score, how = ratio * 0.88 if len(other) > 4 else 0.0, f"close to {word}"
        if score > best:
            best, why = score, how
    return best, why


def _split_name(fields: Sequence[Field], header: Sequence[str]) -> Suggestion | None:
    """First and last name in columns of their own."""
    if "debtor_name" not in {field.name for field in fields}:
        return None
    first = next((name for name in header if fold(name) in _FIRST), None)
    last = next((name for name in header if fold(name) in _LAST), None)
    if first is None or last is None:
        return None
    return Suggestion("debtor_name", (first, last), 0.97, "first and last name, joined")

"""The parts of a profile as they are typed on one line, and what is made of the line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.domain.profile import Column, Profile, profile_of
from services.errors import BadInput

MARKS = {"as_usual": "", "point": ".", "comma": ","}
GROUPS = {"none": "", "comma": ",", "point": ".", "space": " ", "apostrophe": "'"}


def sources_text(sources: Sequence[str | int]) -> str:
    """``Vorname + Nachname``, ``3`` for a place."""
    return " + ".join(map(str, sources))


def values_text(values: Mapping[str, str]) -> str:
    """``PL=payment plan; RT=rent``."""
    return "; ".join(f"{theirs}={ours}" for theirs, ours in values.items())


def column_of(typed: Mapping[str, str], join: str) -> dict[str, Any]:
    """A column as a document, out of what stands in its form; raises BadInput on the field that cannot be read."""
    sources = [int(part) if part.isdigit() else part for part in _parts(typed["from"], " + ")]
    document: dict[str, Any] = {
        "clean": [part.lower() for part in _parts(typed["clean"], ",")],
        "values": _values(typed["values"]),
        "other": typed["other"],
        "default": typed["default"],
        "required": typed["required"] == "yes",
        "join": join,
    }
    return document | ({"from": sources if len(sources) > 1 else sources[0]} if sources else {})


def formats_of(typed: Mapping[str, str]) -> dict[str, Any]:
    """The formats as a document."""
    implied = typed["implied"] or "0"
    if not (implied.isascii() and implied.isdigit()):
        raise BadInput("implied", f"{implied} is no number of decimals: type 0 to 4")
    return {
        "about": typed["about"],
        "dates": {"formats": _parts(typed["dates"], ",")},
        "numbers": {
            "decimal": MARKS[typed["decimal"]],
            "thousands": GROUPS[typed["thousands"]],
            "implied_decimals": int(implied),
        },
        "phones": {"region": typed["region"].upper()},
    }


def with_column(profile: Profile, name: str, column: Mapping[str, Any] | None) -> Profile:
    """The profile with one column said otherwise, or not said at all."""
    body = profile.body()
    columns = {key: value for key, value in body.get("columns", {}).items() if key != name}
    if column is not None and Column.model_validate(column) != Column():
        columns[name] = dict(column)
    return profile_of({**body, "columns": columns})


def with_formats(profile: Profile, formats: Mapping[str, Any]) -> Profile:
    """The profile with other formats."""
    return profile_of({**profile.body(), **formats})


def _parts(text: str, between: str) -> list[str]:
    return [part.strip() for part in text.split(between) if part.strip()]


def _values(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in _parts(text, ";"):
        theirs, equals, ours = part.partition("=")
        if not equals:
            raise BadInput("values", f"“{part}” maps nothing: write PL=payment plan; RT=rent")
        found[theirs.strip()] = ours.strip()
    return found

"""A profile: how one client writes one kind of file, as a value that is checked whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from services.domain.files.reading import Reading, delimiter_of
from services.domain.profile.clean import PHONE, STEPS
from services.domain.profile.days import check_format
from services.domain.profile.fields import fields_of
from services.domain.profile.figures import Notation
from services.domain.quoting import holds_card_number, is_text, shown
from services.errors import BadInput

LARGEST: Final = 128 * 1024
MOST_VALUES: Final = 1000

Text = Annotated[str, Field(max_length=200)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Place = Annotated[int, Field(ge=1, le=2000)]
Source = Name | Place
"""A column of the sender: by its name in the header line, or by its place from 1."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Dates(_Part):
    """How days are written; without a format as this program reads them by itself, month first."""

    formats: Annotated[list[str], Field(max_length=8)] = []

    @field_validator("formats")
    @classmethod
    def _spelled(cls, formats: list[str]) -> list[str]:
        return [_told(check_format, each) for each in formats]


class Numbers(_Part):
    """How amounts are written; without a decimal mark as this program reads them by itself."""

    decimal: Literal["", ".", ","] = ""
    thousands: Literal["", ".", ",", " ", "'"] = ""
    implied_decimals: Annotated[int, Field(ge=0, le=4)] = 0

    @model_validator(mode="after")
    def _apart(self) -> Numbers:
        if self.decimal and self.decimal == self.thousands:
            raise ValueError(f"“{self.decimal}” cannot be both the decimal mark and what separates thousands")
        if self.implied_decimals and (self.decimal or self.thousands):
            raise ValueError("figures with implied_decimals carry neither a decimal mark nor thousands")
        return self

    @property
    def notation(self) -> Notation | None:
        """How figures are read, None where nothing is said about it."""
        if self.implied_decimals:
            return Notation("", "", self.implied_decimals)
        return Notation(self.decimal, self.thousands) if self.decimal else None


class Phones(_Part):
    """The country whose dialling the numbers follow; without one they are taken as they are, read as American."""

    region: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")] = ""


class Column(_Part):
    """Where one of our columns comes from, and what is done to it on the way.

    Several columns in ``from`` are joined; ``default`` stands where nothing came. ``other`` says what happens to a
    value that ``values`` does not name.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", populate_by_name=True)

    source: Source | Annotated[list[Source], Field(min_length=1, max_length=8)] | None = Field(
        default=None, validation_alias="from", serialization_alias="from"
    )
    join: Annotated[str, Field(max_length=8)] = " "
    clean: Annotated[list[str], Field(max_length=8)] = []
    values: Annotated[dict[Text, Text], Field(max_length=MOST_VALUES)] = {}
    other: Literal["keep", "refuse", "empty"] = "keep"
    default: Text = ""
    required: bool = False

    @field_validator("clean")
    @classmethod
    def _known(cls, steps: list[str]) -> list[str]:
        for step in steps:
            if step not in STEPS and step != PHONE:
                raise ValueError(f"there is no cleaning “{shown(step)}”: it is one of {', '.join((*STEPS, PHONE))}")
        return steps

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sender's columns, none where nothing is said about them."""
        if self.source is None:
            return ()
        return tuple(self.source) if isinstance(self.source, list) else (self.source,)


class Key(_Part):
    """What identifies an account where no single column does: the sender's columns, joined into our reference."""

    columns: Annotated[list[Source], Field(max_length=8)] = []
    join: Annotated[str, Field(max_length=8)] = "-"


class ControlRecord(_Part):
    """A record before or after the rows that says how many they are and what they come to.

    It is known by ``marker`` in cell ``at``; ``count`` and ``sums`` name the cells with the figures, from 1.
    """

    marker: Name
    at: Place = 1
    count: Place | None = None
    sums: Annotated[dict[str, Place], Field(max_length=8)] = {}


class ReadAs(_Part):
    """How the file itself is written, part by part as options of `import stage` say it; what is not said is guessed."""

    entry: Name | None = None
    format: Literal["csv", "fixed", "xlsx"] | None = None
    sheet: Name | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    header_line: int | None = None
    widths: list[int] | None = None
    names: list[Name] | None = None

    @model_validator(mode="after")
    def _readable(self) -> ReadAs:
        try:
            self.reading()
        except BadInput as problem:
            raise ValueError(f"{problem.message}; {problem.hint}" if problem.hint else problem.message) from None
        return self

    def reading(self) -> Reading:
        """The same as the reader takes it."""
        quote = "" if self.quote is not None and self.quote.lower() == "none" else self.quote
        return Reading(
            entry=self.entry,
            kind=self.format,
            sheet=self.sheet,
            encoding=self.encoding,
            delimiter=None if self.delimiter is None else delimiter_of(self.delimiter),
            quote=quote,
            header_line=0 if self.names and self.header_line is None else self.header_line,
            widths=None if self.widths is None else tuple(self.widths),
            names=None if self.names is None else tuple(self.names),
        )


class Profile(_Part):
    """How one client writes one kind of file. The empty profile reads files under our own column names."""

    kind: Literal["placements", "adjustments", "payments", "recalls", "contacts"] = "placements"
    about: Text = ""
    reading: ReadAs = ReadAs()
    columns: dict[str, Column] = {}
    key: Key = Key()
    ignore: Annotated[list[Name], Field(max_length=200)] = []
    dates: Dates = Dates()
    numbers: Numbers = Numbers()
    phones: Phones = Phones()
    head: ControlRecord | None = None
    trailer: ControlRecord | None = None

    @model_validator(mode="after")
    def _whole(self) -> Profile:
        known = {field.name: field for field in fields_of(self.kind)}
        for name in self.columns:
            if name not in known:
                raise ValueError(f"there is no column {shown(name)} in {self.kind}: {', '.join(known)}")
        reference = self.columns.get("external_ref")
        if self.key.columns and reference is not None and reference.sources:
            raise ValueError("external_ref comes from the key: leave out `from` in its column, or the key")
        if PHONE in self._cleanings() and not self.phones.region:
            raise ValueError('cleaning “phone” needs the sender\'s country: region = "US" under phones')
        for record in filter(None, (self.head, self.trailer)):
            for name in record.sums:
                if name not in known or known[name].what != "amount":
                    raise ValueError(f"{shown(name)} is no amount of {self.kind}: its sum cannot be compared")
        return self

    def _cleanings(self) -> set[str]:
        return {step for column in self.columns.values() for step in column.clean}

    @property
    def is_plain(self) -> bool:
        """Whether it says nothing at all about what stands in the file."""
        return self == Profile(kind=self.kind, about=self.about, reading=self.reading)

    def body(self) -> dict[str, Any]:
        """What it says, as it is kept: without what is as usual, always in the same order."""
        said: dict[str, Any] = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        if columns := said.get("columns"):
            said["columns"] = {
                field.name: _steady(columns[field.name]) for field in fields_of(self.kind) if field.name in columns
            }
        for record in ("head", "trailer"):
            if record in said:
                said[record] = _steady(said[record])
        return {"kind": self.kind, **said}


def _steady(part: dict[str, Any]) -> dict[str, Any]:
    return {key: dict(sorted(value.items())) if isinstance(value, dict) else value for key, value in part.items()}


def profile_of(body: object) -> Profile:
    """The profile that a document describes; raises BadInput on ``profile``, naming the place and what is wrong."""
    text = json.dumps(body, ensure_ascii=False, default=str)
    if len(text) > LARGEST:
        raise BadInput("profile", f"the profile is larger than {LARGEST >> 10} KB", hint="shorten its maps of values")
    for word in _words(body):
        _refuse_unfit(word)
    try:
        return Profile.model_validate(body)
    except ValidationError as problem:
        _complain(problem)


def _words(body: object) -> Iterator[str]:
    if isinstance(body, str):
        yield body
    elif isinstance(body, dict):
        for key, value in body.items():
            yield from _words(key)
            yield from _words(value)
    elif isinstance(body, list):
        for each in body:
            yield from _words(each)


def _refuse_unfit(word: str) -> None:
    if not is_text(word) or any((ord(char) < 32 and char != "\t") or ord(char) == 127 for char in word):
        raise BadInput("profile", f"{shown(word)} holds control characters", hint="type it instead of pasting it")
    if holds_card_number(word):
        raise BadInput("profile", "a text in it looks like a card number", hint="take it out: none may be kept")


def _complain(problem: ValidationError) -> NoReturn:
    """The first complaint; a union complains once for each way it could have been meant, so one place speaks once."""
    first = problem.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"] if _is_ours(part)) or "profile"
    message = str(first["msg"]).removeprefix("Value error, ")
    if place.endswith(".from") or place == "key.columns":
        message = "name the sender's column, its place from 1, or a list of these"
    elif first["type"] == "extra_forbidden":
        message = "is not known here: look for a slip in its name"
    elif not first["type"].startswith("value_error"):
        message = message[:1].lower() + message[1:]
    raise BadInput("profile", f"{place}: {message}", hint="debtflow import profile show gives one that works") from None


def _is_ours(part: int | str) -> bool:
    """Pydantic puts the names of its own branches, and places in lists, into the place of an error."""
    return (
        isinstance(part, str) and part not in ("str", "int", "list") and not part.startswith(("constrained", "list["))
    )


def _told(check: Any, text: str) -> str:
    try:
        return str(check(text))
    except BadInput as problem:
        raise ValueError(f"{problem.message}; {problem.hint}") from None

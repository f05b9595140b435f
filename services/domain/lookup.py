"""The one search box: what was typed decides the search, a prefix forces it, filters narrow it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

from services.domain.contacts import phone_key
from services.domain.dates import parse_date
from services.domain.lexer import Filter, Terms, lex, quoted
from services.domain.money import Money
from services.domain.names import tokens
from services.domain.numbers import number_candidates
from services.domain.quoting import shown
from services.errors import BadInput

Kind = Literal["number", "ref", "phone", "email", "ssn", "name", "text", "mine", "any"]

STATUSES = (
    "new", "assigned", "in_contact", "negotiating", "payment_plan", "disputed", "settled", "closed", "open",
)  # fmt: skip
FLAGS = ("cease_and_desist", "attorney", "bankrupt", "deceased", "dispute")

_PREFIXES: frozenset[str] = frozenset(get_args(Kind)) - {"mine", "any"}
_CHOICES = {"status": STATUSES, "flag": FLAGS, "priority": ("0", "1", "2", "3")}
_COMPARED = frozenset({"balance", "followup", "priority"})
_KEYS = ("status", "balance", "client", "collector", "priority", "flag", "followup")
WORDS = _PREFIXES | frozenset(_KEYS)
"""What a colon may follow: ``name:``, ``status:``."""
_ANY_DAY = date(2000, 1, 1)

_NUMBER = re.compile(r"[0-9]{1,17}-[0-9]")
_PHONE = re.compile(r"[+(]?[0-9][0-9() ./+-]*")
_SSN = re.compile(r"(?:[0-9]{3}-?[0-9]{2}-?|[*x]{3}-?[*x]{2}-?)?([0-9]{4})", re.IGNORECASE)
_HAS_DIGIT = re.compile(r"[0-9]")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand the words.

    ``needles`` are what to compare with: account numbers, one reference, one phone key, one address (or its start),
    four digits, folded name words, or words of a note; empty where nothing can match yet, and for ``mine`` and ``any``.
    """

    kind: Kind
    needles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter whose value has been checked; ``op`` is one of ``: = < > <= >=``."""

    key: str
    op: str
    value: str

    def money(self, currency: str) -> Money:
        """The value of a ``balance`` condition, in the agency's currency."""
        return Money.parse(self.value, currency, field=self.key)

    def day(self, today: date) -> date:
        """The value of a ``followup`` condition; shortcuts count from ``today``, incomplete dates look ahead."""
        return parse_date(self.value, today, prefer="future", field=self.key)

    def __str__(self) -> str:
        return f"{self.key}{self.op}{quoted(self.value)}"


@dataclass(frozen=True, slots=True)
class LookupQuery:
    """What to look for; ``str()`` is the same question in its canonical spelling.

    ``alternatives`` are other readings by falling likelihood; ``notes`` say in words what was left out, and why.
    """

    reading: Reading
    words: tuple[str, ...] = ()
    forced: bool = False
    conditions: tuple[Condition, ...] = ()
    alternatives: tuple[Reading, ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def kind(self) -> Kind:
        """The kind of the likeliest reading: ``mine`` for an empty box, ``any`` for filters without a word."""
        return self.reading.kind

    @property
    def needles(self) -> tuple[str, ...]:
        """What the likeliest reading compares with."""
        return self.reading.needles

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The likeliest reading, then the alternatives."""
        return (self.reading, *self.alternatives)

    def __str__(self) -> str:
        words = [quoted(word) for word in self.words]
        if self.forced:
            words[0] = f"{self.kind}:{words[0]}"
        return " ".join([*words, *map(str, self.conditions)])


def parse_lookup(text: str) -> LookupQuery:
    """The question in the box, at any moment of its being typed; never raises."""
    notes: list[str] = []
    terms = lex(text)
    forced, words = _forced(terms, notes)
    conditions = _conditions([term for term in terms.filters if term.key not in _PREFIXES], notes)
    if not words:
        return LookupQuery(Reading("any" if conditions else "mine"), conditions=conditions, notes=tuple(notes))
    readings = (_read_as(forced, words, notes),) if forced else _guess(words, notes)
    return LookupQuery(readings[0], words, forced is not None, conditions, readings[1:], tuple(notes))


def _forced(terms: Terms, notes: list[str]) -> tuple[Kind | None, tuple[str, ...]]:
    """The kind that a prefix forces, and all words with the prefix's own in front; the last prefix wins."""
    prefixes = [term for term in terms.filters if term.key in _PREFIXES]
    if not prefixes:
        return None, terms.words
    chosen = prefixes[-1]
    notes.extend(f"{term}: only the last prefix counts" for term in prefixes[:-1])
    words = (chosen.value, *terms.words) if chosen.value else terms.words
    if not words:
        notes.append(f"{chosen.key}: what to look for is missing")
        return None, ()
    return _kind(chosen.key), words


def _kind(key: str) -> Kind:
    return next(kind for kind in get_args(Kind) if kind == key)


def _read_as(kind: Kind, words: tuple[str, ...], notes: list[str]) -> Reading:
    reading = _reading(kind, " ".join(words))
    if not reading.needles:
        notes.append(_USELESS[kind])
    return reading


_USELESS = {
    "number": "not an account number: its check digit is wrong (mistyped?)",
    "ref": "a reference is missing",
    "phone": "a phone number has digits",
    "email": "an e-mail address is missing",
    "ssn": "type the last 4 digits",
    "name": "a name has letters",
    "text": "a word has letters or figures",
}


def _reading(kind: Kind, whole: str) -> Reading:
    if kind == "number":
        return Reading(kind, number_candidates(whole))
    if kind == "phone":
        return Reading(kind, _single(phone_key(whole)))
    if kind == "ssn":
        match = _SSN.fullmatch(whole)
        return Reading(kind, (match[1],) if match else ())
    if kind == "name":
        return Reading(kind, tokens(whole))
    if kind == "text":
        return Reading(kind, _single(whole if any(char.isalnum() for char in whole) else ""))
    return Reading(kind, _single(whole.lower() if kind == "email" else whole))


def _single(needle: str) -> tuple[str, ...]:
    return (needle,) if needle else ()


def _guess(words: tuple[str, ...], notes: list[str]) -> tuple[Reading, ...]:
    whole = " ".join(words)
    readings = [_reading(kind, whole) for kind in _likely(whole, len(words))]
    useful = tuple(reading for reading in readings if reading.needles)
    if _NUMBER.fullmatch(whole) and not any(reading.kind == "number" for reading in useful):
        notes.append(f"{whole} is not an account number: its check digit is wrong (mistyped?)")
    return useful or (Reading("ref", (whole,)),)


def _likely(whole: str, words: int) -> tuple[Kind, ...]:
    if "@" in whole:
        return ("email", "ref")
    if _NUMBER.fullmatch(whole):
        return ("number", "ref", "phone")
    if whole.isascii() and whole.isdigit():
        return _likely_digits(len(whole), whole)
    if _PHONE.fullmatch(whole):
        return ("phone", "ref") if words == 1 else ("phone", "name")
    if words == 1:
        return ("ref", "name") if _HAS_DIGIT.search(whole) else ("name", "ref")
    return ("name",)


def _likely_digits(length: int, digits: str) -> tuple[Kind, ...]:
    if length == 4:
        return ("ssn", "number", "ref", "phone")
    if length == 10 or (length == 11 and digits.startswith("1")):
        return ("phone", "number", "ref")
    if length > 11:
        return ("ref", "phone", "number")
    return ("number", "ref", "phone")


def _conditions(filters: list[Filter], notes: list[str]) -> tuple[Condition, ...]:
    """The usable filters; a later one replaces an earlier one of the same key and operator."""
    kept: dict[tuple[str, str], Condition] = {}
    for term in filters:
        try:
            condition = _condition(term)
        except BadInput as problem:
            notes.append(f"{shown(str(term))} is left out: {problem.message}")
            continue
        kept.pop((condition.key, condition.op), None)
        kept[condition.key, condition.op] = condition
    return tuple(kept.values())


def _condition(term: Filter) -> Condition:
    key, op, value = term.key, term.op, term.value
    if key not in _KEYS:
        raise BadInput(key, f"no such filter (known: {', '.join(_KEYS)}); in quotes it is searched for as it stands")
    if not value:
        raise BadInput(key, "its value is still missing")
    if op not in (":", "=") and key not in _COMPARED:
        raise BadInput(key, f"it takes no {op}: type {key}:{value}")
    if key in _CHOICES:
        return Condition(key, op, _chosen(key, value))
    if key == "balance":
        return Condition(key, "=" if op == ":" else op, _figures(value))
    if key == "followup":
        parse_date(value, _ANY_DAY, prefer="future", field=key)
    return Condition(key, op, value)


def _figures(value: str) -> str:
    """The balance as typed, where an amount with two decimals could be: the currency is the agency's."""
    Money.parse(value, "USD", field="balance")
    return value


def _chosen(key: str, value: str) -> str:
    """The choice that the value names or begins."""
    wanted = value.lower().replace("-", "_").replace(" ", "_")
    choices = _CHOICES[key]
    starts = [choice for choice in choices if choice.startswith(wanted)]
    if wanted in choices or len(starts) == 1:
        return wanted if wanted in choices else starts[0]
    raise BadInput(key, f"it can be {', '.join(starts or choices)}")

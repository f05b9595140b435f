"""Money: whole minor units of an ISO 4217 currency, never a float."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from services.domain.quoting import shown
from services.errors import BadInput

MAX_MINOR = 10**15

# ISO 4217: the active currencies, by the number of decimals of their minor unit.
_CODES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY "
    "COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR "
    "IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD "
    "NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC "
    "SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_EXPONENT = {code: decimals for decimals, codes in _CODES.items() for code in codes.split()}
_SYMBOL = {"$": {"USD", "CAD", "AUD", "NZD", "MXN"}, "€": {"EUR"}, "£": {"GBP"}, "¥": {"JPY", "CNY"}}

_CODE_BEFORE = re.compile(r"([A-Za-z]{3})(?=[^A-Za-z])\s*")
_CODE_AFTER = re.compile(r"(?<=[^A-Za-z])\s*([A-Za-z]{3})\Z")
_POINT = re.compile(r"([0-9]+)(?:\.([0-9]+))?")
_GROUPED = re.compile(r"([1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.([0-9]+))?")
_COMMA = re.compile(r"([0-9]+),([0-9]{1,2})")
_POINT_GROUPED = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]*)?")
_DASHED_CENTS = re.compile(r"([0-9]{1,15})[,.][-–—]{1,2}")
_EXPONENTIAL = re.compile(r"[0-9.,]+[eE][+-]?[0-9]+")


def exponent(currency: str) -> int:
    """The number of decimals of a currency; raises BadInput for a code that ISO 4217 does not know."""
    try:
        return _EXPONENT[currency]
    except (KeyError, TypeError):
        raise BadInput(
            "currency", f"“{shown(str(currency))}” is not a currency", hint="write its ISO code, such as USD or EUR"
        ) from None


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in ``minor`` units (cents) of ``currency``; adding or ordering two currencies is a TypeError."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"money is a whole number of minor units, not {type(self.minor).__name__}")
        exponent(self.currency)

    @classmethod
    def parse(cls, text: str, currency: str, *, field: str = "amount") -> Money:
        """What an operator typed, in ``currency`` unless the text names its own; raises BadInput on ``field``."""
        figures, named = _split_currency(text.strip(), currency, field)
        return cls(_minor(figures, exponent(named), field), named)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in a currency."""
        return cls(0, currency)

    @classmethod
    def sum(cls, amounts: Iterable[Money], currency: str) -> Money:
        """The total of amounts of one currency, zero for none."""
        return sum(amounts, cls(0, currency))

    @property
    def figures(self) -> str:
        """The amount with thousands separators and the currency's decimals, without the currency."""
        decimals = _EXPONENT[self.currency]
        whole, rest = divmod(abs(self.minor), 10**decimals)
        fraction = f".{rest:0{decimals}d}" if decimals else ""
        return f"{'-' if self.minor < 0 else ''}{whole:,}{fraction}"

    def json(self) -> dict[str, int | str]:
        """The form that every JSON document of the program uses."""
        return {"minor": self.minor, "currency": self.currency}

    def __str__(self) -> str:
        return f"{self.figures} {self.currency}"

    def __bool__(self) -> bool:
        return self.minor != 0

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.minor), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._same(other)

    def _same(self, other: Money) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"money goes with money, not with {type(other).__name__}")
        if other.currency != self.currency:
            raise TypeError(f"{self.currency} and {other.currency} do not mix")
        return other.minor


def _split_currency(text: str, currency: str, field: str) -> tuple[str, str]:
    if len(text) > 60:
        raise BadInput(field, "an amount is not that long", hint="type figures such as 250.00")
    before, after = _CODE_BEFORE.match(text), _CODE_AFTER.search(text)
    if before and after:
        raise BadInput(field, f"“{shown(text)}” names two currencies", hint="name one, such as 250.00 EUR")
    code = before or after
    if code is None:
        return _without_symbol(text, currency), currency
    named = code[1].upper()
    if named not in _EXPONENT:
        raise BadInput(field, f"“{shown(text)}” names no known currency", hint="write a code such as USD or EUR")
    return (text[code.end() :] if code is before else text[: code.start()]).strip(), named


def _without_symbol(text: str, currency: str) -> str:
    for end in (0, -1):
        if text and currency in _SYMBOL.get(text[end], ()):
            return text.strip(text[end]).strip()
    return text


def _minor(figures: str, decimals: int, field: str) -> int:
    match = _POINT.fullmatch(figures) or _GROUPED.fullmatch(figures)
    if match is None and decimals:
        match = _COMMA.fullmatch(figures)
    if match is None:
        raise _complaint(figures, field)
    whole, fraction = match[1].replace(",", ""), match[2] or ""
    if len(fraction) > decimals:
        raise _too_precise(figures, decimals, field)
    minor: int = int(whole) * 10**decimals + int(fraction.ljust(decimals, "0") or 0)
    if minor > MAX_MINOR:
        raise BadInput(field, f"{shown(figures)} is more than this ledger holds", hint="check for extra digits")
    return minor


def _too_precise(figures: str, decimals: int, field: str) -> BadInput:
    if decimals and re.fullmatch(r"[0-9]{1,3}\.[0-9]{3}", figures):
        plain = figures.replace(".", "")
        return BadInput(field, f"“{figures}” could be read two ways: type {plain}.00 or {figures[:-1]}")
    allowed = f"at most {decimals} decimals" if decimals else "no decimals"
    return BadInput(field, f"“{shown(figures)}” has too many decimals: this currency takes {allowed}")


def _complaint(figures: str, field: str) -> BadInput:
    if not figures:
        return BadInput(field, "an amount is missing: type figures such as 250.00")
    quoted = f"“{shown(figures)}”"
    if whole := _DASHED_CENTS.fullmatch(figures):
        return BadInput(field, f"{quoted} has a dash for its decimals: type it as {whole[1]}.00")
    if figures[0] in "+-−–(" or figures[-1] in "-−–)":
        hint = "the action says which way it goes"
        return BadInput(field, f"{quoted} carries a sign: type the amount alone, such as 250.00", hint=hint)
    if _POINT_GROUPED.fullmatch(figures):
        units, _, cents = figures.replace(".", "").partition(",")
        return BadInput(field, f"{quoted} could be read two ways: type it as {int(units):,}.{cents[:2]:0<2}")
    if _EXPONENTIAL.fullmatch(figures):
        return BadInput(field, f"{quoted} is a short form of a number: type all its figures, such as 1200.00")
    return BadInput(field, f"{quoted} is not an amount: type figures such as 250.00 or 1,250.00")

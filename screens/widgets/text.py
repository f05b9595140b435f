"""Data as text: shown as it is, never as markup and never as instructions to the terminal."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from rich.text import Text
from textual.content import Content

if TYPE_CHECKING:
    from datetime import date

    from services.domain.money import Money

GONE = "—"
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SHOWN = {"\n": "⏎", "\r": "␍", "\t": "→", "\x7f": "␡"}


def harmless(text: object) -> str:
    """One line in which control, direction and other invisible characters show as themselves instead of acting."""
    raw = str(text)
    return raw if raw.isascii() and raw.isprintable() else "".join(map(_visible, raw))


def typable(text: str) -> str:
    """The text as it can stand in an editor: what is not visible there is left out, line ends and tabs are spaces."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if char in "\n\r\t" else char for char in text if char in "\n\r\t" or _visible(char) == char)


def _visible(char: str) -> str:
    if char in _SHOWN:
        return _SHOWN[char]
    if char < " ":
        return chr(0x2400 + ord(char))
    if char in _BIDI or unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return "·"
    return char


def plain(text: object, style: str = "") -> Content:
    """Content for a widget: markup off, hostile characters harmless."""
    return Content.styled(harmless(text), style)


def cell(text: object, style: str = "", *, right: bool = False) -> Text:
    """The same for a table cell, cut with an ellipsis where it does not fit."""
    return Text(harmless(text), style=style, justify="right" if right else "left", no_wrap=True, overflow="ellipsis")


def money(amount: Money | None) -> str:
    """Figures with a real minus sign; the currency stands once elsewhere."""
    return GONE if amount is None else harmless(amount.figures).replace("-", "−")


def money_cell(amount: Money | None, alarm: str = "") -> Text:
    """A right-aligned figure; a negative one is signed and takes the alarm style."""
    return cell(money(amount), alarm if amount is not None and amount.minor < 0 else "", right=True)


def money_text(amount: Money | None, style: str = "") -> Content:
    """A figure for a widget; a negative one is signed and takes the alarm colour."""
    return plain(money(amount), "$text-error" if amount is not None and amount.minor < 0 else style)


def day(on: date) -> str:
    """A day as people say it: *5 Dec 2026*."""
    return f"{on.day} {on:%b %Y}"


def words(code: str) -> str:
    """A code as people say it: ``in_contact`` is *in contact*."""
    return harmless(code).replace("_", " ")

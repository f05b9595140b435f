"""A payment link as a QR code, half a character to a module, and as words to read out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.widgets import plain

QUIET = 4
LEAST_QUIET = 2
LIGHT = "#ffffff on #000000"
"""Light modules are drawn, dark ones left out: right on a dark ground even where no colour comes through."""

_HALVES = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}


def rows_of(text: str, room: tuple[int, int], *, swapped: bool = False) -> tuple[str, ...]:
    """The code with its quiet zone, line by line; empty where it does not fit into ``room`` (columns, lines).

    The quiet zone is the 4 modules of ISO/IEC 18004 where there is room, never less than 2.
    """
    matrix = _matrix(text)
    columns, lines = room
    for quiet in range(QUIET, LEAST_QUIET - 1, -1):
        side = len(matrix) + 2 * quiet
        if side <= columns and (side + 1) // 2 <= lines:
            return tuple(_lines(matrix, quiet, swapped))
    return ()


def lines_needed(text: str) -> int:
    """Lines of the terminal that the code takes with its full quiet zone."""
    return (len(_matrix(text)) + 2 * QUIET + 1) // 2


def drawn(rows: tuple[str, ...]) -> Content:
    """The code in its two colours."""
    return Content.styled("\n".join(rows), LIGHT)


def _matrix(text: str) -> tuple[bytearray, ...]:
    import segno  # not before somebody wants to see a code

    return segno.make(text, error="l", micro=False, boost_error=False).matrix


def _lines(matrix: tuple[bytearray, ...], quiet: int, swapped: bool) -> Iterator[str]:
    side = len(matrix) + 2 * quiet

    def light(row: int, column: int) -> bool:
        inside = 0 <= row - quiet < len(matrix) and 0 <= column - quiet < len(matrix)
        dark = inside and bool(matrix[row - quiet][column - quiet])
        return dark if swapped else not dark

    for top in range(0, side, 2):
        yield "".join(_HALVES[light(top, column), light(top + 1, column)] for column in range(side))


# ---- on the whole screen ---------------------------------------------------------------------------------------------


class QrCode(ModalScreen[None]):
    """The code alone, as large as it must be; any way back closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,escape,q,f3,f12", "dismiss", "close", id="qr.close"),
        Binding("v", "swap", "swap light and dark", id="qr.swap"),
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text
        self._swapped = False
        self._code = Static("", classes="qr-code")

    def compose(self) -> ComposeResult:
        yield self._code

    def on_mount(self) -> None:
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def action_swap(self) -> None:
        self._swapped = not self._swapped
        self._draw()

    def _draw(self) -> None:
        room = (self.app.size.width, self.app.size.height)
        rows = rows_of(self._text, room, swapped=self._swapped)
        self._code.update(drawn(rows) if rows else plain(too_small(self._text, room[1])))

    async def action_dismiss(self, result: None = None) -> None:
        self.dismiss(result)


def too_small(text: str, lines: int) -> str:
    """What to do where the code does not fit."""
    needed = lines_needed(text)
    return (
        f"The QR code of this link takes {needed} lines, there are {lines}: a larger terminal or smaller letters help."
    )


# ---- to read out -----------------------------------------------------------------------------------------------------

_LETTERS = """alfa bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec
romeo sierra tango uniform victor whiskey x-ray yankee zulu"""
_ALPHABET = {word[0]: word for word in _LETTERS.split()}
_DIGITS = dict(enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")))
_SIGNS = {
    ".": "dot", "/": "slash", ":": "colon", "-": "hyphen", "_": "underscore", "?": "question mark", "=": "equals",
    "&": "and sign", "#": "hash", "%": "percent", "+": "plus", "~": "tilde", "@": "at",
}  # fmt: skip
_SPOKEN = {**_ALPHABET, **{str(digit): word for digit, word in _DIGITS.items()}, **_SIGNS}
GROUP = 4


def spelled(address: str) -> str:
    """An address as it is read out: its host in words, the rest in groups of four; capitals are said so."""
    host, slash, rest = address.partition("://")[2].partition("/")
    rest = f"{slash}{rest}"
    groups = [rest[at : at + GROUP] for at in range(0, len(rest), GROUP)]
    first = host.replace(".", " dot ").replace(":", " colon ")
    return "\n".join([first, *(f"{group:<6}{' '.join(map(_said, group))}" for group in groups)])


def _said(char: str) -> str:
    word = _SPOKEN.get(char.lower(), char)
    return f"capital {word.upper()}" if char.isupper() else word

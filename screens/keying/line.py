"""The one field that a stack is keyed in, and what its words do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from textual.binding import Binding, BindingType
from textual.widgets import Input

from services.batches.results import BatchEntry, entry_of
from services.domain.dates import parse_date
from services.domain.keying import METHODS, read_line
from services.domain.prose import prose
from services.errors import BadInput


class LineInput(Input):
    """Takes a line; Tab is a space in it, as scanners send it, and the arrows move in the list above."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "space", "space", show=False),
        Binding("up", "screen.move(-1)", "line before", show=False),
        Binding("down", "screen.move(1)", "line after", show=False),
    ]

    def __init__(self) -> None:
        super().__init__("", "10023-3 250.00 1991", max_length=300, compact=True, select_on_focus=False, id="line")
        self.cursor_blink = False

    def action_space(self) -> None:
        self.insert_text_at_cursor(" ")


@dataclass
class Sticky:
    """What stays from line to line."""

    currency: str
    today: date
    day: date
    method: str = "check"
    last: str | None = None

    def set(self, words: list[str]) -> bool:
        """Take over ``m cash`` or ``d -1``; False where it is neither."""
        if len(words) != 2 or words[0].lower() not in ("m", "d"):
            return False
        if words[0].lower() == "m":
            if words[1].lower() not in METHODS:
                raise BadInput("method", f"“{words[1]}” is not a method: {', '.join(METHODS)}")
            self.method = METHODS[words[1].lower()]
        else:
            self.day = parse_date(words[1], self.today)
            if self.day > self.today:
                raise BadInput("date", f"{self.day} is in the future")
        return True

    def read(self, text: str, key: UUID) -> BatchEntry:
        """The payment that a line says; raises BadInput or Refused."""
        typed = read_line(text, self.currency, self.today, method=self.method, day=self.day, last=self.last)
        if typed.amount.currency != self.currency:
            raise BadInput("amount", f"this batch is in {self.currency}")
        if typed.day > self.today:
            raise BadInput("date", f"{typed.day} is in the future")
        prose(typed.reference, "reference", 100)
        return entry_of(typed, key)


def numbered(words: list[str]) -> int:
    """The line number in ``a 7 …`` or ``x 7``."""
    if len(words) < 2 or not (words[1].isascii() and words[1].isdigit()):
        raise BadInput("line", "say which line: a 7 10023-3 250.00, or x 7")
    return int(words[1][:9])

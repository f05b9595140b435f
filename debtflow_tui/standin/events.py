"""What happened, as the provider tells it: an event holds its object as it was at that moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from debtflow_tui.standin.book import Book, Row, shown

VERSION: Final = "2026-10-28.endive"
"""The form that events are written in; that of the library we use."""

Heard = Callable[[Row], None]


class Events:
    """Writes events into the book and tells whoever listens."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.listeners: list[Heard] = []

    def tell(self, kind: str, row: Row, before: Row | None = None) -> Row:
        """One more event about a row as it is now."""
        data: Row = {"object": dict(shown(row))}
        if before:
            data["previous_attributes"] = before
        event = self.book.make(
            "event",
            {
                "type": kind,
                "api_version": VERSION,
                "data": data,
                "pending_webhooks": len(self.listeners),
                "request": {"id": None, "idempotency_key": None},
            },
        )
        for heard in self.listeners:
            heard(event)
        return event

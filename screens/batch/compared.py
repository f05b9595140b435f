"""How a row stands to the database: what is here, and what the file says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from screens.widgets import GONE, money, plain
from services.domain.money import Money

if TYPE_CHECKING:
    from services.imports.results import ImportRow

VERDICTS = {
    "changed": "the file changes it",
    "unchanged": "it is here already",
    "conflict": "conflicts with work done since",
    "closed": "the account is closed",
    "other_client": "another client's reference",
    "unknown": "the client has no such account",
}
ALARMING = frozenset({"conflict", "closed", "other_client", "unknown"})


def compared(row: ImportRow, currency: str, between: str) -> Content | None:
    """The verdict, then each column before and after; None where there is nothing to compare with."""
    if row.verdict is None:
        return None
    verdict = plain(VERDICTS.get(row.verdict, row.verdict), "$text-error" if row.verdict in ALARMING else "bold")
    changes = [
        plain(f"{column} ", "$text-muted")
        + plain(_shown(before, currency))
        + plain(" → ", "$text-muted")
        + plain(_shown(after, currency), "bold")
        for column, (before, after) in row.difference.items()
    ]
    return Content(between).join([plain("here      ", "$text-muted") + verdict, *changes])


def _shown(value: str | int | None, currency: str) -> str:
    """Whole numbers are amounts in minor units."""
    if isinstance(value, int):
        return money(Money(value, currency)) if currency else f"{value:,}"
    return value or GONE

"""The pieces that screens are made of; none of them knows a service."""

from typing import TYPE_CHECKING, Any

from screens.widgets.bars import Banner, Key, KeyBar, MessageLine, Place, TitleBar, Tone
from screens.widgets.choice import Choice
from screens.widgets.entry import Check, Entry
from screens.widgets.form import Form
from screens.widgets.panes import EmptyState, Fact, Facts, Heading
from screens.widgets.telling import told
from screens.widgets.text import GONE, cell, day, harmless, money, money_cell, money_text, plain, typable, words

if TYPE_CHECKING:
    from screens.widgets.table import Column, PagedTable

__all__ = [
    "GONE",
    "Banner",
    "Check",
    "Choice",
    "Column",
    "EmptyState",
    "Entry",
    "Fact",
    "Facts",
    "Form",
    "Heading",
    "Key",
    "KeyBar",
    "MessageLine",
    "PagedTable",
    "Place",
    "TitleBar",
    "Tone",
    "cell",
    "day",
    "harmless",
    "money",
    "money_cell",
    "money_text",
    "plain",
    "told",
    "typable",
    "words",
]


def __getattr__(name: str) -> Any:
    # The table is the one heavy piece, and the sign-in is painted without it.
    if name in ("Column", "PagedTable"):
        from screens.widgets import table

        return getattr(table, name)
    raise AttributeError(name)

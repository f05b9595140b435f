"""The pieces that screens are made of; none of them knows a service."""

from screens.widgets.bars import Banner, Key, KeyBar, MessageLine, Place, TitleBar, Tone
from screens.widgets.choice import Choice
from screens.widgets.entry import Check, Entry
from screens.widgets.form import Form
from screens.widgets.panes import EmptyState, Fact, Facts, Heading
from screens.widgets.table import Column, PagedTable
from screens.widgets.text import GONE, cell, harmless, money, money_cell, money_text, plain, words

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
    "harmless",
    "money",
    "money_cell",
    "money_text",
    "plain",
    "words",
]

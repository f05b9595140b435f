"""Pieces of a page: labelled facts, headings, and what stands where there is nothing."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.widgets import Static

from screens.widgets.text import plain

Fact = tuple[str, Content | str]


class Facts(Static):
    """Labels dim on the left, values bright on the right, one under the other."""

    def __init__(self, label_width: int = 10, *, id: str | None = None) -> None:
        super().__init__("", id=id)
        self._label_width = label_width

    def show(self, facts: Iterable[Fact]) -> None:
        """Replace the facts."""
        self.update(Content("\n").join(self._line(label, value) for label, value in facts))

    def _line(self, label: str, value: Content | str) -> Content:
        shown = value if isinstance(value, Content) else plain(value)
        return Content.assemble((f"{label:<{self._label_width}}", "$text-muted"), shown)


class Heading(Static):
    """A rule with a name in it, between two parts of a page."""

    def __init__(self, text: str, *, id: str | None = None) -> None:
        super().__init__("", id=id, classes="heading")
        self._text = text

    def rename(self, text: str) -> None:
        """Give it another name."""
        self._text = text
        self.refresh(layout=False)

    def render(self) -> Content:
        name = plain(f"─ {self._text} ", "$text-muted")
        return name + Content.styled("─" * max(0, self.size.width - name.cell_length), "$rule")


class EmptyState(Static):
    """Says what to do next where there is nothing to show."""

    def __init__(self, text: str, *, id: str | None = None) -> None:
        super().__init__(_lines(text), id=id, classes="empty")

    def tell(self, text: str) -> None:
        """Say something else."""
        self.update(_lines(text))


def _lines(text: str) -> Content:
    return Content("\n").join(map(plain, text.split("\n")))

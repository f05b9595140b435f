"""The filter line, and under it what could be typed next or what of it cannot be understood."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from screens.audit.words import Vocabulary, asked_for, problem, word_at
from screens.base import key
from screens.widgets import plain, typable

if TYPE_CHECKING:
    from screens.widgets import Tone

MARKS = {"error": "✗ ", "warn": "! "}


class Strip(Widget):
    """The rule under the line; words stand in it while there are any."""

    def __init__(self) -> None:
        super().__init__(id="strip")
        self._words = Content("")

    def tell(self, words: Content) -> None:
        """Replace what it says."""
        self._words = words
        self.refresh()

    @property
    def says(self) -> str:
        return self._words.plain

    def render(self) -> Content:
        width = self.size.width
        words = self._words.truncate(max(1, width - 6), ellipsis=True) if self._words.plain else self._words
        shown = Content.assemble(" ", words, " ") if words.plain else Content("")
        return Content.assemble(("──", "$rule"), shown, ("─" * max(0, width - 2 - shown.cell_length), "$rule"))


class TypedLine(Input):
    """The editor; Tab takes the next of the words that would fit."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "submit", "show", "Show what the line asks for"),
        key("tab", "complete", "complete", "Take the next word that fits"),
        key("down", "screen.to_list", "list", "From the line to the list"),
    ]

    class Complete(Message):
        """Tab was pressed."""

    def action_complete(self) -> None:
        self.post_message(self.Complete())


class FilterLine(Vertical):
    """One line in the language of the trail."""

    class Edited(Message):
        """Something else stands in the line."""

    class Entered(Message):
        """Enter was pressed in the line."""

    class WordsWanted(Message):
        """Tab was pressed before it is known what there is to be asked for."""

    def __init__(self, text: str, known: Callable[[], Vocabulary]) -> None:
        super().__init__(id="ask")
        self._known = known
        self.editor = TypedLine(
            typable(text), placeholder="who:  act:  entity:  since:  until:", id="line", max_length=300, compact=True,
            select_on_focus=False,
        )  # fmt: skip
        self.editor.cursor_blink = False
        self._count = Static("", id="count")
        self._strip = Strip()
        self._trouble = ""
        self._offered: tuple[str, ...] = ()
        self._taken = -1
        self._completed = ""
        self._told = self.editor.value

    def compose(self) -> ComposeResult:
        with Horizontal(id="typed"):
            yield Static(plain(" / ", "$text-muted"), id="prompt")
            yield self.editor
            yield self._count
        yield self._strip

    def on_mount(self) -> None:
        self._offer()

    @property
    def value(self) -> str:
        return self.editor.value

    @value.setter
    def value(self, text: str) -> None:
        """Put a line there without its being taken for typed."""
        with self.editor.prevent(Input.Changed):
            self.editor.value = typable(text)
        self._told = self.editor.value
        self.editor.cursor_position = len(self.editor.value)
        self._trouble = ""
        self._offer()

    @property
    def says(self) -> str:
        """What stands under the line."""
        return self._strip.says

    def say_count(self, text: str) -> None:
        self._count.update(plain(f"{text} ", "$text-muted"))

    def complain(self, text: str) -> None:
        """Say under the line why it has no answer, until it is changed."""
        self._trouble = text
        self._offer()

    # ---- words ---------------------------------------------------------------------------------------------------

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value == self._told:
            return
        self._told, self._trouble = event.value, ""
        if event.value != self._completed:
            self._offered, self._taken, self._completed = (), -1, ""
        self._offer()
        self.post_message(self.Edited())

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Entered())

    @on(TypedLine.Complete)
    def _complete(self, event: TypedLine.Complete) -> None:
        """The first word that fits; again, the next, and after the last the first."""
        event.stop()
        if self._known().ready:
            self.take_next()
        else:
            self.post_message(self.WordsWanted())

    def take_next(self) -> None:
        """Put the next word that fits in place of what is begun."""
        begins, word = self._word
        if self.editor.value != self._completed:
            # In a burst the news of what was typed since may still be on its way.
            self._offered, self._taken = (), -1
        self._offered = self._offered or self._known().fitting(word)
        if not self._offered:
            return
        self._taken = (self._taken + 1) % len(self._offered)
        chosen, rest = self._offered[self._taken], self.editor.value[begins + len(word) :]
        self._completed = f"{self.editor.value[:begins]}{chosen}{rest}"
        self.editor.value = self._completed
        self.editor.cursor_position = begins + len(chosen)
        self._offer()

    @property
    def _word(self) -> tuple[int, str]:
        return word_at(self.editor.value, self.editor.cursor_position)

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        self._offer()

    def on_descendant_blur(self, _event: events.DescendantBlur) -> None:
        self._offered, self._taken = (), -1
        self._offer()

    def _offer(self) -> None:
        """Trouble comes first; what is still being typed is none yet."""
        typing = self.editor.has_focus
        word = self._word if typing else None
        wrong = problem(self.editor.value, word)
        offered = self._fitting(word[1]) if word is not None else Content("")
        if wrong or (self._trouble and not offered.plain):
            tone: Tone = "warn" if wrong else "error"
            self._strip.tell(plain(MARKS[tone] + (wrong or self._trouble), "$text-error"))
        else:
            self._strip.tell(offered)

    def _fitting(self, word: str) -> Content:
        offered = self._offered or self._known().fitting(word)
        if not offered:
            return plain(asked_for(word), "$text-muted")
        shown = offered[max(0, self._taken) :]
        said = [
            plain(each.partition(":")[2] or each, "bold" if at == 0 and self._taken >= 0 else "$text-muted")
            for at, each in enumerate(shown[:12])
        ]
        return plain("Tab ", "$text-accent") + Content("  ").join(said)

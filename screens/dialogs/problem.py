"""An error, as a person needs it: what happened, why, what to do."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.widgets import Key, KeyBar, plain, words
from services.errors import Busy, DebtFlowError, NotAllowed, NotFound, Refused, Stale, Unreachable

_WHAT: dict[type[DebtFlowError], tuple[str, str]] = {
    Busy: ("Somebody else is at it", "Nothing was written. Try again in a moment."),
    Stale: ("It has moved since you looked", "Nothing was written. F5 reads it again, then repeat."),
    Refused: ("Refused by a rule", "Nothing was written."),
    NotAllowed: ("Not allowed", "Nothing was written. Ask a supervisor or an administrator."),
    NotFound: ("Not found", "Check the number, or look it up with F2."),
    Unreachable: ("The database did not answer", "Press the same key again: it will not be done twice."),
}


class Problem(ModalScreen[None]):
    """One dialog for every error that belongs to no field."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,escape,f3,f12", "dismiss", "close", id="problem.close"),
    ]

    def __init__(self, error: DebtFlowError) -> None:
        super().__init__()
        self._error = error

    def compose(self) -> ComposeResult:
        title, otherwise = _WHAT.get(type(self._error), ("That did not work", ""))
        with Vertical(classes="dialog -alarm") as box:
            box.border_title = plain(f" {title} ")
            yield Static(plain(self._error.message), classes="about")
            for label, text in self._reasons():
                yield Static(plain(f"{label:<9}{text}", "$text-muted"))
            yield Static(plain(self._error.hint or otherwise), classes="about")
            yield KeyBar(Key("Enter", "close"), always=())

    def _reasons(self) -> list[tuple[str, str]]:
        error = self._error
        found: list[tuple[str, str]] = []
        if error.rule and not isinstance(error, Busy):
            found.append(("Rule", words(error.rule)))
        if isinstance(error, (Refused, NotAllowed)) and error.who_may:
            found.append(("Who may", words(error.who_may)))
        if isinstance(error, Busy) and error.holder:
            since = f" since {error.since:%H:%M:%S}" if error.since else ""
            found.append(("Held by", f"{error.holder}{since}"))
        return found

    async def action_dismiss(self, result: None = None) -> None:
        self.dismiss(result)

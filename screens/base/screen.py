"""The screen that all others are: title, banner, body, message line, keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Self

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from screens.base.desk import Desk, Draft
from screens.base.keys import commands_of, key
from screens.base.working import Working
from screens.dialogs.confirm import Confirm
from screens.navigation import AskCommand, GoBack, Lock, OpenAccounts, RepeatLast, ShowHelp
from screens.widgets import Banner, Key, KeyBar, TitleBar

WIDE = 120


class BaseScreen(Working[None]):
    """One place of the program.

    A subclass gives its ``crumb`` and ``body()``, reads in ``look_again()`` (on mount, F5 and after unlocking), and
    says in ``draft()`` what was typed and not yet sent.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key("f1,question_mark", "help", "help", "What the keys do here", show=False),
        key("f2,ctrl+o", "accounts", "accounts", "Look up another account", show=False),
        key("escape,f3", "back", "back", "One step back; what was typed is not lost without asking", show=False),
        key("f5,ctrl+r", "look_again", "refresh", "Read everything again", show=False),
        key("f9,ctrl+y", "repeat", "repeat last", "Run the last command line again", show=False),
        key("f12", "back", "cancel", "Cancel: one step back", show=False),
        key("colon,ctrl+g", "command", "command", "Command line: p 10023-4 250.00 check 1991", show=False),
        key("ctrl+l", "lock", "lock", "Lock the screen; everything typed stays", show=False),
    ]

    HELP: ClassVar[str] = ""
    """What a person should know about this screen beside its keys."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.keyboard, desk.stop_reading)
        self.desk = desk
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
        self._banner = Banner()
        self._title_bar = TitleBar(desk.place)
        self._key_bar = KeyBar()

    @property
    def crumb(self) -> str:
        """This step of the trail in the title."""
        raise NotImplementedError

    def body(self) -> ComposeResult:
        """What stands between the title and the message line."""
        raise NotImplementedError

    def look_again(self) -> None:
        """Read what the screen shows, without moving the cursor."""

    @property
    def subject(self) -> str | None:
        """The account this screen is about, if it is about one."""
        return None

    @property
    def doing(self) -> str:
        """Where one is, for those who see who is signed in."""
        about = self.subject
        return f"{self.crumb} {about}" if about and about not in self.crumb else self.crumb

    def same_place(self, other: BaseScreen) -> bool:
        """Whether going to ``other`` means coming back here."""
        return type(other) is type(self) and other.crumb == self.crumb

    def take_over(self, other: Self) -> bool:  # noqa: ARG002 - for those who can
        """Do here what ``other`` was opened for; False where it has to be opened beside this one."""
        return True

    def receive(self, text: str) -> None:
        """Take text that the command line brought."""

    @property
    def enter_does(self) -> str:
        """What Enter does now, in a word of this screen's own; empty where the focused widget's word will do."""
        return ""

    def draft_name(self) -> str:
        """The name under which this screen's draft is kept."""
        return self.crumb

    def draft(self) -> Draft | None:
        """What was typed and not yet sent; None where leaving loses nothing."""
        return None

    def prover(self) -> Callable[[str], object] | None:
        return self.desk.step_up

    # ---- the frame -------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        yield self._title_bar
        yield self._banner
        with Vertical(id="body"):
            yield from self.body()
        yield self._message
        yield self._key_bar

    def on_mount(self) -> None:
        self.bindings_updated_signal.subscribe(self, lambda _screen: self._show_keys())
        self._show_where()
        self.look_again()

    def on_screen_resume(self) -> None:
        self._show_where()

    def _show_where(self) -> None:
        if not self._title_bar.is_mounted or not self.app.screen_stack:
            return
        trail: list[str] = []
        for screen in self.app.screen_stack:
            if isinstance(screen, BaseScreen):
                trail.append(screen.crumb)
            if screen is self:
                break
        self._title_bar.show_trail(trail)
        self._show_keys()

    def _show_keys(self) -> None:
        own = self.enter_does
        named = [command for command in commands_of(self) if command.shown and not (own and "enter" in command.keys)]
        self._key_bar.show([*([Key("Enter", own)] if own else []), *(command.for_bar for command in named)])

    def lost(self, text: str) -> None:
        self._banner.raise_alarm(text)

    def found(self) -> None:
        self._banner.clear()

    @property
    def on_top(self) -> bool:
        """Whether nothing stands above this screen, not even a dialog."""
        return self.app.screen is self

    @property
    def wide(self) -> bool:
        """Whether list and detail stand side by side."""
        return self.size.width >= WIDE

    # ---- keys that every screen has --------------------------------------------------------------------------------

    def action_help(self) -> None:
        self.post_message(ShowHelp())

    def action_accounts(self) -> None:
        self.post_message(OpenAccounts())

    def action_look_again(self) -> None:
        self.look_again()

    def action_repeat(self) -> None:
        self.post_message(RepeatLast())

    def action_command(self) -> None:
        self.post_message(AskCommand())

    def action_lock(self) -> None:
        self.post_message(Lock())

    def action_back(self) -> None:
        if self.acting:
            self.say("Wait for the outcome", "warn")
        elif self.draft() is None:
            self.post_message(GoBack())
        else:
            self.app.push_screen(
                Confirm("Leave this?", "What you typed here has not been sent and would be gone.", "leave"), self._leave
            )

    def _leave(self, sure: bool | None) -> None:
        if sure:
            self.desk.drafts.drop(self.draft_name())
            self.post_message(GoBack())

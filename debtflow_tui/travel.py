"""Going where a screen wants to go: the stack of screens, the command line, help."""

from __future__ import annotations

from collections import deque

from textual import on

from debtflow_tui.routes import Routes
from debtflow_tui.type_ahead import TypeAhead
from screens.base import BaseScreen, commands_of
from screens.navigation import (
    AskCommand,
    GoBack,
    Lock,
    OpenAccounts,
    OpenPayment,
    RepeatLast,
    RunCommands,
    ShowHelp,
    SignOut,
    Travel,
)

_NOT_A_PLACE = (AskCommand, GoBack, Lock, OpenAccounts, RepeatLast, RunCommands, ShowHelp, SignOut)

FLOOR = 1
"""The place in the stack of the first screen of ours; the sign-in lies below it."""


class Traveller(TypeAhead):
    """Answers every wish to be elsewhere; ``routes`` is None until somebody has signed in."""

    def __init__(self) -> None:
        super().__init__()
        self.routes: Routes | None = None
        self._waiting: deque[Travel] = deque()
        self._last_line = ""

    def forget_way(self) -> None:
        """Nothing is left to be gone to."""
        self._waiting.clear()
        self._last_line = ""

    @property
    def place(self) -> BaseScreen | None:
        """The place on top, under whatever dialog stands above it."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, BaseScreen)), None)

    @on(Travel)
    async def _go(self, wish: Travel) -> None:
        if self.routes is None or isinstance(wish, _NOT_A_PLACE):
            return
        screen = self.routes.screen_for(wish)
        if getattr(wish, "instead", False) and len(self.screen_stack) > FLOOR + 1:
            await self.pop_screen()
        # The same place again is the place itself, wherever it stands in the stack.
        stack = () if getattr(wish, "beside", False) else self.screen_stack
        known = next((s for s in stack if isinstance(s, BaseScreen) and s.same_place(screen)), None)
        if known is None:
            await self.push_screen(screen)
        elif known.take_over(screen):
            await self._back_to(known)
        else:
            await self.push_screen(screen)

    @on(GoBack)
    async def _back(self) -> None:
        if len(self.screen_stack) > FLOOR + 1 and isinstance(self.screen, BaseScreen):
            await self.pop_screen()
            self._next_stop()

    @on(OpenAccounts)
    async def _accounts(self, wish: OpenAccounts) -> None:
        root = self.screen_stack[FLOOR]
        if self.routes is None or not isinstance(root, BaseScreen):
            return
        await self._back_to(root)
        root.receive(wish.query)

    async def _back_to(self, screen: BaseScreen) -> None:
        while self.screen is not screen:
            await self.pop_screen()

    # ---- the command line ------------------------------------------------------------------------------------------

    @on(AskCommand)
    def _ask_command(self, wish: AskCommand) -> None:
        from debtflow_tui import commands

        here = self._here()
        hint = "  ".join(f"{path.word} {path.does.split(',')[0].split(':')[0]}" for path in commands.FAST_PATHS[:5])
        from screens.dialogs.command_line import CommandLine

        line = CommandLine(lambda text: commands.parse(text, here), wish.text, self._last_line, hint)
        self.push_screen(line, self._take_line)

    def _take_line(self, text: str | None) -> None:
        if text:
            self.post_message(RunCommands(text))

    @on(RepeatLast)
    def _repeat(self) -> None:
        place = self.place
        if self._last_line:
            self.post_message(RunCommands(self._last_line))
        elif place is not None:
            place.say("No command has been run yet: type : to run one")

    @on(RunCommands)
    def _run(self, wish: RunCommands) -> None:
        from debtflow_tui import commands

        self._last_line = wish.text
        self._waiting.extend(commands.parse(wish.text, self._here()))
        self._next_stop()

    def _next_stop(self) -> None:
        """Go on along the command line: a payment waits until the one before it has been left."""
        while self._waiting:
            wish = self._waiting.popleft()
            self.post_message(wish)
            if isinstance(wish, OpenPayment):
                return

    def _here(self) -> str | None:
        place = self.place
        return None if place is None else place.subject

    # ---- help ------------------------------------------------------------------------------------------------------

    @on(ShowHelp)
    def _help(self) -> None:
        place = self.place
        if place is not None:
            keys = [command.for_help for command in commands_of(place)]
            from screens.dialogs.help import Help

            self.push_screen(Help(f"Keys · {place.crumb}", keys, place.HELP))

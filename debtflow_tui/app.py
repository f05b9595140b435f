"""The terminal app: signing in and locking, the session's clock, being told to go. No business."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path, PurePath
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from debtflow_tui import signals
from debtflow_tui.routes import Routes
from debtflow_tui.theme import HARBOR, SLOW_LINE
from debtflow_tui.travel import Traveller
from screens.base import BaseScreen, Desk
from screens.navigation import Lock, SignOut
from screens.sign_in import Credentials, DemoLogin, Remembered, SignInScreen
from services.errors import DebtFlowError, Misconfigured, SessionExpired

if TYPE_CHECKING:
    from textual.command import Provider

    from debtflow_tui.config import Settings
    from debtflow_tui.wiring import Services
    from services.access.results import Session

RENEW_EVERY = 60.0
TELL_EVERY = 5.0
LOOK_AT_CLOCK = 15.0
CRASHED = 70
NO_TERMINAL = """debtflow: the screens need a terminal, and this is none
without one: debtflow account find QUERY --json (debtflow --help lists all commands)
"""
_SCREENS = Path(__file__).parent.parent / "screens"
REST_OF_STYLE = (
    Path(__file__).with_name("app.tcss"),
    _SCREENS / "base" / "base.tcss",
    _SCREENS / "widgets" / "panes.tcss",
    _SCREENS / "dialogs" / "dialogs.tcss",
)
"""Styles that the first paint does without."""


def _now() -> datetime:
    return datetime.now(UTC)


def _import_database_stack() -> None:
    import_module("debtflow_tui.wiring")


def _every_command() -> type[Provider]:
    from debtflow_tui.palette import EveryCommand

    return EveryCommand


class DebtFlowApp(Traveller):
    """Paints the sign-in first; ``warm_up`` runs in a thread while the person types."""

    TITLE = "DebtFlow"
    CSS_PATH: ClassVar[list[str | PurePath]] = [
        _SCREENS / "widgets" / "widgets.tcss",
        _SCREENS / "sign_in.tcss",
    ]
    COMMANDS = {_every_command}  # noqa: RUF012 - the name and type are Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "quit", show=False, priority=True, id="quit", tooltip="Close DebtFlow"),
    ]

    def __init__(
        self,
        sign_in: Callable[[str, str], Services],
        settings: Settings,
        demo_logins: Sequence[DemoLogin] = (),
        *,
        warm_up: Callable[[], object] = _import_database_stack,
        now: Callable[[], datetime] = _now,
    ) -> None:
        super().__init__()
        self._sign_in = sign_in
        self._settings = settings
        self._demo_logins = tuple(demo_logins)
        self._warm_up = warm_up
        self._now = now
        self._renewed = 0.0
        self._told: str | None = None
        self._dress()

    def _dress(self) -> None:
        ui = self._settings.ui
        for theme in (HARBOR, SLOW_LINE):
            self.register_theme(theme)
        wanted = ui.theme or HARBOR.name
        self.theme = SLOW_LINE.name if ui.slow_line else wanted if wanted in self.available_themes else HARBOR.name
        if ui.slow_line:
            self.animation_level = "none"
        self.set_keymap(dict(ui.keymap))

    @property
    def environment(self) -> str:
        """What stands in every title, so that nobody mistakes one database for another."""
        if self._demo_logins:
            return "DEMO"
        return "PRODUCTION" if self._settings.ui.production else "TEST"

    def get_default_screen(self) -> Screen[Any]:
        self._sign_in_screen = self._make_sign_in()
        return self._sign_in_screen

    def on_mount(self) -> None:
        signals.answer(self._leave)
        self.set_interval(LOOK_AT_CLOCK, self._look_at_clock)
        self.call_after_refresh(self._start_warming)

    def _start_warming(self) -> None:
        self.run_worker(self._warm_up, thread=True, group="warm up", exit_on_error=False)

    # ---- signing in, locking, signing out --------------------------------------------------------------------------

    def _make_sign_in(self) -> SignInScreen[tuple[Services, str]]:
        return SignInScreen(
            self,
            self._enter,
            self._welcome,
            user=self._settings.user or _os_user(),
            environment=self.environment,
            recall=self._recall,
            demo_logins=self._demo_logins,
        )

    @property
    def _server(self) -> str:
        return self._settings.database.url or str(self._settings.home)

    def _recall(self, user: str) -> Remembered:
        if self._demo_logins:
            return Remembered()
        from debtflow_tui.secrets import can_remember, find_password

        return Remembered(find_password(user, self._server) if user else None, can_remember())

    def _enter(self, typed: Credentials) -> tuple[Services, str]:
        """Sign in and keep or forget the password, in a thread; gives the connection and what to say of the keyring."""
        services = self._sign_in(typed.user, typed.password)
        if typed.remember is None:
            return services, ""
        from debtflow_tui.secrets import forget_password, remember_password

        if not typed.remember:
            forget_password(typed.user, self._server)
            return services, ""
        try:
            remember_password(typed.user, self._server, typed.password)
        except Misconfigured as error:
            return services, error.message
        return services, "The password is remembered in the keyring"

    def _welcome(self, arrival: tuple[Services, str]) -> None:
        from debtflow_tui.drafts import DraftFolder

        services, word = arrival
        for part in REST_OF_STYLE:
            self.stylesheet.read(part)
        self._renewed = monotonic()
        desk = Desk(
            services.session,
            self.environment,
            self,
            DraftFolder(self._settings.home, services.session.user),
            self._now,
            self._stop_reading,
            self._copy,
            self._step_up,
        )
        self.routes = Routes(desk, services)
        lookup = self.routes.lookup()
        self.push_screen(lookup)
        if word:
            self.call_after_refresh(lookup.say, word)

    @on(Lock)
    def _lock(self, wish: Lock) -> None:
        if self.routes is None or self.locked:
            return
        if any(getattr(screen, "acting", False) for screen in self.screen_stack):
            self.set_timer(0.2, lambda: self.post_message(wish))
            return
        from screens.lock import LockScreen

        user = self.routes.desk.session.user
        self._disconnect()
        screen = LockScreen(self, user, lambda password: self._sign_in(user, password), wish.reason)
        self.push_screen(screen, self._unlocked)

    @property
    def locked(self) -> bool:
        """Whether somebody is signed in but the connection was given up."""
        return self.routes is not None and not self.routes.connected

    def _unlocked(self, services: Services | None) -> None:
        if services is None or self.routes is None:
            return
        self._renewed = monotonic()
        self.routes.connect(services)
        for screen in self.screen_stack:
            if isinstance(screen, BaseScreen):
                screen.look_again()

    @on(SignOut)
    async def _sign_out(self) -> None:
        if self.routes is None:
            return
        self.save_drafts()
        self._disconnect(sign_out=True)
        self.routes = None
        self.forget_way()
        while self.screen is not self._sign_in_screen:
            await self.pop_screen()
        self._sign_in_screen.begin_again("You are signed out")

    def _disconnect(self, *, sign_out: bool = False) -> None:
        """Give up the connection, in a thread: a server that hangs must not hold the screen."""
        if self.routes is None or not self.routes.connected:
            return
        services = self.routes.services
        self.routes.connect(None)

        def close() -> None:
            # It may have ended before; the connections go in any case.
            with suppress(DebtFlowError):
                (services.access.sign_out if sign_out else services.access.lock)()
            services.close()

        self.run_worker(close, thread=True, group="close", exit_on_error=False)

    # ---- the session's clock ---------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.Paste | events.Click) and not event.is_forwarded:
            self._renew()
        await super().on_event(event)

    def _renew(self) -> None:
        place = self.place
        if self.routes is None or self.locked or place is None:
            return
        doing = place.doing
        # Those who see who is signed in see at which screen; that is told sooner than the minute is over.
        if monotonic() - self._renewed < (RENEW_EVERY if doing == self._told else TELL_EVERY):
            return
        self._renewed, self._told = monotonic(), doing
        renew = self.routes.services.access.renew
        self.run_worker(lambda: renew(doing), thread=True, group="renew", exit_on_error=False)

    def _look_at_clock(self) -> None:
        if self.routes is None or self.locked:
            return
        if self._now() >= self.routes.desk.session.expires_at:
            self.post_message(Lock("Nobody was here for a while, so the session ended."))
        else:
            services = self.routes.services
            self.run_worker(lambda: self._look_at(services), thread=True, group="look", exit_on_error=False)

    def _look_at(self, services: Services) -> None:
        """Lock where a supervisor has ended the session meanwhile, if it is still the one that is worked in."""
        try:
            services.access.session()
        except SessionExpired as ended:
            if self.routes is not None and self.routes.connected and self.routes.services is services:
                self.post_message(Lock(ended.message))

    @on(Worker.StateChanged)
    def _errand_done(self, event: Worker.StateChanged) -> None:
        worker = event.worker
        if event.state is WorkerState.SUCCESS and worker.group == "renew":
            self._take_session(worker.result)
        elif event.state is WorkerState.ERROR and worker.error is not None:
            if isinstance(worker.error, SessionExpired):
                self.post_message(Lock(worker.error.message))
            elif not isinstance(worker.error, DebtFlowError):
                raise worker.error

    def _take_session(self, session: Session | None) -> None:
        if session is not None and self.routes is not None:
            self.routes.desk.session = session

    # ---- the desk's tools ------------------------------------------------------------------------------------------

    def _stop_reading(self) -> None:
        if self.routes is not None and self.routes.connected:
            self.routes.services.store.cancel_reads()

    def _step_up(self, password: str) -> None:
        if self.routes is not None:
            self.routes.services.access.step_up(password)

    def _copy(self, text: str) -> str:
        def write(sequence: str) -> None:
            if self._driver is not None:
                self._driver.write(sequence)
                self._driver.flush()

        from debtflow_tui import clipboard

        return clipboard.copy(text, write, self._settings.home)

    def save_drafts(self) -> None:
        """Write what was typed on every open screen."""
        for screen in self.screen_stack:
            if isinstance(screen, BaseScreen) and (draft := screen.draft()) is not None:
                screen.desk.drafts.keep(screen.draft_name(), draft)

    # ---- going -----------------------------------------------------------------------------------------------------

    async def action_quit(self) -> None:
        self.save_drafts()
        self._disconnect(sign_out=True)
        self.exit()

    def _leave(self, code: int) -> None:
        self.save_drafts()
        self.exit(return_code=code)


def _os_user() -> str:
    return os.environ.get("USER") or os.environ.get("LOGNAME") or os.environ.get("USERNAME") or ""


def run(app: DebtFlowApp) -> int:
    """Run the app on this terminal and give the exit code; 2 where there is no terminal, 70 for a bug of ours."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.stderr.write(NO_TERMINAL)
        return 2
    app.run()
    signals.let_go()
    code = app.return_code or 0
    # Textual says 1 for a crash, and 1 is a rule's refusal here.
    return CRASHED if code == 1 else code

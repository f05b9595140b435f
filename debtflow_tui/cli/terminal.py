"""Opening the terminal app."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from debtflow_tui import config
from services.errors import Misconfigured

if TYPE_CHECKING:
    from debtflow_tui.config import Settings
    from debtflow_tui.wiring import Services
    from screens.sign_in import DemoLogin


def open_app(settings: Settings | None = None, demo_logins: Sequence[DemoLogin] = ()) -> int:
    """Run the app and give its exit code; raises Misconfigured where there is no terminal."""
    refuse_without_terminal()
    settings = settings or config.load()
    if settings.ui.slow_line:
        # Textual reads it once, when it is imported.
        os.environ.setdefault("TEXTUAL_FPS", "10")
    from debtflow_tui.app import DebtFlowApp, run

    def sign_in(user: str, password: str) -> Services:
        from debtflow_tui import wiring

        return wiring.sign_in(settings, user, password, "Accounts")

    return run(DebtFlowApp(sign_in=sign_in, settings=settings, demo_logins=demo_logins))


def refuse_without_terminal() -> None:
    """Raise Misconfigured unless somebody sits in front of us: the app would paint into a file for ever."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Misconfigured(
            "the screens need a terminal, and this is none",
            hint="use the commands: debtflow account find, payment post, import stage …; debtflow --help names all",
        )

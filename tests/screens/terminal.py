"""The app as a program on a pseudo-terminal, on fake services: ``python terminal.py HOME``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import screens.accounts
from debtflow_tui.app import DebtFlowApp, run
from debtflow_tui.config import SessionSettings, Settings
from screens.accounts import AccountsScreen
from tests.screens.fakes import FakeServices


class Drafting(AccountsScreen):
    """A lookup that keeps what is in its box as a draft, and breaks on ``boom``."""

    CSS_PATH = str(Path(screens.accounts.__file__).with_name("accounts.tcss"))

    def draft(self) -> Mapping[str, str] | None:
        return {"box": self._box.value} if self._box.value else None

    def receive(self, text: str) -> None:
        raise RuntimeError("a bug")


def main(home: str) -> int:
    def sign_in(_user: str, _password: str) -> Any:
        return FakeServices()

    # The routes import the lookup when it is first opened, so the draft-keeping one can stand in for it.
    screens.accounts.AccountsScreen = Drafting  # type: ignore[misc]
    return run(DebtFlowApp(sign_in, Settings(Path(home), session=SessionSettings("ana")), warm_up=int))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

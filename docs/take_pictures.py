"""Makes the README's pictures from the running program: ``python -m docs.take_pictures`` (or ``make pictures``).

The demo is loaded into a folder of its own, and the real app is driven by keys; what is shown is what a person sees.
Dates are those of the day it runs on.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import click
from textual.pilot import Pilot

from debtflow_tui import wiring
from debtflow_tui.app import DebtFlowApp
from debtflow_tui.config import SessionSettings, Settings
from debtflow_tui.demo import Made, prepare
from debtflow_tui.embedded import EmbeddedServer
from screens.sign_in import DemoLogin

FOLDER: Final = Path(__file__).with_name("pictures")
LARGEST: Final = 150_000
# Pictures fetch nothing: without the web font a reader's own fixed-width one is used.
_NOT_OURS: Final = re.compile(r"@font-face\s*\{.*?\}|<!--.*?-->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture: what is typed after signing in by a function key of the demo's sign-in screen."""

    name: str
    what: str
    typed: Sequence[str]
    size: tuple[int, int] = (100, 24)


ANA, BEA = "f5", "f6"


def text(words: str) -> tuple[str, ...]:
    """The keys that type these words."""
    return tuple("space" if char == " " else char for char in words)


def command(line: str) -> tuple[str, ...]:
    """The keys of a line of the command line."""
    return ("colon", *text(line), "enter")


OMAR: Final = (ANA, *text("torrez omar"), "down", "down", "enter")
SCENES: Final = (
    Scene("sign-in", "The sign-in screen of the demo", (), size=(100, 26)),
    Scene("accounts", "Looking up an account by a misspelt name", (ANA, *text("torrez"), "down")),
    Scene("account", "Everything about one account", OMAR),
    Scene("payment", "A payment before it is posted", (*OMAR, "p", *text("250.00"))),
    Scene("review", "Reviewing a file", (BEA, *command("i"), "enter", "n"), size=(100, 28)),
    Scene("audit", "The audit trail", (BEA, *command("t act:payment.*"), "down"), size=(100, 28)),
)


def stage_sample(settings: Settings, made: Made) -> None:
    """Put the demo's file of errors under review, as its supervisor, unless it is there."""
    bea = next(login for login in made.logins if login.role == "supervisor")
    desk = wiring.sign_in(settings, bea.user, bea.password)
    try:
        file = settings.home / "imports" / "errors.csv"
        batches, _ = desk.imports.batches(state="in_review")
        if file.name not in {batch.file for batch in batches}:
            desk.imports.stage(file.read_bytes(), file.name, "HXL")
    finally:
        desk.access.sign_out()
        desk.close()


async def photograph(scene: Scene, settings: Settings, made: Made) -> str:
    """The screen at the end of a scene, as SVG."""
    logins = [DemoLogin(each.role, each.user, each.password) for each in made.logins]
    app = DebtFlowApp(
        lambda user, password: wiring.sign_in(settings, user, password), settings, logins, warm_up=lambda: None
    )
    async with app.run_test(size=scene.size) as pilot:
        await _at_rest(pilot)
        for key in scene.typed:
            await pilot.press(key)
            await _at_rest(pilot)
        return _NOT_OURS.sub("", app.export_screenshot(title="DebtFlow"))


async def _at_rest(pilot: Pilot[Any]) -> None:
    app = pilot.app
    await pilot.pause()
    async with asyncio.timeout(30):
        while getattr(app, "typing", False) or any(not worker.is_finished for worker in app.workers):
            await pilot.pause(0.02)
    await pilot.pause()


def take(home: Path, names: Sequence[str]) -> None:
    """Load the demo into ``home`` where it is not there yet, and write the pictures with these names, else all."""
    settings = Settings(home, session=SessionSettings("ana"))
    made = prepare(settings, _progress())
    stage_sample(settings, made)
    FOLDER.mkdir(exist_ok=True)
    for scene in SCENES:
        if names and scene.name not in names:
            continue
        svg = asyncio.run(photograph(scene, settings, made))
        target = FOLDER / f"{scene.name}.svg"
        target.write_text(svg, encoding="utf-8")
        click.echo(f"{target.relative_to(FOLDER.parent.parent)}: {scene.what}, {len(svg):,} bytes")


def _progress() -> Callable[[str, float], None]:
    told: set[str] = set()

    def tell(step: str, _done: float) -> None:
        if step not in told:
            told.add(step)
            click.echo(step)

    return tell


def main(names: Sequence[str]) -> None:
    home = Path(tempfile.mkdtemp(prefix="debtflow-pictures-"))
    home.chmod(0o711)
    try:
        # Sessions say where they come from; pictures need not say whose machine made them.
        with patch("debtflow_tui.wiring.origin", return_value="till-4"):
            take(home, names)
    finally:
        EmbeddedServer(home).stop()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])

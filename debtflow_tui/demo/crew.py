"""Who works in the demo while nobody looks: its worker and its door for webhooks, in one process beside the server.

home/crew.lock   held by the crew, so there is never a second one
home/crew.log    what it says

It joins the server without being one of its users, so that the last person to leave still turns off the light; it ends
when the server is gone, and when the demo is being loaded again.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path
from typing import Final

from debtflow_tui import whereabouts, wiring
from debtflow_tui.config import GatewaySettings, Settings
from debtflow_tui.demo.cast import HARBOR
from debtflow_tui.embedded import process
from debtflow_tui.embedded.locks import is_free, try_exclusive
from debtflow_tui.saying import say
from services.errors import DebtFlowError

LOOK_UP: Final = 0.5
CHECK_STANDIN: Final = 3.0
PATIENCE: Final = 20.0


def send_for(settings: Settings, url: str) -> None:
    """Have the crew of this home at work; says nothing where it is there already."""
    if not is_free(settings.home / "crew.lock"):
        return
    ours = {name: value for name, value in os.environ.items() if not name.startswith("DEBTFLOW_")}
    here = str(Path(__file__).parents[2])
    with (settings.home / "crew.log").open("wb") as words:
        started = subprocess.Popen(
            [sys.executable, "-P", "-m", "debtflow_tui.demo", str(settings.home), url],
            cwd="/",
            env=ours | {"PYTHONPATH": os.pathsep.join(filter(None, (here, ours.get("PYTHONPATH"))))},
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,
        )
    # It outlives us: nobody waits for it, and a program that ends need not be told so.
    started.returncode = 0


def send_home(settings: Settings) -> None:
    """Wait until the crew of a demo that is no longer ready has gone."""
    until = time.monotonic() + PATIENCE
    while not is_free(settings.home / "crew.lock") and time.monotonic() < until:
        time.sleep(0.05)


# ---- the crew itself -------------------------------------------------------------------------------------------------


def main(home: Path, url: str) -> int:
    """Work until the server is gone; gives the exit code."""
    turn = try_exclusive(home / "crew.lock")
    if turn is None:
        return 0
    try:
        asyncio.run(_work(_settings(home, url), lambda: _wanted(home)))
    except DebtFlowError as error:
        say(error.message)
        return error.exit_code
    return 0


def _settings(home: Path, url: str) -> Settings:
    from debtflow_tui.standin import beside
    from debtflow_tui.whereabouts import log_folder

    settings = Settings(home, gateway=GatewaySettings("stripe", api_base=beside.joined(home)))
    return replace(settings, database=replace(settings.database, url=url, pool_size=5, log=log_folder(settings)))


def _wanted(home: Path) -> bool:
    try:
        ready = json.loads((home / "demo.json").read_text()).get("state") == "ready"
    except (OSError, ValueError, AttributeError):
        return False
    return ready and process.running_pid(home / "pg" / "data") is not None


async def _work(settings: Settings, wanted: Callable[[], bool]) -> None:
    from debtflow_tui.demo.cards import SECRET
    from debtflow_tui.webhook.door import Door
    from debtflow_tui.webhook.serve import listen, server
    from debtflow_tui.worker.chores import CHORES
    from debtflow_tui.worker.duties import Duties
    from debtflow_tui.worker.work import Terms, Work, hush_library
    from services.webhooks.intake import Intake

    hush_library(say)
    worker, hook = (HARBOR.of_role(role)[0] for role in ("worker", "webhook"))
    services = wiring.sign_in(settings, worker.user, worker.password, "debtflow demo")
    mail = whereabouts.open_store(settings, hook.user, hook.password)
    at = listen("127.0.0.1", 0)
    door = server(Door(Intake(mail), {"stripe": (SECRET,)}, say))
    conninfo = whereabouts.worker_conninfo(settings, worker.user, worker.password)
    work = Work(services, conninfo, Terms(jobs=2), Duties(services, lambda: services.charges, say), CHORES, say)
    address = f"http://127.0.0.1:{at.getsockname()[1]}/stripe"
    say(f"taking the stand-in's webhooks at {address}")
    jobs = (work.run(), door.serve(sockets=[at]), _until(wanted), _listening(settings, address, wanted))
    tasks = [asyncio.create_task(each) for each in jobs]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    work.stop()
    door.stop()
    await asyncio.wait(tasks[:2], timeout=5)
    if wanted():
        with suppress(DebtFlowError):
            services.store.close_session("done")
    # The server may be gone, with threads still asking it: nobody waits for those.
    sys.stderr.flush()
    os._exit(0)


async def _listening(settings: Settings, address: str, wanted: Callable[[], bool]) -> None:
    """Keep a stand-in there that knows where to tell; ends when there is one elsewhere, which nobody here would ask."""
    from debtflow_tui.demo.cards import SECRET, Provider
    from debtflow_tui.standin import beside

    while wanted():
        with suppress(OSError, HTTPException):
            there = await asyncio.to_thread(beside.joined, settings.home)
            if there != settings.gateway.api_base:
                say(f"the stand-in has moved to {there}")
                return
            await asyncio.to_thread(Provider(there).tell, "endpoints", url=address, secret=SECRET, alone=True)
        await asyncio.sleep(CHECK_STANDIN)


async def _until(wanted: Callable[[], bool]) -> None:
    while wanted():
        await asyncio.sleep(LOOK_UP)

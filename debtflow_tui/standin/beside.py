"""The demo's own stand-in: started by whoever needs it first, shared by all, gone with the demo's server.

home/standin.json    where it listens
home/standin.jsonl   what happened there
home/standin.lock    one starter at a time
"""

from __future__ import annotations

import json
import subprocess
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from debtflow_tui.embedded.locks import exclusive
from services.errors import Misconfigured

SETTLES_AFTER: Final = 20
"""Seconds until a bank debit of the demo comes out; at a real bank it is days."""


def is_demo(home: Path) -> bool:
    """Whether this home holds the made-up agency, which may be played with."""
    return (home / "demo.json").exists()


def joined(home: Path) -> str:
    """The address of the demo's stand-in, started if it is not there."""
    with exclusive(home / "standin.lock"):
        address = _told(home)
        return address if address and _answers(address) else _started(home, address)


def _told(home: Path) -> str | None:
    try:
        found = json.loads((home / "standin.json").read_text(encoding="utf-8"))
        return str(found["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _answers(address: str) -> bool:
    parts = urlsplit(address)
    line = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=3)
    try:
        line.request("GET", "/_standin/faults")
        answer = line.getresponse()
        return answer.status == 200 and isinstance(json.loads(answer.read()), list)
    except (OSError, HTTPException, ValueError):
        return False
    finally:
        line.close()


def _started(home: Path, before: str | None) -> str:
    """One that was killed comes back where it was, for those who still know it there."""
    port = (urlsplit(before).port or 0) if before else 0
    for here in (port, 0) if port else (0,):
        if address := _serving(home, here):
            (home / "standin.json").write_text(json.dumps({"url": address}) + "\n", encoding="utf-8")
            return address
    raise Misconfigured("the demo's stand-in for the payment provider did not start")


def _serving(home: Path, port: int) -> str | None:
    command = [sys.executable, "-m", "debtflow_tui.standin", "--port", str(port)]
    command += ["--state", str(home / "standin.jsonl"), "--settles-after", str(SETTLES_AFTER)]
    command += ["--lives-with", str(home / "pg" / "data")]
    running = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )
    first = b""
    if running.stdout is not None:
        with running.stdout as said:
            first = said.readline()
    try:
        address = str(json.loads(first)["url"])
    except (ValueError, KeyError):
        running.wait()
        return None
    # It outlives us: nobody waits for it, and a program that ends need not be told so.
    running.returncode = 0
    return address

"""Another stand-in for Stripe, by other people: what both show has the same form."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from debtflow_tui.standin.server import StandIn
from tests.standin.shapes import fields
from tests.standin.test_shapes import KINDS

PACKAGE: Final = "localstripe==1.15.10"
CARD: Final = {
    "type": "card",
    "card[number]": "4242424242424242",
    "card[exp_month]": "8",
    "card[exp_year]": "2031",
    "card[cvc]": "123",
}

pytestmark = pytest.mark.slow


@contextmanager
def localstripe(home: Path) -> Iterator[str]:
    """It in an environment of its own, because what it needs is none of ours."""
    made = subprocess.run([sys.executable, "-m", "venv", str(home)], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no environment for {PACKAGE} can be made: {made.stderr.strip()}")
    install = [str(home / "bin" / "pip"), "--quiet", "--disable-pip-version-check", "install", PACKAGE]
    done = subprocess.run(install, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"{PACKAGE} cannot be installed here: {done.stderr.strip().splitlines()[-1]}")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(home / "bin" / "localstripe"), "--port", str(port), "--from-scratch"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            yield _ready(f"http://127.0.0.1:{port}")
        finally:
            running.kill()


def _ready(url: str) -> str:
    patience = monotonic() + 30
    while monotonic() < patience:
        try:
            _ask(url, "sk_test_12345", "customers", {"name": "x"})
            return url
        except URLError:
            sleep(0.1)
    pytest.skip(f"{PACKAGE} does not start here")


def _ask(url: str, key: str, path: str, given: dict[str, str] | None = None) -> dict[str, Any]:
    body = urlencode(given).encode() if given else None
    request = Request(f"{url}/v1/{path}", body, {"Authorization": f"Bearer {key}"})
    with urlopen(request, timeout=10) as answer:
        told: dict[str, Any] = json.loads(answer.read())
        return told


def _life(url: str, key: str, method: str | None) -> dict[str, dict[str, Any]]:
    """A customer pays with a card and gets part of it back; every object by its kind."""
    customer = _ask(url, key, "customers", {"name": "Ann Bo"})
    name = method or _ask(url, key, "payment_methods", CARD)["id"]
    attached = _ask(url, key, f"payment_methods/{name}/attach", {"customer": customer["id"]})
    paid = _ask(
        url,
        key,
        "payment_intents",
        {
            "amount": "1234",
            "currency": "usd",
            "customer": customer["id"],
            "payment_method": attached["id"],
            "payment_method_types[0]": "card",
            "confirm": "true",
            "off_session": "true",
            "metadata[payment]": "x",
        },
    )
    refund = _ask(url, key, "refunds", {"payment_intent": paid["id"], "amount": "234"})
    charge = paid["latest_charge"]
    if isinstance(charge, str):
        charge = _ask(url, key, f"charges/{charge}")
    return {row["object"]: row for row in (customer, attached, paid, charge, refund)}


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_two_stand_ins_show_the_same_things(standin: StandIn, tmp_path: Path) -> None:
    with localstripe(tmp_path / "env") as url:
        theirs = _life(url, "sk_test_12345", None)
    ours = _life(standin.url, standin.key, "pm_card_visa")
    assert theirs.keys() == ours.keys()
    wrong = [one for kind, row in theirs.items() for one in _differences(kind, row, ours[kind])]
    assert wrong == []


def _differences(kind: str, theirs: dict[str, Any], ours: dict[str, Any]) -> Iterator[str]:
    for name, value in theirs.items():
        mine = ours.get(name)
        if name not in ours:
            # They show what Stripe no longer does; what it must show would be ours to show, too.
            if name in fields(KINDS[kind]) and type(None) not in getattr(fields(KINDS[kind])[name], "__args__", ()):
                yield f"{kind}.{name}: ours lacks it"
        elif value is not None and mine is not None and not isinstance(value, dict) and type(value) is not type(mine):
            yield f"{kind}.{name}: {value!r} and {mine!r}"
    for name in ("object", "amount", "currency", "status", "paid", "captured", "type", "livemode"):
        if None not in (theirs.get(name), ours.get(name)) and theirs[name] != ours[name]:
            yield f"{kind}.{name}: {theirs[name]!r} and {ours[name]!r}"

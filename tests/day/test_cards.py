"""Cards on the screens: typed into the program on a pseudo-terminal, charged at the stand-in, posted in the demo."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator

import pytest

from debtflow_tui.standin.server import StandIn
from screens.payment.screen import UNREAD
from tests.support.cluster import make_home

pytest.importorskip("pty", reason="needs pseudo-terminals")

from tests.day.console import Console
from tests.day.test_screens import AMOUNT, DEBTFLOW, ENTER, F5, QUIT, Office, cents


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


@pytest.fixture
def office(standin: StandIn) -> Iterator[Office]:
    home = make_home()
    (home / "config.toml").write_text(f'[gateway]\nprovider = "stripe"\napi_base = "{standin.url}"\n', encoding="utf-8")
    there = Office(home)
    yield there
    subprocess.run([*DEBTFLOW, "db", "stop", "--yes"], env=there.env, capture_output=True, timeout=120, check=False)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def console(office: Office) -> Iterator[Console]:
    seat = office.sit_down()
    yield seat
    seat.close()


def test_a_card_is_saved_by_a_link_and_charged(office: Office, standin: StandIn, console: Console) -> None:
    console.wait("Password", "ana-demo")
    console.type(F5)
    console.wait("FOLLOW-UP", "assigned")
    number = console.find(r"(\d{5}-\d) .* assigned")
    console.type(f":a {number}\r")
    before = cents(console.find(AMOUNT))
    pays_by_link(office, standin, console, number)
    receipt = charges_the_card(console, number)
    assert cents(console.find(AMOUNT)) == before - 17_53 - 20_00
    assert sorted(charge["amount"] for charge in standin.charges()) == [17_53, 20_00]
    console.type("u")
    console.wait("visa ···4242", "posted", receipt, "link")
    console.type(QUIT)
    assert console.ended() == 0
    assert office.run("ledger", "replay", "--check")["ok"] is True


def pays_by_link(office: Office, standin: StandIn, console: Console, number: str) -> None:
    """The person pays on the provider's page; the screen of the link says so by itself."""
    console.type("p17.53\rcard\rpay\r\r\r")
    console.wait("Waiting to be paid", "17.53 USD are held", gone="Open for")
    console.type("q")
    console.wait("▀▀", gone="Waiting to be paid")
    console.type("q")
    console.wait("Waiting to be paid")
    found = office.run("payment", "charges", "--account", number)["charges"]
    assert isinstance(found, list)
    (link,) = found
    standin.pay(str(link["url"]).rsplit("/", 1)[1])
    settle(office, str(link["id"]))
    console.wait("Paid R-", "17.53 USD are posted")
    console.type(ENTER)
    console.wait("Timeline", "Saved", "visa ···4242", gone="Paid R-")


def settle(office: Office, charge: str) -> None:
    """Taking a link back that was paid asks the provider about it, as the worker does: it stays paid."""
    env = {**office.env, "DEBTFLOW_USER": "bea", "DEBTFLOW_PASSWORD": "bea-demo"}
    subprocess.run(
        [*DEBTFLOW, "payment", "cancel", charge, "--yes"], env=env, stdin=subprocess.DEVNULL, capture_output=True,
        timeout=120, check=False,
    )  # fmt: skip


def charges_the_card(console: Console, number: str) -> str:
    """Named by its first letters on the command line: Enter charges it."""
    console.type(f":p {number} 20.00 visa\r")
    console.wait("With", "visa 4242", "charges", "Enter charge 20.00")
    console.type(ENTER)
    receipt = console.find(r"Posted +(R-\d{6}-\d)")
    time.sleep(UNREAD)  # she reads it: an Enter that was typed before the receipt came would not leave it
    console.type(ENTER)
    console.wait("Timeline", receipt, gone="before")
    return receipt

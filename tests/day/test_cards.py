"""Cards on the screens: typed into the program on a pseudo-terminal, charged at the stand-in, posted in the demo."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from debtflow_tui.demo.cards import Provider
from debtflow_tui.standin import beside
from screens.payment.screen import UNREAD
from tests.support.cluster import make_home

pytest.importorskip("pty", reason="needs pseudo-terminals")

from tests.day.console import Console
from tests.day.test_screens import AMOUNT, DEBTFLOW, ENTER, F5, QUIT, Office, cents


@pytest.fixture
def office() -> Iterator[Office]:
    home = make_home()
    there = Office(home)
    yield there
    subprocess.run([*DEBTFLOW, "db", "stop", "--yes"], env=there.env, capture_output=True, timeout=120, check=False)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def console(office: Office) -> Iterator[Console]:
    seat = office.sit_down()
    yield seat
    seat.close()


def test_a_card_is_saved_by_a_link_and_charged(office: Office, console: Console) -> None:
    console.wait("Password", "ana-demo")
    console.type(F5)
    console.wait("FOLLOW-UP", "assigned")
    number = console.find(r"(\d{5}-\d) .* assigned")
    console.type(f":a {number}\r")
    before = cents(console.find(AMOUNT))
    pays_by_link(office, console, number)
    receipt = charges_the_card(console, number)
    assert cents(console.find(AMOUNT)) == before - 17_53 - 20_00
    assert taken(office, number) == [17_53, 20_00]
    console.type("u")
    console.wait("visa ···4242", "posted", receipt, "link")
    console.type(QUIT)
    assert console.ended() == 0
    assert office.run("ledger", "replay", "--check")["ok"] is True


def taken(office: Office, number: str) -> list[int]:
    """What the stand-in has taken for an account."""
    charges = Provider(beside.joined(office.home)).look("charges")
    found = office.run("payment", "charges", "--account", number)["charges"]
    assert isinstance(found, list)
    ours = {charge["id"] for charge in found}
    return sorted(charge["amount"] for charge in charges if charge["payment"] in ours)


def pays_by_link(office: Office, console: Console, number: str) -> None:
    """The person pays on the provider's page: its webhook comes in, the worker posts, the screen says so by itself."""
    console.type("p17.53\rcard\rpay\r\r\r")
    console.wait("Waiting to be paid", "17.53 USD are held", gone="Open for")
    console.type("q")
    console.wait("▀▀", gone="Waiting to be paid")
    console.type("q")
    console.wait("Waiting to be paid")
    found = office.run("payment", "charges", "--account", number)["charges"]
    assert isinstance(found, list)
    (link,) = found
    pay(str(link["url"]))
    console.wait("Paid R-", "17.53 USD are posted")
    console.type(ENTER)
    console.wait("Timeline", "Saved", "visa ···4242", gone="Paid R-")


def pay(link: str) -> None:
    """A button on the page behind a payment link."""
    with urlopen(link, data=urlencode({"method": "pm_card_visa"}).encode(), timeout=30) as page:
        assert "Paid. Thank you." in page.read().decode()


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

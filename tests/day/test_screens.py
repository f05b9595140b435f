"""The working day on the screens: typed into the program on a pseudo-terminal, over the demo's own database."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from screens.payment.screen import UNREAD
from tests.support.cluster import make_home

pytest.importorskip("pty", reason="needs pseudo-terminals")

from tests.day.console import Console

ROOT = Path(__file__).parents[2]
DEBTFLOW = [sys.executable, "-m", "debtflow_tui"]
PAYMENT = "17.53"
AMOUNT = r"OWING +([\d,]+\.\d\d)"
ENTER, ESCAPE, DOWN, UP, END, LOCK, QUIT = "\r", "\x1b", "\x1b[B", "\x1b[A", "\x1b[F", "\x0c", "\x11"
F2, F5, F6 = "\x1bOQ", "\x1b[15~", "\x1b[17~"


class Office:
    """A home with the demo in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        ours = {name: value for name, value in os.environ.items() if not name.startswith("DEBTFLOW_")}
        self.env = {**ours, "DEBTFLOW_HOME": str(home), "PYTHONPATH": str(ROOT)}

    def sit_down(self) -> Console:
        return Console([*DEBTFLOW, "demo", "--accounts", "60"], self.env)

    def run(self, *words: str) -> dict[str, object]:
        """What a command says to a supervisor, as JSON."""
        env = {**self.env, "DEBTFLOW_USER": "bea", "DEBTFLOW_PASSWORD": "bea-demo"}
        done = subprocess.run(
            [*DEBTFLOW, *words, "--json"], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        answer: dict[str, object] = json.loads(done.stdout)
        return answer


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


def test_the_whole_day(office: Office, console: Console):
    number, receipt = morning_of_ana(console)
    afternoon_of_bea(console, office.home, number, receipt)
    console.type(QUIT)
    assert console.ended() == 0
    assert office.run("ledger", "replay", "--check")["ok"] is True
    assert office.run("doctor")["ok"] is True


# ---- a collector -----------------------------------------------------------------------------------------------------


def morning_of_ana(console: Console) -> tuple[str, str]:
    console.wait("Password", "ana-demo")
    console.type(F5)
    number = looks_one_up(console)
    notes_and_promises(console)
    receipt = takes_a_payment(console, number)
    console.type(":d\r")
    console.find(rf"({receipt} +{number} .* check .* {PAYMENT})")
    console.type(":q\r")
    console.wait("Password", "ana-demo", gone="Day sheet")
    return number, receipt


def looks_one_up(console: Console) -> str:
    """The first account of her list, by its debtor's name turned round and misspelt."""
    first = next(line for line in console.wait("FOLLOW-UP", "assigned").splitlines() if "assigned" in line)
    number, *name = first[:30].split()
    console.type(misspelt(name) + DOWN)
    console.wait("typo", number)
    console.type(DOWN + ENTER)
    console.wait(f"Accounts ▸ {number}", "OWING", "Timeline")
    return number


def misspelt(name: list[str]) -> str:
    first, last = name[0], name[-1].rstrip("…")
    return f"{last[:3]}{last[4:]} {first}".lower()


def notes_and_promises(console: Console) -> None:
    console.type("nCalled back [at work], wants a plan\r")
    console.wait("Noted", "Called back [at work]", gone="Note on")
    console.type("cpromise\r+14\r50\rby check\r")
    console.wait("Call recorded: promise to pay", gone="Call on")
    console.type("f+7\r")
    console.wait("Follow-up on", "(in 7 days)", gone="Follow-up of")


def takes_a_payment(console: Console, number: str) -> str:
    before = cents(console.find(AMOUNT))
    console.type(f"p{PAYMENT}\rcheck\r1991\r\r\r")
    receipt = console.find(r"Posted +(R-\d{6}-\d)")
    time.sleep(UNREAD)  # she reads it: an Enter that was typed before the receipt came would not leave it
    console.type(ENTER)
    after = f"{(before - cents(PAYMENT)) / 100:,.2f}"
    console.wait(f"{after} USD", receipt, "Timeline", gone="▸ Payment")
    return receipt


def cents(figure: str) -> int:
    return int(figure.replace(",", "").replace(".", ""))


# ---- a supervisor ----------------------------------------------------------------------------------------------------


def afternoon_of_bea(console: Console, home: Path, number: str, receipt: str) -> None:
    console.type(F6)
    console.wait("Harbor Collections · bea", "FOLLOW-UP", "assigned")
    stages(console, home / "imports" / "errors.csv")
    corrects_two_rows(console)
    leaves_the_rest_out(console)
    releases(console)
    console.type(F2 + "oyelran quil")
    console.wait("Quillfeather", "1 in all")
    console.type(ENTER)
    console.wait("Quillfeather Oyelaran", "errors.csv, row 1", "OWING")
    takes_the_payment_back(console, number, receipt)
    reads_the_trail(console, number)
    locks_and_unlocks(console)


def stages(console: Console, file: Path) -> None:
    console.type(":i\r")
    console.wait("Imports", "BATCH")
    console.type("s")
    console.wait("Stage a file", "Client")
    console.type(f"{file}\rHXL\r\r")
    console.wait("errors.csv", "in review · 60 rows", "40 valid", "15 errors", "FINDING", gone="Stage a file")


def corrects_two_rows(console: Console) -> None:
    """From the finding into the cell, twice."""
    for correction, left in (("Jane Corrected", "14 errors"), ("Jack Corrected", "13 errors")):
        console.type("n")
        console.wait("Enter correct")
        console.type(correction + ENTER)
        console.wait(left)


def leaves_the_rest_out(console: Console) -> None:
    """The list of findings ends with the errors, the duplicates and all rows: up to the errors, all, out."""
    console.type("\t" + END)
    console.wait("all rows")
    console.type(UP + UP + ENTER)
    console.wait("Row 3 · error")
    console.type("a")
    console.wait("13 rows marked")
    console.type("xsent back to the client\r")
    console.wait("13 excluded", "100 % of placements ready", gone="Exclude")


def releases(console: Console) -> None:
    console.type("R")
    console.wait("Release batch", "Type the number", "of 46 placements of HXL")
    console.type("46\r")
    console.wait("46 placements of HXL", "released · 60 rows")


def takes_the_payment_back(console: Console, number: str, receipt: str) -> None:
    console.type(f":a {number}\r")
    console.wait(f"▸ {number}", "Timeline", receipt)
    before = cents(console.find(AMOUNT))
    console.type("m")
    console.wait("Payments", receipt, "1991")
    console.type("r")
    console.wait(f"Reverse {receipt}", "Takes back")
    console.type(f"nsf\r{PAYMENT}\r")
    after = f"{(before + cents(PAYMENT)) / 100:,.2f}"
    console.wait(f"{receipt} reversed by", f"{after} USD", f"nsf: {receipt}", gone="It cannot be")


def reads_the_trail(console: Console, number: str) -> None:
    console.type(F2)
    console.wait("Find", gone=f"▸ {number}")
    console.type(f":t entity:account/{number}\r")
    trail = console.wait("▸ Audit", "payment.reverse", "payment.post").splitlines()
    for who, act in (("bea", "payment.reverse"), ("ana", "payment.post")):
        assert any(f" {who} " in line and f" {act} " in line for line in trail), "\n".join(trail)
    console.type(ENTER)
    console.wait(f"▸ {number}", "OWING", "Timeline")
    console.type(ESCAPE)
    console.wait("▸ Audit", "payment.reverse", gone="OWING ")


def locks_and_unlocks(console: Console) -> None:
    console.type(LOCK)
    console.wait("Locked · bea", "Password")
    console.type("bea-demo\r")
    console.wait("▸ Audit", "payment.reverse", gone="Locked")

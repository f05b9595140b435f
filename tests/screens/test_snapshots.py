"""Pictures of the sign-in, the lookup and the account: empty, loading, in trouble, too long, hostile."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from threading import Event
from typing import Any

import pytest
from textual.pilot import Pilot

from debtflow_tui.app import DebtFlowApp
from debtflow_tui.config import SessionSettings, Settings
from screens.account import AccountScreen
from screens.sign_in import DemoLogin, Remembered
from services.accounts.results import Contact, Flag, OtherDebt, Viewer
from services.domain.money import Money
from services.errors import Busy, NotAllowed, Refused, Unreachable
from tests.screens.conftest import burst, press, settled, shown, until
from tests.screens.fakes import FIRST, NOW, FakeServices, account, account_row, activity, payment, session, usd

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])

HOSTILE = "[b]Ev\x1b[31mil[/b] \u202eesrever\u202c 山田太郎 ‏עברית\nsecond\tline [/nope] {x} $HOME %s \x07"
LONG = "Bartholomew Featherstonehaugh-Cholmondeley de la Montaña-Wörthersee the Younger, of Kirkby-in-Furness"


async def ready(pilot: Pilot[Any]) -> None:
    await settled(pilot)


def on_account(routes: Any) -> AccountScreen:
    return AccountScreen(routes.desk, routes.accounts, routes.payments, FIRST)


def loading(pilot: Pilot[Any]):
    return until(pilot, lambda: "Looking…" in shown(pilot.app))


# ---- lookup ----------------------------------------------------------------------------------------------------------


@SIZES
def test_lookup_lists_my_accounts(desktop, snap_compare, size):
    assert snap_compare(desktop(), terminal_size=size, run_before=ready)


@SIZES
def test_lookup_with_nothing_found_says_what_to_do(desktop, snap_compare, size):
    async def look(pilot):
        await settled(pilot)
        await burst(pilot, "zzz")

    assert snap_compare(desktop(), terminal_size=size, run_before=look)


@SIZES
def test_lookup_still_looking(desktop, services: FakeServices, snap_compare, size):
    services.accounts.gates["find"] = Event()
    assert snap_compare(desktop(), terminal_size=size, run_before=loading)


@SIZES
def test_lookup_with_the_database_away(desktop, services: FakeServices, snap_compare, size, monkeypatch):
    monkeypatch.setattr("screens.base.working.RETRY_AFTER", 3600)
    services.accounts.failures["find"].append(Unreachable("the database does not answer"))
    assert snap_compare(desktop(), terminal_size=size, run_before=ready)


@SIZES
def test_lookup_with_hostile_and_endless_names(desktop, services: FakeServices, snap_compare, size):
    services.accounts.rows = [
        account_row(0, debtor=HOSTILE, client="[red]X", status="disputed", balance=usd("-12.34")),
        account_row(1, debtor=LONG, client="LONGCLIENTCODE", status="payment_plan", flags=("bankrupt",)),
        account_row(2, debtor="山田太郎山田太郎山田太郎山田太郎", balance=Money(10**14, "USD")),
        account_row(3, debtor=""),
    ]

    async def into_the_list(pilot):
        await settled(pilot)
        await press(pilot, "down")

    assert snap_compare(desktop(), terminal_size=size, run_before=into_the_list)


def test_lookup_in_production_for_a_reader(desktop, services: FakeServices, snap_compare):
    services.session = session("readonly", user="rita", agency_name="Harbor & Sons Collections of Greater Chicago")
    assert snap_compare(desktop(production=True), terminal_size=(80, 24), run_before=ready)


# ---- account ---------------------------------------------------------------------------------------------------------


@SIZES
def test_account(desktop, snap_compare, size):
    assert snap_compare(desktop(on_account), terminal_size=size, run_before=ready)


@SIZES
def test_account_that_is_bare(desktop, services: FakeServices, snap_compare, size):
    services.accounts.book[FIRST] = account(
        debtor=replace(account().debtor, contacts=(), ssn=None), flags=(), others=(), payments=(), activities=(),
        follow_up_on=None, last_payment_on=None, due_on=None, charge_off_on=None, creditor_name=None,
        account_type=None, collector=None, status="new",
    )  # fmt: skip
    assert snap_compare(desktop(on_account), terminal_size=size, run_before=ready)


@SIZES
def test_account_still_loading(desktop, services: FakeServices, snap_compare, size):
    services.accounts.gates["show"] = Event()
    assert snap_compare(desktop(on_account), terminal_size=size, run_before=loading)


@SIZES
def test_account_with_hostile_and_endless_text(desktop, services: FakeServices, snap_compare, size):
    services.accounts.viewers = (Viewer("ben[/b]", NOW), Viewer("bea", NOW))
    services.accounts.book[FIRST] = account(
        client_name=LONG,
        debtor=replace(
            account().debtor,
            name=LONG,
            contacts=(Contact(1, "phone", HOSTILE, HOSTILE, True), Contact(2, "address", LONG * 2, LONG, True)),
        ),
        flags=(Flag("attorney", HOSTILE, date(2026, 1, 2), "ana"), Flag("dispute", LONG * 2, date(2026, 1, 2), "b")),
        others=(OtherDebt("10030-3", HOSTILE, "disputed", None, None),),
        unapplied=usd("12.50"),
        balance=usd("-1259.07"),
        activities=(activity(59, "note", HOSTILE), activity(58, "note", LONG * 3), activity(57, "reversal", "−100")),
    )
    assert snap_compare(desktop(on_account), terminal_size=size, run_before=ready)


@SIZES
@pytest.mark.parametrize("view", ["m", "b", "e", "o"])
def test_account_lists(desktop, services: FakeServices, snap_compare, size, view: str):
    services.accounts.book[FIRST] = account(
        payments=(
            payment("R-000482-2", "-100", date(2026, 11, 14), reverses="R-000481-4", reason="nsf"),
            payment("R-000481-4", "100", date(2026, 11, 12), reversed_by="R-000482-2", reason="nsf"),
        )
    )

    async def choose(pilot):
        await settled(pilot)
        await burst(pilot, view)

    assert snap_compare(desktop(on_account), terminal_size=size, run_before=choose)


@pytest.mark.parametrize(
    ("typed", "role"),
    [("cprom\n+7\n1x\n", "collector"), ("sclosed", "collector"), ("nwill call", "collector"), ("f+7", "collector"),
     ("rnsf\n10\n", "supervisor"), ("ea", "collector"), ("gdis", "collector"), ("w", "supervisor"),
     ("na\x1b", "collector")],
    ids=["call", "status", "note", "follow-up", "reverse", "contact", "flag", "assign", "leave"],
)  # fmt: skip
def test_account_forms(desktop, services: FakeServices, snap_compare, typed: str, role: str):
    services.session = session(role)

    async def open_form(pilot):
        await settled(pilot)
        await burst(pilot, typed)

    assert snap_compare(desktop(on_account), terminal_size=(80, 24), run_before=open_form)


@pytest.mark.parametrize(
    "error",
    [
        Busy("account 10023-3 is being changed", holder="ben", since=NOW),
        Refused(HOSTILE, rule="closed_account", hint="reopen it first", who_may="supervisor"),
    ],
    ids=["busy", "refused"],
)
def test_account_in_trouble(desktop, services: FakeServices, snap_compare, error):
    services.accounts.failures["note"].append(error)

    async def act(pilot):
        await settled(pilot)
        await burst(pilot, "nhello\n")

    assert snap_compare(desktop(on_account), terminal_size=(80, 24), run_before=act)


# ---- the frame -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [("f1",), ("colon", "p"), ("ctrl+l",)], ids=["help", "command-line", "lock"])
def test_what_stands_above_a_screen(desktop, snap_compare, keys):
    async def open_it(pilot):
        await settled(pilot)
        await press(pilot, *keys)

    assert snap_compare(desktop(on_account), terminal_size=(80, 24), run_before=open_it)


def test_a_slow_line_in_the_terminals_own_colours(desktop, snap_compare):
    assert snap_compare(desktop(on_account, slow_line=True), terminal_size=(80, 24), run_before=ready)


def test_no_colour(desktop, snap_compare, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(desktop(on_account, production=True), terminal_size=(80, 24), run_before=ready)


# ---- signing in ------------------------------------------------------------------------------------------------------


@SIZES
@pytest.mark.parametrize("state", ["demo", "real", "refused"])
def test_sign_in(tmp_path, snap_compare, size, state: str, monkeypatch):
    monkeypatch.setattr(DebtFlowApp, "_recall", lambda *_: Remembered(None, state == "real"))

    def refuse(_user: str, _password: str):
        raise NotAllowed("the user or the password is wrong", hint="check Caps Lock")

    logins = [DemoLogin(role, user, f"harbor-{user}") for role, user in (("supervisor", "bea"), ("collector", "ana"))]
    settings = Settings(tmp_path, session=SessionSettings("ana"))
    app = DebtFlowApp(refuse, settings, logins if state == "demo" else (), warm_up=int, now=lambda: NOW)

    async def sign_in(pilot):
        await settled(pilot)
        if state == "refused":
            await burst(pilot, "guess\n")

    assert snap_compare(app, terminal_size=size, run_before=sign_in)

"""Everybody who is signed in, looked at anew by itself; one of them in full below; ending a session."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Protocol

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from screens.base import BaseScreen, Desk, key
from screens.dialogs.confirm import Confirm
from screens.navigation import OpenAudit
from screens.widgets import Column, Fact, Facts, PagedTable, cell, plain, words

if TYPE_CHECKING:
    from services.access.results import Ended, SignedIn

WATCH_EVERY = 5.0
IDLE: timedelta = timedelta(minutes=5)
COLUMNS = (
    Column("WHO", 12),
    Column("ROLE", 12, wide=True),
    Column("FROM", 16, flex=True),
    Column("SINCE", 6, right=True),
    Column("SEEN", 7, right=True),
    Column("DOING", 18, flex=True),
    Column("HOLDS UP", 9),
)
OWN = "Only your own sessions are shown."
STUCK = "The session is ended. Its connections stay, powerless: this database may not end them"


class People(Protocol):
    """The part of the session service that the screen needs."""

    def list(self) -> tuple[SignedIn, ...]: ...
    def end(self, session: int) -> Ended: ...


class SignedInScreen(BaseScreen):
    """The list above, the one under the cursor below."""

    CSS_PATH = "signed_in.tcss"
    AUTO_FOCUS = "#sessions"
    HELP = """Each line is one sign-in: a screen, a command or a worker. Seen is when the person last did something.
Doing is the screen or command they are at and, behind it, what the database does for them right now.

Holds up names who waits for what somebody holds. Ending a session ends its connections as well: what it was in the
middle of is rolled back, and what was typed on its screen stays there behind the lock. Whoever was ended can sign in
again; to keep somebody out, disable the user.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "trail", "what they did", "The audit trail of this person"),
        key("e,delete", "end", "end session", "End this session now, connections and all"),
    ]

    def __init__(self, desk: Desk, people: People) -> None:
        super().__init__(desk)
        self._people = people
        self._count = Static("", id="count")
        self._table: PagedTable[SignedIn] = PagedTable(COLUMNS, self._cells, lambda each: str(each.id), id="sessions")
        self._detail = Facts(12, id="detail")

    @property
    def crumb(self) -> str:
        return "Signed in"

    def body(self) -> ComposeResult:
        yield self._count
        yield self._table
        yield self._detail

    def on_mount(self) -> None:
        self.set_interval(WATCH_EVERY, lambda: self._look(quiet=True))

    def look_again(self) -> None:
        self._look()

    def _look(self, *, quiet: bool = False) -> None:
        if not quiet or (self.is_current and not self.waiting):
            self.ask(self._people.list, self._show, quiet=quiet)

    def _show(self, found: tuple[SignedIn, ...]) -> None:
        self._table.fill(found, more=False, keep=True)
        self._count.update(self._counted(found))
        self._show_detail()

    @on(PagedTable.Moved)
    def _show_detail(self) -> None:
        each = self._table.current
        self._detail.show(self._facts(each) if each is not None else ())
        self.refresh_bindings()

    @property
    def enter_does(self) -> str:
        return "what they did" if self._table.current is not None else ""

    @on(PagedTable.Opened)
    def action_trail(self) -> None:
        each = self._table.current
        if each is not None:
            self.post_message(OpenAudit(f"who:{each.user}"))

    # ---- ending ------------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Others' sessions for who may end them, one's own always, but never the one that is looked through."""
        each = self._table.current
        if action != "end":
            return True
        return each is not None and not each.current and (each.mine or self.desk.session.may("session.end"))

    def action_end(self) -> None:
        each = self._table.current
        if each is None:
            return
        whose = "your other session" if each.mine else f"the session of {each.user}"
        middle = " What it is in the middle of is rolled back." if each.act else ""
        effect = f"Ends {whose} on {each.host}, now, with its {_connections(each)}.{middle}"
        self.app.push_screen(Confirm("End this session?", effect, "end it"), lambda sure: self._end(sure, each))

    def _end(self, sure: bool | None, each: SignedIn) -> None:
        if sure:
            self.act(lambda: self._people.end(each.id), self._ended, doing="Ending…")

    def _ended(self, ended: Ended) -> None:
        if ended.connections is None:
            self.say(STUCK, "warn")
        else:
            self.say("The session is ended", "good")
        self.look_again()

    # ---- lines -------------------------------------------------------------------------------------------------------

    def _counted(self, found: tuple[SignedIn, ...]) -> Content:
        people, held = len({each.user for each in found}), sum(bool(each.in_way_of) for each in found)
        line = plain(f" {_many(len(found), 'session')} of {_many(people, 'person', 'people')}")
        if held:
            line += plain(f"  ·  {held} in the way of others", "$text-error bold")
        if not self.desk.session.may("session.see"):
            line += plain(f"  ·  {OWN}", "$text-muted")
        return line

    def _cells(self, each: SignedIn) -> tuple[Text, ...]:
        variables = self.app.theme_variables
        muted, alarm = variables["text-muted"], variables["text-error"]
        idle = each.seen is not None and self.desk.now() - each.seen > IDLE
        return (
            cell(f"{each.user}{' (you)' if each.current else ''}"),
            cell(words(each.role), muted),
            cell(_from(each)),
            cell(self._since(each.since), muted, right=True),
            cell(self._seen(each), muted if idle else "", right=True),
            cell(_doing(each), alarm if each.waits else ""),
            cell(", ".join(each.in_way_of), alarm),
        )

    def _facts(self, each: SignedIn) -> tuple[Fact, ...]:
        until = f", until {self._at(each.expires)}" if each.expires else ""
        busy = f"{words(each.act)} since {self._at(each.act_since)}" if each.act else "nothing right now"
        on = f" on {', '.join(each.accounts)}" if each.accounts else ""
        way = f"in the way of {', '.join(each.in_way_of)}{on}" if each.in_way_of else "in nobody's way"
        waits = "; waits for somebody else" if each.waits else ""
        return (
            ("Who", plain(f"{each.full_name} ({each.user}), {words(each.role)}", "bold")),
            ("From", ", ".join(filter(None, (each.host, each.tty)))),
            ("SSH", each.ssh or "no"),
            ("Address", each.address or "this server's own machine"),
            ("Since", f"{self._at(each.since)}{until}  ·  {_connections(each)}  ·  session {each.id}"),
            ("Doing", f"{each.doing or 'not told'}  ·  {busy}{waits}"),
            ("Writes in", ", ".join(map(words, each.writes)) or "nothing"),
            ("Locks", plain(way, "$text-error" if each.in_way_of else "")),
        )

    def _seen(self, each: SignedIn) -> str:
        if each.seen is None:
            return "service"
        minutes = int((self.desk.now() - each.seen).total_seconds() // 60)
        return "now" if minutes < 1 else f"{minutes} min"

    def _since(self, at: datetime) -> str:
        local = self.desk.local(at)
        return f"{local:%H:%M}" if local.date() == self.desk.today else f"{local:%-d %b}"

    def _at(self, at: datetime | None) -> str:
        return f"{self.desk.local(at):%-d %b %H:%M}" if at is not None else ""


def _from(each: SignedIn) -> str:
    far = each.ssh or each.address
    return f"{each.host} ← {far}" if far else each.host


def _doing(each: SignedIn) -> str:
    if not each.connections:
        return "not connected"
    now = words(each.act) if each.act else ""
    return " · ".join(filter(None, (each.doing, now, "waits" if each.waits else "")))


def _connections(each: SignedIn) -> str:
    return _many(each.connections, "connection")


def _many(count: int, one: str, many: str | None = None) -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"

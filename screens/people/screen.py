"""Who works here, how many accounts each of them has, and what the one under the cursor has under way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Final

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from screens.base import BaseScreen, Desk, FormDialog, key, whose
from screens.navigation import OpenAccounts
from screens.people.dealing import GiveForm, LeaveForm, RebalanceForm, left_open
from screens.people.forms import NewcomerForm, PasswordForm, RoleForm, TeamForm
from screens.people.ports import Dealer, Staff, TeamBook
from screens.widgets import GONE, Column, EmptyState, PagedTable, cell, plain, words

if TYPE_CHECKING:
    from services.office import OpenWork, Person, Team

NO_LIMIT: Final = 10**15
COLUMNS = (
    Column("LOGIN", 10),
    Column("NAME", 10, flex=True),
    Column("ROLE", 12),
    Column("TEAM", 8),
    Column("ACCOUNTS", 8, right=True),
    Column("AT MOST", 8, right=True),
    Column("DUE", 5, right=True),
    Column("SINCE", 12, wide=True),
    Column("LEFT", 12, wide=True),
)
NOT_YOURS = """Who works how many accounts is seen by those who oversee them.

Your role is {role}. {who}"""
RIGHTS = {
    "newcomer": "office.administer", "leave": "office.administer", "role": "office.administer",
    "password": "office.administer", "team": "team.manage", "give": "account.assign", "rebalance": "account.assign",
}  # fmt: skip


class PeopleScreen(BaseScreen):
    """A line a person; below it what the one under the cursor has under way."""

    CSS_PATH = "people.tcss"
    AUTO_FOCUS = "#people"
    HELP = """Accounts are those that are not closed or settled; due are those whose follow-up day has come. At most is
a person's own limit, else that of their team, else that of their role. Who has left stands last, and in the colour of
an alarm as long as accounts are left with them: d hands them over.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "theirs", "accounts", "The accounts of the person under the cursor", show=False),
        key("n", "newcomer", "new", "Somebody comes: a login with a role"),
        key("d", "leave", "leaves", "Somebody leaves, and what they have under way goes to others"),
        key("r", "role", "role", "Give somebody another role"),
        key("p", "password", "password", "A new password; lets in again who had left"),
        key("t", "team", "team", "Who is in a team, and how many accounts each of them works"),
        key("w", "give", "give", "Give a pile of accounts of the person under the cursor to others"),
        key("b", "rebalance", "rebalance", "Spread the accounts of a team evenly"),
        key("f", "filter", "gone", "Show those who left as well, or not"),
    ]

    def __init__(self, desk: Desk, staff: Staff, teams: TeamBook, dealer: Dealer) -> None:
        super().__init__(desk)
        self._staff, self._teams, self._dealer = staff, teams, dealer
        self._gone_too = True
        self._people: tuple[Person, ...] = ()
        self._counts = Static("", id="counts")
        self._under_way = Static("", id="under-way")
        self._table: PagedTable[Person] = PagedTable(COLUMNS, self._cells, lambda each: each.login, id="people")

    @property
    def crumb(self) -> str:
        return "People"

    @property
    def enter_does(self) -> str:
        return "" if self._table.current is None else "accounts"

    @property
    def _sees(self) -> bool:
        return self.desk.session.may("people.see")

    def body(self) -> ComposeResult:
        if not self._sees:
            yield EmptyState(NOT_YOURS.format(**whose(self.desk.session, "people.see")))
            return
        yield self._counts
        yield self._table
        yield self._under_way

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """What the person may not do is not offered, nor what cannot be done to the person under the cursor."""
        if action in ("filter", "theirs"):
            return self._sees
        if action not in RIGHTS:
            return True
        if not self._sees or not self.desk.session.may(RIGHTS[action]):
            return False
        person = self._table.current
        if action in ("leave", "role", "password"):
            mine = person is not None and person.login == self.desk.session.user
            gone = person is not None and person.disabled_at is not None
            service = person is not None and person.role in ("worker", "webhook")
            return person is not None and not (mine and action != "password") and not (
                action == "role" and (gone or service)
            )  # fmt: skip
        return True

    def look_again(self) -> None:
        if self._sees:
            self.ask(self._staff.people, self._show)

    def _show(self, people: tuple[Person, ...]) -> None:
        self._people = people
        shown = [each for each in people if self._gone_too or each.disabled_at is None or each.held]
        self._table.fill(shown)
        here = [each for each in people if each.disabled_at is None]
        text = f" {len(here):,} people, {sum(each.held for each in people):,} accounts, "
        text += f"{sum(each.due for each in people):,} to be followed up"
        line = plain(text, "bold")
        left = sum(each.held for each in people if each.disabled_at is not None)
        if left:
            line += plain(f"   {left:,} lie with who has left", "$text-error")
        self._counts.update(line)
        self.refresh_bindings()

    @on(PagedTable.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()
        person = self._table.current
        if person is None:
            self._under_way.update("")
            return
        self.ask(lambda: self._staff.open_work(person.login), self._show_work, topic="work", quiet=True)

    def _show_work(self, work: OpenWork) -> None:
        lines = [plain(f"{work.login} has under way: ", "$text-muted") + plain(left_open(work))]
        if work.clients:
            lines.append(plain(f"Next accounts go there from {', '.join(work.clients)}.", "$text-muted"))
        if not self.desk.session.may("office.administer"):
            who = whose(self.desk.session, "office.administer")["who"]
            lines.append(plain(f"Adding people and shutting logins: {who[:1].lower()}{who[1:]}", "$text-muted"))
        self._under_way.update(Content("\n").join(lines))

    # ---- keys --------------------------------------------------------------------------------------------------------

    @on(PagedTable.Opened)
    def action_theirs(self) -> None:
        if self._table.current is not None:
            self.post_message(OpenAccounts(f"collector:{self._table.current.login}"))

    def action_filter(self) -> None:
        self._gone_too = not self._gone_too
        self._show(self._people)

    def _open(self, form: FormDialog[str]) -> None:
        self.app.push_screen(form, self._done)

    def _done(self, said: str | None) -> None:
        if said:
            self.say(said, "good")
            self.look_again()

    def _on_person(self, then: Callable[[Person], None]) -> None:
        if self._table.current is not None:
            then(self._table.current)

    def action_newcomer(self) -> None:
        self._open(NewcomerForm(self.desk, self._staff))

    def action_role(self) -> None:
        self._on_person(lambda person: self._open(RoleForm(self.desk, self._staff, person)))

    def action_password(self) -> None:
        self._on_person(lambda person: self._open(PasswordForm(self.desk, self._staff, person)))

    def action_leave(self) -> None:
        def ask(person: Person) -> None:
            self.ask(
                lambda: self._staff.open_work(person.login),
                lambda work: self._open(LeaveForm(self.desk, self._staff, person, work)),
                topic="leave", hold=True,
            )  # fmt: skip

        self._on_person(ask)

    def action_team(self) -> None:
        person = self._table.current

        def ask(teams: tuple[Team, ...]) -> None:
            team = next((each for each in teams if person is not None and each.name == person.team), None)
            self._open(TeamForm(self.desk, self._teams, team, person))

        self.ask(self._teams.list, ask, topic="teams", hold=True)

    def action_give(self) -> None:
        person = self._table.current
        self._open(GiveForm(self.desk, self._dealer, person.login if person and person.held else "nobody"))

    def action_rebalance(self) -> None:
        person = self._table.current
        self._open(RebalanceForm(self.desk, self._dealer, (person.team if person else None) or ""))

    # ---- lines -------------------------------------------------------------------------------------------------------

    def _cells(self, person: Person) -> tuple[Text, ...]:
        variables = self.app.theme_variables
        muted, alarm = variables["text-muted"], variables["text-error"]
        gone = person.disabled_at is not None
        full = person.most is not None and person.held > person.most
        style = muted if gone else ""
        limit = "" if person.most is None else GONE if person.most == NO_LIMIT else f"{person.most:,}"
        return (
            cell(person.login, style),
            cell(person.full_name, style),
            cell("has left" if gone else words(person.role), style),
            cell(person.team or "", style),
            cell(f"{person.held:,}" if person.held or person.most is not None else "",
                 alarm if full or (gone and person.held) else style, right=True),
            cell(limit, muted, right=True),
            cell(f"{person.due:,}" if person.due else "", style, right=True),
            cell(f"{self.desk.local(person.created_at):%-d %b %Y}", muted),
            cell(f"{self.desk.local(person.disabled_at):%-d %b %Y}" if person.disabled_at else "", muted),
        )  # fmt: skip

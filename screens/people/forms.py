"""Somebody comes, gets another role or password, joins a team."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens.base import Desk, FormDialog
from screens.people.ports import Staff, TeamBook
from screens.widgets import Entry, words
from services.access.results import ROLES
from services.errors import BadInput

if TYPE_CHECKING:
    from services.office import Person, Team

SHORTEST = 8


def most(text: str) -> str:
    """How many accounts a text allows, in words."""
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise BadInput("most", "a number of accounts, or nothing for no limit")
    return f"{int(text):,} open accounts"


class _Form(FormDialog[str]):
    """Gives the words to say when it was accepted."""

    def accepted(self, said: str) -> None:
        """Close with what to say."""
        self.dismiss(said)


class _PasswordForm(_Form):
    """What every form that sets a password asks, twice."""

    def password_entries(self) -> tuple[Entry, ...]:
        return (
            Entry("password", "Password", required=True, password=True, max_length=256, check=self._long_enough),
            Entry("again", "Again", required=True, password=True, max_length=256, check=self._same),
        )

    def _long_enough(self, text: str) -> str:
        if len(text) < SHORTEST:
            raise BadInput("password", f"a password has at least {SHORTEST} characters")
        return ""

    def _same(self, text: str) -> str:
        if text != self.form["password"].value:
            raise BadInput("again", "that is not the same as above")
        return ""


class NewcomerForm(_PasswordForm):
    """Somebody comes; gives what to say."""

    def __init__(self, desk: Desk, staff: Staff) -> None:
        self._staff = staff
        super().__init__(desk, "Somebody comes", "They sign in with this login, and may change the password.", "add")

    def entries(self) -> tuple[Entry, ...]:
        return (
            Entry("login", "Login", required=True, max_length=41, placeholder="small letters and digits", width=30),
            Entry("name", "Full name", required=True, max_length=120),
            Entry("role", "Role", "collector", codes=ROLES, width=20),
            *self.password_entries(),
        )

    def send(self) -> None:
        typed = self.form.values
        login, name, role, password = typed["login"], typed["name"], typed["role"], typed["password"]
        self.act(
            lambda: self._staff.add(login, name, role, password=password),
            lambda made: self.accepted(f"{made.login} can sign in now"),
        )


class PasswordForm(_PasswordForm):
    """A new password; somebody who had left comes back with it."""

    def __init__(self, desk: Desk, staff: Staff, person: Person) -> None:
        self._staff, self._person = staff, person
        gone = person.disabled_at is not None
        title = f"{person.login} comes back" if gone else f"New password of {person.login}"
        about = "They sign in again as they were, with this password." if gone else "The old one is good no more."
        super().__init__(desk, title, about, "let in" if gone else "set")

    def entries(self) -> tuple[Entry, ...]:
        return self.password_entries()

    def send(self) -> None:
        person, password = self._person, self.form["password"].value

        def deed() -> None:
            if person.disabled_at is not None:
                self._staff.enable(person.login, password)
            else:
                self._staff.set_password(person.login, password)

        self.act(deed, lambda _: self.accepted(f"{person.login} has a new password"))


class RoleForm(_Form):
    """Another role."""

    def __init__(self, desk: Desk, staff: Staff, person: Person) -> None:
        self._staff, self._person = staff, person
        super().__init__(desk, f"Role of {person.login}", "Who is signed in has to sign in again.", "change")

    def entries(self) -> tuple[Entry, ...]:
        return (Entry("role", "Role", self._person.role, codes=ROLES, width=20),)

    def send(self) -> None:
        login, role = self._person.login, self.form["role"].value
        self.act(
            lambda: self._staff.set_role(login, role),
            lambda changed: self.accepted(f"{login} is {words(changed.role)} now"),
        )


class TeamForm(_Form):
    """A team: who is in it, and how many accounts each of them works."""

    def __init__(self, desk: Desk, teams: TeamBook, team: Team | None, person: Person | None) -> None:
        self._teams, self._team, self._person = teams, team, person
        about = "A name that is new makes a new team. Who is in another team leaves it."
        super().__init__(desk, "Team", about, "save")

    def entries(self) -> tuple[Entry, ...]:
        team = self._team
        members = team.members if team else (self._person.login,) if self._person else ()
        limit = str(team.most) if team and team.most is not None else ""
        return (
            Entry("team", "Team", team.name if team else "", required=True, max_length=31, width=24),
            Entry("members", "Who", " ".join(members), max_length=2000, placeholder="logins, a space between them"),
            Entry("most", "At most", limit, max_length=15, check=most, placeholder="no limit", width=16),
        )

    def send(self) -> None:
        typed = self.form.values
        name, members = typed["team"], typed["members"].replace(",", " ").split()
        limit = int(typed["most"]) if typed["most"] else None
        old = self._team.most if self._team and self._team.name == name else None

        def deed() -> None:
            self._teams.set(name, members)
            if limit != old:
                self._teams.limit(name, limit)

        self.act(deed, lambda _: self.accepted(f"Team {name}: {', '.join(members) or 'nobody'}"))

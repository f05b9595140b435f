"""People, rights and questions in memory: for drawing screens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from services.access.limits import NO_LIMIT
from services.access.results import ROLES, Allowance, Limit, Question
from services.domain.money import Money
from services.office import Given, HandOver, OpenBatch, OpenWork, Person, Rebalanced, Share, Team, User
from tests.screens.fakes import NOW, Fake
from tests.support.rights import shipped

Heard = Callable[[int], None]


def person(login: str, role: str = "collector", held: int = 0, **more: Any) -> Person:
    """Somebody who came in spring."""
    name = {"ana": "Ana Alvarez", "ben": "Ben [old] Osei", "bea": "Bea Whitfield"}.get(login, login.title())
    most = 300 if role == "collector" else None if role == "readonly" else NO_LIMIT
    base = Person(login, name, role, None, held, most, held // 9, NOW - timedelta(days=200), None)
    return replace(base, **more)


CREW = (
    person("ada", "agency_admin"),
    person("ana", held=212, team="north"),
    person("bea", "supervisor", 4, due=0),
    person("ben", held=318, team="north"),
    person("cleo", held=20, team="north", most=150),
    person("rex", "readonly"),
    person("finn", held=7, disabled_at=NOW - timedelta(days=3)),
)
WORK = OpenWork("ana", 212, 80, 23, 12, 5, 1, (OpenBatch(7, "mail", "keying", True),), ("HXL",), 0)


@dataclass
class FakeStaff(Fake):
    """The people of the agency."""

    crew: dict[str, Person] = field(default_factory=lambda: {each.login: each for each in CREW})
    work: dict[str, OpenWork] = field(default_factory=lambda: {"ana": WORK})

    def people(self) -> tuple[Person, ...]:
        self.enter("people")
        return tuple(self.crew.values())

    def open_work(self, login: str) -> OpenWork:
        self.enter("open_work", login)
        held = self.crew[login].held
        return self.work.get(login, OpenWork(login, held, 0, 0, 0, 0, 0, (), (), 0))

    def _user(self, login: str) -> User:
        who = self.crew[login]
        return User(login, who.full_name, who.role, "HARBOR", who.created_at, who.disabled_at)

    def add(self, login: str, full_name: str, role: str, *, password: str, agency: str | None = None) -> User:
        self.enter("add", login, full_name, role, password, agency)
        self.crew[login] = person(login, role, full_name=full_name)
        return self._user(login)

    def disable(
        self, login: str, *, to: Sequence[str] = (), team: str | None = None, leave: bool = False, progress: Heard
    ) -> HandOver:
        self.enter("disable", login, tuple(to), team, leave)
        went = 0 if leave else self.crew[login].held
        progress(went)
        self.crew[login] = replace(self.crew[login], held=self.crew[login].held - went, disabled_at=NOW)
        return HandOver(login, went)

    def hand_over(self, login: str, *, to: Sequence[str] = (), team: str | None = None, progress: Heard) -> HandOver:
        self.enter("hand_over", login, tuple(to), team)
        went = self.crew[login].held
        self.crew[login] = replace(self.crew[login], held=0)
        progress(went)
        return HandOver(login, went)

    def enable(self, login: str, password: str) -> User:
        self.enter("enable", login, password)
        self.crew[login] = replace(self.crew[login], disabled_at=None)
        return self._user(login)

    def set_role(self, login: str, role: str) -> User:
        self.enter("set_role", login, role)
        self.crew[login] = replace(self.crew[login], role=role)
        return self._user(login)

    def set_password(self, login: str, password: str) -> None:
        self.enter("set_password", login, password)


@dataclass
class FakeTeams(Fake):
    """One team."""

    teams: tuple[Team, ...] = (Team("north", 300, ("ana", "ben", "cleo"), 550),)

    def list(self) -> tuple[Team, ...]:
        self.enter("list")
        return self.teams

    def set(self, team: str, members: Sequence[str]) -> None:
        self.enter("set", team, tuple(members))

    def limit(self, team: str, most: int | None) -> None:
        self.enter("limit", team, most)


@dataclass
class FakeDealer(Fake):
    """Accounts that change hands at once."""

    shares: tuple[Share, ...] = (
        Share("ana", 212, 300, 200), Share("ben", 318, 300, 200), Share("cleo", 20, 150, 150),
    )  # fmt: skip

    def plan(self, team: str | None = None, *, unassigned: bool = False) -> Rebalanced:
        self.enter("plan", team, unassigned)
        return Rebalanced(team, self.shares, None)

    def rebalance(self, team: str | None = None, *, unassigned: bool = False, progress: Heard) -> Rebalanced:
        self.enter("rebalance", team, unassigned)
        progress(130)
        return Rebalanced(team, self.shares, 130)

    def count(self, giver: str, **more: Any) -> Given:
        self.enter("count", giver, more)
        return Given(212, 100, None)

    def give(self, giver: str, *, progress: Heard, **more: Any) -> Given:
        self.enter("give", giver, more)
        progress(100)
        return Given(212, 100, 100)


def allowance(act: str, what: str, **more: Any) -> Allowance:
    """An act as it is shipped."""
    roles = tuple(role for role in ROLES if role in shipped()[act])
    return replace(Allowance(act, "x", what, roles, roles, ("agency_admin", "supervisor"), False, False), **more)


ACTS = (
    allowance("people.see", "see who works how many accounts"),
    allowance("account.note", "write notes, calls, follow-up dates and priorities",
              possible=("agency_admin", "supervisor", "collector")),
    allowance("payment.reverse", "reverse a payment", roles=ROLES[:3], possible=ROLES[:3], two=True, two_wanted=True),
    allowance("refund.make", "give a card payment back", two=True),
    allowance("account.assign", "assign accounts", roles=("agency_admin",)),
    allowance("rights.set", "decide who may do what", possible=()),
)  # fmt: skip
LIMITS = (
    Limit("payment", "collector", None, 500_00, True),
    Limit("payment", "supervisor", None, NO_LIMIT, False),
    Limit("settlement", "supervisor", None, 1250, True),
    Limit("accounts", "collector", None, 300, True),
    Limit("accounts", None, "cleo", 150, True),
)


@dataclass
class FakeRights(Fake):
    """A few acts and limits."""

    acts: tuple[Allowance, ...] = ACTS

    def show(self) -> tuple[Allowance, ...]:
        self.enter("show")
        return self.acts

    def limits(self) -> tuple[Limit, ...]:
        self.enter("limits")
        return LIMITS

    def set(self, act: str, role: str, *, allowed: bool) -> None:
        self.enter("set", act, role, allowed)

    def set_two(self, act: str, *, wanted: bool) -> None:
        self.enter("set_two", act, wanted)

    def set_limit(
        self, what: str, most: Money | int | None, *, role: str | None = None, user: str | None = None
    ) -> None:
        self.enter("set_limit", what, most, role, user)


QUESTIONS = (
    Question(12, "payment.reverse", "reverse R-000481-4, 100.00 USD on 10023-3, nsf", "open", "ben",
             NOW - timedelta(minutes=9), None, None, False),
    Question(11, "refund.make", "give back 250.00 USD of R-000479-8 [x] on 10030-8", "open", "ana",
             NOW - timedelta(minutes=40), None, None, True),
    Question(9, "settlement.below", "settle 10037-3 for 100.00 USD of 1,000.00 USD", "approved", "ben",
             NOW - timedelta(hours=5), "bea", NOW - timedelta(hours=4), False),
)  # fmt: skip


@dataclass
class FakeApprovals(Fake):
    """Three questions."""

    questions: tuple[Question, ...] = QUESTIONS

    def list(self, *, old: bool = False) -> tuple[Question, ...]:
        self.enter("list", old)
        return self.questions

    def _answer(self, number: int, state: str) -> None:
        self.questions = tuple(
            replace(each, state=state, decided_by="ana") if each.id == number else each for each in self.questions
        )

    def give(self, question: int) -> None:
        self.enter("give", question)
        self._answer(question, "approved")

    def refuse(self, question: int) -> None:
        self.enter("refuse", question)
        self._answer(question, "refused")

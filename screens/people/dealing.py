"""Accounts change hands: a pile, a leaver's work, a whole team."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from screens.base import Desk, FormDialog
from screens.dialogs.confirm import Confirm
from screens.people.ports import Dealer, Progress, Staff
from screens.widgets import Entry
from services.errors import BadInput

if TYPE_CHECKING:
    from services.office import Given, HandOver, OpenWork, Person, Rebalanced

T = TypeVar("T")
STATUSES = ("any", "new", "assigned", "in_contact", "negotiating", "payment_plan", "disputed")
TEAM = "team:"


def takers(text: str) -> tuple[Sequence[str], str | None]:
    """Logins, or the team that ``team:north`` names."""
    typed = text.replace(",", " ").split()
    teams = [word for word in typed if word.startswith(TEAM)]
    if not teams:
        return typed, None
    if len(typed) > 1:
        raise BadInput("to", "people or one team, not both")
    return (), teams[0].removeprefix(TEAM)


def echo_takers(text: str) -> str:
    """Who is meant."""
    people, team = takers(text)
    return f"everybody in {team}" if team else "shared, always to who has least" if len(people) > 1 else ""


def to_whom(*, required: bool) -> Entry:
    return Entry(
        "to", "To", required=required, max_length=2000, check=echo_takers, placeholder="ana ben, or team:north"
    )


class _Dealing(FormDialog[str]):
    """Says how far a long deed has come, and gives the words to say at its end."""

    def accepted(self, said: str) -> None:
        """Close with what to say."""
        self.dismiss(said)

    def deal(self, deed: Callable[[Progress], T], done: Callable[[T], None], doing: str, of: int) -> None:
        def heard(gone: int) -> None:
            self.app.call_from_thread(self.say, f"{doing} {gone:,} of {of:,}", "busy")

        self.act(lambda: deed(heard), done, doing=f"{doing}…")


class GiveForm(_Dealing):
    """A pile of somebody's accounts, or of nobody's."""

    def __init__(self, desk: Desk, dealer: Dealer, giver: str) -> None:
        self._dealer, self._giver = dealer, giver
        super().__init__(desk, "Give accounts", "Open accounts only, and nobody gets more than they may have.", "give")

    def entries(self) -> tuple[Entry, ...]:
        return (
            Entry("giver", "From", self._giver, required=True, max_length=41, placeholder="login, or nobody", width=24),
            Entry("client", "Client", max_length=16, placeholder="any", width=18),
            Entry("status", "Status", codes=STATUSES, width=20),
            to_whom(required=True),
        )

    def send(self) -> None:
        typed = self.form.values
        people, team = takers(typed["to"])
        giver, client = typed["giver"], typed["client"].upper() or None
        status = None if typed["status"] == "any" else typed["status"]

        def sure(found: Given) -> None:
            going = min(found.accounts, found.room)
            if going == 0:
                self.say("No open account fits that" if found.accounts == 0 else "Nobody there takes more", "warn")
                return
            left = found.accounts - going
            effect = f"{going:,} accounts of {giver} go to {typed['to']}." + f" {left:,} do not fit." * bool(left)
            self.app.push_screen(Confirm("Give them?", effect, "give"), lambda yes: give(going) if yes else None)

        def give(going: int) -> None:
            self.deal(
                lambda heard: self._dealer.give(
                    giver, to=people, team=team, client=client, status=status, progress=heard
                ),
                lambda done: self.accepted(f"{done.moved or 0:,} accounts of {giver} given to {typed['to']}"),
                "Giving", going,
            )  # fmt: skip

        self.ask(lambda: self._dealer.count(giver, to=people, team=team, client=client, status=status), sure, hold=True)


class RebalanceForm(_Dealing):
    """A team becomes level; the plan is shown before."""

    def __init__(self, desk: Desk, dealer: Dealer, team: str) -> None:
        self._dealer, self._team = dealer, team
        about = "Everybody ends with as many accounts, nobody above their limit. Nothing moves before you have seen it."
        super().__init__(desk, "Rebalance", about, "show")

    def entries(self) -> tuple[Entry, ...]:
        return (
            Entry("team", "Team", self._team, max_length=31, placeholder="every collector", width=24),
            Entry("unassigned", "Nobody's", codes=("leave", "spread"), width=20),
        )

    def send(self) -> None:
        team, spread = self.form["team"].value or None, self.form["unassigned"].value == "spread"

        def sure(plan: Rebalanced) -> None:
            going = sum(max(each.change, 0) for each in plan.shares)
            if not going:
                self.say("They are level already", "good")
                return
            effect = f"{going:,} accounts change hands:\n\n" + "\n".join(plan_lines(plan))
            self.app.push_screen(Confirm("Rebalance?", effect, "rebalance"), lambda yes: level(going) if yes else None)

        def level(going: int) -> None:
            self.deal(
                lambda heard: self._dealer.rebalance(team, unassigned=spread, progress=heard),
                lambda done: self.accepted(f"{done.moved or 0:,} accounts changed hands"),
                "Rebalancing", going,
            )  # fmt: skip

        self.ask(lambda: self._dealer.plan(team, unassigned=spread), sure, hold=True)


SHOWN = 12
"""Lines of a plan that fit into a dialog."""


def plan_lines(plan: Rebalanced) -> list[str]:
    """The greatest changes first."""
    changed = sorted((each for each in plan.shares if each.change), key=lambda each: (-abs(each.change), each.login))
    lines = [f"{each.login:<16}{each.held:>8,} → {each.target:>7,}  {each.change:+,}" for each in changed[:SHOWN]]
    return lines + [f"and {len(changed) - SHOWN} more"] * (len(changed) > SHOWN)


def left_open(work: OpenWork) -> str:
    """What somebody leaves, in words."""
    parts = (
        (work.accounts, "account"), (work.due, "follow-up due"), (work.promises, "promise"), (work.plans, "plan"),
        (work.settlements, "offer"), (len(work.batches), "batch"), (len(work.clients), "client"),
    )  # fmt: skip
    said = [f"{count:,} {_many(name) if count != 1 else name}" for count, name in parts if count]
    return ", ".join(said) or "nothing"


def _many(name: str) -> str:
    return {"batch": "batches", "follow-up due": "follow-ups due"}.get(name, name + "s")


class LeaveForm(_Dealing):
    """Somebody leaves, or has left: what is open goes to others."""

    def __init__(self, desk: Desk, staff: Staff, person: Person, work: OpenWork) -> None:
        self._staff, self._person, self._work = staff, person, work
        self._gone = person.disabled_at is not None
        stuck = [str(batch.id) for batch in work.batches if not batch.goes]
        about = f"{person.login} has under way: {left_open(work)}." + (
            f" Batch {', '.join(stuck)} is keyed blind: nobody can go on with it, a supervisor ends it." * bool(stuck)
        )
        title = f"Work of {person.login}" if self._gone else f"{person.login} leaves"
        super().__init__(desk, title, about, "hand over" if self._gone else "shut login")

    def entries(self) -> tuple[Entry, ...]:
        work = Entry("work", "Open work", codes=("goes", "lies"), check=self._lying, width=20)
        work.display = not self._gone and not self._work.nothing
        to = to_whom(required=not self._work.nothing and self._gone)
        to.display = not self._work.nothing
        return (Entry("sure", "Type login", required=True, placeholder=self._person.login, check=self._same), work, to)

    def _same(self, text: str) -> str:
        if text != self._person.login:
            raise BadInput("sure", f"type {self._person.login} for exactly this person")
        return ""

    def _lying(self, code: str) -> str:
        return "nobody works it until it is handed over" if code == "lies" else ""

    def send(self) -> None:
        login = self._person.login
        people, team = takers(self.form["to"].value)
        lies = self.form["work"].value == "lies" and self.form["work"].display
        if not lies and not (people or team) and not self._work.nothing:
            self.form.show_error("to", "who takes the open work?")
            return
        if lies:
            people, team = (), None

        def deed(heard: Progress) -> HandOver:
            if self._gone:
                return self._staff.hand_over(login, to=people, team=team, progress=heard)
            return self._staff.disable(login, to=people, team=team, leave=lies, progress=heard)

        def done(gone: HandOver) -> None:
            shut = "" if self._gone else f"{login} can sign in no more. "
            went = f"{gone.accounts:,} accounts, {gone.batches} batches, {gone.clients} clients went to others"
            self.accepted(shut + (went if gone.accounts or gone.batches or gone.clients else ""))

        self.deal(deed, done, "Handing over", self._work.accounts)

"""Another answer: to who may, to how many persons, to how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from screens.base import Desk, FormDialog
from screens.rights.ports import RightsBook
from screens.widgets import Entry, Form, words
from services.access.limits import KINDS, most_in_words, parse_most
from services.access.results import ROLES
from services.domain.money import Money

if TYPE_CHECKING:
    from services.access.results import Allowance, Limit

ANSWERS = ("yes", "no")


class _Form(FormDialog[str]):
    """Gives the words to say when it was accepted."""

    def accepted(self, said: str) -> None:
        """Close with what to say."""
        self.dismiss(said)


class AnswerForm(_Form):
    """Whether a role may do an act."""

    def __init__(self, desk: Desk, book: RightsBook, act: Allowance) -> None:
        self._book, self._act = book, act
        never = [words(role) for role in ROLES if role not in act.possible]
        about = f"To {act.what}." + f" Never: {', '.join(never)}." * bool(never)
        super().__init__(desk, f"Who may: {act.act}", about, "decide")

    def entries(self) -> tuple[Entry, ...]:
        first = self._act.possible[0]
        return (
            Entry("role", "Role", first, codes=self._act.possible, width=20),
            Entry("answer", "May", self._now(first), codes=ANSWERS, width=12),
        )

    def _now(self, role: str) -> str:
        return "yes" if role in self._act.roles else "no"

    @on(Form.Changed)
    def show_answer(self, event: Form.Changed) -> None:
        """Another role is answered as it stands."""
        if event.entry.field == "role":
            self.form["answer"].value = self._now(event.entry.value)

    def send(self) -> None:
        act, role, may = self._act.act, self.form["role"].value, self.form["answer"].value == "yes"
        said = f"{words(role)}: {'may' if may else 'may no longer'} {self._act.what}"
        self.act(lambda: self._book.set(act, role, allowed=may), lambda _: self.accepted(said))


class LimitForm(_Form):
    """How much of something a role or a person may."""

    def __init__(self, desk: Desk, book: RightsBook, limit: Limit | None) -> None:
        self._book, self._limit = book, limit
        about = "A role, or the login of one person, whose own limit goes before their role's. none takes it back."
        super().__init__(desk, "Limit", about, "set")

    def entries(self) -> tuple[Entry, ...]:
        old = self._limit
        whose = (old.user or old.role or "") if old else ""
        return (
            Entry("what", "Of", old.what if old else KINDS[0], codes=KINDS, width=20),
            Entry("whose", "Whose", whose, required=True, max_length=41, placeholder="collector, or ana", width=24,
                  check=lambda text: "everybody in this role" if text in ROLES else "one person"),
            Entry("most", "At most", required=True, max_length=24, check=self._echo, width=24,
                  placeholder=most_in_words(old.what, old.most, self.desk.session.currency) if old else ""),
        )  # fmt: skip

    def _parsed(self, text: str) -> Money | int | None:
        return parse_most(self.form["what"].value, text, self.desk.session.currency)

    def _echo(self, text: str) -> str:
        most = self._parsed(text)
        if most is None:
            return "as their role, or as shipped"
        minor = most.minor if isinstance(most, Money) else most
        return most_in_words(self.form["what"].value, minor, self.desk.session.currency)

    def send(self) -> None:
        what, whose = self.form["what"].value, self.form["whose"].value
        most = self._parsed(self.form["most"].value)
        role, user = (whose, None) if whose in ROLES else (None, whose)
        said = f"{words(what)} of {words(whose)}: {self._echo(self.form['most'].value)}"
        self.act(lambda: self._book.set_limit(what, most, role=role, user=user), lambda _: self.accepted(said))

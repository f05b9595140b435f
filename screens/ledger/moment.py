"""Which moment the books are asked about: two clocks, asked for by one small form."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from screens.base import Desk, FormDialog, whose
from screens.widgets import EmptyState, Entry
from services.domain.dates import parse_date, parse_since, parse_until
from services.ledger.results import NOW, Clocks

if TYPE_CHECKING:
    from services.access.results import Session

NOT_YOURS = """Your role, {role}, does not read the books. {who}

The postings of an account you hold: b on its screen."""


class WhichMoment(FormDialog[Clocks]):
    """Asks for both clocks; an empty field is now."""

    def __init__(self, desk: Desk, at: Clocks) -> None:
        self._at = at
        super().__init__(desk, "Which moment?", "An empty field is now. Days: t, -1, 31 Oct; times also: -7d, -12h",
                         "show")  # fmt: skip

    def entries(self) -> tuple[Entry, ...]:
        at = self._at
        known = self.desk.local(at.known_at) if at.known_at else None
        return (
            Entry("as_of", "Counts up to", at.as_of.isoformat() if at.as_of else "", check=self._day, width=18),
            Entry("known_at", "Known at", f"{known:%Y-%m-%dT%H:%M}" if known else "", check=self._time, width=18),
        )

    def _day(self, text: str) -> str:
        return f"{parse_date(text, self.desk.today, field='as_of'):%a %d %b %Y}"

    def _time(self, text: str) -> str:
        return f"{self._known(text):%a %d %b %Y %H:%M}"

    def _known(self, text: str) -> datetime:
        """A day is meant to its end."""
        now = self.desk.now().astimezone(self.desk.local(self.desk.now()).tzinfo)
        begins, ends = parse_since(text, now, field="known_at"), parse_until(text, now, field="known_at")
        return ends if begins == ends else ends - timedelta(microseconds=1)

    def send(self) -> None:
        values = self.form.values
        as_of = parse_date(values["as_of"], self.desk.today, field="as_of") if values["as_of"] else None
        self.dismiss(Clocks(as_of, self._known(values["known_at"]) if values["known_at"] else None))


def told(at: Clocks, desk: Desk) -> str:
    """The moment in words."""
    if at == NOW:
        return "now"
    said = [f"counting up to {at.as_of:%-d %b %Y}"] if at.as_of else []
    known = [f"known at {desk.local(at.known_at):%-d %b %Y %H:%M}"] if at.known_at else []
    return ", ".join(said + known)


def may_read(session: Session) -> bool:
    return session.may("books.see")


def not_yours(session: Session) -> EmptyState:
    """What stands in place of the books for those who do not read them."""
    return EmptyState(NOT_YOURS.format(**whose(session, "books.see")))

"""Which instant: asked for by a small form."""

from __future__ import annotations

from datetime import datetime, timedelta

from screens.audit.telling import moment
from screens.base import Desk, FormDialog
from screens.widgets import Entry
from services.domain.dates import parse_since, parse_until


class WhichInstant(FormDialog[datetime]):
    """Gives the instant; a day is meant to its end."""

    def __init__(self, desk: Desk, about: str) -> None:
        super().__init__(desk, "As it was", f"{about}, at: t, -1, 31 Oct, -7d, -12h, 2026-11-01T14:30", "show")

    def entries(self) -> tuple[Entry, ...]:
        return (Entry("at", "At", check=self._echo, required=True, width=22),)

    def _echo(self, text: str) -> str:
        return moment(self.desk, self._meant(text))

    def _meant(self, text: str) -> datetime:
        now = self.desk.local(self.desk.now())
        begins, ends = parse_since(text, now, field="at"), parse_until(text, now, field="at")
        return ends if begins == ends else ends - timedelta(microseconds=1)

    def send(self) -> None:
        self.dismiss(self._meant(self.form.values["at"]))

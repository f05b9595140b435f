"""Teams: whose work is levelled together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.office.people import Team
from services.store import Store

LIST: Final = "select name, most, members, held from debtflow.team_list()"


class Teams:
    """Read by the office, changed by those who make teams; others get NotAllowed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self) -> tuple[Team, ...]:
        """Every team of the agency."""
        rows = self._store.ask(lambda c: c.exec_driver_sql(LIST).all())
        return tuple(Team(row.name, row.most, tuple(row.members), row.held) for row in rows)

    def set(self, team: str, members: Sequence[str]) -> None:
        """Make a team, or say anew who is in it; who was in another one leaves it. Raises NotFound for a stranger."""
        self._store.act(lambda c: c.exec_driver_sql("select debtflow.team_set(%s, %s)", (team, list(members))))

    def limit(self, team: str, most: int | None) -> None:
        """How many open accounts each of them holds at most; None takes the limit away."""
        self._store.act(lambda c: c.exec_driver_sql("select debtflow.team_limit(%s, %s)", (team, most)))

    def remove(self, team: str) -> None:
        """Forget the team; its people keep their accounts."""
        self._store.act(lambda c: c.exec_driver_sql("select debtflow.team_remove(%s)", (team,)))

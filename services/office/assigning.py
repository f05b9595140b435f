"""Giving many accounts at once: from one person to others, and level over a team.

Each works in steps of its own transaction and can be stopped between them: what is done is done, and the same again
goes on from there. Nobody gets more than they may hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from services.errors import BadInput
from services.office.people import Given, Rebalanced, Share
from services.store import Store

STEP: Final = 500
PLAN: Final = "select login, held, most, target from debtflow.rebalance_plan(%s, %s)"
LEVEL: Final = "select debtflow.rebalance_step(%s, %s, %s)"
COUNT: Final = "select accounts, room from debtflow.accounts_to_give(%s, %s, %s, %s, %s)"
GIVE: Final = "select debtflow.accounts_give(%s, %s, %s, %s, %s, %s)"
NOBODY: Final = "nobody"
"""Whose accounts those are that nobody has."""

Progress = Callable[[int], None]


def silent(_done: int) -> None:
    """Nobody listens."""


class Assigning:
    """For those who assign accounts; others get NotAllowed. One account is assigned by the service of accounts."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def plan(self, team: str | None = None, *, unassigned: bool = False) -> Rebalanced:
        """What a rebalancing would come to; of no team, over every collector. ``unassigned`` spreads nobody's too."""
        rows = self._store.ask(lambda c: c.exec_driver_sql(PLAN, (team, unassigned)).all())
        return Rebalanced(team, tuple(Share(*row) for row in rows), None)

    def rebalance(
        self, team: str | None = None, *, unassigned: bool = False, progress: Progress = silent
    ) -> Rebalanced:
        """Level the accounts of a team; ``progress`` hears how many have gone so far. Raises NotFound, Busy."""
        planned = self.plan(team, unassigned=unassigned)
        moved = self._steps(LEVEL, (team, unassigned), progress)
        return Rebalanced(team, planned.shares, moved)

    def count(
        self,
        giver: str,
        *,
        to: Sequence[str] = (),
        team: str | None = None,
        client: str | None = None,
        status: str | None = None,
    ) -> Given:
        """How many open accounts of somebody (``nobody``: of nobody) there are, and how many fit."""
        values = _whose(giver, client, status, to, team)
        row = self._store.ask(lambda c: c.exec_driver_sql(COUNT, values).one())
        return Given(row.accounts, row.room, None)

    def give(
        self,
        giver: str,
        *,
        to: Sequence[str] = (),
        team: str | None = None,
        client: str | None = None,
        status: str | None = None,
        progress: Progress = silent,
    ) -> Given:
        """Give somebody's open accounts to people or to a team, always to who has least, until nothing more fits."""
        found = self.count(giver, to=to, team=team, client=client, status=status)
        moved = self._steps(GIVE, _whose(giver, client, status, to, team), progress)
        return Given(found.accounts, found.room, moved)

    def _steps(self, query: str, values: tuple[object, ...], progress: Progress) -> int:
        moved = 0
        while step := self._store.act(lambda c: int(c.exec_driver_sql(query, (*values, STEP)).scalar_one())):
            moved += step
            progress(moved)
        return moved


def takers(to: Sequence[str], team: str | None) -> list[str] | None:
    """People or a team, one of both; raises BadInput otherwise."""
    if bool(to) is (team is not None):
        raise BadInput("to", "say who takes the accounts: people, or a team")
    return list(to) or None


def _whose(
    giver: str, client: str | None, status: str | None, to: Sequence[str], team: str | None
) -> tuple[object, ...]:
    return (None if giver == NOBODY else giver, client, status, takers(to, team), team)

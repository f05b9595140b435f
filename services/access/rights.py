"""Who may do what, how much of it, and what takes two persons."""

from __future__ import annotations

from typing import Final

from services.access.results import Allowance, Limit, Question
from services.domain.money import Money
from services.store import Store

TABLE: Final = "select * from debtflow.rights_table()"
SET: Final = "select debtflow.permission_set(%s, %s, %s)"
SET_TWO: Final = "select debtflow.two_person_set(%s, %s)"
LIMITS: Final = "select what, role, login, most, agreed from debtflow.limits_table()"
SET_LIMIT: Final = "select debtflow.limit_set(%s, %s, %s, %s)"
QUESTIONS: Final = """
  select id, act, what, state, asked_by, asked_at, decided_by, decided_at, mine from debtflow.approvals(%s)"""
DECIDE: Final = "select debtflow.approval_decide(%s, %s)"


class Rights:
    """An agency's answers; read by everybody in it, changed by agency administrators: others get NotAllowed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def show(self) -> tuple[Allowance, ...]:
        """Every act, each with the roles that may do it and those that could."""
        rows = self._store.ask(lambda c: c.exec_driver_sql(TABLE).all())
        acts = {row.act: row for row in rows}

        def roles(act: str, what: str) -> tuple[str, ...]:
            return tuple(row.role for row in rows if row.act == act and getattr(row, what))

        return tuple(
            Allowance(
                row.act, row.family, row.what, roles(act, "allowed"), roles(act, "shipped"), roles(act, "possible"),
                row.two, row.two_wanted,
            )
            for act, row in acts.items()
        )  # fmt: skip

    def set(self, act: str, role: str, *, allowed: bool) -> None:
        """Let a role do an act, or no longer. From the next act on it is so; screens offer it from the next sign-in on.

        Raises NotFound for an unknown act, Refused where the role cannot be allowed it.
        """
        self._store.act(lambda c: c.exec_driver_sql(SET, (act, role, allowed)))

    def set_two(self, act: str, *, wanted: bool) -> None:
        """Want two persons for an act, or no longer; raises Refused for one that takes one person always."""
        self._store.act(lambda c: c.exec_driver_sql(SET_TWO, (act, wanted)))

    def limits(self) -> tuple[Limit, ...]:
        """How much each role may, and what single persons were given instead."""
        rows = self._store.ask(lambda c: c.exec_driver_sql(LIMITS).all())
        return tuple(Limit(*row) for row in rows)

    def set_limit(
        self, what: str, most: Money | int | None, *, role: str | None = None, user: str | None = None
    ) -> None:
        """Limit a role or a person: money of one act, basis points below the floor, rows; None takes it back."""
        minor = most.minor if isinstance(most, Money) else most
        self._store.act(lambda c: c.exec_driver_sql(SET_LIMIT, (what, role, user, minor)))


class Approvals:
    """What waits for a second person. Asking happens by itself, where an act that takes two is tried by one."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self, *, old: bool = False) -> tuple[Question, ...]:
        """Questions of the last day that the caller asked or may decide, newest first; ``old`` ones as well."""
        rows = self._store.ask(lambda c: c.exec_driver_sql(QUESTIONS, (old,)).all())
        return tuple(Question(*row) for row in rows)

    def give(self, question: int) -> None:
        """Say yes: whoever asked may do exactly this, once, within a day. Raises Refused for one's own question."""
        self._store.act(lambda c: c.exec_driver_sql(DECIDE, (question, True)))

    def refuse(self, question: int) -> None:
        """Say no. Raises Refused where it is decided already."""
        self._store.act(lambda c: c.exec_driver_sql(DECIDE, (question, False)))

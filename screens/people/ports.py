"""What the screen of people needs of the services."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from services.office import Given, HandOver, OpenWork, Person, Rebalanced, Team, User

Progress = Callable[[int], None]


class Staff(Protocol):
    """People come, leave and change."""

    def people(self) -> tuple[Person, ...]: ...
    def open_work(self, login: str) -> OpenWork: ...
    def add(self, login: str, full_name: str, role: str, *, password: str, agency: str | None = None) -> User: ...
    def disable(
        self, login: str, *, to: Sequence[str] = (), team: str | None = None, leave: bool = False,
        progress: Progress = ...,
    ) -> HandOver: ...  # fmt: skip
    def hand_over(
        self, login: str, *, to: Sequence[str] = (), team: str | None = None, progress: Progress = ...
    ) -> HandOver: ...
    def enable(self, login: str, password: str) -> User: ...
    def set_role(self, login: str, role: str) -> User: ...
    def set_password(self, login: str, password: str) -> None: ...


class TeamBook(Protocol):
    """Whose accounts are levelled together."""

    def list(self) -> tuple[Team, ...]: ...
    def set(self, team: str, members: Sequence[str]) -> None: ...
    def limit(self, team: str, most: int | None) -> None: ...


class Dealer(Protocol):
    """Many accounts change hands."""

    def plan(self, team: str | None = None, *, unassigned: bool = False) -> Rebalanced: ...
    def rebalance(
        self, team: str | None = None, *, unassigned: bool = False, progress: Progress = ...
    ) -> Rebalanced: ...
    def count(
        self, giver: str, *, to: Sequence[str] = (), team: str | None = None, client: str | None = None,
        status: str | None = None,
    ) -> Given: ...  # fmt: skip
    def give(
        self, giver: str, *, to: Sequence[str] = (), team: str | None = None, client: str | None = None,
        status: str | None = None, progress: Progress = ...,
    ) -> Given: ...  # fmt: skip

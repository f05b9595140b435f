"""What the screen of rights needs of the services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from services.access.results import Allowance, Limit
    from services.domain.money import Money


class RightsBook(Protocol):
    """The agency's answers."""

    def show(self) -> tuple[Allowance, ...]: ...
    def set(self, act: str, role: str, *, allowed: bool) -> None: ...
    def set_two(self, act: str, *, wanted: bool) -> None: ...
    def limits(self) -> tuple[Limit, ...]: ...
    def set_limit(
        self, what: str, most: Money | int | None, *, role: str | None = None, user: str | None = None
    ) -> None: ...

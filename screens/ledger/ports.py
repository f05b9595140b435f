"""The parts of the ledger service that these screens need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from services.ledger.results import Chart, Clocks, Statement, Subject, Transfer, Trust


class Books(Protocol):
    def accounts(self, at: Clocks = ...) -> Chart: ...

    def trust(self, at: Clocks = ...) -> Trust: ...

    def statement(self, of: Subject, at: Clocks = ..., *, limit: int = 50, after: str | None = None) -> Statement: ...

    def transfer(self, ref: int | str) -> Transfer: ...

"""What watching a charge needs of the services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from services.charges.results import Charge


class Charges(Protocol):
    """The part of the charge service that knows one charge."""

    def show(self, charge_id: UUID) -> Charge: ...
    def cancel(self, charge_id: UUID) -> Charge: ...

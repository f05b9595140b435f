"""Who and what the numbers in the trail stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

PEOPLE: Final = "select id, login from debtflow.users"
CLIENTS: Final = "select id, code from debtflow.client"


@dataclass(frozen=True, slots=True)
class Names:
    """Logins and clients' codes by the numbers that columns such as ``collector_id`` hold."""

    people: Mapping[int, str] = field(default_factory=dict)
    clients: Mapping[int, str] = field(default_factory=dict)

    def of(self, column: str, value: object) -> str | None:
        """The name that a number in this column stands for; None where it stands for nobody known."""
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        if column in ("collector_id", "user_id") or column.endswith("_by"):
            return self.people.get(value)
        return self.clients.get(value) if column == "client_id" else None


NO_NAMES: Final = Names()


def names(connection: Connection) -> Names:
    """Those that the caller may see."""
    return Names(
        {row.id: row.login for row in connection.exec_driver_sql(PEOPLE)},
        {row.id: row.code for row in connection.exec_driver_sql(CLIENTS)},
    )

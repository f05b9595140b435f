"""Who is signed in, and as what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

ROLES = ("agency_admin", "supervisor", "collector", "readonly")


@dataclass(frozen=True, slots=True)
class Session:
    """A live sign-in; times are UTC, ``today`` is the agency's own date."""

    user: str
    full_name: str
    role: str
    agency: str
    agency_name: str
    zone: str
    currency: str
    today: date
    opened_at: datetime
    expires_at: datetime

    @property
    def may_write(self) -> bool:
        return self.role != "readonly"

    @property
    def may_supervise(self) -> bool:
        return self.role in ("supervisor", "agency_admin")

    @property
    def may_administer(self) -> bool:
        return self.role == "agency_admin"

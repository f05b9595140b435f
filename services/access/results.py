"""Who is signed in, and as what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

ROLES: Final = ("agency_admin", "supervisor", "collector", "readonly")


@dataclass(frozen=True, slots=True)
class Session:
    """A live sign-in; times are UTC, ``today`` is the agency's own date.

    ``rights`` names the roles that may do each act, ``limits`` how much of it this person may, in minor units, basis
    points or rows; both as they stood at sign-in, for what is offered. What is done is decided by the database.
    """

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
    rights: Mapping[str, Sequence[str]] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)

    def may(self, *acts: str) -> bool:
        """Whether this person may do one of these acts at least."""
        return any(self.role in self.rights[act] for act in acts)

    def who_may(self, act: str) -> tuple[str, ...]:
        """The roles that may, the nearest to the desk first; none where nobody may."""
        return tuple(role for role in ("collector", "supervisor", "agency_admin", "readonly")
                     if role in self.rights[act])  # fmt: skip


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A live session of somebody; times are UTC.

    ``host``, ``tty`` and ``ssh`` (the other end of SSH) are what the program said of itself, ``address`` is where the
    server sees it come from, None for a socket of its own machine. ``seen`` is when the person last did something, to
    the minute; a service has none. ``doing`` is a screen or a command, ``act`` what the database is doing for it right
    now. ``writes`` are the tables that it holds locks of writing in, ``in_way_of`` the logins that wait for it, on
    ``accounts`` where that is known; ``waits`` that it waits itself.
    """

    id: int
    user: str
    full_name: str
    role: str
    host: str
    tty: str | None
    ssh: str | None
    address: str | None
    since: datetime
    seen: datetime | None
    expires: datetime | None
    doing: str | None
    connections: int
    act: str | None
    act_since: datetime | None
    waits: bool
    writes: tuple[str, ...]
    accounts: tuple[str, ...]
    in_way_of: tuple[str, ...]
    mine: bool
    current: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """A session that was ended; ``connections`` went with it, None where the database may not end any."""

    session: int
    connections: int | None


@dataclass(frozen=True, slots=True)
class Allowance:
    """One act and the roles of people that may do it; ``shipped`` is what holds where the agency says nothing.

    ``two`` is whether an agency may want two persons for it, ``two_wanted`` whether this one does.
    """

    act: str
    family: str
    what: str
    roles: tuple[str, ...]
    shipped: tuple[str, ...]
    possible: tuple[str, ...]
    two: bool
    two_wanted: bool


@dataclass(frozen=True, slots=True)
class Limit:
    """The most of something: a role's, or one person's; ``agreed`` where the agency said so.

    Money is in minor units of whatever it is spent on, a settlement in basis points below the floor, an export in rows.
    """

    what: str
    role: str | None
    user: str | None
    most: int
    agreed: bool


@dataclass(frozen=True, slots=True)
class Question:
    """Something that takes two persons; ``state`` is open, approved, refused, expired or done. Times are UTC."""

    id: int
    act: str
    what: str
    state: str
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    mine: bool

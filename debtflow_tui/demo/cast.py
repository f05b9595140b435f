"""Who is in the demo. Its passwords are no secrets: the sign-in screen shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who can sign in."""

    user: str
    full_name: str
    role: str

    @property
    def password(self) -> str:
        return f"{self.user}-demo"

    @property
    def serves(self) -> bool:
        """Whether it is a program's, and nobody sits down with it."""
        return self.role in ("worker", "webhook")


@dataclass(frozen=True, slots=True)
class OnTop:
    """What this creditor's debts may carry beside the principal: how often, and which part of it at the most."""

    column: str
    odds: float
    part: float


@dataclass(frozen=True, slots=True)
class Creditor:
    """A client with its ``share`` of the agency's accounts, placed so many months ago, for around ``typical`` each."""

    code: str
    name: str
    prefix: str
    commission_bp: int
    buckets: tuple[str, ...]
    rule: str
    collectors: tuple[str, ...]
    share: float
    months: tuple[int, ...]
    typical: int
    kinds: tuple[str, ...]
    on_top: tuple[OnTop, ...]


@dataclass(frozen=True, slots=True)
class Firm:
    """An agency with its people; ``share`` of all the demo's accounts are theirs."""

    code: str
    name: str
    zone: str
    currency: str
    share: float
    logins: tuple[Login, ...]
    creditors: tuple[Creditor, ...]

    def of_role(self, *roles: str) -> tuple[Login, ...]:
        return tuple(login for login in self.logins if login.role in roles)


COSTS_FIRST: Final = ("costs", "fees", "interest", "principal")
PRINCIPAL_FIRST: Final = ("principal", "interest", "fees", "costs")
INTEREST_FIRST: Final = ("interest", "principal", "fees", "costs")

# Ana comes first, and every client of her agency places with her: a script that takes the first collector sees each.
HARBOR: Final = Firm(
    "HARBOR",
    "Harbor Collections",
    "America/Chicago",
    "USD",
    0.96,
    (
        Login("ana", "Ana Delgado", "collector"),
        Login("bea", "Bea Whitfield", "supervisor"),
        Login("ada", "Ada Okonkwo", "agency_admin"),
        Login("rex", "Rex Halvorsen", "readonly"),
        Login("ben", "Ben Castellano", "collector"),
        Login("cal", "Cal Nakamura", "collector"),
        Login("dee", "Dee Abernathy", "collector"),
        Login("harbor-worker", "Worker of Harbor", "worker"),
        Login("harbor-hook", "Webhooks of Harbor", "webhook"),
    ),
    (
        Creditor(
            "HXL", "Helix Lending", "HX", 2500, COSTS_FIRST, "round_robin", ("ana", "ben", "cal", "dee"), 0.5,
            (12, 9, 6, 3), 2400, ("personal loan", "auto loan", "credit line"),
            (OnTop("interest", 0.4, 0.18), OnTop("fees", 0.3, 0.04)),
        ),
        Creditor(
            "MED", "Lakeside Medical Group", "LM", 3000, PRINCIPAL_FIRST, "round_robin", ("ana", "cal"), 0.35,
            (11, 7, 4, 1), 640, ("emergency room", "outpatient", "dental"), (OnTop("fees", 0.4, 0.08),),
        ),
        Creditor(
            "UTL", "Prairie Utilities", "PU", 1850, INTEREST_FIRST, "one_collector", ("ana",), 0.15,
            (10, 5, 2), 230, ("electricity", "gas", "water"), (OnTop("costs", 0.55, 0.3),),
        ),
    ),
)  # fmt: skip

NORTHBY: Final = Firm(
    "NORTHBY",
    "Northby Forderungsmanagement",
    "Europe/Berlin",
    "EUR",
    0.04,
    (
        Login("zoe", "Zoë Brandt", "collector"),
        Login("zack", "Zacharias Vogel", "supervisor"),
        Login("zed", "Zeynep Demir", "agency_admin"),
    ),
    (
        Creditor(
            "ZEN", "Zentrum Bank", "ZB", 2000, COSTS_FIRST, "one_collector", ("zoe",), 1.0, (8, 2), 900,
            ("Ratenkredit", "Girokonto"), (OnTop("interest", 0.5, 0.12), OnTop("costs", 0.3, 0.1)),
        ),
    ),
)  # fmt: skip

FIRMS: Final = (HARBOR, NORTHBY)

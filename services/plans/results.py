"""What the services for promises, plans and settlements take and give back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from services.domain.money import Money

EVERY = ("once", "weekly", "two_weeks", "monthly", "month_end")
"""How far apart days are; a ``monthly`` 31st falls on the last day of shorter months, and on the 31st again after."""


@dataclass(frozen=True, slots=True)
class PromiseForm:
    """A promise as it was given; without an amount any payment keeps it. ``times`` counts all of them."""

    amount: Money | None
    first_on: date
    every: str = "once"
    times: int = 1
    grace_days: int = 0


@dataclass(frozen=True, slots=True)
class PromiseTime:
    """One day of a promise: ``open``, ``kept`` or ``broken``."""

    no: int
    due_on: date
    amount: Money | None
    paid: Money
    state: str


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise and what has become of it, from the payments as they stand now.

    ``state`` is ``open``, ``kept``, ``broken``, ``canceled`` or ``replaced``.
    """

    id: int
    amount: Money | None
    every: str
    times: int
    first_on: date
    grace_days: int
    state: str
    reason: str
    made_at: datetime
    by: str
    parts: tuple[PromiseTime, ...]


@dataclass(frozen=True, slots=True)
class PlanForm:
    """A plan to be made: so many instalments (``times``), or as many as ``amount`` each makes; the last takes the rest.

    ``method_id`` is a saved method of the debtor that is charged by itself; without one it is paid by hand.
    """

    first_on: date
    every: str = "monthly"
    times: int | None = None
    amount: Money | None = None
    grace_days: int = 3
    method_id: int | None = None


@dataclass(frozen=True, slots=True)
class Instalment:
    """One instalment as the balance makes it now.

    ``state`` is ``planned``, ``due``, ``late``, ``paid``, ``charging``, ``declined``, ``refused`` or ``nothing`` (there
    is nothing left for it); ``told`` is what the provider said.
    """

    no: int
    due_on: date
    amount: Money
    paid: Money
    state: str
    told: str = ""

    @property
    def rest(self) -> Money:
        return self.amount - self.paid


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a plan would come to; ``version`` is the account's, to be sent back when it is made."""

    version: int
    instalments: tuple[Instalment, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A payment plan; ``state`` is ``active``, ``held``, ``done`` or ``canceled``.

    ``version`` moves with the plan and with the account; changes send it back.
    """

    id: int
    version: int
    every: str
    grace_days: int
    state: str
    reason: str
    on_track: bool
    method_id: int | None
    made_at: datetime
    by: str
    instalments: tuple[Instalment, ...]

    @property
    def next(self) -> Instalment | None:
        """The first instalment that is not paid."""
        return next((each for each in self.instalments if each.rest), None)


@dataclass(frozen=True, slots=True)
class PlanChange:
    """One change; ``do`` is ``amount``, ``day``, ``add``, ``drop``, ``method`` or ``grace``.

    ``amount`` and ``day`` need ``no`` and the new value, ``add`` a day and an amount, ``drop`` only ``no``; ``method``
    without an id means paid by hand.
    """

    do: str
    no: int | None = None
    amount: Money | None = None
    due_on: date | None = None
    method_id: int | None = None
    grace_days: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A settlement offer; ``state`` is ``open``, ``met`` (paid in time, about to be completed), ``paid``, ``expired``
    or ``canceled``.

    ``owing`` is what was owed when it was made, ``paid`` what has come in time since.
    """

    id: int
    amount: Money
    owing: Money
    floor_bp: int | None
    expires_on: date
    state: str
    paid: Money
    written_off: Money
    reason: str
    offered_at: datetime
    accepted_at: datetime | None
    by: str

    @property
    def left(self) -> Money:
        """What is still to be paid for it."""
        return max(self.amount - self.paid, Money.zero(self.amount.currency))


@dataclass(frozen=True, slots=True)
class Settling:
    """The client's floor in basis points of the balance, None where its contract names none, and all offers."""

    floor_bp: int | None
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """Everything to come on one account, at one moment."""

    number: str
    debtor: str
    status: str
    balance: Money
    version: int
    promises: tuple[Promise, ...]
    plan: Plan | None
    floor_bp: int | None
    offers: tuple[Offer, ...]

    @property
    def offer(self) -> Offer | None:
        """The offer that stands."""
        return next((each for each in self.offers if each.state in ("open", "met")), None)

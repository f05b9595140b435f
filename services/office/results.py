"""Agencies, clients and users as the back office lists them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Agency:
    code: str
    name: str
    zone: str
    currency: str


@dataclass(frozen=True, slots=True)
class Client:
    """A creditor and the contract in force today.

    ``commission_bp`` is basis points, ``buckets`` the payment order, ``spread`` how one receipt falls on several debts
    of a person, ``interest_bp`` basis points a year on principal.
    """

    code: str
    name: str
    commission_bp: int
    buckets: tuple[str, ...]
    since: date
    rule: str
    collectors: tuple[str, ...]
    accounts: int
    spread: str
    interest_bp: int


@dataclass(frozen=True, slots=True)
class Floor:
    """The least that a client settles for, in basis points of the balance; None where its contract says nothing."""

    code: str
    name: str
    floor_bp: int | None
    since: date


@dataclass(frozen=True, slots=True)
class User:
    login: str
    full_name: str
    role: str
    agency: str
    created_at: datetime
    disabled_at: datetime | None
    locked_at: datetime | None = None

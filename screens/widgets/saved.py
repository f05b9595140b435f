"""A saved method: what people call it, and until when it is good."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.charges.results import SavedMethod


def has_expired(expires: str | None, today: date) -> bool:
    """Whether a card that is good until the end of MM/YY is over; a bank account (None) never is."""
    if expires is None:
        return False
    month, year = expires.split("/")
    return (2000 + int(year), int(month)) < (today.year, today.month)


def by_name(methods: Iterable[SavedMethod]) -> dict[str, SavedMethod]:
    """The methods by the names that people type; two of one name are told apart by their expiry."""
    named: dict[str, SavedMethod] = {}
    for method in methods:
        brand = "bank" if method.kind != "card" else method.brand.lower().replace("_", " ")[:12]
        name = f"{brand} {method.last4}"
        if name in named:
            name = f"{name} {method.expires or f'no. {method.id}'}"
        named[name] = method
    return named

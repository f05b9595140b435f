"""Until when a saved card is good."""

from __future__ import annotations

from datetime import date


def has_expired(expires: str | None, today: date) -> bool:
    """Whether a card that is good until the end of MM/YY is over; a bank account (None) never is."""
    if expires is None:
        return False
    month, year = expires.split("/")
    return (2000 + int(year), int(month)) < (today.year, today.month)

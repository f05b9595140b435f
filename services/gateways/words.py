"""What a provider may be told about a payment: our own numbers, and never a person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from services.domain.quoting import holds_card_number, redacted
from services.gateways.base import ProviderRefused

NAMES: Final = frozenset(("payment", "agency", "account", "by"))
"""What metadata may be about; everything a provider stores there is seen by whoever opens its dashboard."""

_NUMBER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ADDRESS: Final = re.compile(r"\S@\S")


def metadata_of(given: Mapping[str, str]) -> dict[str, str]:
    """The metadata, refused where it is not one of our own numbers under one of our own names."""
    for name, value in given.items():
        if name not in NAMES or not (_UUID.fullmatch(value) or _is_number_of_ours(value)):
            raise _kept_here(f"the metadata “{name}”")
    return dict(given)


def description_of(given: str) -> str:
    """The line a payer reads, refused where it holds a card or social security number, an e-mail address or a break."""
    if (
        not given.strip()
        or len(given) > 200
        or not given.isprintable()
        or holds_card_number(given)
        or redacted(given) != given
        or _ADDRESS.search(given)
    ):
        raise _kept_here("the description")
    return given.strip()


def _is_number_of_ours(value: str) -> bool:
    # A UUID is asked for first: the groups of one in a few hundred would pass for a card number.
    return bool(_NUMBER.fullmatch(value)) and not holds_card_number(value)


def name_of(given: str) -> str:
    """What a customer is called there, refused where a number of a card or a person hides in it."""
    if not given.strip() or len(given) > 200 or not given.isprintable() or redacted(given) != given:
        raise _kept_here("the customer's name")
    return given.strip()


def _kept_here(what: str) -> ProviderRefused:
    return ProviderRefused(
        f"{what} is not sent to the payment provider: it may hold our own numbers, never a person's",
        decline_code="kept_here",
        hint="name the account by its number",
    )

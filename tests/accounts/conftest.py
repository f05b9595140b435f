"""What the account tests share: each person's account service, in the house of one test."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from services.accounts import Accounts
from services.accounts.results import AccountPage
from services.domain.lookup import parse_lookup
from tests.support.house import House

Who = Callable[[str], Accounts]


@pytest.fixture
def as_(house: House) -> Who:
    """The account service of a login; one store a person."""
    known: dict[str, Accounts] = {}

    def service(login: str) -> Accounts:
        if login not in known:
            known[login] = Accounts(house.store(login))
        return known[login]

    return service


def ask(service: Accounts, text: str, limit: int = 50) -> AccountPage:
    """What the box shows for a text."""
    return service.find(parse_lookup(text), limit=limit)


def names(page: AccountPage) -> Sequence[str]:
    return [row.debtor for row in page.rows]


def numbers(page: AccountPage) -> Sequence[str]:
    return [row.number for row in page.rows]

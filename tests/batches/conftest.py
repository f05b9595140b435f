"""Stacks of slips, and who keys them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services.batches import Batch, BatchEntry, BatchForm, PaymentBatches, Totals
from services.domain.keying import base_of
from services.domain.money import Money
from services.ledger import Ledger
from tests.support.house import House


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def slip(account: str, minor: int = 10_00, **more: object) -> BatchEntry:
    return BatchEntry(account, usd(minor), "check", **more)  # type: ignore[arg-type]


def expecting(entries: Sequence[BatchEntry], *, hashed: bool = False, second: bool = False) -> BatchForm:
    """The form of a batch that these entries come to."""
    total = sum(base_of(entry.account) for entry in entries) if hashed else None
    return BatchForm(
        Totals(len(entries), Money.sum([entry.amount for entry in entries], "USD"), total), second_keying=second
    )


class Stack:
    """Some accounts of ana's, and desks to key at."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.numbers = [house.place(f"Debtor {at}", principal=500_00) for at in range(3)]
        self._desks: dict[str, PaymentBatches] = {}

    def desk(self, login: str = "ana") -> PaymentBatches:
        if login not in self._desks:
            self._desks[login] = PaymentBatches(self.house.store(login))
        return self._desks[login]

    @property
    def slips(self) -> list[BatchEntry]:
        return [slip(number, (at + 1) * 10_00) for at, number in enumerate(self.numbers)]

    def keyed(self, entries: Sequence[BatchEntry] | None = None, login: str = "ana") -> Batch:
        """A batch with these lines, in balance."""
        entries = self.slips if entries is None else entries
        batch = self.desk(login).open(expecting(entries))
        return self.desk(login).key(batch.id, entries).batch

    def proved(self) -> bool:
        return Ledger(self.house.store("bea")).replay_check().ok

    def payments(self) -> int:
        return int(self.house.one("select count(*) from debtflow.payment"))


@pytest.fixture
def stack(house: House) -> Stack:
    return Stack(house)

"""A second ledger, kept by a program that knows nothing of ours: every act is written down in Beancount's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from beancount import loader
from beancount.core import data

BUCKETS = ("principal", "interest", "fees", "costs")
OPENED = "2020-01-01 open {} USD\n"


class SecondLedger:
    """Amounts go in as minor units; ``balances`` is what Beancount makes of the whole text, debit positive."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._accounts: set[str] = set()

    def write(self, on: date, postings: Mapping[str, int]) -> None:
        lines = [f"  {name}  {Decimal(minor) / 100:.2f} USD\n" for name, minor in postings.items() if minor]
        self._accounts |= set(postings)
        self._text.append(f'{on} * "act {len(self._text)}"\n' + "".join(lines))

    def balances(self) -> dict[str, int]:
        """By account, in minor units, without those that are zero; Beancount refuses whatever does not balance."""
        text = "".join(OPENED.format(name) for name in sorted(self._accounts)) + "\n".join(self._text)
        entries, errors, _ = loader.load_string(text)
        assert not errors, errors
        sums: dict[str, int] = {}
        for entry in entries:
            if isinstance(entry, data.Transaction):
                for posting in entry.postings:
                    assert posting.units is not None
                    assert posting.units.number is not None
                    sums[posting.account] = sums.get(posting.account, 0) + int(posting.units.number * 100)
        return {name: minor for name, minor in sums.items() if minor}


def allocated(minor: int, due: Mapping[str, int], order: Sequence[str]) -> dict[str, int]:
    """What a payment leaves in each bucket, in the contract's order."""
    parts, rest = {}, minor
    for bucket in order:
        parts[bucket] = min(rest, due[bucket])
        rest -= parts[bucket]
    return parts


def commission(applied: int, basis_points: int) -> int:
    """Rounded half up, in integers."""
    return (applied * basis_points + 5_000) // 10_000


def bucket_name(number: str, bucket: str) -> str:
    return f"Assets:Receivable:A{number.replace('-', '')}:{bucket.title()}"


def unapplied_name(number: str) -> str:
    return f"Liabilities:Unapplied:A{number.replace('-', '')}"


BOOK = {
    "trust": "Assets:Trust",
    "control": "Liabilities:Control",
    "client_due": "Liabilities:ClientDue",
    "commission": "Income:Commission",
    "escrow": "Liabilities:Escrow",
    "written_off": "Expenses:WrittenOff",
}


def book_name(client: str, kind: str) -> str:
    return f"{BOOK[kind]}:{client}"

"""What the audit trail costs: posting as it is, beside posting with every audit trigger switched off."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks.posting import storm
from benchmarks.report import Row
from benchmarks.server import Bench

TRIGGERS = """
  select format('alter table %s {} trigger %I', tgrelid::regclass, tgname)
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
   where c.relnamespace = 'debtflow'::regnamespace and not t.tgisinternal and t.tgname like 'audit\\_%'"""


def measure(bench: Bench, accounts: Sequence[str], *, seconds: float, rounds: int) -> list[Row]:
    """A row a number of clients and size of a batch: the median over rounds of with / without, both run in turn."""
    return [
        _case(bench, accounts, clients, batch, seconds, rounds)
        for clients, batch in ((1, 1), (4, 1), (16, 1), (1, 50), (4, 50))
    ]


def _case(bench: Bench, accounts: Sequence[str], clients: int, batch: int, seconds: float, rounds: int) -> Row:
    each = [list(accounts[place::clients]) for place in range(clients)]
    kept, bare = [], []
    for _ in range(rounds):
        kept.append(storm(bench.url, each, batch, seconds))
        with _unaudited(bench):
            bare.append(storm(bench.url, each, batch, seconds))
    ratio = statistics.median(a / b for a, b in zip(kept, bare, strict=True))
    name = "posting, audited / unaudited" if batch == 1 else f"batches of {batch}, audited / unaudited"
    return Row("audit", name, clients, ratio, statistics.median(kept), statistics.median(bare))


@contextmanager
def _unaudited(bench: Bench) -> Iterator[None]:
    _switch(bench, "disable")
    try:
        yield
    finally:
        _switch(bench, "enable")


def _switch(bench: Bench, how: str) -> None:
    with bench.superuser() as connection:
        statements = [row[0] for row in connection.execute(TRIGGERS.replace("{}", how)).fetchall()]
        if not statements:
            raise RuntimeError("no audit trigger was found")
        for statement in statements:
            connection.execute(statement)

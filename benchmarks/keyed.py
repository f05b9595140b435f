"""Posting heads-down batches: a thousand keyed lines in one act, beside pgbench's TPC-B-like transactions."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.posting import COLLECTOR
from benchmarks.report import Row
from benchmarks.server import Bench
from services.batches import BatchEntry, BatchForm, PaymentBatches, Totals
from services.domain.keying import base_of
from services.domain.money import Money
from services.store import Store

LINES: Final = 1_000
AMOUNT: Final = Money(101, "USD")


def measure(bench: Bench, accounts: Sequence[str], *, seconds: float, rounds: int) -> list[Row]:
    """Lines per second of posting alone, and of keying and posting in one act as a script does."""
    store = Store(bench.url, user=COLLECTOR, password=f"{COLLECTOR}-bench", size=1)
    store.open_session("bench")
    batches = PaymentBatches(store)
    _posted(batches, accounts)  # plans are made and kept
    posting, entering, base = [], [], []
    for _ in range(rounds):
        base.append(bench.pgbench("-n", "-M", "prepared", "-c", "1", "-T", str(max(1, round(seconds)))))
        posting.append(_rate(lambda: _posted(batches, accounts), seconds))
        entering.append(_rate(lambda: _entered(batches, accounts), seconds))
    store.close()
    middle = statistics.median

    def row(case: str, rates: Sequence[float], target: str = "") -> Row:
        ratios = [rate / beside for rate, beside in zip(rates, base, strict=True)]
        return Row("batches", case, 1, middle(ratios), middle(rates), middle(base), target)

    return [
        row(f"a keyed batch of {LINES:,}, posting it", posting, ">= 6"),
        row(f"a file of {LINES:,}, keyed and posted in one act", entering),
    ]


def _rate(act: Callable[[], float], seconds: float) -> float:
    took, done = 0.0, 0
    while took < seconds:
        took += act()
        done += LINES
    return done / took


def _posted(batches: PaymentBatches, accounts: Sequence[str]) -> float:
    """Seconds that posting took; keying is a person's time."""
    entries = _entries(accounts)
    kept = batches.keep(_form(entries), entries).batch
    began = time.perf_counter()
    batches.post(kept.id)
    return time.perf_counter() - began


def _entered(batches: PaymentBatches, accounts: Sequence[str]) -> float:
    entries = _entries(accounts)
    began = time.perf_counter()
    batches.enter(_form(entries), entries)
    return time.perf_counter() - began


def _entries(accounts: Sequence[str]) -> list[BatchEntry]:
    return [BatchEntry(account, AMOUNT, "check", "1991", allow_duplicate=True) for account in accounts[:LINES]]


def _form(entries: Sequence[BatchEntry]) -> BatchForm:
    hashed = sum(base_of(entry.account) for entry in entries)
    return BatchForm(Totals(len(entries), Money(AMOUNT.minor * len(entries), "USD"), hashed))

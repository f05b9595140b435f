"""Batches in memory: for drawing screens, never for proving money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from services.batches.reading import minus, nothing
from services.batches.results import (
    Batch,
    BatchDifference,
    BatchEntry,
    BatchForm,
    BatchLine,
    BatchPage,
    BatchPosting,
    Choice,
    Comparison,
    Totals,
)
from services.domain.keying import base_of
from services.domain.money import Money
from tests.screens.fakes import NOW, Fake, usd

KEY = UUID(int=7)


def batch(**changes: Any) -> Batch:
    """An open batch of three slips."""
    none = Totals(0, usd("0"), 0)
    expected = Totals(3, usd("750.00"), None)
    base = Batch(
        12, "mail of 21 November", "keying", False, "first", False, expected, none, minus(none, expected), False, 0, 0,
        usd("0"), 0, 0, None, "ana", NOW, None, None, None, None, None, KEY, 1,
    )  # fmt: skip
    return replace(base, **changes)


def line(number: int, entry: BatchEntry, **changes: Any) -> BatchLine:
    base = BatchLine(
        number, "first", entry.submission_id, entry.account, f"Debtor {number} [x]", usd("1259.07"), entry.amount,
        entry.method, entry.reference or None, entry.payer, entry.effective_on or NOW.date(), entry.allow_duplicate,
        entry.overpayment, "open", None, None, None, None, "ana", 1,
    )  # fmt: skip
    return replace(base, **changes)


@dataclass
class FakeBatches(Fake):
    """One batch and its lines."""

    head: Batch = field(default_factory=batch)
    lines: list[BatchLine] = field(default_factory=list)
    differing: tuple[BatchDifference, ...] = ()

    def _page(self, lines: Sequence[BatchLine]) -> BatchPage:
        counted = [each for each in self.lines if each.state != "dropped"]
        keyed = Totals(
            len(counted), Money.sum([each.amount for each in counted], "USD"),
            sum(base_of(each.account) for each in counted),
        )  # fmt: skip
        away = minus(keyed, self.head.expected)
        posted = sum(each.state == "posted" for each in counted)
        failed = sum(each.state == "failed" for each in counted)
        self.head = replace(
            self.head, keyed=keyed, difference=away, agrees=nothing(away), posted=posted, failed=failed,
            open=len(counted) - posted - failed, flagged=sum(each.message is not None for each in counted),
        )  # fmt: skip
        return BatchPage(self.head, tuple(lines))

    def list(self, *, state: str | None = None, before: int | None = None, limit: int = 50) -> Any:
        self.enter("list", state, before)
        return (self.head,), None

    def open(self, form: BatchForm) -> Batch:
        self.enter("open", form)
        self.head = batch(id=13, expected=form.expected, title=form.title, second_keying=form.second_keying)
        return self.head

    def show(self, number: int, *, before: int | None = None, limit: int = 200, wanted: str | None = None) -> BatchPage:
        self.enter("show", number, wanted)
        return self._page([each for each in self.lines[::-1] if wanted is None or each.message])

    def key(self, number: int, entries: Sequence[BatchEntry]) -> BatchPage:
        self.enter("key", number, *entries)
        made = [line(len(self.lines) + at + 1, entry) for at, entry in enumerate(entries)]
        self.lines.extend(made)
        return self._page(made)

    def amend(self, number: int, at: int, entry: BatchEntry, *, version: int | None = None) -> BatchPage:
        self.enter("amend", number, at, entry)
        self.lines[at - 1] = line(at, entry)
        return self._page([self.lines[at - 1]])

    def drop(self, number: int, lines: Sequence[int]) -> BatchPage:
        self.enter("drop", number, tuple(lines))
        for at in lines:
            self.lines[at - 1] = replace(self.lines[at - 1], state="dropped")
        return self._page([self.lines[at - 1] for at in lines])

    def post(
        self, number: int, *, submission_id: UUID | None = None, version: int | None = None, dry_run: bool = False
    ) -> BatchPosting:
        self.enter("post", number, submission_id, version)
        reason: dict[str, Any] = {"state": "failed", "message": "no account 10058-9", "hint": "amend the number"}
        self.lines = [
            replace(each, **reason) if at == 2 else replace(each, state="posted", receipt=f"R-00048{at}-4")
            for at, each in enumerate(self.lines)
        ]
        self._page(())
        self.head = replace(self.head, state="part_posted")
        return BatchPosting(self.head, tuple(self.lines), submission_id or uuid4(), False, NOW, "ana")

    def _move(self, name: str, **changes: Any) -> Batch:
        self.enter(name)
        self.head = replace(self.head, **changes)
        return self.head

    def hand_over(self, number: int) -> Batch:
        return self._move("hand_over", state="second")

    def take(self, number: int) -> Batch:
        return self._move("take", side="second", second_by="bea")

    def compare(self, number: int) -> Batch:
        return self._move("compare", state="compared", differences=len(self.differing))

    def differences(self, number: int) -> Comparison:
        self.enter("differences")
        return Comparison(self.head, self.differing)

    def settle(self, number: int, choices: Sequence[Choice]) -> Batch:
        self.enter("settle", *choices)
        self.differing = self.differing[1:]
        return self.head

    def expect(self, number: int, expected: Totals, reason: str) -> Batch:
        self.enter("expect", expected, reason)
        return self._move("expected", expected=expected)

    def cancel(self, number: int, reason: str) -> Batch:
        return self._move("cancel", state="cancelled", finished_at=NOW)

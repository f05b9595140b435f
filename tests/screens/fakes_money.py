"""Payments, imports and the audit trail in memory: for drawing screens, never for proving money."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from services.domain.money import Money
from services.errors import DebtFlowError, Refused
from services.payments.results import (
    AllocationLine,
    DayEntry,
    DayLine,
    DaySheet,
    Earlier,
    PaymentForm,
    Preview,
    Receipt,
)
from tests.screens.fakes import FIRST, NOW, TODAY, Fake, usd

ORDER = ("costs", "fees", "interest", "principal")
POLICY = "costs, fees, interest, principal (contract of 2025-01-01)"


def earlier(**changes: Any) -> Earlier:
    """Ben took the same amount three hours ago."""
    return replace(Earlier("R-000477-6", "ben", NOW - timedelta(hours=3), "check", "1990"), **changes)


@dataclass
class FakeTill(Fake):
    """Takes payments on one account; remembers submissions as the kernel does."""

    due: dict[str, Money] = field(
        default_factory=lambda: {
            "costs": usd("0"), "fees": usd("75"), "interest": usd("84.07"), "principal": usd("1100"),
        }
    )  # fmt: skip
    version: int = 17
    earlier: Earlier | None = None
    taken: dict[str, Receipt] = field(default_factory=dict)
    sheet: DaySheet | None = None

    @property
    def owing(self) -> Money:
        return Money.sum(self.due.values(), "USD")

    def preview(self, form: PaymentForm) -> Preview:
        self.enter("preview", form)
        outcome, message, hint = self._judge(form)
        lines, rest = self._fall(form.amount if form.amount.currency == "USD" else usd("0"))
        after = Money.sum((line.after for line in lines), "USD")
        return Preview(
            outcome, message, hint, lines, self.owing, after, rest if outcome == "posted" else usd("0"), usd("0"),
            self.version, "closed" if not after and outcome == "posted" else "in_contact", POLICY, self.earlier,
        )  # fmt: skip

    def _judge(self, form: PaymentForm) -> tuple[str, str | None, str | None]:
        if form.amount.currency != "USD":
            return "currency", "account 10023-3 is in USD", "enter the amount in USD"
        if form.effective_on and form.effective_on > TODAY:
            return "future_date", f"{form.effective_on} is in the future", "a payment counts from today at the latest"
        if form.amount > self.owing and form.overpayment == "refuse":
            over = form.amount - self.owing
            hint = f"enter at most {self.owing}, or choose to keep the rest unapplied (--overpayment unapplied)"
            return "overpayment", f"{over} more than the {self.owing} owed", hint
        if self.earlier and not form.allow_duplicate:
            return "duplicate", f"the same amount was already paid on {form.account} within 24 hours", "Enter again"
        return "posted", None, None

    def _fall(self, amount: Money) -> tuple[tuple[AllocationLine, ...], Money]:
        lines = []
        for bucket in ORDER:
            part = min(amount, self.due[bucket])
            amount = amount - part
            lines.append(AllocationLine(bucket, self.due[bucket], part, self.due[bucket] - part, POLICY))
        return tuple(lines), amount

    def post(self, form: PaymentForm, *, dry_run: bool = False) -> Receipt:
        self.enter("post", form)
        known = self.taken.get(str(form.submission_id))
        if known is not None:
            return replace(known, replayed=True)
        outcome, message, hint = self._judge(form)
        if outcome != "posted":
            raise Refused(message or "", rule=outcome, hint=hint)
        lines, _ = self._fall(form.amount)
        self.due = {line.bucket: line.after for line in lines}
        self.version += 1
        receipt = Receipt(
            str(form.submission_id), "R-000483-9", form.submission_id, False, form.account, "Quillfeather Oyelaran",
            form.amount, form.method, form.reference, form.effective_on or TODAY, NOW, "ana", lines, self.owing,
            self.version,
        )  # fmt: skip
        self.taken[receipt.payment] = receipt
        return receipt

    def show(self, receipt: str) -> Receipt:
        self.enter("show", receipt)
        return next(taken for taken in self.taken.values() if taken.receipt == receipt)

    def day_sheet(self, day: date | None = None, user: str | None = None) -> DaySheet:
        self.enter("day_sheet", day, user)
        return replace(self.sheet or day_sheet(), day=day or TODAY, user=user or "ana")


@dataclass
class LostAnswer(FakeTill):
    """Posts, and then the line breaks: the person does not hear of it."""

    lost: DebtFlowError | None = None

    def post(self, form: PaymentForm, *, dry_run: bool = False) -> Receipt:
        receipt = super().post(form)
        if self.lost is not None:
            error, self.lost = self.lost, None
            raise error
        return receipt


def day_entry(at: int, **changes: Any) -> DayEntry:
    """One entry of a day."""
    methods = ("check", "cash", "bank_transfer", "check", "paid_to_client")
    base = DayEntry(
        f"R-{480 + at:06d}-{at % 10}", FIRST, "Quillfeather Oyelaran", Money(10_000 + 1_275 * at, "USD"),
        methods[at % 5], f"{1990 + at}" if at % 5 != 1 else None, NOW - timedelta(minutes=17 * at), None,
    )  # fmt: skip
    return replace(base, **changes)


def day_sheet(count: int = 8, **changes: Any) -> DaySheet:
    """A day's entries with their totals."""
    entries = tuple(day_entry(at) for at in range(count))
    if count > 2:
        entries = (*entries, day_entry(2, receipt="R-000499-1", amount=-day_entry(2).amount, reason="nsf"))
    methods = sorted({entry.method for entry in entries})
    lines = tuple(
        DayLine(
            method, sum(entry.method == method for entry in entries),
            Money.sum((entry.amount for entry in entries if entry.method == method), "USD"),
        )
        for method in methods
    )  # fmt: skip
    total = Money.sum((entry.amount for entry in entries), "USD")
    return replace(DaySheet("ana", TODAY, lines, total, entries), **changes)

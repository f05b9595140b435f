"""Receipts over several debts, adjustments and interest in memory: for drawing screens, never for proving money."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from services.adjustments.results import Adjusted, AdjustmentForm, AdjustmentPreview, Payoff, Reason
from services.domain.money import Money
from services.domain.numbers import account_number
from services.errors import Refused
from services.payments.results import AllocationLine
from services.receipts.results import GroupReceipt, Spread, SpreadForm, SpreadLine
from tests.screens.fakes import FIRST, NOW, TODAY, Fake, usd

SECOND, THIRD = account_number(10187), account_number(10431)
POLICY = "oldest placement first (contract HARBOR of 2025-01-01)"
ORDER = "costs, fees, interest, principal (contract of 2025-01-01)"


def debt(number: str, client: str, owing: str, placed: date, **changes: Any) -> SpreadLine:
    """One debt before anything is spread."""
    nothing, owed = usd("0"), usd(owing)
    base = SpreadLine(
        number, client, "Quillfeather Oyelaran", "in_contact", placed, 17, owed, owed, nothing, owed, nothing, (), None,
        "by the policy",
    )  # fmt: skip
    return replace(base, **changes)


@dataclass
class FakeReceipts(Fake):
    """Spreads oldest first over three debts, one of them disputed; remembers submissions as the kernel does."""

    debts: tuple[SpreadLine, ...] = field(
        default_factory=lambda: (
            debt(FIRST, "HARBOR", "1259.07", date(2025, 11, 1)),
            debt(SECOND, "NORTHBY", "310.00", date(2025, 12, 1), status="disputed", skipped="disputed",
                 rule="skipped: disputed"),
            debt(THIRD, "CEDARMED", "980.50", date(2026, 2, 1)),
        )
    )  # fmt: skip
    taken: dict[UUID, GroupReceipt] = field(default_factory=dict)

    def preview(self, form: SpreadForm) -> Spread:
        self.enter("preview", form)
        lines, rest = self._fall(form)
        basis = "policy" if form.lines is None else "payer" if form.instruction else "operator"
        policy = (
            POLICY if basis == "policy" else "by hand" if basis == "operator" else "as the payer instructs (letter)"
        )
        if rest.minor and form.remainder == "refuse":
            said = f"{rest} of {form.amount} find no debt to fall on"
            return Spread("remainder", said, "enter less", basis, policy, form.amount, rest, lines)
        return Spread("posted", None, None, basis, policy, form.amount, rest, lines)

    def post(self, form: SpreadForm, *, dry_run: bool = False) -> GroupReceipt:
        self.enter("post", form)
        if form.submission_id in self.taken:
            return replace(self.taken[form.submission_id], replayed=True)
        spread = self.preview(form)
        if spread.outcome != "posted":
            raise Refused(spread.message or "", rule=spread.outcome, hint=spread.hint)
        lines = tuple(
            replace(line, receipt=f"R-{483 + at:06d}-9" if line.amount else None)
            for at, line in enumerate(spread.lines)
        )
        receipt = GroupReceipt(
            "R-000490-6", form.submission_id, False, form.account, form.amount, form.method, form.reference,
            form.effective_on or TODAY, NOW, "ana", spread.basis, form.instruction, spread.policy, True, lines,
        )  # fmt: skip
        self.taken[form.submission_id] = receipt
        return receipt

    def _fall(self, form: SpreadForm) -> tuple[tuple[SpreadLine, ...], Money]:
        rest, lines = form.amount, []
        for line in self.debts:
            by_hand = (form.lines or {}).get(line.account, usd("0"))
            wanted = by_hand if form.lines is not None else usd("0") if line.skipped else min(rest, line.before)
            rest = rest - wanted
            lines.append(self._paid(line, wanted, by_hand=form.lines is not None))
        if form.remainder == "unapplied" and rest:
            first = lines[0]
            lines[0] = replace(first, amount=first.amount + rest, unapplied=rest)
        return tuple(lines), rest

    def _paid(self, line: SpreadLine, amount: Money, *, by_hand: bool) -> SpreadLine:
        if not amount:
            return line if line.skipped else replace(line, rule="skipped: nothing left")
        after = line.before - amount
        part = AllocationLine("principal", line.before, amount, after, ORDER)
        said = "entered by hand" if by_hand else "by the policy"
        return replace(line, amount=amount, after=after, allocation=(part,), rule=said, skipped=None)


@dataclass
class FakeAdjustments(Fake):
    """Knows a few reasons, and lets a collector add a fee of up to 25.00."""

    owing: Money = field(default_factory=lambda: usd("1259.07"))

    def reasons(self, kind: str | None = None) -> tuple[Reason, ...]:
        self.enter("reasons", kind)
        return (
            Reason("cost", "court", "court costs", None),
            Reason("fee", "agreed", "agreed with the debtor", None),
            Reason("fee", "returned_payment", "the bank returned a payment", None),
            Reason("write_off", "bankrupt", "discharged in bankruptcy", "bankrupt"),
            Reason("write_off", "hardship", "given up for hardship", "written_off"),
        )

    def preview(self, form: AdjustmentForm) -> AdjustmentPreview:
        self.enter("preview", form)
        amount = form.amount or self.owing
        after = self.owing - amount if form.kind == "write_off" else self.owing + amount
        closes = "bankrupt" if not after else None
        refused = amount > usd("25") and form.kind == "fee"
        said = "your role's limit for this (fee) is 25.00 USD on one account in 24 hours" if refused else None
        return AdjustmentPreview(
            "limit" if refused else "posted", said, None, (), self.owing, after, closes, usd("25"), usd("0"), 17
        )

    def post(self, form: AdjustmentForm, *, dry_run: bool = False) -> Adjusted:
        self.enter("post", form)
        seen = self.preview(form)
        if seen.message is not None:
            raise Refused(seen.message, rule="limit", who_may="supervisor")
        return Adjusted(
            str(form.submission_id), "R-000491-4", form.submission_id, False, form.account, "Quillfeather Oyelaran",
            form.kind, form.reason, form.amount or self.owing, TODAY, NOW, "ana", (), seen.after, 18, seen.closes_as,
            None,
        )  # fmt: skip


@dataclass
class FakeInterest(Fake):
    """Six per cent on a principal of 1,100.00."""

    def payoff(self, account: str, on: date | None = None) -> Payoff:
        self.enter("payoff", account, on)
        day = on or TODAY
        coming = usd(f"{(day - TODAY).days * 0.180822:.2f}")
        owing = usd("1259.07")
        return Payoff(
            account, "Quillfeather Oyelaran", day, owing, coming, owing + coming, usd("0"), 600, date(2025, 1, 1),
            "0.180822", usd("84.07"), None, None, None, 17,
        )  # fmt: skip

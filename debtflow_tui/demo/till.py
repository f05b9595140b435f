"""What comes over the counter besides single payments: stacks of slips, one receipt for several debts, corrections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Final
from uuid import uuid4

from debtflow_tui.demo.agreed import Chosen
from debtflow_tui.wiring import Services
from services.accounts.results import AccountRow
from services.adjustments.results import AdjustmentForm
from services.batches import BatchEntry, BatchForm, Totals
from services.domain.keying import base_of
from services.domain.lookup import parse_lookup
from services.domain.money import Money
from services.receipts.results import SpreadForm

INTEREST_BP: Final = 900
MONTHS_OPEN: Final = 1
"""How many months before this one are still open."""


def interest(desk: Services, client: str) -> None:
    """From now on this client's debts carry interest."""
    desk.clients.edit(client, interest_bp=INTEREST_BP)


def batches(ana: Services, ben: Services, bea: Services, chosen: Chosen, dice: Random) -> None:
    """One posted, one half keyed, and one that does not come to what its slips say."""
    stack = _slips(bea, chosen, dice, "PO box")
    bea.batches.enter(BatchForm(_totals(stack), "PO box, Thursday"), stack)
    half = _slips(ana, chosen, dice, "morning mail")
    if half:
        opened = ana.batches.open(BatchForm(_totals(half), "Morning mail"))
        ana.batches.key(opened.id, half[: len(half) // 2])
    wrong = _slips(ben, chosen, dice, "branch office")
    if wrong:
        true = _totals(wrong)
        said = Totals(true.count, Money(true.sum.minor + 1000, true.sum.currency), true.hash_total)
        opened = ben.batches.open(BatchForm(said, "Branch office"))
        ben.batches.key(opened.id, wrong)


def _slips(desk: Services, chosen: Chosen, dice: Random, title: str) -> Sequence[BatchEntry]:
    taken = {row.number for row in chosen.values()}
    found = desk.accounts.find(parse_lookup("status:assigned balance>150"), limit=100).rows
    rows = [row for row in found if row.number not in taken and row.follow_up_on is None and not row.flags]
    return [
        BatchEntry(row.number, _slip(row, dice), "check", f"{title} {no}", allow_duplicate=True)
        for no, row in enumerate(dice.sample(rows, min(8, len(rows))), 1)
    ]


def _slip(row: AccountRow, dice: Random) -> Money:
    return Money(row.balance.minor // dice.randint(5, 12) // 100 * 100 + 100, row.balance.currency)


def _totals(entries: Sequence[BatchEntry]) -> Totals:
    total = Money.sum([entry.amount for entry in entries], entries[0].amount.currency)
    return Totals(len(entries), total, sum(base_of(entry.account) for entry in entries))


def spread(desk: Services, debtor: str) -> None:
    """A person sends one check, and says what of it is for which debt."""
    rows = desk.accounts.find(parse_lookup(f'name:"{debtor}" status:open'), limit=5).rows
    if len(rows) > 1:
        lines = {row.number: Money(min(10_000, row.balance.minor), row.balance.currency) for row in rows}
        amount = Money.sum(lines.values(), rows[0].balance.currency)
        desk.receipts.post(SpreadForm(rows[0].number, amount, "check", "CHK 3307", lines=lines, instruction="memo"))


def adjust(ana: Services, bea: Services, chosen: Chosen) -> None:
    """A fee, court costs, a placement corrected, a fee taken back, and a rest too small to go on with."""
    # What an offer has settled is not adjusted any more.
    rows = [row for story, row in chosen.items() if not story.startswith("offer")][::-1]
    for desk, row, kind, reason, amount in zip(
        (ana, bea, bea, ana), rows, ("fee", "cost", "correct_down", "fee"),
        ("returned_payment", "court", "placed_too_high", "late_payment"), (2500, 8500, 4000, 1500), strict=False,
    ):  # fmt: skip
        money = Money(amount, row.balance.currency)
        done = desk.adjustments.post(AdjustmentForm(row.number, kind, reason, money))
        if reason == "late_payment":
            bea.adjustments.reverse(done.receipt, "waived", submission_id=uuid4())
    small = bea.accounts.find(parse_lookup("status:open balance<40"), limit=20).rows
    for row in sorted(small, key=lambda row: row.balance.minor)[:1]:
        bea.adjustments.post(AdjustmentForm(row.number, "write_off", "small_balance", None))


def close_months(desk: Services) -> None:
    """Every month but the last whole one is closed."""
    keep = desk.session.today.replace(day=1)
    for _ in range(MONTHS_OPEN):
        keep = (keep - timedelta(days=1)).replace(day=1)
    for period in reversed(desk.ledger.periods()):
        if period.closed_at is None and period.month < f"{keep:%Y-%m}":
            desk.ledger.close(period.month)

"""What was agreed with debtors four weeks ago, and what they have paid of it since.

Made on some of a collector's accounts while the database's clock is weeks back, paid once it is today's again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Final
from uuid import UUID

from debtflow_tui.demo.names import CAMEOS
from debtflow_tui.wiring import Services
from services.accounts.results import AccountRow
from services.domain.lookup import parse_lookup
from services.domain.money import Money
from services.payments import PaymentForm
from services.plans import PlanForm, PromiseForm

AGREED: Final = (
    "promise kept", "plan on track", "offer paid", "promise broken", "plan late", "offer open", "promise open",
    "plan held", "promise of rates", "offer expired",
)  # fmt: skip
AT_THE_PROVIDER: Final = (
    "cards", "card plan", "link", "refunded", "debit", "disputed", "card plan declined", "unknown",
)  # fmt: skip

Chosen = Mapping[str, AccountRow]


def choose(desk: Services) -> Chosen:
    """An account of this collector's for each story; a smaller demo tells fewer."""
    query = parse_lookup(f"status:assigned collector:{desk.session.user} balance>200 balance<3000")
    rows = [row for row in desk.accounts.find(query, limit=500).rows if row.external_ref not in CAMEOS]
    rows.sort(key=lambda row: int(row.number.partition("-")[0]), reverse=True)
    stories = [name for pair in zip(AGREED, AT_THE_PROVIDER, strict=False) for name in pair]
    stories += AGREED[len(AT_THE_PROVIDER) :]
    few = len(rows) // 2
    step = max(1, len(rows) // (len(stories) + 1))
    return dict(zip(stories[:few], rows[::step], strict=False))


def make(desk: Services, chosen: Chosen, today: date) -> None:
    """Promises, plans and offers as they were made; ``today`` is the day on which the demo is opened."""
    for story, row in chosen.items():
        kind, _, fate = story.partition(" ")
        if kind == "promise":
            _promise(desk, row, fate, today)
        elif kind == "plan":
            _plan(desk, row, fate, today)
        elif kind == "offer":
            _offer(desk, row, fate, today)


def _promise(desk: Services, row: AccountRow, fate: str, today: date) -> None:
    first = today + timedelta(days={"open": 6, "of rates": -20}.get(fate, -9))
    times = 6 if fate == "of rates" else 1
    every = "two_weeks" if times > 1 else "once"
    part = _part(row, 6 if times == 1 else 9)
    desk.accounts.call(row.number, "contacted", "Reached at home. Wants to pay, named a day.")
    desk.promises.make(row.number, PromiseForm(part, first, every, times, grace_days=3))


def _plan(desk: Services, row: AccountRow, fate: str, today: date) -> None:
    form = PlanForm(today - timedelta(days=15), "monthly", times=8 if fate == "on track" else 6)
    desk.accounts.call(row.number, "contacted", "Wants to pay in instalments; agreed on the phone.")
    plan = desk.plans.make(row.number, form, version=desk.accounts.version(row.number))
    if fate == "held":
        desk.plans.hold(row.number, "In hospital until next month; his sister called.", version=plan.version)


def _offer(desk: Services, row: AccountRow, fate: str, today: date) -> None:
    ends = today + timedelta(days={"open": 12, "expired": -6}.get(fate, 2))
    amount = _part(row, 10, times=7)
    version = desk.accounts.version(row.number)
    desk.settlements.offer(row.number, amount, ends, version=version, reason="Lost the job, borrows from family.")
    if fate != "expired":
        desk.settlements.accept(row.number)


# ---- since then -----------------------------------------------------------------------------------------------------


def pay(takes_over: Services, chosen: Chosen, dice: Random) -> None:
    """What has come in since, and what that made of it."""
    forms = list(_payments(takes_over, chosen, dice))
    for answer in takes_over.payments.post_many(forms):
        if isinstance(answer, Exception):
            raise answer
    takes_over.promises.judge()
    takes_over.settlements.expire_due()
    takes_over.plans.run_due()


def _payments(desk: Services, chosen: Chosen, dice: Random) -> Iterator[PaymentForm]:
    today = desk.session.today
    for story, parts, days in PAID:
        if row := chosen.get(story):
            amount = _owed_now(desk, row, story) or _part(row, *parts)
            reference = f"ACH {dice.randint(10_000, 99_999)}"
            yield PaymentForm(
                account=row.number, amount=amount, method="bank_transfer", reference=reference,
                effective_on=today - timedelta(days=days), allow_duplicate=True,
                submission_id=UUID(int=dice.getrandbits(128), version=4),
            )  # fmt: skip


PAID: Final[Sequence[tuple[str, tuple[int, ...], int]]] = (
    ("promise kept", (6,), 10),
    ("promise of rates", (9,), 20),
    ("promise of rates", (9,), 5),
    ("plan on track", (), 14),
    ("offer paid", (), 3),
    ("offer open", (10, 2), 8),
)
"""The story, which part of the debt, and how many days ago."""


def _owed_now(desk: Services, row: AccountRow, story: str) -> Money | None:
    if story not in ("plan on track", "offer paid"):
        return None
    seen = desk.plans.outlook(row.number)
    if seen.plan is not None and seen.plan.next is not None:
        return seen.plan.next.rest
    return seen.offer.left if seen.offer is not None else None


def _part(row: AccountRow, parts: int, times: int = 1) -> Money:
    return Money(max(1000, row.balance.minor * times // parts // 500 * 500), row.balance.currency)

"""The day the demo is opened on: what waits on two collectors' desks, and the few payments they have taken so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from datetime import timedelta
from random import Random
from typing import Final
from uuid import UUID

from debtflow_tui.demo.history import FLAGS
from debtflow_tui.demo.names import CAMEOS, OMAR
from debtflow_tui.wiring import Services
from services.accounts.results import AccountRow
from services.domain.lookup import parse_lookup
from services.domain.money import Money
from services.payments import PaymentForm

DUE_TODAY: Final = 12
PAGE: Final = 500
TILL: Final = (("cash", ""), ("check", "CHK 20417"), ("bank_transfer", "ACH 7781"), ("paid_to_client", ""))


def before(desk: Services) -> None:
    """The one payment that the README's debtor has made, taken over by a supervisor."""
    for row in _omar(desk):
        form = PaymentForm(
            account=row.number, amount=Money(2500, row.balance.currency), method="bank_transfer", reference="ACH 66120",
            effective_on=desk.session.today - timedelta(days=54),
            submission_id=UUID("7c1e6f0a-9a35-4b5c-8f0e-2d7d5b1a4f02"),
        )  # fmt: skip
        desk.payments.post(form)


def of_ana(desk: Services, dice: Random, apart: Set[str]) -> tuple[str, ...]:
    """Follow-ups due today, a flag of every kind, and a payment of every way; gives the receipts that will bounce."""
    fresh = [row for row in _untouched(desk) if row.number not in apart]
    cameos = [row for row in fresh if row.external_ref in CAMEOS]
    plain = [row for row in fresh if row.external_ref not in CAMEOS]
    due = [*plain[: DUE_TODAY - len(cameos)], *cameos]
    for row in due:
        desk.accounts.follow_up(row.number, desk.session.today)
    for row, flag in zip(plain[3:], FLAGS, strict=False):
        desk.accounts.raise_flag(row.number, *flag)
    for row in _omar(desk):
        desk.accounts.call(row.number, "left_message", "Voice mail, name and number only.")
        desk.accounts.call(row.number, "contacted", "Reached at home. Works again since October, wants to settle this.")
        desk.accounts.note(row.number, "Prefers calls after 6 pm. Asked what part of it is interest.")
        desk.accounts.follow_up(row.number, desk.session.today + timedelta(days=7))
    paying = plain[DUE_TODAY:]
    receipts = [_pay(desk, row, dice, way) for row, way in zip(paying, TILL, strict=False)]
    smallest = min(paying[len(TILL) :], key=lambda row: row.balance.minor, default=None)
    if smallest:
        _pay(desk, smallest, dice, ("cash", ""), whole=True)
    return tuple(receipts[1:2])


def of_ben(desk: Services, dice: Random) -> None:
    """A few payments."""
    for row, way in zip(_untouched(desk)[2:], TILL[:3], strict=False):
        _pay(desk, row, dice, way)


def _omar(desk: Services) -> Sequence[AccountRow]:
    """The debt of the README's tour; a smaller demo has none."""
    return desk.accounts.find(parse_lookup(f"ref:{OMAR}"), limit=1).rows


def _untouched(desk: Services) -> Sequence[AccountRow]:
    """My accounts that nothing has happened to yet, oldest first."""
    query = parse_lookup(f"status:assigned collector:{desk.session.user} balance>50")
    page = desk.accounts.find(query, limit=PAGE)
    return sorted(_plain(page.rows), key=lambda row: int(row.number.partition("-")[0]))


def _plain(rows: Iterable[AccountRow]) -> Iterable[AccountRow]:
    return (row for row in rows if not row.flags and row.follow_up_on is None)


def _pay(desk: Services, row: AccountRow, dice: Random, way: tuple[str, str], *, whole: bool = False) -> str:
    method, reference = way
    part = max(1000, row.balance.minor // dice.randint(6, 12) // 500 * 500)
    amount = row.balance.minor if whole else min(part, row.balance.minor)
    form = PaymentForm(
        account=row.number, amount=Money(amount, row.balance.currency), method=method, reference=reference or None,
        allow_duplicate=True, submission_id=UUID(int=dice.getrandbits(128), version=4),
    )  # fmt: skip
    return desk.payments.post(form).receipt

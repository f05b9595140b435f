"""Kernel rows as what people read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection

from services.domain.money import Money
from services.domain.numbers import receipt_number
from services.errors import DebtFlowError, NotFound
from services.payments.results import AllocationLine, Earlier, PaymentForm, Preview, Receipt
from services.payments.rules import BUCKET_NAMES, explain

EARLIER = """
  select p.id, u.login, p.recorded_at, p.method, debtflow.payment_reference(p.id) as reference
    from debtflow.payment p join debtflow.users u on u.id = p.user_id where p.id = %s"""

RECEIPT = """
  select p.id as payment_id, p.submission_id, a.number, a.debtor_name as debtor, p.amount, p.currency, p.method,
         debtflow.payment_reference(p.id) as reference, p.effective_on, p.recorded_at, u.login as entered_by,
         p.parts, p.over, p.due_before, p.bucket_order, b.version,
         k.starts_on as contract_since, debtflow.plus4(p.due_before, p.parts, -1) as due, 'shown' as outcome
    from debtflow.payment p
    join debtflow.account a on a.id = p.account_id
    join debtflow.account_balance b on b.account_id = a.id
    join debtflow.users u on u.id = p.user_id
    left join lateral (
      select k.starts_on from debtflow.contract k where k.client_id = a.client_id and k.starts_on <= p.effective_on
       order by k.starts_on desc limit 1) k on true
   where p.id = %s and p.reverses is null"""


def preview(connection: Connection, row: Any, form: PaymentForm) -> Preview:
    """The weighed form as the screen shows it; raises NotFound where there is no such account."""
    earlier = _earlier(connection, row.earlier)
    problem = explain(row, earlier.receipt if earlier else None)
    if isinstance(problem, NotFound):
        raise problem
    currency = row.currency or form.amount.currency
    before = Money(sum(row.due_before), currency)
    after = before - Money(sum(row.parts), currency)
    return Preview(
        outcome=row.outcome,
        message=problem.message if problem else None,
        hint=problem.hint if problem else None,
        lines=lines(row),
        before=before,
        after=after,
        unapplied=Money(row.over, currency),
        held=Money(row.held or 0, currency),
        version=_seen_version(row),
        status_after="closed" if row.outcome == "posted" and after.minor == 0 else row.status,
        policy=policy(row.bucket_order, row.contract_since),
        earlier=earlier,
    )


def answers(rows: Sequence[Any], forms: Sequence[PaymentForm]) -> tuple[Receipt | DebtFlowError, ...]:
    """One answer a form, in their order."""
    return tuple(_answer(row, form) for row, form in zip(rows, forms, strict=True))


def receipt_of(connection: Connection, payment: int) -> Receipt:
    """The receipt of one payment; raises NotFound where the caller may see none."""
    row = connection.exec_driver_sql(RECEIPT, (payment,)).one_or_none()
    if row is None:
        raise NotFound(f"there is no payment {receipt_number(payment)}", rule="payment")
    return _receipt(row, Money(row.amount, row.currency))


def lines(row: Any) -> tuple[AllocationLine, ...]:
    """How the money falls, in the order of the contract."""
    if row.bucket_order is None:
        return ()
    rule = policy(row.bucket_order, row.contract_since)

    def line(bucket: int) -> AllocationLine:
        before, part = row.due_before[bucket - 1], row.parts[bucket - 1]
        return AllocationLine(
            BUCKET_NAMES[bucket],
            Money(before, row.currency),
            Money(part, row.currency),
            Money(before - part, row.currency),
            rule,
        )

    return tuple(line(bucket) for bucket in row.bucket_order)


def policy(bucket_order: Sequence[int] | None, since: date | None) -> str:
    """The rule behind an allocation, in words."""
    if bucket_order is None or since is None:
        return "no contract in force"
    return f"{', '.join(BUCKET_NAMES[bucket] for bucket in bucket_order)} (contract of {since})"


def _answer(row: Any, form: PaymentForm) -> Receipt | DebtFlowError:
    problem = explain(row, receipt_number(row.earlier) if row.earlier else None)
    return problem or _receipt(row, form.amount)


def _receipt(row: Any, amount: Money) -> Receipt:
    return Receipt(
        payment=str(row.submission_id),
        receipt=receipt_number(row.payment_id),
        submission_id=row.submission_id,
        replayed=row.outcome == "replayed",
        account=row.number,
        debtor=row.debtor,
        amount=amount,
        method=row.method,
        reference=row.reference,
        effective_on=row.effective_on,
        recorded_at=row.recorded_at,
        by=row.entered_by,
        allocation=lines(row),
        balance=Money(sum(row.due), row.currency),
        version=row.version,
    )


def _seen_version(row: Any) -> int:
    """The version that was looked at: what was weighed is already one further where it could be posted."""
    version: int = row.version
    return version - 1 if row.outcome == "posted" else version


def _earlier(connection: Connection, payment: int | None) -> Earlier | None:
    if payment is None:
        return None
    row = connection.exec_driver_sql(EARLIER, (payment,)).one_or_none()
    return Earlier(receipt_number(row.id), row.login, row.recorded_at, row.method, row.reference) if row else None

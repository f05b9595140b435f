"""Adjustments: every method that changes a debt calls one kernel function."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from services.accounts.results import BUCKETS
from services.adjustments.results import (
    ADJUSTMENT_KINDS,
    Adjusted,
    Adjustment,
    AdjustmentForm,
    AdjustmentPreview,
    BucketChange,
    Limit,
    Reason,
)
from services.adjustments.rules import explain
from services.domain.money import Money
from services.domain.numbers import parse_account_number, parse_receipt_number, receipt_number
from services.errors import BadInput, NotFound
from services.store import Store

POST = "select * from debtflow.adjustment_post(%s::jsonb, %s) order by ord"
REHEARSE = "select * from debtflow.adjustment_post(%s::jsonb) order by ord"
PREVIEW = "select * from debtflow.adjustment_preview(%s::jsonb) order by ord"
REVERSE = "select * from debtflow.adjustment_reverse(%s::jsonb, %s) order by ord"
LIST = "select * from debtflow.adjustments_of(%s)"
REASONS = "select kind, name, what, closes_as from debtflow.adjustment_reason order by kind, name"
LIMITS = "select * from debtflow.adjustment_limits()"
SET_LIMIT = "select debtflow.limit_set(%s, %s, null, %s)"
CURRENCY = "select currency from debtflow.session_whoami()"


class Adjustments:
    """Fees, costs, write-offs and corrections, under the rights of the signed-in person."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def preview(self, form: AdjustmentForm) -> AdjustmentPreview:
        """What posting this form would do now, by the rules that posting applies; takes no lock, writes nothing."""
        items = _items(form)
        row = self._store.ask(lambda c: c.exec_driver_sql(PREVIEW, (items,)).one())
        problem = explain(row)
        if isinstance(problem, NotFound):
            raise problem
        return AdjustmentPreview(
            outcome=row.outcome,
            message=problem.message if problem else None,
            hint=problem.hint if problem else None,
            lines=_changes(row),
            before=Money(sum(row.due_before), row.currency),
            after=Money(sum(row.due), row.currency),
            closes_as=row.closes_as,
            most=None if row.most is None else Money(row.most, row.currency),
            used=None if row.used is None else Money(row.used, row.currency),
            version=row.version - (row.outcome == "posted"),
        )

    def post(self, form: AdjustmentForm, *, dry_run: bool = False) -> Adjusted:
        """Post one adjustment; the same submission again gives the same answer and does nothing.

        Locks the account. Raises Refused with the rule's name (``limit`` names who may), Stale where ``form.version``
        is not the account's.
        """
        items = _items(form)
        if dry_run:
            row = self._store.rehearse(lambda c: c.exec_driver_sql(REHEARSE, (items,)).one())
        else:
            row = self._store.call(POST, [items])[0]
        return _answer(row)

    def reverse(self, receipt: str, reason: str, *, submission_id: UUID) -> Adjusted:
        """Take an adjustment back by a linked transfer; an account it closed is open again. Supervisors only."""
        item = {"adjustment": parse_receipt_number(receipt), "submission_id": str(submission_id), "reason": reason}
        return _answer(self._store.call(REVERSE, [json.dumps([item])])[0])

    def list(self, account: str) -> tuple[Adjustment, ...]:
        """The adjustments of an account, newest first."""
        number = parse_account_number(account)
        rows = self._store.ask(lambda c: c.exec_driver_sql(LIST, (number,)).all())
        return tuple(_adjustment(row) for row in rows)

    def reasons(self, kind: str | None = None) -> tuple[Reason, ...]:
        """What an adjustment can be made for; the kind ``reversal`` is for taking one back."""
        rows = self._store.ask(lambda c: c.exec_driver_sql(REASONS).all())
        return tuple(Reason(*row) for row in rows if kind in (None, row.kind))

    def limits(self) -> tuple[Limit, ...]:
        """What each role may do, of each kind."""

        def work(connection: Connection) -> tuple[Limit, ...]:
            currency = connection.exec_driver_sql(CURRENCY).scalar_one()
            rows = connection.exec_driver_sql(LIMITS).all()
            return tuple(Limit(row.role, row.kind, Money(row.most, currency), row.agreed) for row in rows)

        return self._store.ask(work)

    def set_limit(self, role: str, kind: str, most: Money) -> None:
        """Say what a role may do of a kind on one account in 24 hours; administrators only."""
        _known_kind(kind)
        self._store.act(lambda c: c.exec_driver_sql(SET_LIMIT, (kind, role, most.minor)))


def _items(form: AdjustmentForm) -> str:
    _known_kind(form.kind)
    item: dict[str, object] = {
        "account": parse_account_number(form.account),
        "submission_id": str(form.submission_id),
        "kind": form.kind,
        "reason": form.reason,
    }
    if form.amount is None:
        item["whole"] = True
    else:
        item["amount"], item["currency"] = form.amount.minor, form.amount.currency
    if form.bucket is not None:
        item["bucket"] = _bucket(form.bucket)
    if form.effective_on is not None:
        item["effective_on"] = form.effective_on.isoformat()
    if form.version is not None:
        item["version"] = form.version
    return json.dumps([item])


def _known_kind(kind: str) -> None:
    if kind not in ADJUSTMENT_KINDS:
        raise BadInput("kind", f"{kind[:40]} is no kind of adjustment", hint=", ".join(ADJUSTMENT_KINDS))


def _bucket(name: str) -> int:
    if name not in BUCKETS:
        raise BadInput("bucket", f"{name[:40]} is no bucket", hint=", ".join(BUCKETS))
    return BUCKETS.index(name) + 1


def _answer(row: Any) -> Adjusted:
    problem = explain(row)
    if problem is not None:
        raise problem
    return Adjusted(
        adjustment=str(row.submission_id),
        receipt=receipt_number(row.adjustment_id),
        submission_id=row.submission_id,
        replayed=row.outcome == "replayed",
        account=row.number,
        debtor=row.debtor,
        kind=row.kind,
        reason=row.reason,
        amount=Money(row.amount, row.currency),
        effective_on=row.effective_on,
        recorded_at=row.recorded_at,
        by=row.entered_by,
        lines=_changes(row),
        balance=Money(sum(row.due), row.currency),
        version=row.version,
        closed_as=row.closes_as if row.reverses is None else None,
        reverses=receipt_number(row.reverses) if row.reverses else None,
    )


def _changes(row: Any) -> tuple[BucketChange, ...]:
    return tuple(
        BucketChange(name, before, after - before, after)
        for name, before, after in (
            (name, Money(before, row.currency), Money(after, row.currency))
            for name, before, after in zip(BUCKETS, row.due_before, row.due, strict=True)
        )
    )


def _adjustment(row: Any) -> Adjustment:
    return Adjustment(
        receipt=receipt_number(row.id),
        kind=row.kind,
        reason=row.reason,
        amount=Money(row.amount, row.currency),
        effective_on=row.effective_on,
        recorded_at=row.recorded_at,
        by=row.login or "",
        reverses=receipt_number(row.reverses) if row.reverses else None,
        reversed_by=receipt_number(row.reversed_by) if row.reversed_by else None,
    )

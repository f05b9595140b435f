"""Taking payments and taking them back; every method that moves money calls one kernel function."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Connection

from services.domain.money import Money
from services.domain.numbers import parse_account_number, parse_receipt_number, receipt_number
from services.domain.prose import prose
from services.errors import BadInput, Busy, DebtFlowError
from services.payments import reading, sheet
from services.payments.results import METHODS, PAYERS, DaySheet, PaymentForm, Preview, Receipt, Reversal
from services.payments.rules import REVERSALS
from services.store import Store

POST = "select * from debtflow.payment_post(%s::jsonb, %s) order by ord"
REHEARSE = "select * from debtflow.payment_post(%s::jsonb) order by ord"
PREVIEW = "select * from debtflow.payment_preview(%s::jsonb) order by ord"
REVERSE = "select * from debtflow.payment_reverse(%s::jsonb, %s) order by ord"

REFERENCE_LENGTH = 100


class Payments:
    """Payments on placed accounts, under the rights of the signed-in person."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def preview(self, form: PaymentForm) -> Preview:
        """What posting this form would do now, by the rules that posting applies; takes no lock, writes nothing."""

        def work(connection: Connection) -> Preview:
            row = connection.exec_driver_sql(PREVIEW, (as_items([form]),)).one()
            return reading.preview(connection, row, form)

        return self._store.ask(work)

    def post(self, form: PaymentForm, *, dry_run: bool = False) -> Receipt:
        """Post one payment and give its receipt; the same submission again gives the same receipt and does nothing.

        Locks the account for the length of the act. Raises Refused with the rule's name, Stale where ``form.version``
        is not the account's, Busy naming the holder where somebody keeps the account locked.
        """
        answer = self._rehearsed([form])[0] if dry_run else self.post_many([form])[0]
        if isinstance(answer, DebtFlowError):
            raise answer
        return answer

    def post_many(self, forms: Sequence[PaymentForm]) -> tuple[Receipt | DebtFlowError, ...]:
        """Post 1..n payments in one act; a refused one stops no other. Answers in the order of the forms."""
        if not forms:
            return ()
        try:
            rows = self._store.call(POST, [as_items(forms)])
        except Busy as busy:
            raise self._held(busy, forms[0].account) from busy
        return reading.answers(rows, forms)

    def reverse(self, receipt: str, reason: str, *, submission_id: UUID) -> Reversal:
        """Take a payment back by a linked transfer with its legs turned round; supervisors and administrators only."""
        payment = parse_receipt_number(receipt)
        item = {"payment": payment, "submission_id": str(submission_id), "reason": reason}
        row = self._store.call(REVERSE, [json.dumps([item])])[0]
        if row.outcome not in ("reversed", "replayed"):
            raise REVERSALS[row.outcome](row, receipt)
        return Reversal(
            payment=str(row.submission_id),
            reversal=receipt_number(row.reversal_id),
            receipt=receipt_number(payment),
            account=row.number,
            amount=Money(row.amount, row.currency),
            reason=reason,
            replayed=row.outcome == "replayed",
            balance=Money(sum(row.due), row.currency),
        )

    def show(self, receipt: str) -> Receipt:
        """The receipt of a posted payment, as it was given."""
        payment = parse_receipt_number(receipt)
        return self._store.ask(lambda connection: reading.receipt_of(connection, payment))

    def day_sheet(self, day: date | None = None, user: str | None = None) -> DaySheet:
        """What one person entered on one day of the agency's calendar: today and oneself unless named."""
        return self._store.ask(lambda connection: sheet.day_sheet(connection, day, user))

    def _rehearsed(self, forms: Sequence[PaymentForm]) -> tuple[Receipt | DebtFlowError, ...]:
        def work(connection: Connection) -> tuple[Receipt | DebtFlowError, ...]:
            rows = connection.exec_driver_sql(REHEARSE, (as_items(forms),)).all()
            return reading.answers(rows, forms)

        return self._store.rehearse(work)

    def _held(self, busy: Busy, account: str) -> Busy:
        query = "select login, since from debtflow.lock_holder(%s)"
        row = self._store.ask(lambda c: c.exec_driver_sql(query, (account,)).one_or_none())
        if row is None:
            return busy
        return Busy(
            f"{row.login} has been working on account {account} since {row.since:%H:%M:%S} UTC",
            holder=row.login,
            since=row.since,
            hint="nothing was written; try again in a moment",
        )


def as_items(forms: Sequence[PaymentForm]) -> str:
    """The forms as the kernel takes them; raises BadInput for what no kernel needs to be asked about."""
    return json.dumps([_item(form) for form in forms])


def _item(form: PaymentForm) -> dict[str, object]:
    if form.method not in METHODS:
        raise BadInput("method", f"{form.method} is not a payment method", hint=", ".join(METHODS))
    if form.payer not in PAYERS:
        raise BadInput("payer", f"{form.payer} is not a kind of payer", hint=", ".join(PAYERS))
    if form.overpayment not in ("refuse", "unapplied"):
        raise BadInput(
            "overpayment", f"{form.overpayment} is not a way to treat an overpayment", hint="refuse or unapplied"
        )
    item: dict[str, object] = {
        "account": parse_account_number(form.account),
        "submission_id": str(form.submission_id),
        "amount": form.amount.minor,
        "currency": form.amount.currency,
        "method": form.method,
        "payer": form.payer,
        "overpayment": form.overpayment,
        "allow_duplicate": form.allow_duplicate,
    }
    if reference := prose(" ".join((form.reference or "").split()), "reference", REFERENCE_LENGTH):
        item["reference"] = reference
    if form.effective_on is not None:
        item["effective_on"] = form.effective_on.isoformat()
    if form.version is not None:
        item["version"] = form.version
    return item

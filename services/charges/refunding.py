"""Refunds: act 1 under the ceiling, the call with a key of its own, then the legs turned round."""

from __future__ import annotations

import json
from typing import Any, Final
from uuid import UUID

from services.charges import calling, reading
from services.charges.calls import Calls
from services.charges.reading import Json
from services.charges.results import Breaker, Refund, RefundUnderWay
from services.charges.rules import REFUNDS, blocked
from services.domain.money import Money
from services.domain.numbers import parse_account_number, parse_receipt_number, receipt_number
from services.gateways.base import ProviderRefused, ProviderUnavailable

BEGIN: Final = "select * from debtflow.refund_begin(%s)"
SEEN: Final = "select * from debtflow.refund_seen(%s)"
UNDER_WAY: Final = "select * from debtflow.refunds_under_way(%s)"
BREAKER: Final = "select * from debtflow.breaker_seen(%s)"


class Refunding:
    """Money on its way back through the provider."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def refund(self, receipt: str, amount: Money | None, submission: UUID) -> Refund:
        """As Charges.refund."""
        form = {"id": str(submission), "payment": parse_receipt_number(receipt)}
        if amount is not None:
            form |= {"amount": amount.minor, "currency": amount.currency}
        self._calls.gateway  # noqa: B018 - without a provider nothing is begun
        row = self._calls.store.act(lambda c: c.exec_driver_sql(BEGIN, (json.dumps(form),)).one())
        if row.outcome == "breaker_open":
            raise blocked(self._breaker())
        if row.outcome not in ("begun", "replayed"):
            raise REFUNDS[row.outcome](row, receipt)
        self._carry_out(submission)
        return self._seen(submission, replayed=row.outcome == "replayed")

    def under_way(self, number: str) -> tuple[RefundUnderWay, ...]:
        """As Charges.refunds_under_way."""
        of = (parse_account_number(number),)
        rows: list[Any] = self._calls.store.ask(lambda c: list(c.exec_driver_sql(UNDER_WAY, of).all()))
        return tuple(
            RefundUnderWay(
                row.id, receipt_number(row.of_payment), Money(row.amount, row.currency), reading.shown(row._mapping),
                row.state, row.started_at, row.login or "",
            )
            for row in rows
        )  # fmt: skip

    def _carry_out(self, wanted: UUID) -> None:
        entry = calling.enter(self._calls, "refund", wanted)
        if entry.outcome == "breaker_open" and not entry.order["called"]:
            self._calls.note("refund", wanted, {"source": "call", "state": "failed", "code": "breaker_open"})
        if entry.outcome != "call":
            return
        order, failure = entry.order, None
        answer: Json
        try:
            refunded = self._calls.gateway.refund(wanted, order["provider_id"], calling.amount_of(order))
            answer = reading.refund_heard(refunded, "call")
        except ProviderUnavailable as error:
            failure = error
            answer = entry.unanswered(error)
        except ProviderRefused as refusal:
            answer = entry.refused(refusal)
        self._calls.hear("refund", wanted, answer, probe=entry.probe, failure=failure)

    def _seen(self, wanted: UUID, *, replayed: bool) -> Refund:
        row: Any = self._calls.store.ask(lambda c: c.exec_driver_sql(SEEN, (wanted,)).one())
        return Refund(
            id=row.id,
            receipt=receipt_number(row.posted) if row.posted else None,
            of=receipt_number(row.of_payment),
            amount=Money(row.amount, row.currency),
            left=Money(max(row.left_over, 0), row.currency),
            state=row.state,
            reason=row.reason,
            replayed=replayed,
        )

    def _breaker(self) -> Breaker:
        row = self._calls.store.ask(lambda c: c.exec_driver_sql(BREAKER, (self._calls.name,)).one())
        return Breaker(row.state, row.cause, row.since, row.next_try_at)

"""One receipt over several debts: previewed, posted in one kernel call, shown again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from services.domain.money import Money
from services.domain.numbers import parse_account_number, parse_receipt_number, receipt_number
from services.domain.prose import prose
from services.errors import BadInput, NotFound
from services.payments.results import PAYERS
from services.receipts import reading
from services.receipts.results import INSTRUCTIONS, REMAINDERS, SPREAD_METHODS, GroupReceipt, Spread, SpreadForm
from services.receipts.rules import explain
from services.store import Store

PREVIEW = "select debtflow.payment_spread_preview(%s::jsonb)"
POST = "select debtflow.payment_spread(%s::jsonb, %s)"
REHEARSE = "select debtflow.payment_spread(%s::jsonb)"
SHOW = "select debtflow.receipt_show(%s)"

REFERENCE_LENGTH = 100


class Receipts:
    """Receipts over several debts of one person, under the rights of the signed-in person."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def preview(self, form: SpreadForm) -> Spread:
        """How this receipt would fall now, on every account of the person that the caller may see; takes no lock."""
        request = _request(form)

        def work(connection: Connection) -> Spread:
            return reading.spread_of(connection.exec_driver_sql(PREVIEW, (request,)).scalar_one(), form)

        return self._store.ask(work)

    def post(self, form: SpreadForm, *, dry_run: bool = False) -> GroupReceipt:
        """Post all parts of a receipt or none; the same submission again gives the same receipt and does nothing.

        Locks every account of the person that the caller may see. Raises Refused with the rule's name, Stale where one
        of ``form.versions`` has moved.
        """
        request = _request(form)
        if dry_run:
            seen = self._store.rehearse(lambda c: c.exec_driver_sql(REHEARSE, (request,)).scalar_one())
        else:
            seen = self._store.call(POST, [request])[0][0]
        return self._answer(seen, form)

    def show(self, receipt: str) -> GroupReceipt:
        """A receipt over several debts again, as far as the caller may see them; raises NotFound."""
        serial = parse_receipt_number(receipt)
        seen = self._store.ask(lambda c: c.exec_driver_sql(SHOW, (serial,)).scalar_one())
        if seen is None:
            raise NotFound(f"there is no receipt {receipt_number(serial)} over several debts", rule="receipt")
        return reading.receipt_of(seen)

    def _answer(self, seen: Mapping[str, Any], form: SpreadForm) -> GroupReceipt:
        if seen["outcome"] in ("posted", "replayed"):
            return reading.receipt_of(seen)
        lines = reading.spread_of(seen, form).lines if "lines" in seen else ()
        problem = explain(seen, form, lines)
        if problem is None:
            raise RuntimeError(f"the kernel answered {seen['outcome']}")
        raise problem


def _request(form: SpreadForm) -> str:
    """The form as the kernel takes it; raises BadInput for what no kernel needs to be asked about."""
    _one_of("method", form.method, SPREAD_METHODS)
    _one_of("payer", form.payer, PAYERS)
    _one_of("remainder", form.remainder, REMAINDERS)
    if form.instruction is not None:
        _one_of("instruction", form.instruction, INSTRUCTIONS)
    asked: dict[str, object] = {
        "account": parse_account_number(form.account),
        "submission_id": str(form.submission_id),
        "amount": form.amount.minor,
        "currency": form.amount.currency,
        "method": form.method,
        "payer": form.payer,
        "remainder": form.remainder,
        "allow_duplicate": form.allow_duplicate,
        "versions": {parse_account_number(number): version for number, version in form.versions.items()},
    }
    if reference := prose(" ".join((form.reference or "").split()), "reference", REFERENCE_LENGTH):
        asked["reference"] = reference
    if form.effective_on is not None:
        asked["effective_on"] = form.effective_on.isoformat()
    if form.instruction is not None:
        asked["instruction"] = form.instruction
    if form.lines is not None:
        asked["lines"] = {
            parse_account_number(number): _same(amount, form.amount).minor for number, amount in form.lines.items()
        }
    return json.dumps(asked)


def _one_of(field: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise BadInput(field, f"{value[:40]} is no {field} for a receipt over several debts", hint=", ".join(choices))


def _same(amount: Money, whole: Money) -> Money:
    if amount.currency != whole.currency:
        raise BadInput("lines", f"{amount} is not in {whole.currency}, as the receipt is")
    return amount

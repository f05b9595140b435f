"""Keying and posting batches; every method is one act of the database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID, uuid4

from services.batches import reading
from services.batches.results import (
    MAX_LINES,
    Batch,
    BatchEntry,
    BatchForm,
    BatchPage,
    BatchPosting,
    Choice,
    Comparison,
    Totals,
)
from services.domain.keying import base_of, keyable
from services.domain.money import Money
from services.domain.prose import prose
from services.errors import BadInput, Refused
from services.payments.results import METHODS, PAYERS
from services.store import Store

REFERENCE_LENGTH, TITLE_LENGTH, REASON_LENGTH = 100, 80, 400
PAGE = 200


class PaymentBatches:
    """Heads-down batches, under the rights of the signed-in person.

    A batch has at most 5,000 lines, in the agency's currency. Its row is the lock of every act on it; posting takes the
    accounting period, the batch, then the accounts by id.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    # ---- keying

    def open(self, form: BatchForm) -> Batch:
        """Begin a batch; the same submission again gives the same batch."""
        return reading.batch(self._act("open(%s::jsonb, %s)", as_form(form))["batch"])

    def key(self, batch: int, entries: Sequence[BatchEntry]) -> BatchPage:
        """Keep lines as keyed, whatever the rules say to them, and give them with the running totals.

        The line's own submission id makes a repeat harmless. Raises Refused where the batch takes no more lines,
        NotAllowed where another operator keys it.
        """
        return reading.page(self._act("key(%s, %s::jsonb, %s)", batch, as_lines(entries)))

    def amend(self, batch: int, line: int, entry: BatchEntry, *, version: int | None = None) -> BatchPage:
        """Replace what a line says; posted lines stay. Raises Stale where ``version`` is not the line's any more."""
        return reading.page(
            self._act("amend(%s, %s, %s, %s::jsonb, %s)", batch, line, version, json.dumps(_line(entry)))
        )

    def drop(self, batch: int, lines: Sequence[int]) -> BatchPage:
        """Take lines out of the batch; they stay readable and count no more."""
        return reading.page(self._act("drop(%s, %s, %s)", batch, list(lines)))

    def expect(self, batch: int, expected: Totals, reason: str) -> Batch:
        """Correct what was expected: whoever opened it while keying, a supervisor later."""
        said = prose(reason, "reason", REASON_LENGTH, required=True)
        values = expected.count, expected.sum.minor, expected.hash_total
        return self._head("expect(%s, %s, %s, %s::bigint, %s, %s)", batch, *values, said)

    def cancel(self, batch: int, reason: str) -> Batch:
        """Give a batch up as a whole, while nothing of it is posted."""
        return self._head("cancel(%s, %s, %s)", batch, prose(reason, "reason", REASON_LENGTH, required=True))

    # ---- second keying

    def hand_over(self, batch: int) -> Batch:
        """End the first keying: from now on it stands, and waits for another operator."""
        return self._told(batch, "hand_over(%s, %s)")

    def take(self, batch: int) -> Batch:
        """Become the second operator of a batch that was handed over."""
        return self._head("take(%s, %s)", batch)

    def compare(self, batch: int) -> Batch:
        """End the second keying: both are seen by both from now on."""
        return self._told(batch, "compare(%s, %s)")

    def differences(self, batch: int) -> Comparison:
        """What the two keyings do not agree on, once they are compared."""
        query = "select debtflow.payment_batch_compared(%s)"
        return reading.comparison(self._store.ask(lambda c: c.exec_driver_sql(query, (batch,)).scalar_one()))

    def settle(self, batch: int, choices: Sequence[Choice]) -> Batch:
        """Make one side like the other. Nobody may choose their own keying; a supervisor who keyed neither may."""
        asked = json.dumps([asdict(choice) for choice in choices], default=str)
        return self._head("settle(%s, %s::jsonb, %s)", batch, asked)

    # ---- posting

    def post(
        self, batch: int, *, submission_id: UUID | None = None, version: int | None = None, dry_run: bool = False
    ) -> BatchPosting:
        """Post every open or failed line in one act, with an answer for each; a refused line stops no other.

        Raises Refused where the batch differs from its expected totals, Stale where ``version`` is not the batch's.
        The same submission again, or a batch that is posted already, gives the answer that was given.
        """
        values = batch, version, submission_id or uuid4()
        try:
            return reading.posting(self._act("post(%s, %s, %s, %s)", *values, rehearse=dry_run))
        except Refused as refused:
            raise self._with_figures(refused, batch) from refused

    def enter(self, form: BatchForm, entries: Sequence[BatchEntry], *, dry_run: bool = False) -> BatchPosting:
        """Open, key and post in one act: with a difference nothing is left behind. One submission id is one batch."""
        self._must_agree(form, entries)
        values = as_form(form), as_lines(entries), form.submission_id
        return reading.posting(self._act("enter(%s::jsonb, %s::jsonb, %s, %s)", *values, rehearse=dry_run))

    def keep(self, form: BatchForm, entries: Sequence[BatchEntry]) -> BatchPage:
        """Open and key in one act, to be looked at and posted later."""
        return reading.page(self._act("enter(%s::jsonb, %s::jsonb, null::uuid, %s)", as_form(form), as_lines(entries)))

    # ---- reading

    def show(self, batch: int, *, before: int | None = None, limit: int = PAGE, wanted: str | None = None) -> BatchPage:
        """A batch and its lines, newest first; ``wanted`` is failed, open, posted, dropped or flagged."""
        query = "select debtflow.payment_batch_show(%s, %s, %s, %s)"
        values = batch, before, limit, wanted
        found = reading.page(self._store.ask(lambda c: c.exec_driver_sql(query, values).scalar_one()))
        return BatchPage(found.batch, found.lines[::-1])

    def list(
        self, *, state: str | None = None, before: int | None = None, limit: int = 50
    ) -> tuple[tuple[Batch, ...], int | None]:
        """Batches, newest first, and what to give as ``before`` for more; ``state`` may be ``unfinished``."""
        query = "select debtflow.payment_batch_list(%s, %s, %s)"
        values = before, limit + 1, state
        heads = self._store.ask(lambda c: c.exec_driver_sql(query, values).scalar_one())
        found = tuple(reading.batch(head) for head in heads)
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    # ---- inside

    def _act(self, call: str, *values: object, rehearse: bool = False) -> reading.Document:
        query = f"select debtflow.payment_batch_{call} as document"
        if rehearse:
            document = self._store.rehearse(lambda c: c.exec_driver_sql(query, (*values, None)).scalar_one())
        else:
            document = self._store.call(query, values)[0].document
        return dict(document)

    def _head(self, call: str, *values: object) -> Batch:
        return reading.batch(self._act(call, *values)["batch"])

    def _told(self, batch: int, call: str) -> Batch:
        try:
            return self._head(call, batch)
        except Refused as refused:
            raise self._with_figures(refused, batch) from refused

    def _with_figures(self, refused: Refused, batch: int) -> Refused:
        if refused.rule != "payment_batch_differs":
            return refused
        found = self.show(batch, limit=0).batch
        return _differs(f"batch {batch}", found.difference, refused.hint)

    def _must_agree(self, form: BatchForm, entries: Sequence[BatchEntry]) -> None:
        keyed = totals_of(entries, form.expected.sum.currency)
        difference = reading.minus(keyed, form.expected)
        if not reading.nothing(difference):
            raise _differs("the file", difference, "nothing was posted; correct the file, or what is expected of it")


def totals_of(entries: Sequence[BatchEntry], currency: str) -> Totals:
    """What lines come to; raises BadInput for one in another currency."""
    for entry in entries:
        if entry.amount.currency != currency:
            raise BadInput("amount", f"the batch is in {currency}, not in {entry.amount.currency}")
    numbers = [base_of(keyable(entry.account)) for entry in entries]
    return Totals(len(entries), Money.sum([entry.amount for entry in entries], currency), sum(numbers))


def as_form(form: BatchForm) -> str:
    """The form as the database takes it."""
    expected = form.expected
    if not 1 <= expected.count <= MAX_LINES:
        raise BadInput("count", f"a batch has 1 to {MAX_LINES:,} lines", hint="split the stack")
    if expected.sum.minor < 1:
        raise BadInput("sum", "an expected sum is at least one cent", hint="write it like 2,500.00")
    if expected.hash_total is not None and not 0 < expected.hash_total < 2**63:
        raise BadInput("hash_total", "a hash total is the sum of the account numbers, without check digits")
    return json.dumps(
        {
            "submission_id": str(form.submission_id),
            "title": prose(" ".join(form.title.split()), "title", TITLE_LENGTH),
            "count": expected.count,
            "sum": expected.sum.minor,
            "currency": expected.sum.currency,
            "hash_total": expected.hash_total,
            "second_keying": form.second_keying,
        }
    )


def as_lines(entries: Sequence[BatchEntry]) -> str:
    """Entries as the database takes them; raises BadInput for what no account needs to be asked about."""
    return json.dumps([_line(entry) for entry in entries])


def _line(entry: BatchEntry) -> dict[str, object]:
    if entry.method not in METHODS:
        raise BadInput("method", f"{entry.method} is not a method to key payments with", hint=", ".join(METHODS))
    if entry.payer not in PAYERS:
        raise BadInput("payer", f"{entry.payer} is not a kind of payer", hint=", ".join(PAYERS))
    if entry.overpayment not in ("refuse", "unapplied"):
        raise BadInput("overpayment", f"{entry.overpayment} is not a way to treat it", hint="refuse or unapplied")
    line: dict[str, object] = {
        "submission_id": str(entry.submission_id),
        "account": keyable(entry.account),
        "amount": entry.amount.minor,
        "currency": entry.amount.currency,
        "method": entry.method,
        "reference": prose(" ".join(entry.reference.split()), "reference", REFERENCE_LENGTH),
        "payer": entry.payer,
        "allow_duplicate": entry.allow_duplicate,
        "overpayment": entry.overpayment,
    }
    if entry.effective_on is not None:
        line["effective_on"] = entry.effective_on.isoformat()
    return line


def _differs(what: str, difference: Totals, hint: str | None) -> Refused:
    return Refused(
        f"{what} differs from its expected totals: {reading.in_words(difference)}",
        rule="payment_batch_differs",
        hint=hint,
    )

"""The database's documents as what people read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.batches.results import (
    Batch,
    BatchDifference,
    BatchLine,
    BatchPage,
    BatchPosting,
    Comparison,
    Totals,
)
from services.domain.money import Money
from services.domain.numbers import receipt_number

Document = dict[str, Any]
SIDES = {1: "first", 2: "second"}


def batch(head: Document) -> Batch:
    """A batch from its head."""
    currency = head["currency"]
    expected, keyed = _totals(head["expected"], currency), _totals(head["keyed"], currency)
    difference = minus(keyed, expected)
    return Batch(
        id=head["id"],
        title=head["title"],
        state=head["state"],
        second_keying=head["second_keying"],
        side=SIDES[head["pass"]],
        hidden=head["hidden"],
        expected=expected,
        keyed=keyed,
        difference=difference,
        agrees=nothing(difference),
        open=head["open"],
        posted=head["posted"],
        posted_sum=Money(head["posted_sum"], currency),
        failed=head["failed"],
        flagged=head["flagged"],
        differences=head["differences"],
        opened_by=head["opened_by"],
        opened_at=datetime.fromisoformat(head["opened_at"]),
        second_by=head["second_by"],
        posted_by=head["posted_by"],
        posted_at=_moment(head["posted_at"]),
        finished_at=_moment(head["finished_at"]),
        reason=head["reason"],
        submission_id=UUID(head["submission_id"]),
        version=head["version"],
    )


def page(document: Document) -> BatchPage:
    """A batch and the lines that came with it."""
    head = document["batch"]
    return BatchPage(batch(head), tuple(line(each, head["currency"]) for each in document["lines"]))


def posting(document: Document) -> BatchPosting:
    """What posting said."""
    found = page(document)
    return BatchPosting(
        found.batch,
        found.lines,
        UUID(document["submission_id"]),
        document["replayed"],
        datetime.fromisoformat(document["at"]),
        document["by"],
    )


def comparison(document: Document) -> Comparison:
    """Both sides of what differs."""
    head = document["batch"]
    return Comparison(
        batch(head),
        tuple(
            BatchDifference(*(line(each[side], head["currency"]) if each[side] else None for side in SIDES.values()))
            for each in document["differences"]
        ),
    )


def line(facts: Document, currency: str) -> BatchLine:
    """One line, with the words for what speaks against it."""
    owing = None if facts["owing"] is None else Money(facts["owing"], facts["owing_currency"])
    message, hint = explain(facts, owing)
    return BatchLine(
        line=facts["no"],
        side=SIDES[facts["pass"]],
        submission_id=UUID(facts["submission_id"]),
        account=facts["account"],
        debtor=facts["debtor"],
        owing=owing,
        amount=Money(facts["amount"], currency),
        method=facts["method"],
        reference=facts["reference"],
        payer=facts["payer"],
        effective_on=date.fromisoformat(facts["effective_on"]),
        allow_duplicate=facts["allow_duplicate"],
        overpayment=facts["overpayment"],
        state=facts["state"],
        outcome=facts["outcome"],
        message=message,
        hint=hint,
        receipt=None if facts["payment_id"] is None else receipt_number(facts["payment_id"]),
        by=facts["by"],
        version=facts["version"],
    )


def minus(one: Totals, other: Totals) -> Totals:
    """How far one is from the other; a hash total that nobody expects differs from nothing."""
    hashed = None if one.hash_total is None or other.hash_total is None else one.hash_total - other.hash_total
    return Totals(one.count - other.count, one.sum - other.sum, hashed)


def nothing(difference: Totals) -> bool:
    """Whether a difference is none."""
    return not (difference.count or difference.sum or difference.hash_total)


def in_words(difference: Totals) -> str:
    """A difference as people say it: ``1 line too few, 250.00 USD too little``."""
    count, money, hashed = difference.count, difference.sum, difference.hash_total or 0
    said = [
        f"{abs(count):,} line{'s' * (abs(count) != 1)} too {'many' if count > 0 else 'few'}" if count else "",
        f"{abs(money)} too {'much' if money.minor > 0 else 'little'}" if money else "",
        f"hash total {abs(hashed):,} too {'high' if hashed > 0 else 'low'}" if hashed else "",
    ]
    return ", ".join(part for part in said if part) or "nothing"


def explain(facts: Document, owing: Money | None) -> tuple[str | None, str | None]:
    """What a rule says to a line, and what to do; nothing where no rule speaks against it."""
    outcome = facts["outcome"]
    if outcome is None:
        return None, None
    if outcome in REASONS:
        told, hint = REASONS[outcome]
        return told(facts, owing), hint
    return outcome.replace("_", " "), "look at the account"


def _closed(facts: Document, owing: Money | None) -> str:
    return f"the account is {facts['status']}" if facts["status"] in ("closed", "settled") else f"owes {owing}"


Telling = Callable[[Document, Money | None], str]
REASONS: dict[str, tuple[Telling, str]] = {
    "not_found": (lambda facts, _: f"no account {facts['account']}", "amend the number, or give it to who has it"),
    "duplicate": (
        lambda _facts, _owing: "same amount within 24 hours",
        "if it is a second payment, mark the line with !",
    ),
    "overpayment": (lambda _, owing: f"more than the {owing} owed", "amend it, or keep the rest unapplied with +"),
    "closed": (_closed, "check the account number"),
    "currency": (lambda _, owing: f"the account is in {owing.currency if owing else '?'}", "take it out of this batch"),
    "before_placement": (lambda facts, _: f"{facts['effective_on']} is before its placement", "check the date"),
    "future_date": (lambda facts, _: f"{facts['effective_on']} is in the future", "amend the date"),
    "no_contract": (lambda facts, _: f"no contract on {facts['effective_on']}", "ask an administrator"),
    "period_closed": (lambda _facts, _owing: "its month is closed", "a supervisor posts it, or under a later day"),
    "limit": (lambda _facts, _owing: "more than you may enter at once", "somebody whose limit is higher posts it"),
    "conflict": (lambda _facts, _owing: "its submission id is used already", "drop the line and key it again"),
    "reference_long": (lambda _facts, _owing: "the reference is too long", "amend it"),
}


def _totals(three: list[int | None], currency: str) -> Totals:
    count, total, hashed = three
    return Totals(count or 0, Money(total or 0, currency), hashed)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)

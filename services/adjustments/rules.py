"""What the outcomes of an adjustment mean to a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.adjustments.results import ADJUSTMENT_KINDS
from services.domain.money import Money
from services.domain.numbers import receipt_number
from services.errors import BadInput, DebtFlowError, NotFound, Refused, Stale

UNLIMITED = 10**15


def explain(row: Any) -> DebtFlowError | None:
    """The error an outcome stands for, or None where the adjustment was, or would be, posted."""
    if row.outcome in ("posted", "replayed"):
        return None
    return EXPLANATIONS[row.outcome](row)


def _money(row: Any, minor: int) -> Money:
    return Money(minor, row.currency)


def _limit(row: Any) -> DebtFlowError:
    if row.most == 0:
        return Refused(
            f"you make no adjustment of this kind ({_kind(row)})", rule="limit", hint="ask a supervisor",
            who_may="supervisor",
        )  # fmt: skip
    used = f", and {_money(row, row.used)} of it are used" if row.used else ""
    return Refused(
        f"your limit for this ({_kind(row)}) is {_money(row, row.most)} on one account in 24 hours{used}",
        rule="limit",
        hint="ask somebody whose limit is higher",
        who_may="supervisor",
    )


def _kind(row: Any) -> str:
    return str(row.kind).replace("_", " ")


def _more_than_owed(row: Any) -> DebtFlowError:
    owed = _money(row, row.due_before[row.bucket - 1] if row.bucket else sum(row.due_before))
    where = "there" if row.bucket or row.kind == "correct_down" else "in all"
    return Refused(f"that is more than is owed {where} ({owed})", rule="more_than_owed", hint=f"enter at most {owed}")


EXPLANATIONS: dict[str, Callable[[Any], DebtFlowError]] = {
    "not_found": lambda row: NotFound(
        f"there is no account {row.number}" if row.reverses is None and row.number else "there is no such adjustment",
        rule="account" if row.number else "adjustment",
    ),
    "submission_form": lambda _: BadInput("submission_id", "an adjustment needs a submission id"),
    "conflict": lambda _: Refused(
        "this submission id was already used for something else", rule="submission_conflict", hint="use a new one"
    ),
    "kind_unknown": lambda row: BadInput(
        "kind", f"{row.kind} is no kind of adjustment", hint=", ".join(ADJUSTMENT_KINDS)
    ),
    "reason_unknown": lambda row: BadInput(
        "reason", f"{row.reason} is no reason for this", hint="debtflow adjust reasons"
    ),
    "currency": lambda row: Refused(
        f"account {row.number} is in {row.currency}", rule="currency", hint=f"enter the amount in {row.currency}"
    ),
    "bucket_form": lambda row: BadInput("bucket", f"a {_kind(row)} has a bucket of its own", hint="leave it out"),
    "whole_form": lambda _: BadInput("amount", "the whole debt has neither an amount nor a bucket"),
    "amount_form": lambda _: BadInput("amount", "an amount is at least one cent", hint="write it like 250.00"),
    "stale": lambda row: Stale(
        f"account {row.number} has changed since you looked: {_money(row, sum(row.due))} is owed now",
        rule="stale",
        hint="look at the new figures, then post again",
    ),
    "closed": lambda row: Refused(
        f"account {row.number} {f'is {row.status}' if row.status in ('closed', 'settled') else 'owes nothing'}",
        rule="closed",
        hint="only what is open is adjusted",
    ),
    "future_date": lambda row: Refused(
        f"{row.effective_on} is in the future", rule="future_date", hint="it counts from today at the latest"
    ),
    "before_placement": lambda row: Refused(
        f"{row.effective_on} is before account {row.number} was placed",
        rule="before_placement",
        hint="what happened earlier belongs to the client's own books",
    ),
    "period_closed": lambda row: Refused(
        f"{row.effective_on} is in a month that is closed",
        rule="period_closed",
        hint="post it under a later day, or ask a supervisor",
        who_may="supervisor",
    ),
    "more_than_owed": _more_than_owed,
    "held": lambda row: Refused(
        f"charges under way hold {_money(row, row.held)} of what is owed, and it must not fall below that",
        rule="held",
        hint="wait for them, or cancel them",
    ),
    "too_large": lambda row: Refused(
        f"account {row.number} would owe more than the books can hold", rule="too_large", hint="check the amount"
    ),
    "limit": _limit,
    # of taking back
    "not_reversible": lambda _: Refused(
        "this takes an adjustment back itself", rule="not_reversible", hint="post the adjustment anew"
    ),
    "already_reversed": lambda row: Refused(
        f"{receipt_number(row.reverses)} is already taken back", rule="already_reversed", hint="debtflow adjust list"
    ),
    "settled": lambda row: Refused(
        f"account {row.number} is settled", rule="settled", hint="a settlement is undone by its payment's reversal"
    ),
    "paid_since": lambda row: Refused(
        f"taking {receipt_number(row.reverses)} back would leave less than nothing owed",
        rule="paid_since",
        hint="reverse the later payments first",
    ),
}

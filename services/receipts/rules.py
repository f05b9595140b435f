"""What the outcomes of a receipt over several debts mean to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from services.domain.money import Money
from services.errors import BadInput, DebtFlowError, NotFound, Refused, Stale
from services.payments.rules import above_limit
from services.payments.rules import explain as explain_payment
from services.receipts.results import SpreadForm, SpreadLine

SKIPPED = {
    "disputed": "skipped: disputed",
    "closed": "skipped: takes no payments",
    "currency": "skipped: another currency",
    "before_placement": "skipped: placed later than this day",
    "no_contract": "skipped: no contract on this day",
    "held": "skipped: all of it is held by charges under way",
    "not_named": "skipped: not named",
    "nothing_left": "skipped: nothing left",
}


def explain(seen: Mapping[str, Any], form: SpreadForm, lines: Sequence[SpreadLine]) -> DebtFlowError | None:
    """The error an outcome stands for, or None where the receipt would be posted."""
    outcome = seen["outcome"]
    if outcome in ("posted", "replayed"):
        return None
    ours = _whole(outcome, form, lines, Money(seen.get("rest", 0), form.amount.currency))
    return ours or _part(outcome, seen)


def _whole(outcome: str, form: SpreadForm, lines: Sequence[SpreadLine], rest: Money) -> DebtFlowError | None:
    named = form.lines or {}
    match outcome:
        case "conflict":
            return Refused(
                "this submission id was already used for a different receipt",
                rule="submission_conflict",
                hint="a new receipt needs a new submission id",
            )
        case "limit":
            return above_limit()
        case "stale":
            return Stale(
                "one of the accounts has changed since you looked", rule="stale", hint="look again, then post again"
            )
        case "not_theirs":
            known = {line.account for line in lines}
            strange = ", ".join(sorted(set(named) - known))
            return NotFound(
                f"{strange} is no account of this person that you may see",
                rule="account",
                hint="debtflow account show lists the other debts of a person",
            )
        case "disputed" if any(line.skipped == "disputed" and line.account in named for line in lines):
            which = ", ".join(line.account for line in lines if line.skipped == "disputed" and line.account in named)
            return Refused(
                f"account {which} is disputed, and only the payer's own instruction may pay it",
                rule="disputed",
                hint="leave it out, or say how the payer named it (--instruction)",
            )
        case "nothing_owed":
            return Refused(
                "none of this person's accounts takes a payment now",
                rule="nothing_owed",
                hint="the preview says for each why",
            )
        case "more_than_amount":
            return BadInput(
                "lines", f"the accounts add up to {form.amount - rest}, which is more than {form.amount}",
                hint="lower one of them, or raise the amount",
            )  # fmt: skip
        case "remainder":
            return Refused(
                f"{rest} of {form.amount} find no debt to fall on",
                rule="remainder",
                hint="enter less, or choose to keep the rest unapplied (--remainder unapplied)",
            )
    return None


def _part(outcome: str, seen: Mapping[str, Any]) -> DebtFlowError | None:
    """What one of the parts would be refused for, were it a payment alone."""
    for line in seen["lines"]:
        weighed = line["weighed"]
        if weighed and weighed["outcome"] == outcome:
            return explain_payment(SimpleNamespace(**weighed))
    return None

"""What the kernel's outcomes mean to a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.domain.money import Money
from services.errors import BadInput, DebtFlowError, NotFound, Refused, Stale

BUCKET_NAMES = {1: "principal", 2: "interest", 3: "fees", 4: "costs"}


def explain(row: Any, earlier: str | None = None) -> DebtFlowError | None:
    """The error an outcome stands for, or None where the payment was, or would be, posted."""
    if row.outcome in ("posted", "replayed"):
        return None
    return EXPLANATIONS[row.outcome](row, earlier)


def above_limit() -> Refused:
    """What somebody enters is more than they may enter at once."""
    return Refused(
        "this is more than you may enter at once",
        rule="limit",
        hint="ask somebody whose limit is higher: debtflow limit list",
    )


def _owing(row: Any) -> Money:
    return Money(sum(row.due), row.currency)


def _overpayment(row: Any, _: str | None) -> DebtFlowError:
    over = Money(row.over, row.currency)
    if row.held and row.amount <= sum(row.due):
        return Refused(
            f"{Money(row.held, row.currency)} of the {_owing(row)} owed is held by a card payment under way",
            rule="overpayment",
            hint=f"enter at most {Money(max(sum(row.due) - row.held, 0), row.currency)}, or wait until it is decided",
        )
    if not row.in_trust:
        return Refused(
            f"{over} more than the {_owing(row)} owed, and money the client received cannot be held here",
            rule="overpayment",
            hint=f"enter at most {_owing(row)}",
        )
    return Refused(
        f"{over} more than the {_owing(row)} owed",
        rule="overpayment",
        hint=f"enter at most {_owing(row)}, or choose to keep the rest unapplied (--overpayment unapplied)",
    )


def _closed(row: Any, _: str | None) -> DebtFlowError:
    state = "owes nothing" if row.status not in ("closed", "settled") else f"is {row.status}"
    return Refused(
        f"account {row.number} {state} and takes no payments", rule="closed", hint="check the account number"
    )


def _duplicate(row: Any, earlier: str | None) -> DebtFlowError:
    which = f" as {earlier}" if earlier else " in this batch"
    return Refused(
        f"the same amount was already paid on {row.number} within 24 hours{which}",
        rule="duplicate",
        hint="if it is a second payment, say so: Enter again, or --allow-duplicate",
    )


def _before_placement(row: Any, _: str | None) -> DebtFlowError:
    return Refused(
        f"{row.effective_on} is before account {row.number} was placed",
        rule="before_placement",
        hint="a payment made earlier belongs to the client's own books",
    )


EXPLANATIONS: dict[str, Callable[[Any, str | None], DebtFlowError]] = {
    "not_found": lambda row, _: NotFound(f"there is no account {row.number}", rule="account"),
    "submission_form": lambda _row, _: BadInput("submission_id", "a payment needs a submission id"),
    "conflict": lambda _row, _: Refused(
        "this submission id was already used for a different payment",
        rule="submission_conflict",
        hint="a new payment needs a new submission id",
    ),
    "method_unknown": lambda row, _: BadInput(
        "method", f"{row.method} is not a payment method", hint="cash, check, bank_transfer or paid_to_client"
    ),
    "method_gateway": lambda row, _: BadInput(
        "method",
        f"{row.method} is taken through the payment provider, not entered by hand",
        hint="cash, check, bank_transfer or paid_to_client; or charge a saved method",
    ),
    "period_closed": lambda row, _: Refused(
        f"{row.effective_on} is in a month that is closed",
        rule="period_closed",
        hint="enter it under a later day, or ask a supervisor",
        who_may="supervisor",
    ),
    "currency": lambda row, _: Refused(
        f"account {row.number} is in {row.currency}", rule="currency", hint=f"enter the amount in {row.currency}"
    ),
    "amount_form": lambda _row, _: BadInput("amount", "an amount is at least one cent", hint="write it like 250.00"),
    "reference_long": lambda _row, _: BadInput("reference", "a reference is at most 100 characters long"),
    "payer_unknown": lambda row, _: BadInput(
        "payer", f"{row.payer} is not a kind of payer", hint="debtor, spouse, attorney, employer or third_party"
    ),
    "stale": lambda row, _: Stale(
        f"account {row.number} has changed since you looked: {_owing(row)} is owed now",
        rule="stale",
        hint="look at the new figures, then post again",
    ),
    "closed": _closed,
    "future_date": lambda row, _: Refused(
        f"{row.effective_on} is in the future", rule="future_date", hint="a payment counts from today at the latest"
    ),
    "before_placement": _before_placement,
    "no_contract": lambda row, _: Refused(
        f"the client had no contract on {row.effective_on}", rule="no_contract", hint="ask an agency administrator"
    ),
    "overpayment": _overpayment,
    "duplicate": _duplicate,
    "limit": lambda _row, _: above_limit(),
}

REVERSALS: dict[str, Callable[[Any, str], DebtFlowError]] = {
    "not_found": lambda _row, receipt: NotFound(f"there is no payment {receipt}", rule="payment"),
    "submission_form": lambda _row, _: BadInput("submission_id", "a reversal needs a submission id"),
    "conflict": lambda _row, _: Refused(
        "this submission id was already used for something else", rule="submission_conflict", hint="use a new one"
    ),
    "reason_unknown": lambda row, _: BadInput(
        "reason", f"{row.reason} is not a reason", hint="nsf, chargeback, refund or void"
    ),
    "already_reversed": lambda _row, receipt: Refused(
        f"payment {receipt} is already reversed", rule="already_reversed", hint="look at the account's payments"
    ),
    "partly_returned": lambda _row, receipt: Refused(
        f"part of {receipt} was given back already",
        rule="partly_returned",
        hint=f"give back the rest: debtflow payment refund {receipt}",
    ),
    "method_gateway": lambda _row, receipt: Refused(
        f"the money of {receipt} is with the payment provider: a reversal by hand would not return it",
        rule="method_gateway",
        hint=f"debtflow payment refund {receipt}; nsf and chargeback are for what the bank took back",
    ),
    "refund_under_way": lambda _row, receipt: Refused(
        f"a refund of {receipt} is under way", rule="refund_under_way", hint="wait until it is decided"
    ),
    "paid_since": lambda _row, receipt: Refused(
        f"reversing {receipt} would leave less than nothing owed",
        rule="paid_since",
        hint="reverse the later payments first",
    ),
    "unapplied_used": lambda _row, receipt: Refused(
        f"the unapplied part of {receipt} has been used", rule="unapplied_used", hint="reverse its use first"
    ),
}

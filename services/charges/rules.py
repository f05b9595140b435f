"""What the kernel's outcomes about charges and refunds mean to a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from services.charges.results import Breaker
from services.domain.money import Money
from services.domain.numbers import receipt_number
from services.errors import BadInput, DebtFlowError, NotFound, Refused
from services.gateways.base import ProviderUnavailable
from services.payments.rules import EXPLANATIONS

CHARGES: Final[dict[str, Callable[[Any], DebtFlowError]]] = {
    "conflict": lambda _: Refused(
        "this submission id was already used for something else",
        rule="submission_conflict",
        hint="a new charge needs a new submission id",
    ),
    "method_gone": lambda row: BadInput(
        "method", f"account {row.number} has no such saved method", hint=f"debtflow payment methods {row.number}"
    ),
    "link_minutes": lambda _: BadInput("minutes", "a link lives from 30 minutes to 24 hours", hint="30 to 1440"),
    "charge_under_way": lambda row: Refused(
        f"a charge of the same amount is under way on {row.number}",
        rule="charge_under_way",
        hint="wait until it is decided; if it is a second one, say so: --allow-duplicate",
    ),
}

REFUNDS: Final[dict[str, Callable[[Any, str], DebtFlowError]]] = {
    "not_found": lambda _row, receipt: NotFound(f"there is no payment {receipt}", rule="payment"),
    "conflict": lambda _row, _: Refused(
        "this submission id was already used for something else", rule="submission_conflict", hint="use a new one"
    ),
    "currency": lambda row, receipt: Refused(
        f"payment {receipt} is in {row.currency}", rule="currency", hint=f"enter the amount in {row.currency}"
    ),
    "not_a_payment": lambda _row, receipt: Refused(
        f"{receipt} is a reversal or refund itself", rule="not_a_payment", hint="name the payment's receipt"
    ),
    "not_charged": lambda _row, receipt: Refused(
        f"payment {receipt} did not come through a provider",
        rule="not_charged",
        hint=f"give it back by hand, then: debtflow payment reverse {receipt} --reason refund",
    ),
    "disputed": lambda _row, receipt: Refused(
        f"payment {receipt} is disputed: its money is with the payer's bank", rule="disputed", hint="wait for its end"
    ),
    "nothing_left": lambda _row, receipt: Refused(
        f"nothing is left of {receipt} to refund", rule="nothing_left", hint="look at the account's payments"
    ),
    "amount_form": lambda _row, _: BadInput("amount", "an amount is at least one cent", hint="write it like 25.00"),
    "refund_above_rest": lambda row, receipt: Refused(
        f"only {Money(row.left_over, row.currency)} of {receipt} can still be refunded",
        rule="refund_above_rest",
        hint=f"refund at most {Money(row.left_over, row.currency)}",
    ),
}


def explain_charge(row: Any) -> DebtFlowError:
    """The error that a refused form stands for."""
    if row.outcome in CHARGES:
        return CHARGES[row.outcome](row)
    return EXPLANATIONS[row.outcome](row, receipt_number(row.earlier) if row.earlier else None)


def blocked(breaker: Breaker) -> ProviderUnavailable:
    """The provider is not called now; nothing was sent and nothing is held."""
    again = f" until {breaker.next_try_at:%H:%M:%S} UTC" if breaker.next_try_at else ""
    return ProviderUnavailable(
        f"the payment provider does not answer and is not called{again}: {breaker.cause or 'no answer'}",
        sent=False,
        hint="nothing was charged; try again then",
    )

"""Refunds: never more than is left of the charge, whatever was asked before."""

from __future__ import annotations

from typing import Final

from debtflow_tui.standin import form, methods
from debtflow_tui.standin.book import Book, Row
from debtflow_tui.standin.events import Events
from debtflow_tui.standin.form import Form
from debtflow_tui.standin.intents import page
from debtflow_tui.standin.problems import invalid

REASONS: Final = ("duplicate", "fraudulent", "requested_by_customer")


def create(book: Book, events: Events, given: Form) -> Row:
    """Return some or all of a charge."""
    form.only(given, {"payment_intent", "charge", "amount", "reason", "metadata", "expand"})
    charge = _charge(book, given)
    asked = form.whole(given, "amount")
    reason = form.text(given, "reason")
    if reason not in (None, *REASONS):
        raise invalid(f"Invalid reason: must be one of {', '.join(REASONS)}", param="reason")
    amount = _allowed(charge, asked)
    kind = methods.kind_of(book.get("payment_method", charge["payment_method"]))
    refund = book.make(
        "refund",
        {
            "amount": amount,
            "balance_transaction": None,
            "charge": charge["id"],
            "currency": charge["currency"],
            "metadata": form.metadata(given),
            "payment_intent": charge["payment_intent"],
            "reason": reason,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "pending" if kind.refund == "pending" else "succeeded",
            "transfer_reversal": None,
            "_outcome": "failed" if kind.refund == "failed" else "succeeded",
        },
    )
    _count(book, events, charge, amount)
    events.tell("refund.created", refund)
    return refund


def settle(book: Book, events: Events, refund: Row, outcome: str | None = None) -> Row:
    """A refund that was pending arrives, or comes back: the card or account is gone."""
    outcome = outcome or refund["_outcome"]
    if outcome not in {"succeeded", "failed"} or refund["status"] == outcome or refund["status"] == "failed":
        raise invalid(f"This refund is {refund['status']} and cannot become {outcome}.")
    refund = {**refund, "status": outcome}
    if outcome == "failed":
        refund["failure_reason"] = "expired_or_canceled_card"
        _count(book, events, book.get("charge", refund["charge"]), -refund["amount"])
    refund = book.put(refund)
    events.tell("refund.failed" if outcome == "failed" else "refund.updated", refund)
    events.tell("charge.refund.updated", refund)
    return refund


def listing(book: Book, given: Form) -> Row:
    """The refunds of a payment, the newest first."""
    form.only(given, {"payment_intent", "charge", "created", "limit", "starting_after", "expand"})
    return page(book, "refund", given, "/v1/refunds", ("payment_intent", "charge"))


def _charge(book: Book, given: Form) -> Row:
    if name := form.text(given, "payment_intent"):
        intent = book.get("payment_intent", name, param="payment_intent")
        if intent["latest_charge"] is None:
            raise invalid("This PaymentIntent does not have a successful charge to refund.", param="payment_intent")
        return book.get("charge", intent["latest_charge"])
    return book.get("charge", form.needed(given, "charge"), param="charge")


def _allowed(charge: Row, asked: int | None) -> int:
    left: int = charge["amount"] - charge["amount_refunded"]
    if charge["status"] != "succeeded":
        raise invalid("This PaymentIntent does not have a successful charge to refund.", param="payment_intent")
    if charge["disputed"]:
        raise invalid(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed", kept=True
        )
    if not left:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded", kept=True)
    amount = left if asked is None else asked
    if amount < 1:
        raise invalid("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    if amount > left:
        raise invalid(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount", kept=True
        )
    return amount


def _count(book: Book, events: Events, charge: Row, amount: int) -> None:
    returned = charge["amount_refunded"] + amount
    charge = book.put({**charge, "amount_refunded": returned, "refunded": returned == charge["amount"]})
    events.tell("charge.refunded" if amount > 0 else "charge.updated", charge)

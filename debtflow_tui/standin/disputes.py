"""Disputes: the money is taken back at once, with a fee; a dispute that is won brings the money, not the fee."""

from __future__ import annotations

from typing import Final

from debtflow_tui.standin.book import Book, Row
from debtflow_tui.standin.events import Events
from debtflow_tui.standin.problems import invalid

FEE: Final = 1500


def open_dispute(
    book: Book, events: Events, charge: Row, *, reason: str = "fraudulent", amount: int | None = None
) -> Row:
    """The payer objects to a charge, or their bank returns a debit that had come in."""
    if charge["status"] != "succeeded" or charge["disputed"]:
        raise invalid("Only a charge that succeeded and is not disputed can be disputed.")
    left = charge["amount"] - charge["amount_refunded"]
    amount = left if amount is None else amount
    if not 1 <= amount <= left:
        raise invalid("A dispute is about some or all of what was not refunded.", param="amount")
    charge = book.put({**charge, "disputed": True})
    taken = _moved(book, charge, -amount, FEE, "Chargeback withdrawal")
    dispute = book.make(
        "dispute",
        {
            "amount": amount,
            "balance_transactions": [taken],
            "charge": charge["id"],
            "currency": charge["currency"],
            "enhanced_eligibility_types": [],
            "evidence": {},
            "evidence_details": {
                "due_by": book.now() + 9 * 86_400,
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
                "submission_method": "not_submitted",
            },
            "is_charge_refundable": False,
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "reason": reason,
            "status": "needs_response",
        },
    )
    events.tell("charge.dispute.created", dispute)
    events.tell("charge.dispute.funds_withdrawn", dispute)
    return dispute


def close_dispute(book: Book, events: Events, dispute: Row, *, won: bool) -> Row:
    """The bank decided."""
    if dispute["status"] in {"won", "lost"}:
        raise invalid(f"This dispute is {dispute['status']} already.")
    moved = list(dispute["balance_transactions"])
    if won:
        charge = book.get("charge", dispute["charge"])
        book.put({**charge, "disputed": False})
        moved.append(_moved(book, charge, dispute["amount"], 0, "Chargeback reversal"))
    dispute = book.put({**dispute, "status": "won" if won else "lost", "balance_transactions": moved})
    if won:
        events.tell("charge.dispute.funds_reinstated", dispute)
    events.tell("charge.dispute.closed", dispute)
    return dispute


def _moved(book: Book, charge: Row, amount: int, fee: int, words: str) -> Row:
    return book.make(
        "balance_transaction",
        {
            "amount": amount,
            "available_on": book.now(),
            "balance_type": "payments",
            "currency": charge["currency"],
            "description": f"{words} for {charge['id']}",
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [],
            "net": amount - fee,
            "reporting_category": "dispute" if amount < 0 else "dispute_reversal",
            "source": charge["id"],
            "status": "available",
            "type": "adjustment",
        },
    )

"""Payment intents and their charges: made, confirmed at once, declined, under way for days, canceled."""

from __future__ import annotations

from secrets import token_hex
from typing import Final

from debtflow_tui.standin import form, methods
from debtflow_tui.standin.book import Book, Row, listed, shown
from debtflow_tui.standin.disputes import open_dispute
from debtflow_tui.standin.events import Events
from debtflow_tui.standin.form import Form
from debtflow_tui.standin.problems import invalid

PARAMETERS: Final = frozenset(
    [
        "amount",
        "currency",
        "customer",
        "payment_method",
        "payment_method_types",
        "confirm",
        "off_session",
        "description",
        "metadata",
        "expand",
        "setup_future_usage",
        "statement_descriptor_suffix",
        "receipt_email",
    ]
)
TYPES: Final = ("card", "us_bank_account")


def create(book: Book, events: Events, given: Form) -> Row:
    """A payment intent, confirmed in the same call where that is asked; a decline is a Problem that names it."""
    form.only(given, PARAMETERS)
    currency = form.currency(given)
    amount = form.amount(form.whole(given, "amount"), currency)
    types = types_of(given, currency)
    customer = form.text(given, "customer")
    if customer is not None:
        book.get("customer", customer, param="customer")
    confirm, off_session = form.flag(given, "confirm"), form.flag(given, "off_session")
    if off_session and not confirm:
        raise invalid("You can only set `off_session` to true when `confirm` is true.", param="off_session")
    method = _method(book, given, customer, types, off_session=off_session)
    intent = make(
        book,
        events,
        amount=amount,
        currency=currency,
        customer=customer,
        types=types,
        description=form.text(given, "description", limit=1000),
        metadata=form.metadata(given),
        save=form.text(given, "setup_future_usage"),
    )
    if method is None or not confirm:
        return intent
    return confirmed(book, events, intent, method, off_session=off_session)


def types_of(given: Form, currency: str) -> list[str]:
    """The kinds of method that may be tried; bank debits are in dollars."""
    types = given.get("payment_method_types") or ["card"]
    if not isinstance(types, list) or not set(types) <= set(TYPES):
        raise invalid(f"The payment method type provided: {types} is invalid.", param="payment_method_types")
    if "us_bank_account" in types and currency != "usd":
        raise invalid(
            f"The payment method `us_bank_account` only supports the following currencies: `usd`, not {currency}.",
            param="payment_method_types",
        )
    return [str(kind) for kind in types]


def _method(book: Book, given: Form, customer: str | None, types: list[str], *, off_session: bool) -> Row | None:
    name = form.text(given, "payment_method")
    if name is None:
        if form.flag(given, "confirm"):
            raise invalid(
                "You cannot confirm this PaymentIntent because it's missing a payment method.",
                code="payment_intent_unexpected_state",
            )
        return None
    if name not in methods.KINDS:
        found = book.get("payment_method", name, param="payment_method")
        if found.get("_gone") or (off_session and found["customer"] is None):
            raise invalid(
                "The provided PaymentMethod cannot be charged off-session: it was detached, or never attached.",
                param="payment_method",
                code="payment_method_unexpected_state",
            )
        if found["customer"] is not None and found["customer"] != customer:
            raise invalid("The customer does not have a payment method with this ID.", param="payment_method")
    method = methods.resolved(book, name)
    if method["type"] not in types:
        raise invalid(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent.",
            param="payment_method",
        )
    return method


def make(
    book: Book,
    events: Events,
    *,
    amount: int,
    currency: str,
    customer: str | None,
    types: list[str],
    description: str | None,
    metadata: dict[str, str],
    save: str | None,
) -> Row:
    """A payment intent that nothing was tried on."""
    intent = book.make(
        "payment_intent",
        {
            "amount": amount,
            "amount_capturable": 0,
            "amount_received": 0,
            "application": None,
            "automatic_payment_methods": None,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": "automatic_async",
            "client_secret": None,
            "confirmation_method": "automatic",
            "currency": currency,
            "customer": customer,
            "description": description,
            "last_payment_error": None,
            "latest_charge": None,
            "metadata": metadata,
            "next_action": None,
            "payment_method": None,
            "payment_method_types": types,
            "processing": None,
            "receipt_email": None,
            "setup_future_usage": save,
            "shipping": None,
            "source": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": "requires_payment_method",
        },
    )
    intent = book.put({**intent, "client_secret": f"{intent['id']}_secret_{token_hex(8)}"})
    events.tell("payment_intent.created", intent)
    return intent


def confirmed(book: Book, events: Events, intent: Row, method: Row, *, off_session: bool) -> Row:
    """Try the method; a card answers at once, a bank account days later."""
    kind = methods.kind_of(method)
    if kind.type == "us_bank_account":
        return _under_way(book, events, intent, method)
    needs_person = kind.outcome == "authentication_required" and not off_session
    if kind.outcome != "succeeds" and not needs_person:
        raise methods.declined(kind.outcome, shown(declined(book, events, intent, method, kind.outcome)))
    return succeeded(book, events, intent, method)


def succeeded(book: Book, events: Events, intent: Row, method: Row) -> Row:
    """The money is there."""
    kind = methods.kind_of(method)
    charge = _charge(book, intent, method, status="succeeded")
    intent = book.put(
        {
            **intent,
            "status": "succeeded",
            "amount_received": intent["amount"],
            "latest_charge": charge["id"],
            "payment_method": method["id"],
            "last_payment_error": None,
            "processing": None,
        }
    )
    events.tell("charge.succeeded", charge)
    events.tell("payment_intent.succeeded", intent)
    if kind.disputed:
        open_dispute(book, events, charge, reason=kind.disputed)
    return intent


def declined(book: Book, events: Events, intent: Row, method: Row, decline_code: str) -> Row:
    """The card was tried and refused; the intent waits for another one."""
    problem = methods.declined(decline_code).body["error"]
    charge = _charge(book, intent, method, status="failed", why=problem)
    error = {**problem, "charge": charge["id"], "payment_method": shown(method)}
    intent = book.put(
        {
            **intent,
            "status": "requires_payment_method",
            "latest_charge": charge["id"],
            "payment_method": None,
            "last_payment_error": error,
        }
    )
    events.tell("charge.failed", charge)
    events.tell("payment_intent.payment_failed", intent)
    return intent


def _under_way(book: Book, events: Events, intent: Row, method: Row) -> Row:
    charge = _charge(book, intent, method, status="pending")
    intent = book.put(
        {
            **intent,
            "status": "processing",
            "latest_charge": charge["id"],
            "payment_method": method["id"],
            "processing": None,
            "_since": book.now(),
        }
    )
    events.tell("charge.pending", charge)
    events.tell("payment_intent.processing", intent)
    return intent


def settle(book: Book, events: Events, intent: Row, outcome: str | None = None) -> Row:
    """Say how a bank debit under way came out: as its account does, or ``succeeds``, or why it came back."""
    if intent["status"] != "processing":
        raise invalid(f"This PaymentIntent is {intent['status']}: nothing is under way.")
    method = book.get("payment_method", intent["payment_method"])
    outcome = outcome or methods.kind_of(method).outcome
    if outcome == "stays":
        return intent
    charge = book.get("charge", intent["latest_charge"])
    if outcome == "succeeds":
        charge = book.put({**charge, "status": "succeeded", "paid": True, "captured": True})
        intent = book.put({**intent, "status": "succeeded", "amount_received": intent["amount"], "processing": None})
        events.tell("charge.succeeded", charge)
        events.tell("payment_intent.succeeded", intent)
        if reason := methods.kind_of(method).disputed:
            open_dispute(book, events, charge, reason=reason)
        return intent
    words = methods.RETURNS.get(outcome, "The bank returned this debit.")
    why = {"type": "card_error", "code": outcome, "message": words}
    charge = book.put({**charge, "status": "failed", "failure_code": outcome, "failure_message": words})
    intent = book.put(
        {
            **intent,
            "status": "requires_payment_method",
            "payment_method": None,
            "processing": None,
            "last_payment_error": {**why, "charge": charge["id"], "payment_method": shown(method)},
        }
    )
    events.tell("charge.failed", charge)
    events.tell("payment_intent.payment_failed", intent)
    return intent


def _charge(book: Book, intent: Row, method: Row, *, status: str, why: Row | None = None) -> Row:
    done = status == "succeeded"
    return book.make(
        "charge",
        {
            "amount": intent["amount"],
            "amount_captured": intent["amount"] if done else 0,
            "amount_refunded": 0,
            "application": None,
            "balance_transaction": None,
            "billing_details": method["billing_details"],
            "captured": done,
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "disputed": False,
            "failure_balance_transaction": None,
            "failure_code": why["code"] if why else None,
            "failure_message": why["message"] if why else None,
            "fraud_details": {},
            "metadata": intent["metadata"],
            "outcome": None,
            "paid": done,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": {
                "type": method["type"],
                method["type"]: {key: method[method["type"]][key] for key in ("last4", "fingerprint")},
            },
            "receipt_email": None,
            "receipt_number": None,
            "receipt_url": None,
            "refunded": False,
            "review": None,
            "shipping": None,
            "status": status,
        },
    )


def cancel(book: Book, events: Events, given: Form, provider_id: str) -> Row:
    """End an intent that has not been paid."""
    form.only(given, {"cancellation_reason", "expand"})
    intent = book.get("payment_intent", provider_id)
    if intent["status"] not in {"requires_payment_method", "requires_confirmation", "requires_action"}:
        raise invalid(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
            kept=True,
        )
    intent = book.put(
        {
            **intent,
            "status": "canceled",
            "canceled_at": book.now(),
            "cancellation_reason": form.text(given, "cancellation_reason"),
        }
    )
    events.tell("payment_intent.canceled", intent)
    return intent


def listing(book: Book, given: Form) -> Row:
    """The intents of a customer, the newest first, a page at a time."""
    form.only(given, {"customer", "created", "limit", "starting_after", "expand"})
    return page(book, "payment_intent", given, "/v1/payment_intents", ("customer",))


def page(book: Book, table: str, given: Form, url: str, by: tuple[str, ...]) -> Row:
    """Rows filtered by equal columns and by ``created``, after ``starting_after``."""
    limit = form.whole(given, "limit") or 10
    if not 1 <= limit <= 100:
        raise invalid("limit must be between 1 and 100", param="limit")
    since = form.whole(given.get("created") or {}, "gte") or 0
    asked = {name: form.text(given, name) for name in by}
    rows = [
        shown(row)
        for row in book.find(table)
        if row["created"] >= since and all(row[name] == value for name, value in asked.items() if value is not None)
    ]
    if after := form.text(given, "starting_after"):
        ids = [row["id"] for row in rows]
        rows = rows[ids.index(after) + 1 :] if after in ids else []
    return listed(rows, url, limit)

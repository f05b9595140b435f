"""Checkout sessions: a page where a person pays one amount once, until it expires."""

from __future__ import annotations

from typing import Final

from debtflow_tui.standin import form, intents, methods
from debtflow_tui.standin.book import Book, Row
from debtflow_tui.standin.events import Events
from debtflow_tui.standin.form import Form
from debtflow_tui.standin.problems import Problem, invalid

PARAMETERS: Final = frozenset(
    [
        "mode",
        "line_items",
        "customer",
        "success_url",
        "cancel_url",
        "expires_at",
        "payment_method_types",
        "payment_intent_data",
        "metadata",
        "client_reference_id",
        "submit_type",
        "payment_method_options",
        "saved_payment_method_options",
        "expand",
    ]
)
SHORTEST: Final = 30 * 60
LONGEST: Final = 24 * 3600


def create(book: Book, given: Form, origin: str) -> Row:
    """A page of its own for one payment."""
    form.only(given, PARAMETERS)
    if form.text(given, "mode") != "payment":
        raise invalid("Invalid mode: this stand-in knows `payment`.", param="mode")
    currency, amount = _total(given)
    customer = form.text(given, "customer")
    if customer is not None:
        book.get("customer", customer, param="customer")
    inner = given.get("payment_intent_data") or {}
    form.only(inner, {"metadata", "description", "setup_future_usage"})
    session = book.make(
        "checkout.session",
        {
            "amount_subtotal": amount,
            "amount_total": amount,
            "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
            "cancel_url": form.text(given, "cancel_url"),
            "client_reference_id": form.text(given, "client_reference_id"),
            "currency": currency,
            "custom_fields": [],
            "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
            "customer": customer,
            "customer_creation": None,
            "customer_details": None,
            "customer_email": None,
            "expires_at": _expiry(book, form.whole(given, "expires_at")),
            "invoice": None,
            "invoice_creation": None,
            "locale": None,
            "metadata": form.metadata(given),
            "mode": "payment",
            "payment_intent": None,
            "payment_link": None,
            "payment_method_collection": "if_required",
            "payment_method_types": intents.types_of(given, currency),
            "payment_status": "unpaid",
            "shipping_address_collection": None,
            "shipping_cost": None,
            "shipping_options": [],
            "status": "open",
            "submit_type": form.text(given, "submit_type"),
            "subscription": None,
            "success_url": form.needed(given, "success_url"),
            "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
            "url": None,
            "_intent": {
                "description": form.text(inner, "description", limit=1000),
                "metadata": form.metadata(inner),
                "save": form.text(inner, "setup_future_usage"),
            },
        },
    )
    return book.put({**session, "url": f"{origin}/pay/{session['id']}"})


def _total(given: Form) -> tuple[str, int]:
    lines = given.get("line_items")
    if not isinstance(lines, list) or len(lines) != 1 or not isinstance(lines[0], dict):
        raise invalid("This stand-in takes exactly one line item.", param="line_items")
    line = lines[0]
    form.only(line, {"price_data", "quantity"})
    price = line.get("price_data") or {}
    form.only(price, {"currency", "unit_amount", "product_data"})
    form.needed(price.get("product_data") or {}, "name")
    if form.whole(line, "quantity") != 1:
        raise invalid("Quantity is required.", param="line_items[0][quantity]")
    currency = form.currency(price)
    return currency, form.amount(form.whole(price, "unit_amount"), currency, param="line_items[0][unit_amount]")


def _expiry(book: Book, asked: int | None) -> int:
    now = book.now()
    if asked is None:
        return now + LONGEST
    # The provider measures from when it got the request, so the last minute is forgiven.
    if not now + SHORTEST - 60 <= asked <= now + LONGEST + 60:
        raise invalid("The `expires_at` timestamp must be from 30 minutes to 24 hours ahead.", param="expires_at")
    return asked


def look(book: Book, events: Events, provider_id: str) -> Row:
    """A session as it stands now: one that is past its time has expired."""
    session = book.get("checkout.session", provider_id)
    if session["status"] == "open" and session["expires_at"] <= book.now():
        return _ended(book, events, session)
    return session


def expire_due(book: Book, events: Events) -> None:
    """End every session whose time has come."""
    for session in list(book.find("checkout.session", lambda row: row["status"] == "open")):
        look(book, events, session["id"])


def expire(book: Book, events: Events, given: Form, provider_id: str) -> Row:
    """End a session before its time."""
    form.only(given, {"expand"})
    session = look(book, events, provider_id)
    if session["status"] != "open":
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of {session['status']}.",
            kept=True,
        )
    return _ended(book, events, session)


def _ended(book: Book, events: Events, session: Row) -> Row:
    session = book.put({**session, "status": "expired", "url": None})
    events.tell("checkout.session.expired", session)
    return session


def pay(book: Book, events: Events, provider_id: str, name: str) -> Row:
    """A person pays on the page with one of the test methods; a decline leaves the page open and is a Problem."""
    session = look(book, events, provider_id)
    if session["status"] != "open":
        raise invalid(f"This page is {session['status']}: nothing can be paid on it.", kept=True)
    if name not in methods.KINDS or methods.KINDS[name].type not in session["payment_method_types"]:
        raise invalid(f"This page does not take {name}.", param="payment_method")
    intent = _intent_of(book, events, session)
    method = methods.create(book, name)
    session = book.put({**session, "payment_intent": intent["id"]})
    try:
        intent = intents.confirmed(book, events, intent, method, off_session=False)
    except Problem as problem:
        raise Problem(402, "card_error", str(problem), kept=True) from None
    if session["customer"] and session["_intent"]["save"]:
        book.put({**method, "customer": session["customer"]})
    paid = intent["status"] == "succeeded"
    session = book.put({**session, "status": "complete", "url": None, "payment_status": "paid" if paid else "unpaid"})
    events.tell("checkout.session.completed", session)
    return session


def settled(book: Book, events: Events, intent: Row) -> None:
    """A bank debit that was begun on a page came out."""
    for session in book.find("checkout.session", lambda row: row["payment_intent"] == intent["id"]):
        paid = intent["status"] == "succeeded"
        session = book.put({**session, "payment_status": "paid" if paid else "unpaid"})
        events.tell(f"checkout.session.async_payment_{'succeeded' if paid else 'failed'}", session)


def _intent_of(book: Book, events: Events, session: Row) -> Row:
    if session["payment_intent"]:
        return book.get("payment_intent", session["payment_intent"])
    return intents.make(
        book,
        events,
        amount=session["amount_total"],
        currency=session["currency"],
        customer=session["customer"],
        types=session["payment_method_types"],
        **session["_intent"],
    )


def listing(book: Book, events: Events, given: Form) -> Row:
    """The sessions of a customer or of a payment, the newest first."""
    form.only(given, {"customer", "payment_intent", "status", "created", "limit", "starting_after", "expand"})
    expire_due(book, events)
    return intents.page(
        book, "checkout.session", given, "/v1/checkout/sessions", ("customer", "payment_intent", "status")
    )

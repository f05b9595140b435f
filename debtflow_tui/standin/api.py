"""The provider's own interface: which path does what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from debtflow_tui.standin import form, intents, methods, refunds, sessions
from debtflow_tui.standin.book import Book, Row, shown
from debtflow_tui.standin.desk import Desk, create_customer
from debtflow_tui.standin.form import Form

Act = Callable[[Desk, Form, str], Row]


def _expanded(book: Book, given: Form, row: Row) -> Row:
    """A row with what was asked to be shown in full, along dotted paths."""
    wanted = given.get("expand") or []
    row = shown(row)
    for path in wanted if isinstance(wanted, list) else []:
        _expand(book, row, str(path).split("."))
    return row


def _expand(book: Book, row: Row, path: list[str]) -> None:
    name, *rest = path
    value = row.get(name)
    if isinstance(value, str):
        value = row[name] = shown(book.get({"latest_charge": "charge"}.get(name, name), value))
    for inner in value if isinstance(value, list) else [value]:
        if rest and isinstance(inner, dict):
            _expand(book, inner, rest)


def _look(table: str) -> Act:
    def act(desk: Desk, given: Form, provider_id: str) -> Row:
        form.only(given, {"expand"})
        return desk.book.get(table, provider_id)

    return act


def _customer_methods(desk: Desk, given: Form, customer: str) -> Row:
    form.only(given, {"type", "limit", "starting_after", "expand"})
    desk.book.get("customer", customer)
    asked = {**given, "customer": customer}
    return intents.page(
        desk.book, "payment_method", asked, f"/v1/customers/{customer}/payment_methods", ("customer", "type")
    )


def _events(desk: Desk, given: Form, _: str) -> Row:
    form.only(given, {"type", "created", "limit", "starting_after"})
    return intents.page(desk.book, "event", given, "/v1/events", ("type",))


ROUTES: Final[dict[tuple[str, str], Act]] = {
    ("POST", "/v1/customers"): lambda desk, given, _: create_customer(desk.book, given),
    ("GET", "/v1/customers/{id}"): _look("customer"),
    ("GET", "/v1/customers/{id}/payment_methods"): _customer_methods,
    ("GET", "/v1/payment_methods/{id}"): _look("payment_method"),
    ("POST", "/v1/payment_methods/{id}/attach"): lambda desk, given, one: methods.attach(desk.book, given, one),
    ("POST", "/v1/payment_methods/{id}/detach"): lambda desk, given, one: methods.detach(desk.book, given, one),
    ("POST", "/v1/payment_intents"): lambda desk, given, _: intents.create(desk.book, desk.events, given),
    ("GET", "/v1/payment_intents"): lambda desk, given, _: intents.listing(desk.book, given),
    ("GET", "/v1/payment_intents/{id}"): _look("payment_intent"),
    ("POST", "/v1/payment_intents/{id}/cancel"): lambda desk, given, one: intents.cancel(
        desk.book, desk.events, given, one
    ),
    ("POST", "/v1/refunds"): lambda desk, given, _: refunds.create(desk.book, desk.events, given),
    ("GET", "/v1/refunds"): lambda desk, given, _: refunds.listing(desk.book, given),
    ("GET", "/v1/refunds/{id}"): _look("refund"),
    ("POST", "/v1/checkout/sessions"): lambda desk, given, _: sessions.create(desk.book, given, desk.origin),
    ("GET", "/v1/checkout/sessions"): lambda desk, given, _: sessions.listing(desk.book, desk.events, given),
    ("GET", "/v1/checkout/sessions/{id}"): lambda desk, _, one: sessions.look(desk.book, desk.events, one),
    ("POST", "/v1/checkout/sessions/{id}/expire"): lambda desk, given, one: sessions.expire(
        desk.book, desk.events, given, one
    ),
    ("GET", "/v1/disputes/{id}"): _look("dispute"),
    ("GET", "/v1/charges/{id}"): _look("charge"),
    ("GET", "/v1/events"): _events,
}


def perform(desk: Desk, act: Act, given: Form, provider_id: str) -> Row:
    """One call as one step: nobody sees half of it, and what it wrote survives this process before it is answered."""
    with desk.book.lock:
        try:
            return _expanded(desk.book, given, act(desk, given, provider_id))
        finally:
            desk.book.flush()

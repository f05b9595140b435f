"""The stand-in's rooms in one place, and what may be done in them from outside the provider's own interface."""

from __future__ import annotations

from pathlib import Path

from debtflow_tui.standin import disputes, intents, methods, refunds, sessions
from debtflow_tui.standin.answers import Answers
from debtflow_tui.standin.book import Book, Row, shown
from debtflow_tui.standin.events import Events
from debtflow_tui.standin.faults import Faults
from debtflow_tui.standin.post import Endpoint, Post
from debtflow_tui.standin.problems import Problem, invalid


class Desk:
    """Book, events, faults, kept answers and webhooks of one stand-in; each method is one step."""

    def __init__(self, state: Path | None = None) -> None:
        self.book = Book(state)
        self.events = Events(self.book)
        self.post = Post(self.book)
        self.events.listeners.append(self.post.heard)
        self.answers = Answers(self.book)
        self.faults = Faults()
        self.origin = ""

    def advance(self, seconds: float) -> int:
        """Move the clock; what has expired by then expires now."""
        with self.book.lock:
            self.book.ahead += seconds
            sessions.expire_due(self.book, self.events)
            return self.book.now()

    def customer(self, name: str = "") -> str:
        """A customer, as the provider's interface would make one."""
        with self.book.lock:
            return str(create_customer(self.book, {"name": name})["id"])

    def save(self, customer: str, name: str, *, outcome: str | None = None) -> str:
        """A test method kept for a customer, even one that is declined; ``outcome`` is its own from now on."""
        with self.book.lock:
            self.book.get("customer", customer)
            if name not in methods.KINDS:
                raise invalid(f"No such test method: {name}")
            if outcome is None and not methods.KINDS[name].attaches:
                outcome = methods.KINDS[name].outcome
            method = methods.create(self.book, name)
            return str(self.book.put({**method, "customer": customer, "_outcome": outcome})["id"])

    def turn(self, method: str, outcome: str | None) -> None:
        """From now on a kept method ends like this: ``succeeds``, or why it does not; None as its kind does."""
        with self.book.lock:
            self.book.put({**self.book.get("payment_method", method), "_outcome": outcome})

    def pay(self, session: str, name: str = "pm_card_visa") -> Row:
        """A person pays a link."""
        with self.book.lock:
            return shown(sessions.pay(self.book, self.events, session, name))

    def settle(self, intent: str, outcome: str | None = None) -> Row:
        """A bank debit comes out."""
        with self.book.lock:
            row = intents.settle(self.book, self.events, self.book.get("payment_intent", intent), outcome)
            if row["status"] != "processing":
                sessions.settled(self.book, self.events, row)
            return shown(row)

    def settle_refund(self, refund: str, outcome: str | None = None) -> Row:
        """A refund arrives, or comes back."""
        with self.book.lock:
            return shown(refunds.settle(self.book, self.events, self.book.get("refund", refund), outcome))

    def dispute(self, intent: str, *, reason: str = "fraudulent", amount: int | None = None) -> Row:
        """A payer objects."""
        with self.book.lock:
            charge = self.book.get("charge", self.book.get("payment_intent", intent)["latest_charge"] or "none")
            return shown(disputes.open_dispute(self.book, self.events, charge, reason=reason, amount=amount))

    def close_dispute(self, dispute: str, *, won: bool) -> Row:
        """The bank decides."""
        with self.book.lock:
            found = self.book.get("dispute", dispute)
            return shown(disputes.close_dispute(self.book, self.events, found, won=won))

    def due(self, after: int) -> None:
        """Let bank debits and refunds that are older than ``after`` seconds come out, and links expire."""
        with self.book.lock:
            sessions.expire_due(self.book, self.events)
            old = self.book.now() - after
            waiting = list(self.book.find("payment_intent", lambda row: row["status"] == "processing"))
            for intent in waiting:
                if intent["_since"] <= old:
                    self.settle(intent["id"])
            for refund in list(self.book.find("refund", lambda row: row["status"] == "pending")):
                if refund["created"] <= old:
                    self.settle_refund(refund["id"])

    def charges(self) -> list[Row]:
        """What was really taken, one row a charge, in the order of taking."""
        with self.book.lock:
            return [
                {
                    "payment_intent": row["payment_intent"],
                    "payment": row["metadata"].get("payment"),
                    "amount": row["amount"],
                    "refunded": row["amount_refunded"],
                    "currency": row["currency"],
                    "disputed": row["disputed"],
                }
                for row in self.book.tables["charge"].values()
                if row["status"] == "succeeded"
            ]

    def told(self, kind: str | None = None) -> list[Row]:
        """The events so far, the oldest first."""
        with self.book.lock:
            return [shown(row) for row in self.book.tables["event"].values() if kind in (None, row["type"])]

    def listen(
        self, url: str, secret: str, *, hold: bool = False, times: int = 1, delay: float = 0.0, alone: bool = False
    ) -> Endpoint:
        """Send webhooks to an endpoint on this machine; ``alone``: to no other any more."""
        endpoint = Endpoint(url, secret, hold=hold, times=times, delay=delay)
        self.post.listen(endpoint, alone=alone)
        return endpoint

    def reset(self) -> None:
        """Forget everything, and everybody who listened."""
        with self.book.lock:
            self.faults.clear()
            self.answers.clear()
            self.post.clear()
            self.book.clear()

    def close(self) -> None:
        self.post.close()
        self.book.close()


def create_customer(book: Book, given: Row) -> Row:
    """A customer: a name and metadata, and nothing that this program has no business to send."""
    from debtflow_tui.standin import form

    form.only(given, {"name", "description", "metadata", "expand"})
    row: Row = {
        "address": None,
        "balance": 0,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": form.text(given, "description"),
        "discount": None,
        "email": None,
        "invoice_prefix": "STANDIN",
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "metadata": form.metadata(given),
        "name": form.text(given, "name", limit=256),
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    return book.make("customer", row)


__all__ = ["Desk", "Problem", "create_customer"]

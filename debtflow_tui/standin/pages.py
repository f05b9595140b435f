"""The page behind a payment link: a person pays, or is declined, with one of the provider's test methods."""

from __future__ import annotations

from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from debtflow_tui.standin import form, guard, sessions
from debtflow_tui.standin.book import Row
from debtflow_tui.standin.desk import Desk
from debtflow_tui.standin.methods import KINDS
from debtflow_tui.standin.problems import Problem
from services.domain.money import Money

OFFERED: Final = {
    "pm_card_visa": "Pay with a Visa card ending in 4242",
    "pm_card_mastercard": "Pay with a Mastercard ending in 4444",
    "pm_card_chargeDeclinedInsufficientFunds": "Try a card without funds (declined)",
    "pm_card_createDispute": "Pay with a card whose owner will dispute it",
    "pm_usBankAccount_success": "Pay from a bank account (arrives later)",
    "pm_usBankAccount_insufficientFunds": "Pay from a bank account without funds (fails later)",
}

PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Stand-in payment page</title><style>
body {{ font: 17px/1.5 system-ui, sans-serif; max-width: 30rem; margin: 2rem auto; padding: 0 1rem }}
.mark {{ background: #ffe08a; color: #000; padding: .5rem .75rem }}
.said {{ border-left: .3rem solid #b00020; padding-left: .75rem }}
button {{ display: block; width: 100%; font: inherit; padding: .6rem; margin: .5rem 0; text-align: left }}
</style></head><body>
<p class="mark"><strong>Stand-in.</strong> This is no payment provider. No money moves; never type a card number.</p>
<h1>{amount}</h1><p>{what}</p>{said}{rest}</body></html>
"""


def _page(session: Row, what: str, rest: str, said: str = "", status: int = 200) -> Response:
    amount = Money(session["amount_total"], session["currency"].upper())
    words = f'<p class="said">{escape(said)}</p>' if said else ""
    content = PAGE.format(amount=escape(str(amount)), what=escape(what), said=words, rest=rest)
    headers = {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(content, status_code=status, headers=headers)


def _shown(session: Row, said: str = "", status: int = 200) -> Response:
    if session["status"] == "complete":
        later = session["payment_status"] == "unpaid"
        return _page(session, "The bank debit is under way." if later else "Paid. Thank you.", "", said, status)
    if session["status"] == "expired":
        return _page(session, "This link has expired. Ask for a new one.", "", said, 410)
    buttons = "".join(
        f'<button name="method" value="{name}">{escape(words)}</button>'
        for name, words in OFFERED.items()
        if KINDS[name].type in session["payment_method_types"]
    )
    what = session["_intent"]["description"] or "Payment"
    return _page(session, what, f'<form method="post">{buttons}</form>', said, status)


def _answer(desk: Desk, request: Request, encoded: str | None) -> Response:
    guard.check_caller(request.client.host if request.client else None, request.headers.get("host"))
    name = request.path_params["id"]
    with desk.book.lock:
        try:
            if encoded is None:
                return _shown(sessions.look(desk.book, desk.events, name))
            sessions.pay(desk.book, desk.events, name, form.needed(form.read(encoded), "method"))
            return _shown(desk.book.get("checkout.session", name))
        except Problem as problem:
            session = desk.book.tables["checkout.session"].get(name)
            if session is None:
                return HTMLResponse("<!doctype html><p>There is no such payment page.</p>", status_code=404)
            return _shown(session, str(problem), problem.status)
        finally:
            desk.book.flush()


def routes(desk: Desk) -> list[Route]:
    """The page, and what its buttons do."""

    async def page(request: Request) -> Response:
        encoded = (await request.body()).decode("utf-8", "replace") if request.method == "POST" else None
        try:
            return _answer(desk, request, encoded)
        except Problem as problem:
            return HTMLResponse(escape(str(problem)), status_code=problem.status)

    async def thanks(_: Request) -> Response:
        return HTMLResponse("<!doctype html><p>Stand-in: thank you, the payment is done.</p>")

    return [Route("/pay/{id}", page, methods=["GET", "POST"]), Route("/thanks", thanks)]

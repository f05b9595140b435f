"""The provider's test methods: what each is, and what becomes of a payment with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from debtflow_tui.standin import form
from debtflow_tui.standin.book import Book, Row
from debtflow_tui.standin.form import Form
from debtflow_tui.standin.problems import Problem, invalid

DECLINES: Final = {
    "generic_decline": ("card_declined", "Your card was declined."),
    "insufficient_funds": ("card_declined", "Your card has insufficient funds."),
    "lost_card": ("card_declined", "Your card was declined."),
    "stolen_card": ("card_declined", "Your card was declined."),
    "do_not_honor": ("card_declined", "Your card was declined."),
    "expired_card": ("expired_card", "Your card has expired."),
    "incorrect_cvc": ("incorrect_cvc", "Your card's security code is incorrect."),
    "processing_error": (
        "processing_error",
        "An error occurred while processing your card.",
    ),
    "authentication_required": (
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
    ),
}
"""By decline code: the error's code, and its words."""

RETURNS: Final = {
    "insufficient_funds": "The customer's account has insufficient funds to cover this payment.",
    "account_closed": "The customer's bank account has been closed.",
    "no_account": "The customer's bank account could not be located.",
    "debit_not_authorized": "The customer has notified their bank that this payment was unauthorized.",
}
"""Why a bank debit comes back, days later."""


@dataclass(frozen=True, slots=True)
class Kind:
    """``outcome`` is ``succeeds``, a decline code, or for a bank account why it comes back (``stays`` under way)."""

    type: str
    brand: str
    last4: str
    outcome: str = "succeeds"
    attaches: bool = True
    disputed: str | None = None
    refund: str = "succeeded"


def _card(brand: str, last4: str, outcome: str = "succeeds", attaches: bool = True) -> Kind:
    return Kind("card", brand, last4, outcome, attaches)


def _bank(last4: str, outcome: str = "succeeds", disputed: str | None = None) -> Kind:
    return Kind("us_bank_account", "STRIPE TEST BANK", last4, outcome, True, disputed, "pending")


KINDS: Final = {
    "pm_card_visa": _card("visa", "4242"),
    "pm_card_visa_debit": _card("visa", "5556"),
    "pm_card_mastercard": _card("mastercard", "4444"),
    "pm_card_amex": _card("amex", "0005"),
    "pm_card_discover": _card("discover", "1117"),
    "pm_card_chargeDeclined": _card("visa", "0002", "generic_decline", False),
    "pm_card_visa_chargeDeclined": _card("visa", "0002", "generic_decline", False),
    "pm_card_chargeDeclinedInsufficientFunds": _card("visa", "9995", "insufficient_funds", False),
    "pm_card_visa_chargeDeclinedInsufficientFunds": _card("visa", "9995", "insufficient_funds", False),
    "pm_card_visa_chargeDeclinedLostCard": _card("visa", "9987", "lost_card", False),
    "pm_card_visa_chargeDeclinedStolenCard": _card("visa", "9979", "stolen_card", False),
    "pm_card_chargeDeclinedExpiredCard": _card("visa", "0069", "expired_card", False),
    "pm_card_chargeDeclinedIncorrectCvc": _card("visa", "0127", "incorrect_cvc", False),
    "pm_card_chargeDeclinedProcessingError": _card("visa", "0119", "processing_error", False),
    "pm_card_chargeCustomerFail": _card("visa", "0341", "generic_decline"),
    "pm_card_authenticationRequired": _card("visa", "3184", "authentication_required"),
    "pm_card_createDispute": Kind("card", "visa", "0259", disputed="fraudulent"),
    "pm_card_createDisputeProductNotReceived": Kind("card", "visa", "2685", disputed="product_not_received"),
    "pm_card_pendingRefund": Kind("card", "visa", "7726", refund="pending"),
    "pm_card_refundFail": Kind("card", "visa", "5126", refund="failed"),
    "pm_usBankAccount_success": _bank("6789"),
    "pm_usBankAccount_accountClosed": _bank("1116", "account_closed"),
    "pm_usBankAccount_noAccount": _bank("1113", "no_account"),
    "pm_usBankAccount_insufficientFunds": _bank("2227", "insufficient_funds"),
    "pm_usBankAccount_debitNotAuthorized": _bank("3335", "debit_not_authorized"),
    "pm_usBankAccount_processing": _bank("0009", "stays"),
    "pm_usBankAccount_dispute": _bank("2348", disputed="insufficient_funds"),
}


def kind_of(method: Row) -> Kind:
    """What a method does, with what a test made of it since."""
    kind = KINDS[method["_kind"]]
    if outcome := method.get("_outcome"):
        return Kind(kind.type, kind.brand, kind.last4, outcome, True, kind.disputed, kind.refund)
    return kind


def create(book: Book, name: str) -> Row:
    """A new method of one of the test kinds."""
    kind = KINDS[name]
    details: Row
    if kind.type == "card":
        details = {
            "brand": kind.brand,
            "display_brand": kind.brand,
            "last4": kind.last4,
            "exp_month": 8,
            "exp_year": 2031,
            "country": "US",
            "funding": "debit" if name.endswith("_debit") else "credit",
            "fingerprint": f"standin{kind.last4}",
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "generated_from": None,
            "networks": {"available": [kind.brand], "preferred": None},
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
            "regulated_status": "unregulated",
        }
    else:
        details = {
            "account_holder_type": "individual",
            "account_type": "checking",
            "bank_name": kind.brand,
            "financial_connections_account": None,
            "fingerprint": f"standin{kind.last4}",
            "last4": kind.last4,
            "networks": {"preferred": "ach", "supported": ["ach"]},
            "routing_number": "110000000",
            "status_details": None,
        }
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    billing = {"address": address, "email": None, "name": None, "phone": None, "tax_id": None}
    return book.make(
        "payment_method",
        {
            "type": kind.type,
            kind.type: details,
            "billing_details": billing,
            "allow_redisplay": "unspecified",
            "customer": None,
            "customer_account": None,
            "metadata": {},
            "_kind": name,
        },
    )


def resolved(book: Book, provider_id: str) -> Row:
    """The method of this id, or a new one for the name of a test method."""
    return create(book, provider_id) if provider_id in KINDS else book.get("payment_method", provider_id)


def attach(book: Book, given: Form, provider_id: str) -> Row:
    """Keep a method for a customer; a card that is declined is not kept."""
    form.only(given, {"customer"})
    customer = book.get("customer", form.needed(given, "customer"), param="customer")
    method = resolved(book, provider_id)
    kind = kind_of(method)
    if not kind.attaches:
        raise declined(kind.outcome)
    if method["customer"] not in (None, customer["id"]):
        raise invalid("The payment method you provided has already been attached to a customer.", kept=True)
    if method.get("_gone"):
        raise invalid("This PaymentMethod was detached and can no longer be used.", kept=True)
    return book.put({**method, "customer": customer["id"]})


def detach(book: Book, given: Form, provider_id: str) -> Row:
    """Take it from its customer for good."""
    form.only(given, set())
    method = book.get("payment_method", provider_id)
    if method["customer"] is None:
        raise invalid(
            "The payment method you provided is not attached to a customer so detachment is impossible.", kept=True
        )
    return book.put({**method, "customer": None, "_gone": True})


def declined(decline_code: str, intent: Row | None = None) -> Problem:
    """The card was tried, and its bank said no."""
    code, words = DECLINES.get(decline_code, ("card_declined", "Your card was declined."))
    return Problem(402, "card_error", words, code=code, decline_code=decline_code, intent=intent, kept=True)

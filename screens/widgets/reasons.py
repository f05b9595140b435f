"""Why a charge stands where it stands: the provider's codes and our own, in words for somebody on the phone."""

from __future__ import annotations

from screens.widgets.text import words

OFFER = "Nothing was taken. Offer a payment link or another method."
SMALLER = "Nothing was taken. Offer a smaller amount, a payment link or another method."
NEW_CARD = "Nothing was taken. A payment link takes the new card."
CONFIRM = "Nothing was taken. The bank wants the person to confirm it: make a payment link."
AGAIN = "Nothing was taken. Try once more, or make a payment link."
CALL_BANK = "Nothing was taken. The person can ask their bank, or pay in another way."

_REASONS: dict[str, tuple[str, str]] = {
    "insufficient_funds": ("not enough money on it", SMALLER),
    "card_velocity_exceeded": ("the card's limit is reached", SMALLER),
    "withdrawal_count_limit_exceeded": ("the card's limit is reached", SMALLER),
    "expired_card": ("it has expired", NEW_CARD),
    "invalid_expiry_month": ("the expiry date is wrong", NEW_CARD),
    "invalid_expiry_year": ("the expiry date is wrong", NEW_CARD),
    "incorrect_number": ("the card number is wrong", NEW_CARD),
    "incorrect_cvc": ("the security code is wrong", NEW_CARD),
    "invalid_cvc": ("the security code is wrong", NEW_CARD),
    "authentication_required": ("the bank asks for a confirmation", CONFIRM),
    "processing_error": ("the bank could not process it", AGAIN),
    "issuer_not_available": ("the bank does not answer", AGAIN),
    "try_again_later": ("the bank asks to try again later", AGAIN),
    "generic_decline": ("the bank declined it", CALL_BANK),
    "card_declined": ("the bank declined it", CALL_BANK),
    "do_not_honor": ("the bank declined it", CALL_BANK),
    "call_issuer": ("the bank declined it", CALL_BANK),
    "fraudulent": ("the bank declined it", CALL_BANK),
    "lost_card": ("the bank declined it", CALL_BANK),
    "stolen_card": ("the bank declined it", CALL_BANK),
    "pickup_card": ("the bank declined it", CALL_BANK),
    "card_not_supported": ("this card is not taken for such payments", OFFER),
    "currency_not_supported": ("this card is not taken in this currency", OFFER),
    "no_account": ("the bank knows no such account", OFFER),
    "account_closed": ("the bank account is closed", OFFER),
    "debit_not_authorized": ("the owner did not allow the debit", OFFER),
    "bank_account_restricted": ("the bank account takes no debits", OFFER),
    "not_sent": ("it could not be sent: the provider was not reached", AGAIN),
    "breaker_open": ("the provider does not answer and was not called", AGAIN),
    "never_reached": ("it never reached the provider", AGAIN),
    "no_answer": ("no answer", ""),
    "not_found": ("the provider does not find it", ""),
    "mismatch": ("the provider took another amount", "A supervisor has to settle it at the provider, then x."),
    "taken_twice": ("the provider took it twice", "A supervisor has to refund one of them at the provider, then x."),
    "mismatch settled": ("the provider took another amount, and a supervisor settled it", ""),
    "taken_twice settled": ("the provider took it twice, and a supervisor settled it", ""),
    "late": ("heard of after it had been given up", ""),
}


def why(reason: str | None) -> str:
    """A reason in words; what is no code known here is shown as it came."""
    if not reason:
        return "the provider gives no reason"
    code, colon, rest = reason.partition(": ")
    if code == "returned":
        return f"the bank took it back{f': {why(rest)}' if colon else ''}"
    return _REASONS[code][0] if code in _REASONS else words(reason)


def what_next(reason: str | None) -> str:
    """What to do about it."""
    return _REASONS.get(reason or "", ("", OFFER))[1]

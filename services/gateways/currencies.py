"""Amounts as Stripe counts them, where that is not as ISO 4217 does (docs.stripe.com/currencies)."""

from __future__ import annotations

from typing import Final

from services.domain.money import Money, exponent
from services.gateways.base import ProviderRefused

WHOLE_BUT_COUNTED_IN_HUNDREDTHS: Final = frozenset(("ISK",))
"""ISO says no decimals; Stripe writes two, always zero."""

UNCERTAIN: Final = frozenset(("UGX",))
"""Stripe lists it both as whole and as counted in hundredths: nobody is charged a hundred times too much."""

COUNTED_WHOLE: Final = frozenset(("MGA",))
"""ISO says two decimals; Stripe takes whole units."""

TAKEN: Final = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
"""Currencies of three decimals that Stripe takes, if the last is zero; it takes no other of three or more."""


def to_stripe(amount: Money) -> tuple[int, str]:
    """The provider's amount and currency; raises ProviderRefused for one that it cannot take exactly."""
    minor, code = amount.minor, amount.currency
    if code in WHOLE_BUT_COUNTED_IN_HUNDREDTHS:
        return minor * 100, code.lower()
    if code in COUNTED_WHOLE and minor % 100 == 0:
        return minor // 100, code.lower()
    if code in COUNTED_WHOLE | UNCERTAIN or (exponent(code) > 2 and (code not in TAKEN or minor % 10)):
        raise ProviderRefused(f"Stripe cannot take {amount} exactly", decline_code="amount_not_exact")
    return minor, code.lower()


def from_stripe(amount: int, currency: str) -> Money:
    """What the provider says, in our minor units; raises BadInput for a currency nobody knows."""
    code = currency.upper()
    if code in WHOLE_BUT_COUNTED_IN_HUNDREDTHS:
        return Money(amount // 100, code)
    return Money(amount * 100 if code in COUNTED_WHOLE else amount, code)

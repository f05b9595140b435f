"""What a charge can be made with: the debtor's saved methods by the names people type, or a payment link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from screens.widgets.saved import by_name, has_expired
from services.gateways.base import KINDS

if TYPE_CHECKING:
    from services.charges.results import SavedMethod

LINK = "payment_link"
NOT_SET_UP = "not_set_up"


@dataclass(frozen=True)
class Wallet:
    """The saved methods of one debtor, once ``known``; ``ready`` is False where there is no payment provider."""

    methods: tuple[SavedMethod, ...] = ()
    known: bool = False
    ready: bool = True
    _names: dict[str, SavedMethod] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._names.update(by_name(self.methods))

    def names(self, kind: str | None = None) -> tuple[str, ...]:
        """What the methods are called, all or those of one kind."""
        return tuple(name for name, method in self._names.items() if kind in (None, method.kind))

    def offered(self, kind: str, today: date) -> tuple[str, ...]:
        """What can be chosen for a kind, the best first: what has expired comes after the link."""
        if not self.ready:
            return (NOT_SET_UP,)
        names = self.names(kind)
        fresh = tuple(name for name in names if not has_expired(self._names[name].expires, today))
        return (*fresh, LINK, *(name for name in names if name not in fresh))

    def find(self, name: str) -> SavedMethod | None:
        """The method of that name."""
        return self._names.get(name)

    def meant(self, typed: str) -> str | None:
        """The name that begins with what was typed."""
        spelled = _spelled(typed)
        return next((name for name in self._names if _spelled(name).startswith(spelled)), None) if spelled else None


def is_charge(method: str) -> bool:
    """Whether the payment provider takes it, and nobody enters it by hand."""
    return method in KINDS


def expiry(method: SavedMethod, today: date) -> str:
    """Until when it is good, in a word or two."""
    if method.expires is None:
        return ""
    return "expired" if has_expired(method.expires, today) else method.expires


def named(method: SavedMethod) -> str:
    """As it is shown: never more than the brand and the last 4 digits."""
    return f"{method.brand} ···{method.last4}"


def until(method: SavedMethod, today: date) -> str:
    """The same with what is to be known of its expiry."""
    if method.expires is None:
        return named(method)
    return f"{named(method)} {'expired' if has_expired(method.expires, today) else 'until'} {method.expires}"


def _spelled(text: str) -> str:
    return "".join(text.lower().split()).replace("_", "")


def codes(methods: Sequence[str], wallet: Wallet) -> tuple[str, ...]:
    """Every way to pay by what its name begins with: by hand, through the provider, and each saved method."""
    return (*methods, *KINDS, *wallet.names())

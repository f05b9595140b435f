"""Whether a webhook was signed by who it says it is from; the body is taken byte for byte as it came."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256, sha512
from typing import Final, Literal

Reason = Literal["missing", "malformed", "old", "wrong"]

TOLERANCE: Final = 300
"""How many seconds a signature may be off the clock, either way."""

LONGEST: Final = 4096
"""A header beyond this is nobody's signature."""

_WORDS: Final[dict[Reason, str]] = {
    "missing": "the request carries no signature",
    "malformed": "the signature cannot be read",
    "old": "the signature is right, but was made too long ago or by a clock that is off",
    "wrong": "the signature is not of this body under any secret that is set",
}


class BadSignature(Exception):
    """The webhook is not to be believed; ``reason`` says why in one word."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(_WORDS[reason])
        self.reason: Reason = reason


def verify_stripe(
    body: bytes, header: str | None, secrets: Sequence[str], now: datetime, *, tolerance: int = TOLERANCE
) -> None:
    """Check a ``Stripe-Signature``: HMAC-SHA256 over time and body, under any of the secrets (they rotate).

    Raises BadSignature. ``now`` carries a zone. Only an authentic signature is ever called old.
    """
    made_at, signatures = _parts(header)
    message = f"{made_at}.".encode() + body
    _match((hmac.new(secret.encode(), message, sha256).hexdigest() for secret in secrets if secret), signatures)
    if abs(now.timestamp() - made_at) > tolerance:
        raise BadSignature("old")


def verify_paystack(body: bytes, header: str | None, secrets: Sequence[str]) -> None:
    """Check an ``X-Paystack-Signature``: HMAC-SHA512 over the body, under any of the secrets; raises BadSignature."""
    signature = _given(header).strip().lower()
    if len(signature) != sha512().digest_size * 2 or not _is_hex(signature):
        raise BadSignature("malformed")
    _match((hmac.new(secret.encode(), body, sha512).hexdigest() for secret in secrets if secret), [signature])


def sign_stripe(body: bytes, secret: str, at: datetime) -> str:
    """The ``Stripe-Signature`` of a body, as the provider would make it."""
    made_at = int(at.timestamp())
    return f"t={made_at},v1={hmac.new(secret.encode(), f'{made_at}.'.encode() + body, sha256).hexdigest()}"


def sign_paystack(body: bytes, secret: str) -> str:
    """The ``X-Paystack-Signature`` of a body, as the provider would make it."""
    return hmac.new(secret.encode(), body, sha512).hexdigest()


def _parts(header: str | None) -> tuple[int, list[str]]:
    pairs = [part.partition("=")[::2] for part in _given(header).split(",")]
    times = [value for name, value in pairs if name.strip() == "t"]
    signatures = [value.strip().lower() for name, value in pairs if name.strip() == "v1"]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit() and len(times[0]) <= 12):
        raise BadSignature("malformed")
    if not signatures or not all(map(_is_hex, signatures)):
        raise BadSignature("malformed")
    return int(times[0]), signatures


def _given(header: str | None) -> str:
    if header is None or not header.strip():
        raise BadSignature("missing")
    if len(header) > LONGEST:
        raise BadSignature("malformed")
    return header


def _is_hex(value: str) -> bool:
    return bool(value) and all(char in "0123456789abcdef" for char in value)


def _match(expected: Iterable[str], signatures: Sequence[str]) -> None:
    # Every pair is compared, in constant time: how long it takes tells nothing about which one came close.
    found = [hmac.compare_digest(right, given) for right in expected for given in signatures]
    if not any(found):
        raise BadSignature("wrong")

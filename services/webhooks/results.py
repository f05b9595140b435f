"""What the webhook service gives back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

STATES = ("queued", "processed", "replayed", "ignored", "refused", "failed")
"""Waiting; done; done already; no news for us; never accepted; looked at in vain."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """One event that a provider sent.

    ``deliveries`` counts how often it came, ``attempts`` how often it was looked at. ``event_id`` and ``type`` of a
    refused one are what it claimed, if anything. ``reason`` says why it was refused, ignored or failed, and while it is
    queued, why the last look failed. ``size`` is in bytes; of a refused one less may be kept.
    """

    id: int
    provider: str
    event_id: str | None
    type: str | None
    state: str
    reason: str | None
    created_at: datetime | None
    received_at: datetime
    settled_at: datetime | None
    deliveries: int
    last_delivery_at: datetime
    attempts: int
    size: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Raw:
    """A delivery as it came: headers in their order, the signature, the body's bytes."""

    headers: tuple[tuple[str, str], ...]
    signature: str | None
    body: bytes

"""The body of a webhook as a notice; its signature was verified before, and no provider's library is needed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from services.errors import BadInput
from services.gateways.base import Notice


def notice_of(provider: str, body: bytes) -> Notice:
    """What a provider tells; raises BadInput on ``body`` where it is no event of this provider's."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise BadInput("body", "the webhook is not JSON") from None
    try:
        return _stripe(event) if provider == "stripe" else _paystack(event)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        raise BadInput("body", f"the webhook is no event of {provider}") from None


def _stripe(event: dict[str, Any]) -> Notice:
    if event["object"] != "event":
        raise ValueError("object")
    return Notice(
        "stripe",
        _text(event["id"]),
        _text(event["type"]),
        datetime.fromtimestamp(int(event["created"]), UTC),
        _table(event["data"]["object"]),
        live=event["livemode"] is True,
    )


def _paystack(event: dict[str, Any]) -> Notice:
    # Paystack gives its events no id: type and object together are what is told only once.
    data = _table(event["data"])
    kind = _text(event["event"])
    told_at = next(str(data[name]) for name in ("paid_at", "updated_at", "created_at", "createdAt") if data.get(name))
    return Notice(
        "paystack",
        f"{kind}:{int(data['id'])}",
        kind,
        datetime.fromisoformat(told_at).astimezone(UTC),
        data,
        live=data.get("domain") == "live",
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 255 or not value.isprintable():
        raise ValueError("text")
    return value


def _table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("object")
    return value

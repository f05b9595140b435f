"""What the stand-in says no with, in the provider's own form."""

from __future__ import annotations

from typing import Any


class Problem(Exception):
    """An answer that is an error; ``kept`` says whether a repeat with the same idempotency key gets it again."""

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        decline_code: str | None = None,
        intent: dict[str, Any] | None = None,
        kept: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kept = kept
        self.body = {
            "error": {
                key: value
                for key, value in {
                    "type": kind,
                    "message": message,
                    "code": code,
                    "param": param,
                    "decline_code": decline_code,
                    "payment_intent": intent,
                }.items()
                if value is not None
            }
        }


def invalid(message: str, *, param: str | None = None, code: str | None = None, kept: bool = False) -> Problem:
    """A request that cannot be: its parameters, or, where it is ``kept``, what they were asked of."""
    return Problem(400, "invalid_request_error", message, code=code, param=param, kept=kept)


def missing(kind: str, provider_id: str, param: str = "id") -> Problem:
    """Nothing has this id."""
    return Problem(
        404, "invalid_request_error", f"No such {kind}: '{provider_id}'", code="resource_missing", param=param
    )

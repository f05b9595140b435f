"""The wire to Stripe: its own retries, our time limits, and the memory of whether anything may have arrived."""

from __future__ import annotations

from collections.abc import Mapping
from threading import local
from typing import Any, Final

import requests
from stripe import APIConnectionError, RequestsClient
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

NOT_DONE: Final = (401, 403, 429)
"""Answers of a provider that looked at nothing but who asked, and how often."""

DIRECT: Final = {"http": "", "https": ""}
"""No proxy of the environment stands between us and our own machine."""


class Line(RequestsClient):
    """Remembers, per thread, whether any try since ``begin`` may have reached the provider."""

    def __init__(self, connect: float, read: float, *, direct: bool) -> None:
        # The types know a pair of addresses or none at all; an empty address is how requests is told "none".
        super().__init__(timeout=(connect, read), proxy=DIRECT if direct else None)  # type: ignore[arg-type]
        self._seen = local()

    def begin(self) -> None:
        """Nothing of the next call was sent yet."""
        self._seen.reached = False

    @property
    def reached(self) -> bool:
        """Whether a try since ``begin`` may have arrived and may have been done."""
        return bool(getattr(self._seen, "reached", False))

    def request(  # type: ignore[override] # as the library's own RequestsClient has it
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            answer = super().request(method, url, headers, post_data)
        except APIConnectionError as error:
            if not _never_left(error.__cause__):
                self._seen.reached = True
            raise
        if answer[1] not in NOT_DONE:
            self._seen.reached = True
        return answer


def _never_left(cause: BaseException | None) -> bool:
    """Whether no connection was made at all; whatever is not known to be so may have arrived."""
    if isinstance(cause, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    if not isinstance(cause, requests.exceptions.ConnectionError) or not cause.args:
        return False
    inner = cause.args[0]
    reason = inner.reason if isinstance(inner, MaxRetryError) else inner
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)

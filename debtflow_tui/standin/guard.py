"""What keeps the stand-in to the demo and the tests: this machine alone, and keys of its own."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

from debtflow_tui.standin.problems import Problem
from services.errors import Misconfigured

KEY_PREFIX: Final = "sk_standin_"
REAL: Final = ("sk_live", "rk_live", "pk_live", "sk_test", "rk_test", "pk_test", "whsec_live")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine and nobody else's."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def check_host(host: str) -> None:
    """Refuse to listen where others could reach it."""
    if not is_loopback(host):
        raise Misconfigured(
            f"the stand-in listens on this machine only, not on {host}", hint="leave --host out, or give 127.0.0.1"
        )


def check_caller(client: str | None, host: str | None) -> None:
    """Refuse who is not on this machine, and a browser that was led here under another name."""
    name = (host or "").rsplit(":", 1)[0] if not (host or "").endswith("]") else host
    if client is None or not is_loopback(client) or not is_loopback(name or ""):
        raise Problem(403, "invalid_request_error", "This is a stand-in for tests: it answers its own machine only.")


def check_key(authorization: str | None) -> None:
    """Refuse every key that is not the stand-in's own; a real one must not even be sent here."""
    scheme, _, key = (authorization or "").partition(" ")
    if scheme != "Bearer" or not key:
        raise Problem(401, "invalid_request_error", "You did not provide an API key.")
    if key.startswith(REAL):
        raise Problem(
            401,
            "invalid_request_error",
            "A key of the real provider was sent to a stand-in. Nothing was done. Take it out of this configuration.",
        )
    if not key.startswith(KEY_PREFIX):
        raise Problem(401, "invalid_request_error", f"Invalid API Key provided: the stand-in's begin with {KEY_PREFIX}")

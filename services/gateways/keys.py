"""Which key may be used where: a real one never leaves for a stand-in, and a stand-in's never counts as real."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from services.errors import Misconfigured

STANDIN: Final = "sk_standin_"
LIVE: Final = ("sk_live_", "rk_live_")
TEST: Final = ("sk_test_", "rk_test_")

_FORM: Final = re.compile(r"(?:[sr]k_(?:live|test)|sk_standin)_[A-Za-z0-9_]{1,250}")


def check_key(key: str, api_base: str | None) -> str:
    """The key, where it fits the address; raises Misconfigured, which never repeats it."""
    if key.startswith("pk_"):
        raise Misconfigured(
            "the Stripe key is a publishable one, which cannot charge",
            hint="use a restricted key: rk_live_… or rk_test_…",
        )
    if not _FORM.fullmatch(key):
        raise Misconfigured(
            "the Stripe key does not look like one", hint="it begins with rk_live_, rk_test_, sk_live_ or sk_test_"
        )
    standin = key.startswith(STANDIN)
    if api_base is not None and not is_loopback(api_base):
        raise Misconfigured("api_base in [gateway] is for a stand-in on this machine only")
    if api_base is not None and not standin:
        raise Misconfigured(
            "a key of the real provider is not sent to the stand-in that api_base names",
            hint="take api_base out of [gateway], or use the stand-in's own key",
        )
    if standin and api_base is None:
        raise Misconfigured("a stand-in's key means nothing to Stripe", hint="set api_base in [gateway]")
    return key


def is_live(key: str) -> bool:
    """Whether real money moves with this key."""
    return key.startswith(LIVE)


def is_loopback(address: str) -> bool:
    """Whether an http address is this machine's own."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme != "http" or parts.username or parts.password or parts.query or parts.path.strip("/"):
        return False
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

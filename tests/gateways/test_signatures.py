"""Who signed a webhook, checked against the provider's own library and against forgers."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from services.gateways.signatures import (
    BadSignature,
    sign_paystack,
    sign_stripe,
    verify_paystack,
    verify_stripe,
)

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
BODY = '{"id": "evt_1", "name": "Zoë"}'.encode()
SECRET = "whsec_one"


def reason(body: bytes, header: str | None, secrets: Sequence[str] = (SECRET,), now: datetime = NOW) -> str | None:
    try:
        verify_stripe(body, header, secrets, now)
    except BadSignature as bad:
        return bad.reason
    return None


def paystack_reason(body: bytes, header: str | None, secrets: Sequence[str] = (SECRET,)) -> str | None:
    try:
        verify_paystack(body, header, secrets)
    except BadSignature as bad:
        return bad.reason
    return None


def test_what_the_providers_library_signs_is_believed() -> None:
    made = stripe.WebhookSignature._compute_signature(f"{int(NOW.timestamp())}.{BODY.decode()}", SECRET)
    header = f"t={int(NOW.timestamp())},v1={made}"
    assert header == sign_stripe(BODY, SECRET, NOW)
    assert reason(BODY, header) is None


@given(body=st.binary(max_size=200), secret=st.text("abcABC019_", min_size=1, max_size=40))
def test_what_we_sign_we_believe_and_nothing_else(body: bytes, secret: str) -> None:
    assert reason(body, sign_stripe(body, secret, NOW), [secret]) is None
    assert reason(body + b" ", sign_stripe(body, secret, NOW), [secret]) == "wrong"
    assert paystack_reason(body, sign_paystack(body, secret), [secret]) is None
    assert paystack_reason(body + b" ", sign_paystack(body, secret), [secret]) == "wrong"


def test_a_secret_is_changed_without_losing_a_webhook() -> None:
    old, new = sign_stripe(BODY, "whsec_old", NOW), sign_stripe(BODY, "whsec_new", NOW)
    assert reason(BODY, old, ["whsec_new", "whsec_old"]) is None
    assert reason(BODY, new, ["whsec_new", "whsec_old"]) is None
    # During an overlap the provider signs with both, and we may know one of them.
    both = f"{old},v1={new.rpartition('=')[2]}"
    assert reason(BODY, both, ["whsec_new"]) is None
    assert reason(BODY, both, ["whsec_third"]) == "wrong"


@pytest.mark.parametrize(
    ("off", "said"),
    [(0, None), (300, None), (-300, None), (301, "old"), (-301, "old"), (86_400, "old")],
)
def test_five_minutes_either_way(off: int, said: str | None) -> None:
    assert reason(BODY, sign_stripe(BODY, SECRET, NOW), now=NOW + timedelta(seconds=off)) == said


def test_a_forged_old_signature_is_wrong_before_it_is_old() -> None:
    assert reason(BODY, sign_stripe(BODY, "whsec_forged", NOW - timedelta(days=1))) == "wrong"


SIGNED = sign_stripe(BODY, SECRET, NOW)
TIME, HEX = SIGNED.split(",v1=")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (None, "missing"),
        ("", "missing"),
        ("  ", "missing"),
        ("nonsense", "malformed"),
        (TIME, "malformed"),
        (f"v1={HEX}", "malformed"),
        (f"t=,v1={HEX}", "malformed"),
        (f"t=-1,v1={HEX}", "malformed"),
        (f"t=٣,v1={HEX}", "malformed"),
        (f"t={'9' * 400},v1={HEX}", "malformed"),
        (f"{TIME},t=1,v1={HEX}", "malformed"),
        (f"{TIME},v1=", "malformed"),
        (f"{TIME},v1=zz", "malformed"),
        (f"{TIME},v1=é", "malformed"),
        (f"{TIME},v0={HEX}", "malformed"),
        (f"{SIGNED},{'x' * 5000}", "malformed"),
        (f"{TIME},v1={HEX[:-1]}", "wrong"),
        (f"{TIME},v1={'0' * 64}", "wrong"),
        (f"{TIME},v1={HEX.upper()}", None),
        (f"{TIME}, v1={HEX}", None),
        (f"{SIGNED},v0=ff,v2=ff", None),
    ],
)
def test_headers_of_every_kind(header: str | None, said: str | None) -> None:
    assert reason(BODY, header) == said


def test_no_secret_believes_nobody() -> None:
    nothing = hmac.new(b"", TIME[2:].encode() + b"." + BODY, sha256).hexdigest()
    for secrets in ((), ("",)):
        assert reason(BODY, SIGNED, secrets) == "wrong"
        assert reason(BODY, f"{TIME},v1={nothing}", secrets) == "wrong"
        assert paystack_reason(BODY, sign_paystack(BODY, ""), secrets) == "wrong"


@pytest.mark.parametrize("header", ["zz" * 64, "ab" * 63, "é" * 128, sign_paystack(BODY, SECRET) + "00"])
def test_paystack_headers_that_are_none(header: str) -> None:
    assert paystack_reason(BODY, header) == "malformed"


def test_paystack_without_a_header() -> None:
    assert paystack_reason(BODY, None) == "missing"
    assert paystack_reason(BODY, sign_paystack(BODY, SECRET).upper()) is None

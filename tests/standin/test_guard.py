"""The stand-in stays where it belongs: this machine, its own keys, its own names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from debtflow_tui.standin.problems import Problem
from debtflow_tui.standin.server import StandIn
from services.errors import Misconfigured
from tests.standin.test_answers import ask

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.org", ""])
def test_it_listens_on_this_machine_alone(host: str) -> None:
    with pytest.raises(Misconfigured, match="this machine only"):
        StandIn(host=host)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer sk_live_x",
        "Bearer rk_live_x",
        "Bearer sk_test_x",
        "Bearer pk_live_x",
        "Basic c2s6",
        "Bearer x",
    ],
)
def test_it_takes_no_key_but_its_own(standin: StandIn, authorization: str) -> None:
    status, body, _ = ask(standin, "POST", "/v1/customers", {"name": "x"}, Authorization=authorization)
    assert status == 401
    assert "live_x" not in str(body)
    assert standin.book.tables["customer"] == {}


@pytest.mark.parametrize("host", ["api.stripe.com", "evil.example.org:80", "127.0.0.1.example.org", "[::2]:80"])
@pytest.mark.parametrize("path", ["/v1/payment_intents", "/_standin/charges"])
def test_a_browser_that_was_led_here_is_turned_away(standin: StandIn, host: str, path: str) -> None:
    assert ask(standin, "GET", path, Host=host)[0] == 403


def test_webhooks_go_to_this_machine_alone(standin: StandIn) -> None:
    for url in ("http://example.org/stripe", "https://127.0.0.1/", "ftp://127.0.0.1/"):
        with pytest.raises(Problem, match="this machine"):
            standin.listen(url, "whsec_x")


def test_the_process_refuses_what_the_class_refuses() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "debtflow_tui.standin", "--host", "0.0.0.0"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (told.returncode, told.stdout) == (2, "")
    assert "this machine only" in told.stderr


def test_a_port_that_is_taken_is_said_so(standin: StandIn) -> None:
    with pytest.raises(Misconfigured, match=f":{standin.port}"):
        StandIn(standin.port)

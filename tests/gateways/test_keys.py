"""Which key goes where, where it comes from, and that it is nowhere repeated."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail

from debtflow_tui.config import GatewaySettings, Settings, Ui
from debtflow_tui.provider import gateway_of, webhook_secrets
from services.errors import Misconfigured
from services.gateways.keys import check_key
from services.gateways.stripe import Stripe

HERE = "http://127.0.0.1:4242"
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "get_keyring", fail.Keyring)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, gateway=GatewaySettings("stripe"))


@pytest.mark.parametrize("key", ["rk_live_1", "sk_live_1", "rk_test_1", "sk_test_1aB"])
def test_real_keys_go_to_the_real_provider_alone(key: str) -> None:
    assert check_key(key, None) == key
    with pytest.raises(Misconfigured, match="stand-in"):
        check_key(key, HERE)


@pytest.mark.parametrize(
    ("key", "api_base", "said"),
    [
        ("sk_standin_x", None, "means nothing to Stripe"),
        ("sk_standin_x", "https://api.stripe.com", "this machine only"),
        ("sk_standin_x", "http://10.0.0.1:80", "this machine only"),
        ("sk_live_x", "https://evil.example.org", "this machine only"),
        ("pk_live_x", None, "publishable"),
        ("hunter2", None, "does not look like one"),
        ("sk_live_-hunter2", None, "does not look like one"),
        ("sk_live_x\nX-Header: y", None, "does not look like one"),
        ("sk_live_é", None, "does not look like one"),
    ],
)
def test_a_key_that_does_not_fit_is_refused_and_not_repeated(key: str, api_base: str | None, said: str) -> None:
    with pytest.raises(Misconfigured, match=said) as caught:
        check_key(key, api_base)
    assert key not in f"{caught.value.message}{caught.value.hint}"
    with pytest.raises(Misconfigured):
        Stripe(key, api_base=api_base)


class TestWiring:
    def test_nothing_set_is_no_gateway(self, settings: Settings) -> None:
        assert gateway_of(replace(settings, gateway=GatewaySettings())) is None
        assert gateway_of(settings) is None

    def test_from_the_environment_or_a_file(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("DEBTFLOW_STRIPE_KEY", " rk_test_1 ")
        made = gateway_of(settings)
        assert made is not None
        assert (made.provider, made.live) == ("stripe", False)
        monkeypatch.delenv("DEBTFLOW_STRIPE_KEY")
        (tmp_path / "key").write_text("rk_live_1\nnot this\n")
        monkeypatch.setenv("DEBTFLOW_STRIPE_KEY_FILE", str(tmp_path / "key"))
        made = gateway_of(settings)
        assert made is not None
        assert made.live

    def test_production_takes_live_keys_alone(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        production = replace(settings, ui=Ui(production=True))
        monkeypatch.setenv("DEBTFLOW_STRIPE_KEY", "sk_live_1")
        assert gateway_of(production) is not None
        monkeypatch.setenv("DEBTFLOW_STRIPE_KEY", "sk_test_1")
        with pytest.raises(Misconfigured, match="no real money"):
            gateway_of(production)
        monkeypatch.delenv("DEBTFLOW_STRIPE_KEY")
        with pytest.raises(Misconfigured, match="no real money"):
            gateway_of(replace(production, gateway=GatewaySettings("stripe", None, HERE)))

    def test_a_stand_in_needs_no_key(self, settings: Settings) -> None:
        made = gateway_of(replace(settings, gateway=GatewaySettings("stripe", None, HERE)))
        assert made is not None
        assert not made.live

    def test_secrets_rotate(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        assert webhook_secrets(settings) == {"stripe": (), "paystack": ()}
        monkeypatch.setenv("DEBTFLOW_STRIPE_WEBHOOK_SECRET", "whsec_new, whsec_old,")
        monkeypatch.setenv("DEBTFLOW_PAYSTACK_KEY", "sk_live_p")
        assert webhook_secrets(settings) == {"stripe": ("whsec_new", "whsec_old"), "paystack": ("sk_live_p",)}


def test_only_a_gateway_loads_the_library() -> None:
    code = (
        "import sys, debtflow_tui.wiring, debtflow_tui.provider;"
        "from services.gateways import base, keys, notices, signatures, translate;"
        "print(*{'stripe', 'requests', 'starlette', 'uvicorn'} & set(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert loaded.stdout == "\n"

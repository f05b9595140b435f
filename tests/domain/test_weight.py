"""The domain is cheap to load: what is heavy waits until it is used, and nothing of ours outside it comes along."""

import subprocess
import sys

import pytest

LIGHT = [
    "money",
    "numbers",
    "names",
    "contacts",
    "dates",
    "lexer",
    "lookup",
    "trail",
    "columns",
    "csvfile",
    "findings",
    "cells",
]


@pytest.mark.parametrize("modules", [LIGHT, ["placement"]], ids=["light", "placement"])
def test_loading_the_domain_brings_nothing_heavy_along(modules):
    code = f"import sys; [__import__('services.domain.' + name) for name in {modules!r}]; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    loaded = set(out.split())
    assert "services.domain.money" in loaded
    heavy = {"phonenumbers", "stdnum", "sqlalchemy", "psycopg", "textual", "click"}
    assert not loaded & (heavy | ({"pydantic"} if modules == LIGHT else set()))
    ours = {name for name in loaded if name.split(".")[0] in ("services", "screens", "debtflow_tui", "migrations")}
    assert all(name in ("services", "services.errors") or name.startswith("services.domain") for name in ours)

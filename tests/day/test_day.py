"""The working day as a shell script."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cluster import make_home

SCRIPT = Path(__file__).with_name("day.sh")
ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_the_whole_day() -> None:
    home = make_home()
    variables = {
        "DEBTFLOW_HOME": str(home), "DEBTFLOW": f"{sys.executable} -m debtflow_tui", "PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT), "DEMO_ARGS": "--accounts 150",
    }  # fmt: skip
    try:
        done = subprocess.run(
            ["bash", str(SCRIPT)], env={**os.environ, **variables}, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
    finally:
        shutil.rmtree(home, ignore_errors=True)

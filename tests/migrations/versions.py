"""PostgreSQL as it is installed beside the one that the tests bring along."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDERS = (
    "/usr/lib/postgresql/15/bin",
    "/usr/pgsql-15/bin",
    "/opt/homebrew/opt/postgresql@15/bin",
    "/usr/local/opt/postgresql@15/bin",
)


def programs_of_15() -> Path:
    """The folder of PostgreSQL 15's programs; skips the test, saying so, where there is none."""
    for folder in map(Path, FOLDERS):
        if (folder / "postgres").exists():
            return folder
    pytest.skip(f"NOT TESTED ON POSTGRESQL 15: its programs are in none of {', '.join(FOLDERS)}")

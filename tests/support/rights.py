"""The permission table as this release ships it, read from where it is written."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

WRITTEN: Final = Path(__file__).parents[2] / "migrations/sql"
ACT = re.compile(
    r"act_ships\('(?P<act>[\w.]+)', '[\w ]+', '(?:[^']|'')+',\s*'(?:[^']|'')+',\s*'\w+', '(?P<roles>[\w ]*)'", re.DOTALL
)
ALIKE = re.compile(
    r"act_ships\(a\.name.*?'account_write', '(?P<roles>[\w ]+)'\)\s+from \(values (?P<acts>.*?)\) a\(", re.DOTALL
)


@cache
def shipped() -> dict[str, tuple[str, ...]]:
    """For every act the roles that may; a test of the kernel holds it to what the database says."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(WRITTEN.glob("*.sql")))
    found = {match["act"]: tuple(match["roles"].split()) for match in ACT.finditer(text)}
    alike = ALIKE.search(text)
    assert alike
    return found | {act: tuple(alike["roles"].split()) for act in re.findall(r"\('([\w.]+)',", alike["acts"])}

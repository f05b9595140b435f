"""One table for people, one file for scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One case: ``ratio`` is what counts; ``ours`` and ``yardstick`` are what it was made of, in the unit of ``what``."""

    subject: str
    case: str
    clients: int
    ratio: float
    ours: float
    yardstick: float
    target: str = ""


def table(rows: Sequence[Row]) -> str:
    """The rows as aligned text."""
    lines = [f"{'':10} {'case':46} {'clients':>7} {'ratio':>7} {'target':>9} {'ours':>11} {'yardstick':>11}"]
    for row in rows:
        lines.append(
            f"{row.subject:10} {row.case:46} {row.clients:7} {row.ratio:7.2f} {row.target:>9} {row.ours:11,.2f} {row.yardstick:11,.2f}"
        )
    return "\n".join(lines)


def save(rows: Sequence[Row], path: Path) -> None:
    """The rows as one JSON document."""
    path.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")

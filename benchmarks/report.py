"""One table for people, one file for scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One case: ``ratio`` is what counts; ``ours`` and ``yardstick`` are what it was made of."""

    subject: str
    case: str
    clients: int
    ratio: float
    ours: float
    yardstick: float
    target: str = ""


def table(rows: Sequence[Row]) -> str:
    """The rows as aligned text."""
    head = f"{'':8} {'case':56} {'clients':>7} {'ratio':>7} {'target':>8} {'ours':>11} {'yardstick':>11}"
    return "\n".join([head, *map(_line, rows)])


def _line(row: Row) -> str:
    figures = f"{row.ratio:7.2f} {row.target:>8} {row.ours:11,.2f} {row.yardstick:11,.2f}"
    return f"{row.subject:8} {row.case:56} {row.clients:7} {figures}"


def save(rows: Sequence[Row], path: Path) -> None:
    """The rows as one JSON document."""
    path.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")

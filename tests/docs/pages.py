"""The documents of this project, as text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
README: Final = ROOT / "README.md"
PICTURES: Final = ROOT / "docs" / "pictures"
DECISIONS: Final = ROOT / "docs" / "adr"

_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_BLOCK: Final = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """Every document that people read."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def links(page: Path) -> list[str]:
    """Where the page leads to, its pictures too."""
    return _LINK.findall(page.read_text("utf-8"))


def blocks(page: Path, language: str) -> list[str]:
    """Its fenced blocks in a language."""
    return [body for _, named, body in _BLOCK.findall(page.read_text("utf-8")) if named == language]


def first_cells(page: Path) -> list[str]:
    """The first cell of every table row."""
    return [line.split("|")[1].strip() for line in page.read_text("utf-8").splitlines() if line.startswith("| ")]


def section(page: Path, title: str) -> str:
    """What stands under a heading of the second level."""
    text = page.read_text("utf-8")
    start = text.index(f"\n## {title}\n")
    end = text.find("\n## ", start + 1)
    return text[start:end]


def anchor(heading: str) -> str:
    """The name under which a heading can be linked to."""
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")

"""File names as they are typed: what could be meant, and what lies where."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from textual.suggester import Suggester

from services.errors import BadInput

SUFFIXES = frozenset({".csv", ".txt", ".tsv", ".dat", ".xlsx", ".zip", ".gz"})
MOST = 400


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file or folder that fits, as it would be typed; ``bytes`` is None for a folder."""

    typed: str
    bytes: int | None


def candidates(typed: str) -> tuple[Candidate, ...]:
    """What fits so far: folders, then placement files, by name; hidden ones only where a dot asks for them."""
    folder, _, begun = typed.rpartition("/")
    shown = f"{folder}/" if "/" in typed else ""
    try:
        with os.scandir(Path(shown or ".").expanduser()) as found:
            entries = sorted(
                (entry for _, entry in zip(range(MOST), found, strict=False)), key=lambda entry: entry.name
            )
            fitting = [
                Candidate(f"{shown}{entry.name}", entry.stat().st_size) if entry.is_file()
                else Candidate(f"{shown}{entry.name}/", None)
                for entry in entries
                if _fits(entry, begun)
            ]  # fmt: skip
    except OSError:
        return ()
    return tuple(sorted(fitting, key=lambda each: each.bytes is not None))


def _fits(entry: os.DirEntry[str], begun: str) -> bool:
    if not entry.name.lower().startswith(begun.lower()) or (entry.name.startswith(".") and not begun.startswith(".")):
        return False
    return entry.is_dir() or (entry.is_file() and Path(entry.name).suffix.lower() in SUFFIXES)


def common(typed: str) -> str:
    """The text as far as every candidate agrees, never shorter than what was typed."""
    names = [each.typed for each in candidates(typed)]
    if len({name[: len(typed)] for name in names}) != 1:
        return typed
    agreed = names[0][: len(typed)]
    for letters in zip(*(name[len(typed) :] for name in names), strict=False):
        if len(set(letters)) > 1:
            break
        agreed += letters[0]
    return agreed


class FileSuggester(Suggester):
    """Suggests the first file that fits, behind the cursor."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        found = candidates(value) if value else ()
        return found[0].typed if found and found[0].typed.startswith(value) else None


def file(typed: str) -> Path:
    """The file that was typed; raises BadInput on ``path`` where there is none to read."""
    path = Path(typed).expanduser()
    try:
        if path.is_dir():
            raise BadInput("path", f"{path.name or typed} is a folder: name a file in it")
        path.open("rb").close()
        return path
    except FileNotFoundError:
        raise BadInput("path", "there is no such file here") from None
    except OSError as error:
        raise BadInput("path", f"the file cannot be read: {error.strerror or error}") from error


def size(bytes: int) -> str:
    """A size as people read it."""
    if bytes < 1000:
        return f"{bytes} B"
    return f"{bytes / 1000:,.0f} KB" if bytes < 1_000_000 else f"{bytes / 1_000_000:,.1f} MB"

"""What files are called at a client's: which are meant, and how a name is written down."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Final

from services.gateways.drops import Entry

UNFINISHED: Final = (".part", ".partial", ".filepart", ".tmp", ".crdownload")
REPORT: Final = ".errors.csv"
LONGEST: Final = 1000


def meant(entries: Iterable[Entry], pattern: str) -> dict[str, Entry]:
    """The files that the pattern means, by the name that is written down; never a hidden one or one under way."""
    found = {written(entry.name): entry for entry in entries if _is_meant(entry.name, pattern)}
    return {name: entry for name, entry in found.items() if len(name) <= LONGEST}


def kind_of(name: str, kinds: Mapping[str, str], otherwise: str) -> str:
    """The kind of file that a name says, by the first pattern that fits."""
    return next((kind for pattern, kind in kinds.items() if _fits(name, pattern)), otherwise)


def written(name: str) -> str:
    """A name as it can be kept and shown: what is no printable text is escaped, so that no two names become one."""
    return "".join(_escaped(char) for char in name)


def as_kept(name: str) -> str:
    """A name on the server as text that the database takes; bytes that are no UTF-8 are escaped."""
    return name.encode("utf-8", "backslashreplace").decode()


def from_kept(kept: str) -> str:
    """The name on the server again."""
    return re.sub(r"\\udc([89a-f][0-9a-f])", lambda byte: chr(0xDC00 + int(byte[1], 16)), kept)


def with_number(name: str, number: int) -> str:
    """The name with a number before its ending: where there is a file of that name already."""
    path = PurePosixPath(name)
    return f"{path.stem}.{number}{path.suffix}"


def _is_meant(name: str, pattern: str) -> bool:
    if name.startswith(".") and not pattern.startswith("."):
        return False
    if name.lower().endswith((*UNFINISHED, REPORT)) and not pattern.lower().endswith((*UNFINISHED, REPORT)):
        return False
    return _fits(name, pattern)


def _fits(name: str, pattern: str) -> bool:
    return fnmatchcase(unicodedata.normalize("NFC", name), unicodedata.normalize("NFC", pattern))


def _escaped(char: str) -> str:
    if char == "\\":
        return r"\\"
    if "\udc80" <= char <= "\udcff":
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char if char.isprintable() else f"\\u{ord(char):04x}"

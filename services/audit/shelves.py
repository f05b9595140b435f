"""Where digests are put outside of the database: once each, and never written again."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from services.errors import Misconfigured
from services.imports.vault import Objects

INSTALLATION: Final = "installation"
"""The folder of the chain that is no agency's."""


class Shelf(Protocol):
    """A place for digests; names are those of :func:`name_of`."""

    def put(self, name: str, document: str) -> None:
        """Put a digest there; nothing happens where that name is there already."""

    def latest(self, folder: str) -> str | None:
        """The last digest of a chain, by its name; None where there is none."""


def name_of(folder: str, number: int) -> str:
    """Names sort as the chain does."""
    return f"{folder}/{number:012}.json"


class FolderShelf:
    """A folder, best on another machine, or one that only ever takes new files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, document: str) -> None:
        path = self._folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._write(path, document)
        except OSError as error:
            raise Misconfigured(f"{path}: the digest cannot be written: {error.strerror}") from None

    def latest(self, folder: str) -> str | None:
        try:
            names = sorted((self._folder / folder).glob("*.json"))
            return names[-1].read_text(encoding="utf-8") if names else None
        except (OSError, UnicodeDecodeError):
            raise Misconfigured(f"{self._folder / folder}: the digests cannot be read") from None

    @staticmethod
    def _write(path: Path, document: str) -> None:
        # Whole under its name or not at all, whoever is killed.
        half = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with half.open("x", encoding="utf-8") as file:
                file.write(document + "\n")
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(half, path)
        finally:
            half.unlink(missing_ok=True)


class BucketShelf:
    """The bucket that clients' files are kept in, beside them."""

    def __init__(self, objects: Objects, prefix: str) -> None:
        self._objects = objects
        self._prefix = f"{prefix}/" if prefix else ""

    def put(self, name: str, document: str) -> None:
        self._objects.create(f"{self._prefix}digests/{name}", document.encode())

    def latest(self, folder: str) -> str | None:
        names = sorted(key for key, _ in self._objects.sizes(f"{self._prefix}digests/{folder}"))
        found = self._objects.read(names[-1]) if names else None
        return found.decode() if found is not None else None

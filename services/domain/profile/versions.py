"""What every version of a profile changed of the one before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from services.domain.profile.model import Profile
from services.domain.profile.toml import changes


class Version(Protocol):
    """A version as it is kept."""

    @property
    def version(self) -> int: ...
    @property
    def made_by(self) -> str: ...
    @property
    def note(self) -> str | None: ...
    @property
    def profile(self) -> Profile: ...


Kept = TypeVar("Kept", bound=Version)


def moved(versions: Sequence[Kept]) -> Iterator[tuple[Kept, tuple[str, ...]]]:
    """Versions, newest first, each with what it changed."""
    before = [each.profile for each in versions[1:]]
    for old, each in zip([*before, None], versions, strict=False):
        yield each, changes(old, each.profile)


def told(version: Version) -> str:
    """A version as a heading."""
    return f"version {version.version}, {version.made_by}: {version.note or 'without a note'}"

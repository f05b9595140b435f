"""Every version of a profile, and what each changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from services.domain.profile.versions import moved, told

if TYPE_CHECKING:
    from services.imports.profiles import KeptProfile


def history(versions: Sequence[KeptProfile], unsaved: Sequence[str]) -> Iterator[str]:
    """Line by line, newest first; what is not saved yet stands above all."""
    if unsaved:
        yield from ("not saved yet", *_indented(unsaved), "")
    for version, lines in moved(versions):
        read = f" · {version.batches:,} batch{'es' * (version.batches != 1)} read with it"
        yield f"{told(version)} · {version.made_at:%-d %b %Y}{read if version.batches else ''}"
        yield from (*_indented(lines), "")


def _indented(lines: Sequence[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines or ("changed nothing",))

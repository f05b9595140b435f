"""What was typed and not yet sent, in the state folder: it outlives a lock, a lost line and a killed program."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path


class DraftFolder:
    """One file per person and form, readable by its owner only; nothing in it but what was typed."""

    def __init__(self, state: Path, user: str) -> None:
        self._folder = state / "drafts" / _safe(user)

    def keep(self, form: str, draft: Mapping[str, str]) -> None:
        """Write a draft over the older one; a folder that cannot be written loses the draft, not the program."""
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = self._path(form).with_suffix(".new")
            fresh.unlink(missing_ok=True)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                json.dump(dict(draft), file, ensure_ascii=False)
            fresh.replace(self._path(form))

    def recall(self, form: str) -> Mapping[str, str] | None:
        """The draft of a form; None where there is none or it cannot be read."""
        try:
            found = json.loads(self._path(form).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if not isinstance(found, dict):
            return None
        return {str(field): text for field, text in found.items() if isinstance(text, str)}

    def drop(self, form: str) -> None:
        """Forget a draft: it was sent, or its owner let it go."""
        with suppress(OSError):
            self._path(form).unlink(missing_ok=True)

    def _path(self, form: str) -> Path:
        return self._folder / f"{_safe(form)}.json"


def _safe(name: str) -> str:
    """A file name that differs for different names and climbs no folder."""
    return re.sub(r"[^A-Za-z0-9_-]", lambda odd: f"%{ord(odd[0]):x}", name)[:120] or "%"


def drop_about(state: Path, accounts: Collection[str]) -> int:
    """Drop everybody's drafts that name one of these accounts, as far as they may be read; gives how many."""
    dropped = 0
    for path in (state / "drafts").glob("*/*.json"):
        with suppress(OSError, ValueError):
            text = path.read_text(encoding="utf-8")
            if any(number in text or _safe(number) in path.stem for number in accounts):
                path.unlink()
                dropped += 1
    return dropped

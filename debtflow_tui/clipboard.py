"""Copying over any line: OSC 52, wrapped for the multiplexer in between, a file where that cannot work."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping
from pathlib import Path

CAP = 74_994
"""Bytes of base64 that common terminals still take in one OSC 52 sequence."""


def osc52(text: str, environ: Mapping[str, str]) -> str | None:
    """The sequence that makes the person's own terminal copy the text; None where it is too long for one."""
    payload = base64.b64encode(text.encode()).decode()
    if len(payload) > CAP:
        return None
    sequence = f"\x1b]52;c;{payload}\x07"
    if "TMUX" in environ:
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environ.get("TERM", "").startswith("screen"):
        # screen passes on at most 768 bytes of a device string
        parts = [sequence[at : at + 700] for at in range(0, len(sequence), 700)]
        return "".join(f"\x1bP{part}\x1b\\" for part in parts)
    return sequence


def copy(text: str, write: Callable[[str], object], state: Path, environ: Mapping[str, str] = os.environ) -> str:
    """Copy text and say in words where it went."""
    sequence = osc52(text, environ)
    if sequence is not None and environ.get("TERM") not in ("dumb", "linux"):
        write(sequence)
        return "copied"
    target = state / "clipboard.txt"
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.touch(mode=0o600)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        return f"not copied: {error.strerror or error}"
    return f"written to {target} (this terminal cannot copy it)"

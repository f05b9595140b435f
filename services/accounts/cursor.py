"""Where a page ended, as an opaque text that only fits the question it came from."""

from __future__ import annotations

import base64
import binascii
import json
from zlib import crc32

from services.errors import BadInput

Place = dict[str, int | str]


def pack(place: Place, question: str) -> str:
    """The cursor for the page after ``place``."""
    text = json.dumps([_digest(question), place], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unpack(cursor: str, question: str) -> Place:
    """The place in a cursor; raises BadInput for one that this program did not make, or made for another question."""
    try:
        digest, place = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        if not _is_place(place):
            raise ValueError(place)
    except (binascii.Error, ValueError, TypeError):
        raise BadInput("after", "this is not a place in a list", hint="pass the next of the page before") from None
    if digest != _digest(question):
        raise BadInput("after", "this place belongs to another question", hint="begin at its first page")
    return dict(place)


_SHAPE = {"reading": int, "tier": int, "typos": int, "token": str, "key": str, "id": int}


def _is_place(place: object) -> bool:
    return (
        isinstance(place, dict)
        and place.keys() == _SHAPE.keys()
        and all(type(place[name]) is kind for name, kind in _SHAPE.items())
        and all("\x00" not in place[name] for name in ("token", "key"))
        and all(0 <= place[name] < 2**63 for name in ("reading", "tier", "typos", "id"))
    )


def _digest(question: str) -> int:
    return crc32(question.encode())

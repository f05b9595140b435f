"""The lines of a file with the bytes that each one stands in, a block at a time, however long a line is."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from services.domain.files.reading import ENCODINGS
from services.domain.files.record import ROW_LIMIT

BLOCK: Final = 1 << 18
_WIDEST: Final = 4 * ROW_LIMIT
_UTF16_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_MARKS: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class Line(NamedTuple):
    """One line: its text with the line end, its bytes without; ``cut`` where only its beginning is here."""

    offset: int
    length: int
    text: str
    cut: bool = False


def read_lines(file: BinaryIO, encoding: str) -> Iterator[Line]:
    """Every line of a seekable file from its beginning, a byte-order mark left out; broken bytes come as U+FFFD.

    A line ends at CR, LF or both, and nowhere else.
    """
    file.seek(0)
    mark = file.read(3)
    if encoding.startswith("utf-16"):
        codec, start = _utf16(encoding, mark)
        file.seek(start)
        yield from _wide_lines(file, codec, start)
    else:
        start = 3 if encoding == "utf-8" and mark == codecs.BOM_UTF8 else 0
        file.seek(start)
        yield from _byte_lines(file, ENCODINGS[encoding], start)


def _utf16(encoding: str, mark: bytes) -> tuple[str, int]:
    marked = _MARKS.get(mark[:2])
    if encoding == "utf-16":
        return marked or "utf-16-le", 2 if marked else 0
    return encoding, 2 if marked == encoding else 0


def _byte_lines(file: BinaryIO, codec: str, at: int) -> Iterator[Line]:
    held, skipped = b"", 0
    while True:
        block = file.read(BLOCK)
        pieces = (held + block).splitlines(keepends=True)
        held = b""
        # The last piece may go on in the next block, and so may a CR that an LF follows.
        if block and pieces and not pieces[-1].endswith(b"\n"):
            held = pieces.pop()
        for piece in pieces:
            cut = skipped > 0 or len(piece) > _WIDEST
            text = piece[:_WIDEST].decode(codec, "replace")
            yield Line(at, len(piece.rstrip(b"\r\n")) + skipped, text, cut)
            at, skipped = at + len(piece) + skipped, 0
        if len(held) > _WIDEST and not held.endswith(b"\r"):
            skipped += len(held) - _WIDEST
            held = held[:_WIDEST]
        if not block:
            return


def _wide_lines(file: BinaryIO, codec: str, at: int) -> Iterator[Line]:
    # Half characters stay as they are until a line's bytes are counted, so that nothing is counted twice or not at all.
    decoder = codecs.getincrementaldecoder(codec)("surrogatepass")
    held, skipped, ended = "", 0, False
    while not ended:
        block = file.read(BLOCK)
        ended = not block
        odd = 0
        try:
            text = decoder.decode(block, final=ended)
        except UnicodeDecodeError:  # half a character at the very end
            text, odd = "\ufffd", 2 - len(decoder.getstate()[0])
        pieces = _UTF16_LINE.findall(held + text)
        held = ""
        if not ended and pieces and not pieces[-1].endswith("\n"):
            held = pieces.pop()
        for piece in pieces:
            size = _units(piece, codec) + skipped - odd
            ending = 2 * (len(piece) - len(piece.rstrip("\r\n")))
            yield Line(at, size - ending, _whole(piece[:_WIDEST]), skipped > 0 or len(piece) > _WIDEST)
            at, skipped = at + size, 0
        if len(held) > _WIDEST and not held.endswith("\r"):
            skipped += _units(held[_WIDEST:], codec)
            held = held[:_WIDEST]


def _units(text: str, codec: str) -> int:
    return len(text.encode(codec, "surrogatepass"))


def _whole(text: str) -> str:
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

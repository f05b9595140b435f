"""Records of fixed width: one a line, every column so many characters wide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import BinaryIO

from services.domain.files.lines import read_lines
from services.domain.files.record import KEPT_OF_LONG, ROW_LIMIT, RawRow


def fixed_records(file: BinaryIO, encoding: str, widths: Sequence[int]) -> Iterator[RawRow]:
    """Every line cut at the widths, its padding taken off; what stands beyond the last column is one more cell."""
    for number, line in enumerate(read_lines(file, encoding), 1):
        text = line.text.rstrip("\r\n")
        cut = line.cut or len(text) > ROW_LIMIT
        text = text[:KEPT_OF_LONG] if cut else text
        cells = cut_at(text, widths)
        yield RawRow(0, number, text, cells, cut=cut, offset=line.offset, length=line.length)


def cut_at(text: str, widths: Sequence[int]) -> tuple[str, ...]:
    """The cells of a line."""
    edges = [0, *accumulate(widths)]
    beyond = text[edges[-1] :].strip()
    return (*(text[start:end].strip() for start, end in pairwise(edges)), *((beyond,) if beyond else ()))


def guess_widths(lines: Sequence[str]) -> tuple[int, ...]:
    """The widths of columns that blanks divide from top to bottom; empty where there are not two of them.

    The first line's words are the columns' names: what it leaves unnamed belongs to the column before.
    """
    if len(lines) < 2:
        return ()
    widest = max(map(len, lines))
    padded = [line.expandtabs(1).ljust(widest) for line in lines]
    blank = [all(line[at] == " " for line in padded) for at in range(widest)]
    starts = [at for at in range(widest) if not blank[at] and (at == 0 or blank[at - 1])]
    ends = [*starts[1:], widest]
    named = [start for start, end in zip(starts, ends, strict=True) if padded[0][start:end].strip()]
    if len(named) < 2:
        return ()
    named[0] = 0
    return tuple(end - start for start, end in zip(named, [*named[1:], widest], strict=True))

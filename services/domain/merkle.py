"""What the audit trail's seals are made of: bytes of a row, trees of hashes, the chain. See docs/audit-proof.md.

``debtflow_tui/proofs/check_proof.py`` says the same a second time, so that it needs nothing of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from struct import Struct, pack
from typing import Final

WIDTH: Final = 16
"""How many neighbours become one node."""

GENESIS: Final = bytes(32)
"""What the first seal of a chain follows."""

ROW: Final = (
    ("id", "int8"), ("at", "timestamptz"), ("agency_id", "int4"), ("user_id", "int4"), ("session_id", "int8"),
    ("login", "text"), ("act", "text"), ("entity", "text"), ("entity_id", "int8"), ("entity_ref", "text"),
    ("before", "text"), ("after", "text"), ("reason", "text"), ("xid", "xid8"),
)  # fmt: skip
SEAL: Final = (
    ("format", "text"), ("agency_id", "int4"), ("number", "int8"), ("previous", "bytea"), ("rows", "int4"),
    ("total", "int8"), ("root", "bytea"), ("first_at", "timestamptz"), ("last_at", "timestamptz"), ("last_id", "int8"),
    ("sealed_at", "timestamptz"), ("pass", "int8"), ("pass_at", "timestamptz"), ("pass_xmax", "xid8"), ("low", "xid8"),
    ("below", "xid8"), ("cluster", "int8"), ("more", "bool"),
)  # fmt: skip
SEAL_FORMAT: Final = "debtflow-seal-1"

OIDS: Final = {"bool": 16, "bytea": 17, "int8": 20, "int4": 23, "text": 25, "timestamptz": 1184, "xid8": 5069}
EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)


def canonical(columns: Sequence[tuple[str, str]], values: Mapping[str, object]) -> bytes:
    """PostgreSQL's binary form of a record: how many columns, then of each its type, its length and its bytes."""
    parts = [len(columns).to_bytes(4)]
    for name, kind in columns:
        value = values[name]
        if value is None:
            parts.append(_NULLS[kind])
        elif type(value) is int and kind in _NUMBERS:
            parts.append(_NUMBERS[kind](value))
        else:
            data = encoded(kind, value)
            parts += (_TYPES[kind], len(data).to_bytes(4), data)
    return b"".join(parts)


def encoded(kind: str, value: object) -> bytes:
    """One value as PostgreSQL sends it; an instant is microseconds since 2000 in UTC, and may come as that number."""
    match value:
        case str():
            return value.encode()
        case datetime():
            return pack(">q", (value - EPOCH) // MICROSECOND)
        case bytes():
            return value
        case bool():
            return pack(">?", value)
        case int():
            return pack(_WIDTHS[kind], value)
    raise TypeError(f"{kind} cannot be {value!r}")


def _number(kind: str) -> Callable[[int], bytes]:
    """A whole number with its type and length; a row has six, and a million rows are many."""
    whole = Struct(f">Ii{_WIDTHS[kind][1]}")
    oid, length = OIDS[kind], whole.size - 8
    return lambda value: whole.pack(oid, length, value)


_TYPES: Final = {kind: pack(">I", oid) for kind, oid in OIDS.items()}
_NULLS: Final = {kind: pack(">Ii", oid, -1) for kind, oid in OIDS.items()}
_WIDTHS: Final = {"int4": ">i", "int8": ">q", "timestamptz": ">q", "xid8": ">Q"}
_NUMBERS: Final = {kind: _number(kind) for kind in _WIDTHS}


def leaf(row: bytes) -> bytes:
    """The hash of a row in its canonical form, which begins with a zero byte and is never taken for a node."""
    return sha256(row).digest()


def leaves_of(rows: bytes, lengths: Iterable[int]) -> Iterator[bytes]:
    """The hashes of rows in their canonical form that stand one after the other."""
    start = 0
    for length in lengths:
        yield sha256(rows[start : start + length]).digest()
        start += length


def node(children: Iterable[bytes]) -> bytes:
    """The hash that stands for up to sixteen neighbours."""
    return sha256(b"\x01" + b"".join(children)).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The one hash that stands for all leaves, in their order."""
    level = list(leaves)
    while len(level) > 1:
        level = [node(level[at : at + WIDTH]) for at in range(0, len(level), WIDTH)]
    return level[0]


@dataclass(frozen=True, slots=True)
class Step:
    """One level on the way to the root: the neighbours to the left and to the right."""

    left: tuple[bytes, ...]
    right: tuple[bytes, ...]


def path(leaves: Sequence[bytes], place: int) -> tuple[Step, ...]:
    """What has to be known beside one leaf to come to the root; places count from 0."""
    steps = []
    level = list(leaves)
    while len(level) > 1:
        start = place - place % WIDTH
        steps.append(Step(tuple(level[start:place]), tuple(level[place + 1 : start + WIDTH])))
        level = [node(level[at : at + WIDTH]) for at in range(0, len(level), WIDTH)]
        place //= WIDTH
    return tuple(steps)


def climbed(start: bytes, steps: Sequence[Step]) -> bytes:
    """The root that a leaf comes to by a path."""
    reached = start
    for step in steps:
        reached = node((*step.left, reached, *step.right))
    return reached


def head(seal: Mapping[str, object]) -> bytes:
    """The hash of a seal, its root and the head before it included: the next seal's ``previous``."""
    return sha256(canonical(SEAL, {**seal, "format": SEAL_FORMAT})).digest()

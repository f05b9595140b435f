#!/usr/bin/env python3
"""Checks a proof that a row stood in a sealed audit trail. Needs no database and nothing of DebtFlow.

    python3 check_proof.py PROOF.json [--public-key KEY] [--digest DIGEST.json]

Python 3.11 or newer is enough for the hashes. The signature needs the package `cryptography`; without it that is said,
and the exit code is 3. Give the public key that you were told on another way: one that comes with the proof proves only
that whoever made it has a key. With --digest the proof must end in the very digest that you were given earlier.

0 holds, 1 does not hold, 2 cannot be read, 3 holds as far as the hashes go, but no signature was checked
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import itertools
import json
import struct
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROW = (
    "id int8", "at timestamptz", "agency_id int4", "user_id int4", "session_id int8", "login text", "act text",
    "entity text", "entity_id int8", "entity_ref text", "before text", "after text", "reason text", "xid xid8",
)  # fmt: skip
SEAL = (
    "format text", "agency_id int4", "number int8", "previous bytea", "rows int4", "total int8", "root bytea",
    "first_at timestamptz", "last_at timestamptz", "last_id int8", "sealed_at timestamptz", "pass int8",
    "pass_at timestamptz", "pass_xmax xid8", "low xid8", "below xid8", "cluster int8", "more bool",
)  # fmt: skip
TYPES = {"bool": 16, "bytea": 17, "int8": 20, "int4": 23, "text": 25, "timestamptz": 1184, "xid8": 5069}
NUMBERS = {"int4": ">i", "int8": ">q", "xid8": ">Q", "bool": ">?"}
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Wrong(Exception):
    """The proof does not hold, and why."""


def record(columns: Iterable[str], values: Mapping[str, Any]) -> bytes:
    """The bytes that are hashed: PostgreSQL's binary form of a record."""
    parts = []
    for column in columns:
        name, kind = column.split()
        data = None if values[name] is None else encoded(kind, values[name])
        parts.append(struct.pack(">Ii", TYPES[kind], -1 if data is None else len(data)) + (data or b""))
    return struct.pack(">i", len(parts)) + b"".join(parts)


def encoded(kind: str, value: Any) -> bytes:
    """One value as PostgreSQL sends it; an instant is microseconds since 2000 in UTC."""
    if kind == "text":
        return str(value).encode()
    if kind == "bytea":
        return bytes.fromhex(value)
    if kind == "timestamptz":
        return struct.pack(">q", (datetime.fromisoformat(value) - EPOCH) // timedelta(microseconds=1))
    return struct.pack(NUMBERS[kind], value)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def head_of(seal: Mapping[str, Any]) -> bytes:
    return sha256(record(SEAL, {**seal, "format": "debtflow-seal-1"}))


def root_of(proof: Mapping[str, Any]) -> bytes:
    """Where the row comes to: at each level its neighbours to the left and to the right stand in the path."""
    reached = sha256(record(ROW, proof["row"]))
    for step in proof["path"]:
        children = [*map(bytes.fromhex, step["left"]), reached, *map(bytes.fromhex, step["right"])]
        if len(children) > 16:
            raise Wrong("a node of the tree has more than 16 children")
        reached = sha256(b"\x01" + b"".join(children))
    return reached


def checked_chain(proof: Mapping[str, Any]) -> bytes:
    """Every seal from the row's on must follow from the one before; gives the last head."""
    seals = proof["seals"]
    if root_of(proof) != bytes.fromhex(seals[0]["root"]):
        raise Wrong("the row is not in the seal: its hash and the path do not come to the root")
    if seals[0]["agency_id"] != proof["row"]["agency_id"]:
        raise Wrong("the row is of another agency than the seal")
    for before, after in itertools.pairwise(seals):
        if after["number"] != before["number"] + 1 or bytes.fromhex(after["previous"]) != head_of(before):
            raise Wrong(f"seal {after['number']} does not follow from seal {before['number']}")
    return head_of(seals[-1])


def checked_digest(proof: Mapping[str, Any], given: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The digest that the seals come to, which must be the one that was given, if one was."""
    digest: Mapping[str, Any] = proof["digest"]
    last = proof["seals"][-1]
    if given is not None and dict(given) != dict(digest):
        raise Wrong("the proof ends in another digest than the one that was given")
    if checked_chain(proof) != bytes.fromhex(digest["head"]):
        raise Wrong("the seals do not come to the head that the digest names")
    if any(digest[name] != last[name] for name in ("agency_id", "number", "total")):
        raise Wrong("the digest is about another seal")
    return digest


def signed_bytes(digest: Mapping[str, Any]) -> bytes:
    """What the signature is over: the digest without it, as JSON with sorted keys and no spaces."""
    said = {key: value for key, value in digest.items() if key != "signature"}
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def unsigned_because(digest: Mapping[str, Any], public_key: str | None) -> str | None:
    """None where the signature holds, else why nothing can be said of it."""
    if digest["signature"] is None:
        if public_key is not None:
            raise Wrong("the digest is not signed")
        return "the digest is not signed"
    if public_key is None:
        return f"no public key was given (--public-key); the digest names key {digest['key']}"
    raw = base64.b64decode(public_key)
    if hashlib.sha256(raw).hexdigest()[:16] != digest["key"]:
        raise Wrong(f"the digest names key {digest['key']}, and the one given is another")
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return "the package cryptography is not here"
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(base64.b64decode(digest["signature"]), signed_bytes(digest))
    except InvalidSignature:
        raise Wrong("the signature of the digest is not that of its key") from None
    return None


def checked(proof: Mapping[str, Any], given: Mapping[str, Any] | None, public_key: str | None) -> tuple[int, str]:
    """The exit code and what to say."""
    if proof["format"] != "debtflow-audit-proof-1":
        return 2, "this is no proof, or of a later kind than this script knows"
    digest = checked_digest(proof, given)
    unsigned = unsigned_because(digest, public_key)
    row, seal = proof["row"], proof["seals"][0]
    said = f"row {row['id']} ({row['act']} by {row['login']} at {row['at']}) stands in seal {seal['number']} of agency "
    said += f"{row['agency_id']}, under the digest of {digest['made_at']}\n"
    if unsigned is not None:
        return 3, f"{said}the hashes hold; SIGNATURE NOT CHECKED: {unsigned}"
    return 0, f"{said}holds, and is signed with key {digest['key']}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Checks a proof that a row stood in a sealed audit trail.")
    parser.add_argument("proof", type=Path)
    parser.add_argument("--public-key", help="as it was told on another way, in base64")
    parser.add_argument("--digest", type=Path, help="the digest as it was given earlier")
    asked = parser.parse_args()
    try:
        proof = json.loads(asked.proof.read_text(encoding="utf-8"))
        given = json.loads(asked.digest.read_text(encoding="utf-8")) if asked.digest else None
        code, words = checked(proof, given, asked.public_key)
    except Wrong as wrong:
        code, words = 1, f"DOES NOT HOLD: {wrong}"
    except (OSError, ValueError, LookupError, TypeError, AttributeError, struct.error, RecursionError) as error:
        code, words = 2, f"cannot be read: {type(error).__name__}: {error}"
    sys.stdout.write(words + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())

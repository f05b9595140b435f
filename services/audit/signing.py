"""Digests: what a chain had come to, signed with a key that the database never sees."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from services.errors import BadInput, Misconfigured

FORMAT: Final = "debtflow-audit-digest-1"
LENGTH: Final = 32
Digest = Mapping[str, Any]


class SigningKey:
    """An Ed25519 private key, kept as 32 bytes in base64."""

    def __init__(self, seed: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public: Final = base64.b64encode(self._private.public_key().public_bytes_raw()).decode()
        """To be told to whoever checks, on another way than through the database."""

    @classmethod
    def parse(cls, text: str) -> SigningKey:
        """The key as it stands in a file or keyring; raises Misconfigured, and never says what stood there."""
        seed = _raw(text)
        if seed is None:
            raise Misconfigured(
                "the key that digests are signed with is no key", hint="32 bytes in base64: debtflow audit key FILE"
            )
        return cls(seed)

    @property
    def id(self) -> str:
        return key_id(self.public)

    def signed(self, digest: Digest) -> dict[str, Any]:
        """The digest with the key's id and its signature."""
        named = {**digest, "key": self.id}
        return {**named, "signature": base64.b64encode(self._private.sign(signed_bytes(named))).decode()}


def signed_bytes(digest: Digest) -> bytes:
    """What a signature is over: the digest without it, as JSON with sorted keys and no spaces."""
    said = {key: value for key, value in digest.items() if key != "signature"}
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def key_id(public: str) -> str:
    """How a digest names its key; raises BadInput where that is no public key."""
    raw = _raw(public)
    if raw is None:
        raise BadInput("public_key", "a public key is 32 bytes in base64", hint="debtflow audit key shows it")
    return hashlib.sha256(raw).hexdigest()[:16]


def trouble_of(digest: Digest, publics: Mapping[str, str]) -> str | None:
    """Why the signature cannot be trusted, None where it holds; ``publics`` are the known keys by their ids."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if digest.get("signature") is None:
        return None if digest.get("key") is None and not publics else "it is not signed"
    public = publics.get(str(digest.get("key")))
    if public is None:
        return f"its key {digest.get('key')} is not known here" if publics else None
    try:
        signature = base64.b64decode(str(digest["signature"]), validate=True)
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public)).verify(signature, signed_bytes(digest))
    except (InvalidSignature, binascii.Error):
        return "its signature is not that of its key"
    return None


def read_digest(text: str) -> dict[str, Any]:
    """A digest as it was written; raises BadInput for anything else."""
    try:
        found = json.loads(text)
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise ValueError
        if not (isinstance(found["agency_id"], int) and isinstance(found["number"], int)):
            raise ValueError
        bytes.fromhex(found["head"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadInput("digest", "this is no digest of an audit trail", hint="debtflow audit digests") from None
    return found


def new_seed() -> str:
    """A new private key."""
    import secrets

    return base64.b64encode(secrets.token_bytes(LENGTH)).decode()


def _raw(text: str) -> bytes | None:
    try:
        found = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if len(found) == LENGTH else None

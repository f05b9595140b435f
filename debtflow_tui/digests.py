"""What this installation signs its digests with, whose signatures it trusts, and where digests go."""

from __future__ import annotations

from debtflow_tui.config import Settings
from services.audit.shelves import BucketShelf, FolderShelf, Shelf
from services.audit.signing import SigningKey


def signing_key_of(settings: Settings) -> SigningKey | None:
    """The private key, where it is on this machine; raises Misconfigured for one that is none."""
    from debtflow_tui.secrets import find_key
    from debtflow_tui.whereabouts import address_of

    found = find_key("audit", address_of(settings))
    return SigningKey.parse(found) if found else None


def public_keys_of(settings: Settings) -> tuple[str, ...]:
    """The public keys of ``[audit]``, and that of the private key where it is here."""
    key = signing_key_of(settings)
    return (*settings.audit.public_keys, *(() if key is None else (key.public,)))


def shelves_of(settings: Settings) -> tuple[Shelf, ...]:
    """The folder that is set, and the bucket that files are kept in."""
    from debtflow_tui.buckets import vault_of

    vault = vault_of(settings)
    folder = () if settings.audit.digests is None else (FolderShelf(settings.audit.digests),)
    return folder if vault.bucket is None else (*folder, BucketShelf(vault.open(vault.bucket), vault.prefix))

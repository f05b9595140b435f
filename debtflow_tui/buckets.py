"""The buckets of this installation: settings and a secret become a place that files are kept in."""

from __future__ import annotations

from functools import cache

from debtflow_tui.config import Settings
from debtflow_tui.whereabouts import address_of
from services.errors import Misconfigured
from services.gateways.bucket import Bucket, BucketLogin
from services.imports.vault import IN_DATABASE, Vault


def vault_of(settings: Settings) -> Vault:
    """Where files go and where they are read from; raises Misconfigured for a bucket without a name.

    A bucket of before is read as long as ``[files]`` says how to reach it, wherever new files go.
    """
    files = settings.files
    if files.keep == "bucket" and files.bucket is None:
        raise Misconfigured(f"{settings.config_file}: [files] names no bucket", hint="see docs/import-files.md")
    if files.access_key_id is None and files.keep == "database":
        return IN_DATABASE

    @cache
    def opened(name: str) -> Bucket:
        return Bucket(name, _login(settings))

    return Vault(opened, files.bucket if files.keep == "bucket" else None, files.prefix)


def _login(settings: Settings) -> BucketLogin:
    from debtflow_tui.secrets import find_key

    files = settings.files
    secret = find_key("files", address_of(settings))
    if files.access_key_id is None or secret is None:
        missing = "no access_key_id" if files.access_key_id is None else "an access_key_id, but its secret is nowhere"
        raise Misconfigured(
            f"{settings.config_file}: [files] has {missing}",
            hint="the secret is in DEBTFLOW_FILES_SECRET_KEY, or in the file that DEBTFLOW_FILES_SECRET_KEY_FILE names",
        )
    return BucketLogin(files.access_key_id, secret, files.endpoint, files.region)

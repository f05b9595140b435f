"""An S3-compatible bucket: objects are created once, never written again, and removed where somebody is forgotten.

Its library is loaded where a bucket is opened, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from services.domain.quoting import shown
from services.errors import Misconfigured, Unreachable

if TYPE_CHECKING:
    from obstore.store import S3Config

T = TypeVar("T")

_CONNECT: Final = timedelta(seconds=5)
_REQUEST: Final = timedelta(seconds=60)
_PATIENCE: Final = timedelta(seconds=60)
_TRIES_AGAIN: Final = 3
_KEY_WRONG: Final = ("SignatureDoesNotMatch", "InvalidAccessKeyId")


@dataclass(frozen=True, slots=True)
class BucketLogin:
    """Where buckets are and who asks; without an endpoint Amazon's own in that region."""

    access_key_id: str
    secret_key: str = field(repr=False)
    endpoint: str | None = None
    region: str = "us-east-1"


class Bucket:
    """One bucket. Every method raises Unreachable where it does not answer, Misconfigured where it says no."""

    def __init__(self, name: str, login: BucketLogin) -> None:
        from obstore.store import S3Store

        self._where = f"bucket {shown(name)} at {shown(login.endpoint or login.region, 100)}"
        self._key_id = login.access_key_id
        elsewhere: S3Config = {"endpoint": login.endpoint} if login.endpoint else {}
        self._store = S3Store(
            name,
            config=elsewhere,
            region=login.region,
            access_key_id=login.access_key_id,
            secret_access_key=login.secret_key,
            client_options={
                "connect_timeout": _CONNECT,
                "timeout": _REQUEST,
                "allow_http": (login.endpoint or "").startswith("http:"),
            },
            retry_config={"max_retries": _TRIES_AGAIN, "retry_timeout": _PATIENCE},
        )

    def __str__(self) -> str:
        return self._where

    def create(self, key: str, data: bytes) -> bool:
        """Put an object where none is; False, and nothing written, where one is there already."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        def put() -> bool:
            try:
                obstore.put(self._store, key, data, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return False
            return True

        return self._told(put, f"write {key}")

    def read(self, key: str) -> bytes | None:
        """A whole object, None where none is there; objects of ours are small."""
        import obstore

        def get() -> bytes | None:
            try:
                return bytes(obstore.get(self._store, key).bytes())
            except FileNotFoundError as missing:
                if "NoSuchBucket" in str(missing):
                    raise
                return None

        return self._told(get, f"read {key}")

    def remove(self, key: str) -> None:
        """Take an object away; nothing happens where none is."""
        import obstore

        def delete() -> None:
            try:
                obstore.delete(self._store, key)
            except FileNotFoundError as missing:
                if "NoSuchBucket" in str(missing):
                    raise

        self._told(delete, f"remove {key}")

    def sizes(self, folder: str) -> Iterator[tuple[str, int]]:
        """Every object below a folder by its key, with its size; a request a thousand."""
        import obstore

        pages = self._told(lambda: iter(obstore.list(self._store, folder)), "list its objects")
        while page := self._told(lambda: next(pages, None), "list its objects"):
            for each in page:
                yield each["path"], each["size"]

    def _told(self, work: Callable[[], T], doing: str) -> T:
        from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

        try:
            return work()
        except FileNotFoundError:
            raise self._unknown() from None
        except (PermissionDeniedError, UnauthenticatedError) as refused:
            raise self._refused(str(refused), doing) from None
        except BaseError as error:
            # What a listing is refused with has no class of its own.
            if any(f"status code: {code}" in str(error) for code in (401, 403)):
                raise self._refused(str(error), doing) from None
            if "NoSuchBucket" in str(error):
                raise self._unknown() from None
            raise Unreachable(
                f"{self._where} does not answer as it should: {_reason(error)}", rule="bucket-away",
                hint="nothing was lost; look whether the storage runs, and try again",
            ) from None  # fmt: skip

    def _unknown(self) -> Misconfigured:
        return Misconfigured(
            f"there is no {self._where}", rule="bucket-unknown", hint="[files] in the configuration names it"
        )

    def _refused(self, said: str, doing: str) -> Misconfigured:
        if any(word in said for word in _KEY_WRONG):
            return Misconfigured(
                f"{self._where} does not know the key {shown(self._key_id, 40)}, or its secret is another",
                rule="bucket-key", hint="access_key_id in [files], and DEBTFLOW_FILES_SECRET_KEY or its file",
            )  # fmt: skip
        return Misconfigured(
            f"{self._where} does not let the key {shown(self._key_id, 40)} {doing}", rule="bucket-rights",
            hint="it needs GetObject, PutObject and ListBucket there, and DeleteObject where somebody is forgotten",
        )  # fmt: skip


def _reason(error: Exception) -> str:
    """The first line, without the library's own picture of its innards."""
    said = str(error).strip().splitlines()
    first = said[0] if said else type(error).__name__
    return shown(first.partition(" - ")[2] or first.rpartition("HTTP error: ")[2], 160)

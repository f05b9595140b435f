"""Files in a bucket: the copy goes there, and what it replaces is taken away, now or when the bucket is back."""

from __future__ import annotations

from collections.abc import Iterator

from services.errors import Unreachable
from services.imports import Imports
from services.imports.vault import Vault
from services.ledger import Doctor
from tests.pii.conftest import LAST, Life
from tests.support.house import House


class Shelf:
    """A bucket in memory that can be away."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.away = False

    def create(self, key: str, data: bytes) -> bool:
        return self.kept.setdefault(key, data) is data

    def read(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def remove(self, key: str) -> None:
        if self.away:
            raise Unreachable("the bucket is away")
        self.kept.pop(key, None)

    def sizes(self, folder: str) -> Iterator[tuple[str, int]]:
        yield from ((key, len(data)) for key, data in self.kept.items() if key.startswith(f"{folder}/"))


def test_a_copy_takes_the_place_of_what_lies_in_a_bucket(life: Life, house: House) -> None:
    shelf = Shelf()
    life.vault = Vault(lambda _: shelf, "files")
    life.place().live().heard()
    shelf.away = True
    assert life.pii().forget(life.number, "request").objects_left == 1
    assert sum(LAST.encode() in data for data in shelf.kept.values()) == 1
    assert life.pii().sweep() == 1
    shelf.away = False
    assert life.pii().sweep() == 0
    assert sum(LAST.encode() in data for data in shelf.kept.values()) == 0
    bea = house.store("bea")
    copy = b"".join(Imports(bea, life.vault).file(life.batch))
    assert copy.count(b"\r\n") == 5
    assert Imports(bea, life.vault).raw(life.batch, 1).text.startswith("BEFORE-1,")
    (kept,) = Imports(bea, life.vault).kept()
    assert (kept.redacted, kept.missing, kept.bucket) == (True, 0, "files")
    assert [check.name for check in Doctor(bea).examine().checks if not check.ok] == []

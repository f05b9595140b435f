"""Files in a bucket of a real S3 server: put once, found again, proved on reading, and said plainly where not."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import obstore
import psycopg
import pytest

from debtflow_tui.buckets import vault_of
from debtflow_tui.config import load
from services.errors import BadInput, DebtFlowError, Misconfigured, Refused, Unreachable
from services.gateways.bucket import Bucket, BucketLogin
from services.imports import Imports
from services.imports.spool import spooled
from services.imports.vault import IN_DATABASE, PIECE, Vault
from tests.imports.files import good, line, written
from tests.support.house import House
from tests.support.weed import NAME, Storage

HEAD, *ROWS = good(4).splitlines(keepends=True)
START = HEAD + ROWS[0]
# A blank line of four megabytes, so that a row lies in two pieces, and another.
LARGE = START + b" " * (PIECE - len(START) - 22) + b"\r\n" + ROWS[1] + ROWS[2] + b" " * PIECE + b"\r\n" + ROWS[3]


@pytest.fixture
def imports(house: House, bucket: Storage) -> Imports:
    return Imports(house.store("bea"), bucket.vault())


def folder(data: bytes, agency: str = "HARBOR") -> str:
    return f"debtflow/{agency}/{hashlib.sha256(data).hexdigest()}"


def refusal(imports: Imports, batch: int, row: int | None = None) -> str | None:
    with pytest.raises(DebtFlowError) as refused:
        imports.raw(batch, row) if row else list(imports.file(batch))
    assert NAME in refused.value.message
    assert refused.value.hint
    return refused.value.rule


def test_a_file_lies_in_pieces_and_comes_back_by_file_and_by_row(
    house: House, imports: Imports, bucket: Storage
) -> None:
    batch = imports.stage(LARGE, "large.csv", "HXL")
    assert (batch.rows, batch.valid, len(LARGE) > 2 * PIECE) == (4, 4, True)
    assert bucket.keys() == [f"{folder(LARGE)}/000{seq}" for seq in range(3)]
    assert house.su.execute("select place, bucket, key from debtflow.file").fetchall() == [
        ("bucket", NAME, folder(LARGE))
    ]
    assert house.one("select count(*) from debtflow.file_chunk") == 0
    assert b"".join(imports.file(batch.id)) == LARGE
    for row in (1, 2, 3, 4):
        assert imports.raw(batch.id, row).data == ROWS[row - 1].rstrip()
    packed = gzip.compress(good(3), mtime=0)
    inside = imports.stage(packed, "b.csv.gz", "HXL")
    assert imports.raw(inside.id, 3).data == good(3).split(b"\r\n")[3]
    assert [(each.size, each.where, each.batches, each.missing) for each in imports.kept()] == [
        (len(packed), f"{NAME}: {folder(packed)}", (inside.id,), 0),
        (len(LARGE), f"{NAME}: {folder(LARGE)}", (batch.id,), 0),
    ]


def test_what_is_there_is_read_where_it_is_whatever_is_set(house: House, bucket: Storage) -> None:
    store = house.store("bea")
    spoilt = written([line("A-1"), line("A-2", amount="ten")])
    plain, outside = Imports(store), Imports(store, bucket.vault())
    here, there = plain.stage(good(2), "a.csv", "HXL"), outside.stage(spoilt, "b.csv", "HXL")
    for imports in (outside, Imports(store, bucket.vault("elsewhere", keep=False))):
        assert b"".join(imports.file(here.id)) == good(2)
        assert b"".join(imports.file(there.id)) == spoilt
        assert b"A-2" in b"".join(imports.report(there.id).data)
    assert refusal(plain, there.id) == "bucket-unset"
    assert b"".join(plain.file(here.id)) == good(2)
    # What is kept in the database already is not put into the bucket as well.
    outside.reject(here.id, "again")
    outside.stage(good(2), "a.csv", "HXL")
    assert bucket.keys() == [f"{folder(spoilt)}/0000"]


def test_what_was_put_before_a_crash_is_found_again(house: House, imports: Imports, bucket: Storage) -> None:
    with spooled(LARGE) as sent:
        bucket.vault().put(sent, "HARBOR")
    obstore.delete(bucket.own, f"{folder(LARGE)}/0002")
    before = obstore.head(bucket.own, f"{folder(LARGE)}/0000")
    batch = imports.stage(LARGE, "a.csv", "HXL")
    assert obstore.head(bucket.own, f"{folder(LARGE)}/0000") == before
    assert b"".join(imports.file(batch.id)) == LARGE
    with pytest.raises(Refused) as known:
        imports.stage(LARGE, "b.csv", "HXL")
    assert known.value.rule == "file-known"
    Imports(house.store("zack"), bucket.vault()).stage(LARGE, "a.csv", "ZEN")
    assert len(bucket.keys()) == 6
    with spooled(b"x") as sent, pytest.raises(Misconfigured):
        IN_DATABASE.put(sent, "HARBOR")
    with pytest.raises(BadInput):
        imports.stage(b"colour,shape\r\nred,round\r\n", "c.csv", "HXL")
    assert len(bucket.keys()) == 6


def test_what_was_lost_or_changed_is_said_and_sent_again(house: House, imports: Imports, bucket: Storage) -> None:
    obstore.put(bucket.own, f"{folder(good(2))}/0000", b"something else")
    with pytest.raises(Refused, match="holds something else") as refused:
        imports.stage(good(2), "a.csv", "HXL")
    assert refused.value.rule == "file-spoilt"
    assert house.one("select count(*) from debtflow.file") == 0
    batch = imports.stage(LARGE, "a.csv", "HXL")
    second = f"{folder(LARGE)}/0001"
    obstore.delete(bucket.own, second)
    assert [each.missing for each in imports.kept()] == [1]
    assert refusal(imports, batch.id) == "file-lost"
    assert refusal(imports, batch.id, 3) == "file-lost"
    assert imports.raw(batch.id, 1).data == ROWS[0].rstrip()
    obstore.put(bucket.own, second, LARGE[PIECE : 2 * PIECE].replace(b"Oyelaran", b"Oyelarin"))
    assert [each.missing for each in imports.kept()] == [0]
    assert refusal(imports, batch.id) == "file-spoilt"
    assert refusal(imports, batch.id, 3) == "file-spoilt"
    obstore.delete(bucket.own, second)
    imports.reject(batch.id, "lost")
    again = imports.stage(LARGE, "a.csv", "HXL")
    assert b"".join(imports.file(again.id)) == LARGE
    assert b"".join(imports.file(batch.id)) == LARGE


def test_a_bucket_that_says_no_is_told_apart_and_nothing_is_kept(house: House, bucket: Storage) -> None:
    for login, name, error, rule in (
        (BucketLogin("DEBTFLOW", "hush", "http://127.0.0.1:1"), NAME, Unreachable, "bucket-away"),
        (bucket.login(secret="hush hush"), NAME, Misconfigured, "bucket-key"),
        (bucket.login("STRANGER"), NAME, Misconfigured, "bucket-key"),
        (bucket.login("READER"), NAME, Misconfigured, "bucket-rights"),
        (bucket.login(), "not-ours", Misconfigured, "bucket-rights"),
    ):
        there = Bucket(name, login)
        imports = Imports(house.store("bea"), Vault(lambda _, it=there: it, name))  # type: ignore[misc]
        with pytest.raises(error) as refused:
            imports.stage(good(2), "a.csv", "HXL")
        assert (refused.value.rule, refused.value.hint is not None) == (rule, True)
        assert (name in refused.value.message, login.secret_key in refused.value.message) == (True, False)
        if login.access_key_id != "READER":
            with pytest.raises(error):
                list(there.sizes("debtflow"))
    assert house.one("select count(*) from debtflow.file") == 0
    assert house.one("select count(*) from debtflow.import_batch") == 0
    assert bucket.keys() == []


def test_the_database_knows_what_a_file_in_a_bucket_is(house: House) -> None:
    keep = "select debtflow.file_keep_outside(sha256('abc'), %s, 'files', %s, %s)"
    key = hashlib.sha256(b"abc").hexdigest()
    one = [hashlib.sha256(b"abc").digest()]
    for size, name, pieces in (
        (3, "debtflow/" + key[:-1] + "_", one), (3, key[1:], one), (3, key, []), (3, key, [None]),
        (PIECE + 1, key, one), (3, key, one * 2), (3, None, one), (3, key, None),
    ):  # fmt: skip
        with pytest.raises(psycopg.errors.CheckViolation):
            house.psql("bea").execute(keep, [size, name, pieces])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        house.psql("ana").execute("select pieces from debtflow.file")
    with pytest.raises(psycopg.Error) as refused:
        house.psql("ana").execute(keep, [3, key, one])
    assert refused.value.sqlstate in ("42501", "DF403")
    assert house.one("select count(*) from debtflow.file") == 0


def test_settings_become_a_place_for_files(
    house: House, bucket: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = f'[files]\nkeep = "bucket"\nbucket = "{NAME}"\nendpoint = "{bucket.endpoint}"\nprefix = "a/b"\n'

    def vault(text: str) -> Vault:
        (tmp_path / "config.toml").write_text(text)
        return vault_of(load({"DEBTFLOW_HOME": str(tmp_path)}))

    for text, why in (
        ('[files]\nkeep = "bucket"\n', "names no bucket"),
        (said, "has no access_key_id"),
        (said + 'access_key_id = "DEBTFLOW"\n', "its secret is nowhere"),
    ):
        with pytest.raises(Misconfigured, match=why):
            vault(text).open(NAME)
    (tmp_path / "secret").write_text("secret-of-DEBTFLOW\n")
    monkeypatch.setenv("DEBTFLOW_FILES_SECRET_KEY_FILE", str(tmp_path / "secret"))
    set_up = said + 'access_key_id = "DEBTFLOW"\n'
    imports = Imports(house.store("bea"), vault(set_up))
    batch = imports.stage(good(2), "a.csv", "HXL")
    assert bucket.keys() == [f"a/b/HARBOR/{batch.sha256}/0000"]
    later = Imports(house.store("bea"), vault(set_up.replace('keep = "bucket"\n', "")))
    assert b"".join(later.file(batch.id)) == good(2)
    later.stage(good(3), "b.csv", "HXL")
    assert len(bucket.keys()) == 1
    assert vault("") is IN_DATABASE

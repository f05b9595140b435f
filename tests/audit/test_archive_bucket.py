"""Old months in a bucket of a real S3 server: they leave, stay readable, and what is done to them there is named."""

from __future__ import annotations

from hashlib import sha256
from random import Random

import obstore
import pytest

from services.audit.archive import Archive
from services.audit.archiving import Archiving
from services.audit.sealing import Sealing
from services.audit.verifying import Verifying
from services.domain.trail import parse_audit
from services.errors import Misconfigured, Refused
from tests.audit.old import archived, old_trail
from tests.audit.sealed import unguarded, verify
from tests.support.house import House
from tests.support.weed import NAME, Storage


def test_months_leave_into_a_bucket_and_are_read_from_there(house: House, bucket: Storage) -> None:
    old_trail(house, 3)
    vault = bucket.vault()
    assert [month.state for month in archived(house, vault).months] == ["gone"] * 3
    parts = Archive(house.store("bea"), vault).list().parts
    assert {part.place for part in parts} == {f"bucket {NAME}"}
    assert {f"debtflow/HARBOR/{part.sha256}/0000" for part in parts if part.chain == "HARBOR"} <= set(bucket.keys())
    assert house.one("select count(*) from debtflow.file_chunk") == 0
    assert len(Archive(house.store("bea"), vault).events(parse_audit(""), limit=500).events) > 10
    house.all_over()
    Sealing(house.store("bea")).seal()
    assert _findings(house, bucket) == []
    assert all(not each.findings for each in Archive(house.store("bea"), vault).verify())
    with pytest.raises(Misconfigured, match=NAME):
        verify(house)


@pytest.mark.parametrize("chain", [0, 1])
def test_what_is_done_to_a_file_there_is_named(house: House, bucket: Storage, chain: int) -> None:
    old_trail(house, 2)
    archived(house, bucket.vault())
    house.all_over()
    Sealing(house.store("bea")).seal()
    row = house.su.execute(
        "select f.id, f.key from debtflow.audit_archive r join debtflow.file f on f.id = r.file_id "
        "where r.agency_id = %s order by r.month limit 1", [chain],
    ).fetchone()  # fmt: skip
    assert row is not None
    file, key = row
    data = bytes(obstore.get(bucket.own, f"{key}/0000").bytes())
    spoilt = _spoilt(data)
    obstore.put(bucket.own, f"{key}/0000", spoilt)
    assert any(kind == "archive" and "its hash differs" in words for kind, words in _findings(house, bucket))
    obstore.delete(bucket.own, f"{key}/0000")
    assert any(kind == "archive" and "no longer in the bucket" in words for kind, words in _findings(house, bucket))
    # The file, its pieces, its hash and the archive's own row fit each other: only the sealed trail knows better.
    digest = sha256(spoilt).digest()
    obstore.put(bucket.own, f"{key[:-64]}{digest.hex()}/0000", spoilt)
    with unguarded(house):
        house.su.execute("set session_replication_role = replica")
        house.su.execute(
            "update debtflow.file set sha256 = %(d)s, size = %(n)s, pieces = array[%(d)s], key = %(k)s "
            "where id = %(f)s",
            {"d": digest, "n": len(spoilt), "k": key[:-64] + digest.hex(), "f": file},
        )
        house.su.execute("update debtflow.audit_archive set sha256 = %s where file_id = %s", [digest, file])
        house.su.execute("reset session_replication_role")
    told = _findings(house, bucket)
    assert any("not the one that the sealed trail tells of" in words for _, words in told)
    assert not any("its hash differs" in words for _, words in told)


def test_a_bucket_that_lost_a_file_before_it_was_read_back_keeps_the_month(house: House, bucket: Storage) -> None:
    old_trail(house, 2)
    vault = bucket.vault()
    worker = Archiving(house.store("wally"), vault)
    while worker._write(False) is not None:
        pass
    obstore.delete(bucket.own, Random(3).choice(bucket.keys()))
    with pytest.raises(Refused, match="no longer in the bucket"):
        worker.run()
    assert house.one("select count(*) from debtflow.audit_archive_dropped") == 0


def _spoilt(data: bytes) -> bytes:
    """The same rows, written by another hand."""
    from io import BytesIO

    from pyarrow.parquet import read_table, write_table

    out = BytesIO()
    write_table(read_table(BytesIO(data)), out)
    return out.getvalue()


def _findings(house: House, bucket: Storage) -> list[tuple[str, str]]:
    return [(f.kind, f.message) for f in Verifying(house.store("bea"), vault=bucket.vault()).verify().findings]

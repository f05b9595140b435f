"""Sealing and checking: what is sealed once stays as it was, or is named."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from debtflow_tui.proofs import check_proof
from services.audit.proving import Proving
from services.audit.sealing import Sealing
from services.audit.shelves import FolderShelf
from services.audit.signing import SigningKey, new_seed, read_digest
from services.audit.verifying import HEADERS, Verifying, header_of
from services.domain import merkle
from services.errors import BadInput, NotAllowed, NotFound, Refused
from services.ledger import Check, Doctor
from tests.audit.sealed import busy_day, seal, trail, unguarded, verify
from tests.kernel.test_races import together
from tests.support.house import House


def test_a_trail_is_sealed_once_and_found_as_it_was(house: House) -> None:
    busy_day(house)
    before = house.one("select count(*) from debtflow.audit_log where agency_id in (0, 1)")
    assert seal(house) >= before
    assert seal(house) == 0
    found = verify(house)
    assert found.ok
    assert [(chain.chain, chain.waiting) for chain in found.chains] == [("HARBOR", 0), ("installation", 0)]
    harbor, installation = found.chains
    assert (harbor.rows, harbor.hidden) == (len(trail(house)), 0)
    assert installation.hidden == installation.rows > 0
    assert house.one("select array_agg(findings) from debtflow.audit_check") == [0, 0]


def test_what_the_database_hashes_is_what_the_page_says(house: House) -> None:
    busy_day(house)
    seal(house)
    columns = ", ".join(f"{n}::text" if n in {"before", "after"} else n for n, _ in merkle.ROW if n != "xid")
    rows = house.su.execute(f"select {columns}, xid::text from debtflow.audit_log where agency_id = 1 order by at, id")
    names = [name for name, _ in merkle.ROW]
    leaves = [
        merkle.leaf(merkle.canonical(merkle.ROW, {**dict(zip(names, row, strict=True)), "xid": int(row[-1])}))
        for row in rows
    ]
    query = "select leaves from debtflow.audit_sealed where agency_id = 1 order by number"
    assert b"".join(leaves) == b"".join(row[0] for row in house.su.execute(query))
    assert house.one("select root from debtflow.audit_seal where agency_id = 1") == merkle.root(leaves)


def test_rows_in_flight_are_waited_for_and_none_is_left_out(house: House) -> None:
    busy_day(house, 1)
    seal(house)
    slow = house.psql("bea")
    slow.execute("begin")
    number = house.place()
    slow.execute("select debtflow.account_note(%s, 'slow')", [number])
    busy_day(house, 1, over=False)  # has a later number than the slow one, and is over before it
    seal(house)
    waiting = verify(house).chains[0]
    assert waiting.ok
    assert waiting.waiting > 0
    slow.execute("commit")
    house.all_over()
    assert seal(house) > 0
    seal(house)
    after = verify(house).chains[0]
    assert (after.findings, after.waiting, after.rows) == ((), 0, len(trail(house)))


def test_many_sealers_seal_each_row_once(house: House) -> None:
    busy_day(house)
    desks = [Sealing(house.store("bea")) for _ in range(4)]
    together([desk.seal for desk in desks])
    seal(house)
    query = "select count(*), count(distinct id) from debtflow.audit_sealed d, unnest(d.ids) id where agency_id = 1"
    assert house.su.execute(query).fetchone() == (len(trail(house)), len(trail(house)))
    assert verify(house).ok


def test_a_pass_goes_on_where_it_was_cut_off(house: House) -> None:
    busy_day(house)
    bea = house.psql("bea")
    bea.execute("select from debtflow.audit_seal_next(false, 3)")
    killed = house.psql("bea")
    killed.execute("begin")
    assert killed.execute("select number from debtflow.audit_seal_next(false, 3)").fetchone() == (2,)
    assert bea.execute("select number from debtflow.audit_seal_next(false, 3)").fetchone() is None, "one at a time"
    killed.close()
    busy_day(house, 1)
    sizes = [3]
    while (step := bea.execute("select rows, more from debtflow.audit_seal_next(false, 3)").fetchone()) is not None:
        sizes.append(step[0])
    assert sum(sizes) == len(trail(house))
    assert max(sizes) == 3
    assert verify(house).ok


def test_after_a_restore_elsewhere_nothing_is_sealed_twice_and_nothing_left(house: House) -> None:
    busy_day(house, 1)
    seal(house)
    busy_day(house, 1)
    # What a cluster of another identity finds: seals of transactions that were counted there.
    with unguarded(house):
        house.su.execute("update debtflow.audit_seal set cluster = 7, below = '9000000', pass_xmax = '9000000'")
        for row in house.su.execute(HEADERS.replace("= %s", "= 1")).fetchall():
            names = [column.name for column in house.su.execute(HEADERS.replace("= %s", "= 1")).description or ()]
            old = dict(zip(names, row, strict=True))
            old |= {key: old[key] and int(old[key]) for key in ("pass_xmax", "low", "below")}
            house.su.execute("update debtflow.audit_seal set head = %s where agency_id = 1",
                             [merkle.head({**old, "agency_id": 1})])  # fmt: skip
    waiting = verify(house).chains[0]
    assert (waiting.findings, waiting.waiting > 0) == ((), True)
    seal(house)
    busy_day(house, 1)
    seal(house)
    found = verify(house).chains[0]
    assert (found.findings, found.waiting, found.rows) == ((), 0, len(trail(house)))


def test_a_forgotten_value_leaves_the_trail_provable_and_a_forged_one_does_not(house: House) -> None:
    busy_day(house)
    seal(house)
    house.su.execute("delete from debtflow.audit_personal where path like '%.text'")
    assert verify(house).ok
    house.su.execute("update debtflow.audit_personal set value = '+13125559999' where path = 'after.value'")
    (forged,) = verify(house).findings
    assert (forged.kind, forged.columns) == ("value", ("after.value",))


def test_digests_are_signed_kept_outside_and_hold_against_a_whole_new_chain(house: House, tmp_path: Path) -> None:
    busy_day(house)
    key, shelf = SigningKey.parse(new_seed()), FolderShelf(tmp_path)
    sealing = Sealing(house.store("bea"), lambda: key, lambda: [shelf])
    sealing.seal()
    digests = sealing.publish()
    assert [digest["chain"] for digest in digests] == ["HARBOR", "installation"]
    assert sealing.publish() == ()
    assert read_digest(shelf.latest("HARBOR") or "") == digests[0]
    checking = Verifying(house.store("bea"), [key.public], lambda: [shelf])
    assert checking.verify().chains[0].signed == 2
    # Somebody who owns the server makes another past, seals it anew, and clears the digests away.
    with unguarded(house):
        house.su.execute("truncate debtflow.audit_digest, debtflow.audit_sealed, debtflow.audit_seal")
        house.su.execute("update debtflow.audit_log set login = 'ben' where login = 'ana'")
    Sealing(house.store("bea")).seal()
    assert verify(house).ok, "inside the database everything fits"
    found = checking.verify().findings
    assert {finding.kind for finding in found} == {"digest"}
    kept = Verifying(house.store("bea"), [key.public]).verify(digests=[digests[0]])
    assert [finding.kind for finding in kept.findings] == ["digest"]
    other = Verifying(house.store("bea"), [SigningKey.parse(new_seed()).public]).verify(digests=[digests[0]])
    assert "not known" in other.findings[0].message
    forged = {**digests[0], "total": 1}
    assert "signature" in Verifying(house.store("bea"), [key.public]).verify(digests=[forged]).findings[0].message
    with pytest.raises(BadInput):
        Verifying(house.store("zed")).verify(digests=[digests[0]])


def test_a_proof_is_checked_without_a_database(house: House, tmp_path: Path) -> None:
    busy_day(house, 8)
    event, _ = trail(house)[5]
    bea, key = house.store("bea"), SigningKey.parse(new_seed())
    proving, sealing = Proving(bea), Sealing(bea, lambda: key)
    with pytest.raises(Refused, match="not sealed yet"):
        proving.prove(event)
    sealing.seal()
    with pytest.raises(Refused, match="no digest"):
        proving.prove(event)
    busy_day(house, 1)
    sealing.seal()
    sealing.publish()
    with pytest.raises(NotFound):
        proving.prove(10**9)
    proof = json.loads(json.dumps(proving.prove(event)))
    assert len(proof["seals"]) > 1
    assert check_proof.checked(proof, None, key.public)[0] == 0
    assert check_proof.checked(proof, proof["digest"], None)[0] == 3
    for wrong in tampered(proof):
        with pytest.raises(check_proof.Wrong):
            check_proof.checked(wrong, None, key.public)
    with pytest.raises(check_proof.Wrong):
        check_proof.checked(proof, {**proof["digest"], "made_at": "2020-01-01"}, key.public)
    (tmp_path / "proof.json").write_text(json.dumps(proof))
    (tmp_path / "check_proof.py").write_text(Path(check_proof.__file__).read_text())
    call = [sys.executable, "-I", "check_proof.py", "proof.json", "--public-key", key.public]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, "holds, and is signed" in done.stdout) == (0, True), done.stdout
    (tmp_path / "proof.json").write_text("{}")
    assert subprocess.run(call, cwd=tmp_path, capture_output=True).returncode == 2


def tampered(proof: dict) -> list[dict]:
    """The proof with one thing in it changed, each in turn."""
    row, digest, seals = proof["row"], proof["digest"], proof["seals"]
    made = [{**proof, "row": {**row, name: other(value)}} for name, value in row.items() if value is not None]
    made += [{**proof, "digest": {**digest, name: other(digest[name])}} for name in ("made_at", "total", "number")]
    for place, seal_ in enumerate(seals):
        for name, value in seal_.items():
            if value is not None:
                made.append({**proof, "seals": [*seals[:place], {**seal_, name: other(value)}, *seals[place + 1 :]]})
    return made


def other(value: object) -> object:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str() if "T" in value and value.endswith("+00:00"):
            return value.replace("20", "19", 1)
        case str():
            return ("0" if value[0] != "0" else "1") + value[1:]
    raise AssertionError(value)


def test_who_may(house: House) -> None:
    busy_day(house, 1)
    seal(house)
    assert verify(house, "rex").ok
    assert verify(house, "zed").chains[0].chain == "NORTHBY"
    with pytest.raises(NotAllowed):
        verify(house, "ana")
    with pytest.raises(NotAllowed):
        Sealing(house.store("rex")).seal()
    with pytest.raises(NotFound):
        Proving(house.store("zed")).prove(trail(house)[0][0])
    for document in ("{}", '{"format": "debtflow-audit-digest-1", "agency_id": 1, "number": 1, "head": "00"}'):
        with pytest.raises(psycopg.DatabaseError, match="no digest of seal 1"):
            house.psql("bea").execute("select debtflow.audit_digest_keep(false, 1, %s)", [document])


def test_the_doctor_tells_of_the_lag_and_of_findings(house: House) -> None:
    busy_day(house, 1)

    def said(name: str) -> bool:
        return check(name).ok

    def check(name: str) -> Check:
        return next(each for each in Doctor(house.store("bea")).examine().checks if each.name == name)

    assert (said("seals"), said("seals checked")) == (True, True)
    assert "nobody has checked" in check("seals checked").detail
    seal(house)
    with unguarded(house):
        house.su.execute("update debtflow.audit_log set act = 'x' where id = %s", [trail(house)[0][0]])
    verify(house)
    assert not said("seals checked")
    assert house.one("select count(*) from debtflow.security_event where kind = 'audit.differs'") == 1


def test_headers_are_hashed_here_as_there(house: House) -> None:
    busy_day(house, 1)
    seal(house)
    connection = house.store("bea")
    rows = connection.ask(lambda c: c.exec_driver_sql(HEADERS, (1,)).all())
    assert [merkle.head(header_of(row, 1)) for row in rows] == [row.head for row in rows]

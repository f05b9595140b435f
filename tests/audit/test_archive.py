"""Old months leave the database and stay readable, provable, and checked."""

from __future__ import annotations

from random import Random

import pytest

from debtflow_tui.proofs import check_proof
from services.audit import Audit
from services.audit.archive import Archive, keep_online
from services.audit.archiving import Archiving
from services.audit.proving import Proving
from services.audit.sealing import Sealing
from services.audit.verifying import Verifying
from services.domain.trail import parse_audit
from services.errors import BadInput, NotAllowed, Refused
from services.ledger import Doctor
from services.store import Store
from tests.audit.mutants import forge, spoil, unnamed
from tests.audit.old import archived, live, old_trail
from tests.audit.sealed import busy_day, trail, unguarded, verify
from tests.kernel.test_races import together
from tests.support.house import House

CHANGES = (
    "update debtflow.audit_archive set sha256 = sha256('x') where agency_id = CHAIN",
    "update debtflow.audit_archive set rows = rows + 1 where agency_id = CHAIN",
    "update debtflow.audit_archive set last_seal = last_seal + 1 where agency_id = CHAIN",
    "update debtflow.audit_archive set file_id = file_id + 1 where agency_id = CHAIN",
    "update debtflow.audit_archive set made_at = now() + interval '1 day', rows = rows + 1 where agency_id = CHAIN",
    "delete from debtflow.audit_archive where agency_id = CHAIN",
    "update debtflow.file_chunk set bytes = bytes || 'x' "
    "where file_id in (select file_id from debtflow.audit_archive where agency_id = CHAIN)",
    "delete from debtflow.file_chunk "
    "where file_id in (select file_id from debtflow.audit_archive where agency_id = CHAIN)",
    "update debtflow.audit_sealed set acts = array_fill(0, array[cardinality(acts)]) where agency_id = CHAIN",
)
"""What a superuser may do to files of a chain and to what the database notes of them."""

NOTED = ("audit_archive", "file_chunk", "audit_sealed")


def test_months_leave_and_everything_is_as_it_was(house: House) -> None:
    old_trail(house)
    before, rows = trail(house), verify(house)
    assert rows.ok
    live = Audit(house.store("bea"))
    read = live.list(parse_audit("until:-300d"), limit=500)
    questions = ("who:ana", "act:payment.*", "entity:account", f"entity:{read.events[3].entity}", "since:-800d",
                 f"tx:{read.events[5].transaction}")  # fmt: skip
    answers = {asked: live.list(parse_audit(f"{asked} until:-300d"), limit=500).events for asked in questions}
    done = archived(house)
    assert [month.state for month in done.months] == ["gone"] * 3
    gone = {key for key in before if key not in set(trail(house))}
    assert len(gone) == len(read.events) > 20
    assert house.one("select count(*) from debtflow.audit_log where at < now() - interval '1 year'") == 0
    # Whatever is asked of what has left is answered as it was.
    archive = Archive(house.store("bea"))
    first = archive.events(parse_audit(""), limit=7)
    pages, cursor = list(first.events), first.next
    while cursor is not None:
        page = archive.events(parse_audit(""), limit=7, after=cursor)
        pages, cursor = [*pages, *page.events], page.next
    assert [_told(event) for event in pages] == [_told(event) for event in read.events]
    for asked, expected in answers.items():
        found = archive.events(parse_audit(asked), limit=500).events
        assert [_told(event) for event in found] == [_told(event) for event in expected], asked
        assert 0 < len(found) < len(read.events)
    with pytest.raises(BadInput):
        archive.events(parse_audit(""), after="x")
    # And it holds.
    after = verify(house)
    assert after.ok
    assert [chain.rows for chain in after.chains] == [chain.rows for chain in rows.chains]
    assert after.chains[0].hidden == 0
    assert all(not each.findings for each in archive.verify())
    Sealing(house.store("bea")).publish()
    event = pages[3].id
    proof = Proving(house.store("bea")).prove(event)
    assert proof["row"]["id"] == event
    assert check_proof.checked(dict(proof), None, None)[0] == 3
    # The next night there is nothing to do, and new months follow.
    again = Archiving(house.store("wally")).run()
    assert (again.written, again.checked, again.months) == ((), (), ())


def _told(event: object) -> tuple[object, ...]:
    names = (
        "id",
        "at",
        "who",
        "act",
        "entity",
        "before",
        "after",
        "reason",
        "transaction",
        "session",
        "origin",
        "proof",
    )
    return tuple(getattr(event, name) for name in names)


def test_killed_at_any_step_the_next_run_goes_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each act that commits is a place where a worker may die; whatever is left, the next one finishes it."""
    old_trail(house, 4)
    rows = len(trail(house))
    acts = Store.act
    left = 0

    class Killed(BaseException):
        pass

    def act(store: Store, work: object) -> object:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return acts(store, work)  # type: ignore[arg-type]

    stores = {login: house.store(login) for login in ("wally", "wim")}
    monkeypatch.setattr(Store, "act", act)
    for steps in range(1, 40):
        try:
            for store in (stores["wim"], stores["wally"]):
                left = steps
                Archiving(store, seals_a_part=1).run()
        except Killed:
            continue
        break
    monkeypatch.undo()
    assert steps < 39
    assert house.one("select count(*) from debtflow.audit_archive_dropped") == 3
    assert house.one("select sum(rows) from debtflow.audit_archive where agency_id = 1") == rows - live(house, "sealed")
    assert verify(house).ok


def test_two_at_once_do_it_once(house: House) -> None:
    old_trail(house, 3)
    desks = [Archiving(house.store(login)) for login in ("wally", "wally", "wim")]
    together([desk.run for desk in desks])
    archived(house)
    assert house.one("select count(*) from debtflow.audit_archive where agency_id = 1") == 3
    assert house.one("select count(*) from debtflow.audit_archive_dropped") == 3
    assert verify(house).ok


def test_nothing_unsealed_and_nothing_of_others_leaves(house: House) -> None:
    old_trail(house, 3)
    key = trail(house)[0]
    with unguarded(house):
        house.su.execute(
            "insert into debtflow.audit_log (id, at, agency_id, login, act, entity, entity_id) "
            "overriding system value values (900000, %s, 1, 'x', 'x', 'account', 1)", [key[1]],
        )  # fmt: skip
    states = [month.state for month in archived(house).months]
    assert states == ["unsealed", "gone", "gone"]
    with unguarded(house):
        house.su.execute("delete from debtflow.audit_log where id = 900000")
        house.su.execute("update debtflow.audit_log set act = 'forged' where id = %s and at = %s", key)
    assert [month.state for month in archived(house).months] == ["differs"], "written before, changed since"
    assert {finding.kind for finding in verify(house).findings} == {"changed"}


def test_a_row_that_was_changed_before_is_not_written(house: House) -> None:
    old_trail(house, 3)
    with unguarded(house):
        house.su.execute("update debtflow.audit_log set act = 'x' where id = %s and at = %s", trail(house)[0])
    with pytest.raises(Refused, match="not as it was sealed"):
        Archiving(house.store("wally")).run()
    assert house.one("select count(*) from debtflow.audit_archive where agency_id = 1") == 0


def test_the_doctor_says_whose_worker_does_not_archive(house: House) -> None:
    def said() -> tuple[bool, str]:
        checks = Doctor(house.store("bea")).examine().checks
        return next((check.ok, check.detail) for check in checks if check.name == "archive")

    assert said() == (True, "no month of the audit trail is past its time")
    old_trail(house, 2)
    with unguarded(house):
        house.su.execute(
            "insert into debtflow.audit_log (id, at, agency_id, login, act, entity, entity_id) "
            "overriding system value values (900000, %s, 2, 'x', 'x', 'account', 1)", [trail(house)[0][1]],
        )  # fmt: skip
    ok, words = said()
    assert (ok, "HARBOR keeps months" in words, "debtflow worker" in words) == (False, True, True)
    Archiving(house.store("wally")).run()
    ok, words = said()
    assert (ok, "other agencies (1)" in words, "HARBOR" in words) == (False, True, False)
    with unguarded(house):
        house.su.execute("delete from debtflow.audit_log where id = 900000")
    archived(house)
    assert said()[0]


def test_how_long_the_trail_stays_is_said_by_the_owner(house: House) -> None:
    old_trail(house, 3)
    with pytest.raises(NotAllowed):
        keep_online(house.store("ada"), 30)
    owner = Store(house.url, user="postgres", password=house.cluster.server.superuser_password)
    try:
        with pytest.raises(BadInput):
            keep_online(owner, 2)
        keep_online(owner, 29)
    finally:
        owner.close()
    assert [f"{m.month:%Y-%m}" for m in archived(house).months] == [
        f"{m:%Y-%m}" for m in [house.one("select (now() at time zone 'UTC' - interval '30 months')::date")]
    ]
    assert house.one("select after ->> 'months' from debtflow.audit_log where act = 'audit.keep'") == "29"
    for login in ("bea", "ada", "rex", "ana"):
        with pytest.raises(NotAllowed):
            Archiving(house.store(login)).run()
    with pytest.raises(NotAllowed):
        Archive(house.store("ana")).list()
    assert {part.chain for part in Archive(house.store("zed")).list().parts} == {"installation"}


def test_every_mutant_of_the_archive_is_named(house: House) -> None:
    old_trail(house, 8)
    archived(house)
    expected, trouble = spoil(house, Random(5))
    for found in (verify(house).chains[0].findings, _read_back(house)):
        assert unnamed(expected, found) == []
        assert {f.message.partition(" is not")[0] for f in found if f.kind == "archive"} == trouble
        assert len(found) == len(expected) + len(trouble)


def test_a_part_that_is_gone_or_broken_is_named(house: House) -> None:
    old_trail(house, 3)
    archived(house)
    with unguarded(house):
        house.su.execute("set session_replication_role = replica")
        file = house.one("select min(file_id) from debtflow.audit_archive where agency_id = 1")
        house.su.execute("update debtflow.file_chunk set bytes = 'PAR1' where file_id = %s", [file])
    found = verify(house).findings
    assert "cannot be read" in next(f.message for f in found if f.kind == "archive")
    assert {f.kind for f in found} == {"archive", "removed"}
    with unguarded(house):
        house.su.execute("set session_replication_role = replica")
        house.su.execute("delete from debtflow.audit_archive_check")
        house.su.execute("delete from debtflow.audit_archive")
    assert {f.kind for f in verify(house).findings} == {"removed"}, "nothing of the files is sealed yet"


@pytest.mark.parametrize("chain", [0, 1])
def test_a_file_whose_note_was_changed_with_it_is_named(house: House, chain: int) -> None:
    """Bytes, the file's hash and the archive's own row fit each other; the sealed trail tells of another file."""
    old_trail(house, 3)
    archived(house)
    seal_all(house)
    assert verify(house).ok
    forge(house, chain)
    for login in ("bea", "rex"):
        found = verify(house, login).findings
        assert {f.kind for f in found} == {"archive"}, found
        assert [f.id is None for f in found] == [False, True]
        assert "is not the one that the sealed trail tells of" in found[1].message
    span = verify(house, since="-1d").findings
    assert [f.message for f in span] == [f.message for f in found], "wherever the row is that tells of it"


def test_every_mutant_of_what_is_noted_of_a_file_is_named(house: House) -> None:
    old_trail(house, 2)
    archived(house)
    seal_all(house)
    with unguarded(house):
        house.su.execute("set session_replication_role = replica")
        for table in NOTED:
            house.su.execute(f"create table public.{table} as table debtflow.{table}")
        for change in CHANGES:
            for chain in (0, 1):
                house.su.execute(change.replace("CHAIN", str(chain)))
                found = verify(house).chains[1 - chain].findings
                assert "archive" in {f.kind for f in found}, (chain, change)
                for table in NOTED:
                    house.su.execute(f"delete from debtflow.{table}")
                    house.su.execute(f"insert into debtflow.{table} table public.{table}")
    assert verify(house).ok


def test_what_tells_of_a_file_need_not_be_in_the_database(house: House) -> None:
    """After two years the row that tells of a file is in a file itself: its place in its seal is enough."""
    old_trail(house, 2)
    archived(house)
    seal_all(house)
    with unguarded(house):
        house.su.execute("delete from debtflow.audit_log where act = 'seal.archive'")
    assert {f.kind for f in verify(house).findings} == {"removed"}
    forge(house, 0)
    assert {f.kind for f in verify(house).findings} == {"removed", "archive"}


def test_a_forgotten_value_leaves_the_archive_as_it_is_and_a_forged_one_does_not(house: House) -> None:
    old_trail(house, 3)
    archived(house)
    house.su.execute("delete from debtflow.audit_personal where path like '%.text'")
    assert verify(house).ok
    told = [event.after for event in Archive(house.store("bea")).events(parse_audit("act:account.*")).events]
    assert "(forgotten)" in {after.get("text") for after in told}
    house.su.execute("update debtflow.audit_personal set value = '+13125559999' where path = 'after.value'")
    found = Verifying(house.store("bea")).verify().findings
    assert {(finding.kind, finding.columns) for finding in found} == {("value", ("after.value",))}


def seal_all(house: House) -> None:
    house.all_over()
    Sealing(house.store("bea")).seal()


def _read_back(house: House) -> tuple:
    return tuple(f for each in Archive(house.store("bea")).verify() for f in each.findings)


def test_a_day_after_the_archive_is_like_any_other(house: House) -> None:
    old_trail(house, 2)
    archived(house)
    busy_day(house, 1)
    Sealing(house.store("bea")).seal()
    found = verify(house)
    assert (found.ok, found.chains[0].waiting) == (True, 0)
    assert house.one("select count(*) from debtflow.audit_log where entity = 'archive' and agency_id = 1") == 12

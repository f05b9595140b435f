"""The audit browser's questions, as each role asks them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from services.accounts import Accounts
from services.audit import Audit, AuditEvent
from services.audit.sealing import Sealing
from services.audit.verifying import Verifying
from services.domain.lookup import parse_lookup
from services.domain.money import Money
from services.domain.trail import AuditQuery, parse_audit
from services.errors import BadInput, NotAllowed, NotFound, Refused
from services.payments import PaymentForm, Payments
from tests.audit.sealed import unguarded
from tests.support.house import House


def note(house: House, login: str, number: str, text: str) -> None:
    Accounts(house.store(login, size=1)).note(number, text)


def found(house: House, login: str, words: str) -> list[str]:
    """What the notes say that a question finds, newest first."""
    events = Audit(house.store(login, size=1)).list(parse_audit(words)).events
    return [str(event.after.get("text", event.reason)) for event in events]


def pages(audit: Audit, query: AuditQuery, size: int) -> list[AuditEvent]:
    gathered: list[AuditEvent] = []
    after = None
    while True:
        page = audit.list(query, limit=size, after=after)
        gathered += page.events
        after = page.next
        if after is None:
            return gathered


# ---- text ------------------------------------------------------------------------------------------------------------


def test_words_of_notes_and_reasons_are_found_by_those_who_read_them(house: House) -> None:
    mine, bens = house.place(), house.place(client="MED", collector="ben")
    far = house.place(client="ZEN", collector="zoe", by="zack")
    note(house, "ana", mine, "Wants a REFUND, due on Friday; asked for his refund twice")
    note(house, "ben", bens, "refundable deposit, not a refund due")
    note(house, "zoe", far, "refund to Zürich")
    receipt = Payments(house.store("ana")).post(PaymentForm(mine, Money(1_00, "USD"), "check")).receipt
    Payments(house.store("bea")).reverse(receipt, "nsf", submission_id=uuid4())
    anas, his = "Wants a REFUND, due on Friday; asked for his refund twice", "refundable deposit, not a refund due"
    for login in ("bea", "ada", "rex"):
        assert found(house, login, "text:refund") == [his, anas]
        assert found(house, login, 'text:"refund due"') == [his, anas]
        assert found(house, login, "text:refunda*") == [his]
        assert found(house, login, "text:refunda") == []
        assert found(house, login, 'text:"refund du*"') == [his, anas]
        assert found(house, login, "text:refund text:friday") == [anas]
        assert found(house, login, "text:refund who:ben") == [his]
        assert found(house, login, f"text:refund entity:account/{mine}") == [anas]
        assert found(house, login, "text:refund act:payment.*") == []
        assert set(found(house, login, "text:nsf")) == {"nsf"}
        assert found(house, login, "text:refund since:-1h until:now") == [his, anas]
        assert found(house, login, "text:refund until:2020-01-01") == []
        assert found(house, login, "text:zürich") == []
    assert found(house, "ana", "text:refund") == [anas]
    assert found(house, "ana", "text:deposit") == []
    assert set(found(house, "ana", f"text:nsf entity:account/{mine}")) == {"nsf"}
    assert found(house, "zia", "text:zurich") == []
    assert found(house, "zia", "text:zu\u0308rich") == ["refund to Zürich"]


def test_a_forgotten_value_is_found_no_more(house: House) -> None:
    number = house.place()
    note(house, "ana", number, "his sister Quirinia pays")
    assert found(house, "bea", "text:quirinia") == ["his sister Quirinia pays"]
    house.su.execute("delete from debtflow.audit_personal where value like '%Quirinia%'")
    assert found(house, "bea", "text:quirinia") == []
    words = "select count(*) from debtflow.audit_personal where words @@ 'quirinia'"
    assert house.one(words) == 0
    # The story stays, without the words.
    assert "(forgotten)" in found(house, "bea", f"entity:account/{number}")


@pytest.mark.parametrize(
    "text",
    ["' or 1=1 --", "a & !z", "x <-> y:*", "\\", "')::tsquery", "😀 smile", "@1.24323", "%_%", "ﬁne", "日本語 メモ",
     "O'Brien", "x" * 900, "1,234.50", "a-b/c_d", "\u202e", "null", "e\u0301" * 40],
)  # fmt: skip
def test_any_text_can_be_looked_for(house_of_notes: House, text: str) -> None:
    audit = Audit(house_of_notes.store("bea", size=1))
    query = AuditQuery(text=(text,))
    try:
        events = audit.list(query).events
    except BadInput:
        assert text in ("\\", "%_%", "\u202e")
        return
    assert [event.after.get("text") for event in events] == [text] * (text in NOTED)


NOTED = ("O'Brien", "日本語 メモ", "1,234.50", "a-b/c_d", "ﬁne", "e\u0301" * 40, "😀 smile")


@pytest.fixture(scope="module")
def house_of_notes(cluster: object) -> object:
    from tests.support.cluster import Cluster

    assert isinstance(cluster, Cluster)
    with cluster.clone() as database:
        opened = House(cluster, database)
        number = opened.place()
        for text in NOTED:
            note(opened, "ana", number, text)
        yield opened
        opened.close()


def test_pages_and_counts_agree_for_everybody(house: House) -> None:
    for nth in range(7):
        number = house.place(client="MED", collector="ana" if nth % 2 else "ben")
        note(house, "ana" if nth % 2 else "bea", number, f"the refund no. {nth}")
        Payments(house.store("bea", size=1)).post(PaymentForm(number, Money(1_00, "USD"), "cash"))
    # Rows of other months are found where they are.
    with unguarded(house):
        house.su.execute("update debtflow.audit_personal set at = at - interval '31 days' where audit_id % 2 = 0")
        house.su.execute("update debtflow.audit_log set at = at - interval '31 days' where id % 2 = 0")
    questions = ("", "text:refund", "text:refund text:4", "act:payment.*", "who:bea", "entity:account", "since:-10d")
    for login in ("ada", "bea", "ana", "rex", "zed"):
        audit = Audit(house.store(login, size=1))
        for words in questions:
            query = parse_audit(words)
            if login == "zed" and query.who:
                continue
            whole = list(audit.list(query, limit=500).events)
            assert pages(audit, query, 3) == whole, (login, words)
            assert audit.count(query) == len(whole), (login, words)
            assert whole == sorted(whole, key=lambda event: (event.at, event.id), reverse=True)
    assert Audit(house.store("bea")).count(parse_audit("text:refund")) == 7


def accounts(house: House, login: str, words: str, size: int = 50) -> list[str]:
    numbers: list[str] = []
    after = None
    while True:
        page = Accounts(house.store(login, size=1)).find(parse_lookup(words), limit=size, after=after)
        numbers += [row.number for row in page.rows]
        after = page.next
        if after is None:
            return numbers


def test_accounts_are_found_by_the_words_of_their_notes(house: House) -> None:
    mine = [house.place() for _ in range(4)]
    bens, far = house.place(client="MED", collector="ben"), house.place(client="ZEN", collector="zoe", by="zack")
    for number in (*mine, mine[0]):
        note(house, "ana", number, "wants a refund")
    note(house, "ben", bens, "no refunds")
    note(house, "zoe", far, "refund")
    latest_first = [mine[0], mine[3], mine[2], mine[1]]
    for login in ("bea", "ada", "rex", "ana"):
        assert accounts(house, login, "text:refund") == latest_first
        assert accounts(house, login, "text:refund", size=1) == latest_first
        assert accounts(house, login, 'text:"a refund" client:HXL', size=3) == latest_first
        assert accounts(house, login, "text:refund client:MED") == []
    assert accounts(house, "bea", "text:refund*", size=2) == [bens, *latest_first]
    assert accounts(house, "ana", "text:refund*") == latest_first
    assert accounts(house, "zia", "text:refund") == [far]
    # Notes of other months, and one account in two of them.
    house.su.execute("update debtflow.activity set at = at - id * interval '20 days'")
    moved = accounts(house, "bea", "text:refund")
    assert sorted(moved) == sorted(latest_first)
    assert accounts(house, "bea", "text:refund", size=1) == moved
    house.su.execute("update debtflow.activity set text = '' where text like '%refund%'")
    assert accounts(house, "bea", "text:refund") == []
    assert Accounts(house.store("bea")).find(parse_lookup("text:!")).rows == ()


# ---- proof -----------------------------------------------------------------------------------------------------------


def test_a_row_says_whether_it_is_sealed_and_when_that_was_checked(house: House) -> None:
    number = house.place()
    note(house, "ana", number, "first")
    bea = house.store("bea")
    # A transaction of another test, in another database of this server, may hold a seal up.
    while Sealing(bea).states(1)[0].waiting:
        Sealing(bea).seal()
    note(house, "ana", number, "second")
    query = parse_audit(f"entity:account/{number} act:account.note")
    for login in ("bea", "ana", "rex"):
        second, first = Audit(house.store(login, size=1)).list(query).events
        assert (second.proof.state, second.proof.seal) == ("waiting", None)
        assert (first.proof.state, first.proof.seal, first.proof.verified_at) == ("sealed", first.proof.seal, None)
    assert Verifying(bea).verify().ok
    second, first = Audit(bea).list(query).events
    assert first.proof.verified_at is not None
    assert second.proof.verified_at is None


def test_a_transaction_is_found_before_and_after_it_is_sealed(house: House) -> None:
    number = house.place()
    note(house, "ana", number, "first")
    bea = house.store("bea")
    (event,) = Audit(bea).list(parse_audit("act:account.note")).events
    query = parse_audit(f"tx:{event.transaction}")
    assert [each.id for each in Audit(bea).list(query).events] == [event.id]
    while Sealing(bea).states(1)[0].waiting:
        Sealing(bea).seal()
    for nth in range(3):
        note(house, "ana", number, f"{nth}")
        while Sealing(bea).states(1)[0].waiting:
            Sealing(bea).seal()
    assert [each.id for each in Audit(bea).list(query).events] == [event.id]
    assert pages(Audit(bea), query, 1) == [*Audit(bea).list(query).events]
    span = house.one(
        "select debtflow.kernel_now() - min(pass_at) from debtflow.audit_seal s where s.below > %s::text::xid8",
        str(event.transaction),
    )
    assert span is not None


# ---- what was written since ------------------------------------------------------------------------------------------


def test_a_tail_gives_each_event_once_whenever_it_is_committed(house: House) -> None:
    number = house.place()
    bea = Audit(house.store("bea"))
    query = parse_audit("act:account.note")
    tail = bea.list(query).tail
    slow = house.psql("ana")
    slow.execute("begin")
    slow.execute("select debtflow.account_note(%s, 'written first, committed last')", [number])
    note(house, "ana", number, "quick one")
    page = bea.newer(query, tail)
    assert [event.after["text"] for event in page.events] == ["quick one"]
    assert bea.newer(query, page.tail).events == ()
    page = bea.newer(query, page.tail)
    slow.execute("commit")
    page = bea.newer(query, page.tail)
    assert [event.after["text"] for event in page.events] == ["written first, committed last"]
    for nth in range(5):
        note(house, "ana", number, f"{nth}")
    page = bea.newer(query, page.tail, limit=2)
    told = list(page.events)
    while page.next:
        note(house, "ana", number, "later")
        page = bea.newer(query, page.next, limit=2)
        told += page.events
    assert [event.after["text"] for event in told] == ["4", "3", "2", "1", "0"]
    page = bea.newer(query, page.tail)
    assert [event.after["text"] for event in page.events] == ["later"] * 2
    assert Audit(house.store("zack")).newer(query, page.tail).events == ()
    for wrong in ("", "x", page.tail[:-8], "bnVsbA==", "WzEsMiwzXQ=="):
        with pytest.raises(BadInput):
            bea.newer(query, wrong)


# ---- as it was -------------------------------------------------------------------------------------------------------


def test_an_account_as_it_was(house: House) -> None:
    before = datetime.now(UTC)
    number = house.place(principal=100_00, client="MED", collector="ana")
    placed = datetime.now(UTC)
    accounts = Accounts(house.store("bea"))
    accounts.priority(number, 1)
    Payments(house.store("ana")).post(PaymentForm(number, Money(30_00, "USD"), "cash"))
    accounts.assign([number], "ben")
    moved = datetime.now(UTC)
    Payments(house.store("ben")).post(PaymentForm(number, Money(70_00, "USD"), "cash"))
    bea = Audit(house.store("bea"))
    was = [bea.as_it_was(f"account/{number}", at).columns for at in (before, placed, moved, datetime.now(UTC))]
    assert was[0] == {}
    told = [(each["owing"], each["priority"], each["status"]) for each in was[1:]]
    assert told == [(100_00, 2, "assigned"), (70_00, 1, "assigned"), (0, 1, "closed")]
    people = {house.one("select id from debtflow.users where login = %s", login) for login in ("ana", "ben")}
    assert {was[1]["collector_id"], was[2]["collector_id"]} == people
    assert was[1]["debtor_name"] == "Quillfeather Oyelaran"
    state = bea.as_it_was(f"account/{number}", moved)
    assert (state.entity, state.at) == (f"account/{number}", moved)
    assert state.since is not None
    assert placed < state.since < moved
    for entity in ("account/90009-9", "account", "nobody", 'x"y', "user/ana user/bea"):
        with pytest.raises((BadInput, NotFound)):
            bea.as_it_was(entity, moved)
    for login in ("ana", "zack"):
        with pytest.raises(NotFound):
            Audit(house.store(login)).as_it_was(f"account/{number}", moved)
    # What the installation's owner did is in no agency's trail.
    assert bea.as_it_was("user/ana", moved).columns == {}


# ---- security events -------------------------------------------------------------------------------------------------


def test_security_events_are_listed_by_those_who_may(house: House) -> None:
    bea = Audit(house.store("bea"))
    events = bea.list(parse_audit("act:security.* who:bea")).events
    assert {(event.act, event.who, event.entity) for event in events} == {("security.session.open", "bea", "user/bea")}
    assert bea.list(parse_audit("kind:session.open")).events[0].after == {"origin": "test"}
    assert pages(bea, parse_audit("kind:session.*"), 2) == list(bea.list(parse_audit("act:security.session.*")).events)
    assert bea.list(parse_audit("kind:nothing tx:1")).events == ()
    tail = bea.list(parse_audit("act:security.*")).tail
    house.store("ana")
    page = bea.newer(parse_audit("act:security.*"), tail)
    assert [event.who for event in page.events] == ["ana"]
    assert bea.newer(parse_audit("act:security.*"), page.tail).events == ()
    for login in ("ana", "rex"):
        for ask in (Audit(house.store(login)).list, Audit(house.store(login)).count):
            with pytest.raises(NotAllowed, match="security"):
                ask(parse_audit("kind:refusal"))
    assert {event.who for event in Audit(house.store("zack")).list(parse_audit("act:security.*")).events} == {"zack"}
    with pytest.raises(BadInput):
        bea.list(parse_audit("act:security.* text:refund"))
    oldest = bea.list(parse_audit("act:security.* who:bea")).events[-1]
    assert oldest.proof.state == "waiting"
    sealing = Sealing(house.store("bea"))
    while bea.list(parse_audit("act:security.* who:bea")).events[-1].proof.state == "waiting":
        sealing.seal_events()
        sealing.seal()
    assert bea.list(parse_audit("act:security.* who:bea")).events[-1].id == oldest.id


# ---- filters ---------------------------------------------------------------------------------------------------------


def test_filters_are_their_owners_alone(house: House) -> None:
    ana, bea = Audit(house.store("ana")), Audit(house.store("bea"))
    ana.save("refunds", "text:refund")
    ana.save("refunds", 'text:"refund due"')
    bea.save("refunds", "act:refund.*")
    assert [(each.name, each.text) for each in ana.saved()] == [("refunds", 'text:"refund due"')]
    assert [each.text for each in bea.saved()] == ["act:refund.*"]
    bea.drop_saved("refunds")
    assert len(ana.saved()) == 1
    with pytest.raises(NotFound):
        bea.drop_saved("refunds")
    for name, text in (("", "x"), ("x" * 61, "x"), (" ", "x"), ("long", "x" * 1001)):
        with pytest.raises(BadInput):
            ana.save(name, text)
    kept = house.su.execute("select after from debtflow.audit_log where act = 'audit.filter_save'").fetchall()
    assert kept
    assert "refund" not in str(kept)


# ---- exports ---------------------------------------------------------------------------------------------------------

SLY = '=HYPERLINK("http://evil","x")'


def test_what_is_shown_is_taken_out(house: House, tmp_path: Path) -> None:
    number = house.place("Ärmel Ωmega")
    note(house, "ana", number, f"{SLY}\nsecond line, 日本")
    audit = Audit(house.store("bea"))
    query = parse_audit(f"entity:account/{number}")
    shown = audit.list(query).events
    made = {
        form: audit.export(query, path=tmp_path / f"trail.{form}", form=None) for form in ("csv", "jsonl", "parquet")
    }
    for form, manifest in made.items():
        data = manifest.path.read_bytes()
        said = json.loads(manifest.manifest_path.read_text())
        assert (said["rows"], said["sha256"], said["form"]) == (len(shown), hashlib.sha256(data).hexdigest(), form)
        assert (manifest.rows, manifest.sha256) == (said["rows"], said["sha256"])
        assert manifest.path.stat().st_mode & 0o777 == 0o600
    table = list(csv.DictReader(io.StringIO(made["csv"].path.read_text("utf-8-sig"))))
    lines = [json.loads(line) for line in made["jsonl"].path.read_text().splitlines()]
    from pyarrow import parquet

    columns = parquet.read_table(made["parquet"].path).to_pylist()
    for rows in (table, lines, columns):
        assert [int(row["id"]) for row in rows] == [event.id for event in shown]
    assert lines[0]["after"]["text"] == f"{SLY}\nsecond line, 日本"
    assert json.loads(columns[0]["after"])["text"] == f"{SLY}\nsecond line, 日本"
    assert columns[0]["at"] == shown[0].at
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in table for cell in row.values())
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [f"trail.{form}" for form in made] + [f"trail.{form}.manifest.json" for form in made]
    )
    noted = [event.after for event in audit.list(parse_audit("kind:export")).events]
    assert [each["state"] for each in noted] == ["done", "begun"] * 3
    assert {str(each["sha256"]) for each in noted if each["state"] == "done"} == {m.sha256 for m in made.values()}


def test_exports_are_limited_and_refused(house: House, tmp_path: Path) -> None:
    house.place()
    bea, ada = Audit(house.store("bea")), house.store("ada")
    ada.act(lambda c: c.exec_driver_sql("select debtflow.limit_set('export', 'supervisor', null, 3)"))
    with pytest.raises(Refused, match="3 rows"):
        bea.export(AuditQuery(), path=tmp_path / "all.csv")
    assert bea.export(AuditQuery(), path=tmp_path / "three.csv", limit=3).rows == 3
    assert {path.name for path in tmp_path.iterdir()} == {"three.csv", "three.csv.manifest.json"}
    with pytest.raises(Refused, match="there already"):
        bea.export(AuditQuery(), path=tmp_path / "three.csv", limit=3)
    for login in ("ana", "rex"):
        with pytest.raises(NotAllowed):
            Audit(house.store(login)).export(AuditQuery(), path=tmp_path / "mine.csv")
    with pytest.raises(BadInput):
        bea.export(AuditQuery(), path=tmp_path / "x.xlsx")
    with pytest.raises(BadInput):
        bea.export(AuditQuery(), path=tmp_path / "no" / "where.csv", limit=1)
    house.su.execute("update debtflow.session set proved_at = null")
    with pytest.raises(NotAllowed, match="password again"):
        bea.export(AuditQuery(), path=tmp_path / "left.csv", limit=1)
    assert not (tmp_path / "left.csv").exists()
    house.su.execute("update debtflow.session set proved_at = debtflow.kernel_now()")
    empty = bea.export(parse_audit("act:nothing.happened"), path=tmp_path / "none.parquet")
    assert empty.rows == 0
    bea.export(AuditQuery(text=("Quirinia",)), path=tmp_path / "quirinia.csv")
    assert "uirinia" not in str(house.su.execute("select detail from debtflow.security_event").fetchall())


def test_the_past_goes_back_before_the_window(house: House) -> None:
    number = house.place()
    bea = Audit(house.store("bea"))
    assert bea.list(parse_audit(f"entity:account/{number} until:-1d")).events == ()
    assert bea.as_it_was(f"account/{number}", datetime.now(UTC) - timedelta(days=1)).columns == {}

"""After somebody is forgotten, what is left of them is a number: in the dump, in the files, in the trail."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from services.accounts import Accounts
from services.audit.sealing import Sealing
from services.audit.verifying import Verifying
from services.domain.lookup import parse_lookup
from services.errors import NotAllowed, NotFound, Refused, TwoPersons
from services.imports import Imports
from services.ledger import Doctor, Ledger
from tests.pii.conftest import EMAIL, FIRST, LAST, PHONE, SAID, Life, rows
from tests.support.house import House


def dump(house: House) -> str:
    """What pg_dump writes, in small letters, and what stands in it as bytes beside it."""
    server = house.cluster.server
    command = [str(server.programs()["pg_dump"]), f"--dbname={server.dsn(database=house.database)}"]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode().lower()


def found(text: str) -> list[str]:
    """What of the person's stands in a dump, as text or as bytes."""
    forms = [each.lower() for each in SAID]
    return [form for form in forms if form in text or form.encode().hex() in text] + [
        form for form in SAID if form.encode().hex() in text
    ]


def sealed_and_sound(house: House, tmp_path: Path) -> None:
    bea = house.store("bea")
    house.all_over()
    Sealing(house.store("wally"), lambda: None, tuple).seal()
    checked = Verifying(bea, (), tuple).verify()
    assert checked.ok, checked
    assert Ledger(bea).replay_check().ok
    assert [check for check in Doctor(bea).examine().checks if not check.ok] == []


def test_nothing_of_theirs_is_left(life: Life, house: House, tmp_path: Path) -> None:
    life.place().live().heard()
    original = b"".join(Imports(house.store("bea")).file(life.batch))
    house.all_over()
    Sealing(house.store("wally"), lambda: None, tuple).seal()
    before = dump(house)
    assert set(found(before)) >= {form.lower() for form in SAID}, "the proof looks where they are"

    told = life.pii().forget(life.number, "request")

    assert told.accounts == (life.number,)
    assert told.done.rows == 2
    assert told.done.files == 1
    assert told.done.webhooks == 1
    assert told.done.contacts == 3
    assert told.done.references == 1
    assert told.done.trail > 10
    assert told.providers[0].customer == "cus_77"
    after = dump(house)
    assert [line for line in after.splitlines() if found(line)] == []
    for query in (
        "select count(*) from debtflow.debtor where ssn_last4 = '7361'",
        "select count(*) from debtflow.search_key where key = '7361'",
        "select count(*) from debtflow.import_row where concat(cells, parsed) ~ '7361'",
        "select count(*) from debtflow.audit_personal where value = '7361'",
        "select count(*) from debtflow.saved_method where last4 = '4242'",
    ):
        assert house.one(query) == 0, query
    sealed_and_sound(house, tmp_path)

    copy = b"".join(Imports(house.store("bea")).file(life.batch))
    lines, sent = copy.split(b"\r\n"), original.split(b"\r\n")
    assert [n for n, each in enumerate(sent) if lines[n] != each] == [2, 3]
    assert set(lines[2]) == set(b"*")
    assert len(lines[2]) == len(sent[2])
    assert Imports(house.store("bea")).show(life.batch).sha256 != ""
    (kept,) = Imports(house.store("bea")).kept()
    assert kept.redacted
    assert kept.sha256 == Imports(house.store("bea")).show(life.batch).sha256


def test_the_account_is_a_number_in_the_books(life: Life, house: House) -> None:
    life.place().live().heard()
    life.pii().forget(life.number, "retention")
    bea = Accounts(house.store("bea"))
    shown = bea.show(life.number)
    assert shown.debtor.name == "(forgotten)"
    for text in (LAST, f"{FIRST} {LAST}", PHONE, EMAIL):
        assert bea.find(parse_lookup(text)).rows == ()
    assert [each.number for each in bea.find(parse_lookup(life.number)).rows] == [life.number]
    assert [each.debtor for each in bea.find(parse_lookup("Berta Before")).rows] == ["Berta Before"]
    for refused in (
        lambda: bea.note(life.number, "she called again"),
        lambda: bea.save_contact(life.number, kind="phone", value=PHONE),
    ):
        with pytest.raises(Refused) as error:
            refused()
        assert error.value.rule == "debtor-forgotten"


def test_what_came_since_is_forgotten_by_doing_it_again(life: Life, house: House) -> None:
    life.place().live().heard()
    ada = life.pii()
    ada.forget(life.number, "request")
    imports = Imports(house.store("bea"))
    with pytest.raises(Refused) as refused:
        life.stage(rows(), "again.csv")
    assert refused.value.rule == "file-known"
    again = life.stage(rows() + b"\r\n", "again.csv")
    with pytest.raises(Refused) as refused:
        ada.forget(life.number, "request")
    assert refused.value.rule == "import-open"
    imports.reject(again, "not wanted")
    told = ada.forget(life.number, "request")
    assert told.done.rows >= 1
    assert told.done.files == 1
    assert [each.reason for each in ada.list()] == ["request", "request"]
    with pytest.raises(Refused) as refused:
        life.stage(rows() + b"\r\n", "again.csv")
    assert refused.value.rule == "file-redacted"


def test_what_stands_beside_rows_that_left_the_database_goes_too(life: Life, house: House) -> None:
    life.place().live().heard()
    house.all_over()
    Sealing(house.store("wally"), lambda: None, tuple).seal()
    for statement in (
        "insert into debtflow.file (agency_id, sha256, size, bytes, stored_at) values (1, sha256('p'), 1, 'p', now())",
        "insert into debtflow.audit_archive select agency_id, date_trunc('month', now())::date, 1, min(number), "
        "max(number), 1, sha256('p'), (select max(id) from debtflow.file), now(), 1 from debtflow.audit_seal "
        "group by agency_id",
        "insert into debtflow.audit_archive_dropped values (date_trunc('month', now())::date, default, 1, now())",
    ):
        house.su.execute(statement.encode())
    for name in house.su.execute("select tableoid::regclass::text from debtflow.audit_log group by 1").fetchall():
        house.su.execute(f"alter table {name[0]} disable trigger append_only; delete from {name[0]}".encode())
    theirs = "select count(*) from debtflow.audit_personal where value ilike any (%s)"
    forms = [f"%{form}%" for form in SAID]
    assert house.one(theirs, forms) > 10
    life.pii().forget(life.number, "request")
    left = house.su.execute("select path, value from debtflow.audit_personal where value ilike any (%s)", [forms])
    assert left.fetchall() == []
    assert house.one("select count(*) from debtflow.audit_personal where value = 'Berta Before'") > 0


def refusal(life: Life, login: str = "ada") -> Refused:
    with pytest.raises(Refused) as refused:
        life.pii(login).forget(life.number, "request")
    return refused.value


def test_what_stands_in_the_way(life: Life, house: House) -> None:
    life.place()
    ada, bea = life.pii(), life.pii("bea")
    assert refusal(life).rule == "account-open"
    life.live()
    assert refusal(life).rule == "webhook-open"
    life.heard()
    bea.hold(life.number, "24-cv-1017")
    held = refusal(life)
    assert held.rule == "legal-hold"
    assert "agency administrator" in (held.hint or "")
    assert [each.rule for each in ada.status(life.number).blocks] == ["legal-hold"]
    with pytest.raises(NotAllowed):
        bea.release(life.number)
    assert [(each.account, each.reason, each.placed_by) for each in ada.holds()] == [
        (life.number, "24-cv-1017", "bea")
    ]  # fmt: skip
    ada.release(life.number)
    assert ada.holds() == ()
    assert len(ada.holds(old=True)) == 1
    ada.set_retention(30)
    kept = refusal(life)
    assert kept.rule == "retention"
    assert "debtflow pii retention" in (kept.hint or "")
    ada.set_retention(0)
    assert ada.status(life.number).blocks == ()
    found = ada.status(life.number)
    assert (found.rows, found.files, found.contacts) == (2, 1, 3)
    ada.forget(life.number, "order")
    assert ada.status(life.number).rows == 0


def test_who_may(life: Life, house: House) -> None:
    life.place().live().heard()
    for login in ("bea", "ana", "rex"):
        with pytest.raises(NotAllowed):
            life.pii(login).forget(life.number, "request")
    with pytest.raises(NotFound):
        life.pii("zed").forget(life.number, "request")
    house.psql("ada").execute("select debtflow.two_person_set('pii.forget', true)")
    with pytest.raises(TwoPersons):
        life.pii().forget(life.number, "request")
    assert LAST in house.one("select max(name) from debtflow.debtor where ssn_last4 = '7361'")
    (event,) = house.su.execute("select what, facts::text from debtflow.approval").fetchall()
    assert LAST not in str(event)
    house.su.execute("update debtflow.approval set approved = true, decided_by = 2, decided_at = now()")
    life.pii().forget(life.number, "request")
    (noted,) = house.su.execute(
        "select rule, detail from debtflow.security_event where kind = 'pii.forget'"
    ).fetchall()  # fmt: skip
    assert noted[0] == "request"
    assert noted[1]["accounts"] == [life.number]

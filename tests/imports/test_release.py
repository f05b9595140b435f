"""Release: reviewed rows become accounts, each exactly once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from datetime import date

import pytest

from services.errors import BadInput, DebtFlowError, NotAllowed, Refused
from services.imports import Batch, Imports, Progress, release
from services.ledger import Ledger
from tests.imports.files import good, line, written
from tests.support.house import House
from tests.support.office import password_of

ACCOUNT = """
select a.number, a.external_ref, a.debtor_name, a.status, u.login, a.original_amount, b.due, a.due_on::text,
       a.import_row, a.placed_on = debtflow.agency_today(a.agency_id), t.kind, t.effective_on = a.placed_on,
       l.debit % 16, l.credit % 16, l.parts
  from debtflow.account a join debtflow.users u on u.id = a.collector_id
  join debtflow.account_balance b on b.account_id = a.id
  join debtflow.leg l on l.account_id = a.id join debtflow.transfer t on t.id = l.transfer_id
 order by a.id
"""


def test_a_row_becomes_debtor_account_placement_and_activity(house: House, imports: Imports) -> None:
    data = written([line("A-1", amount="1010.00", debtor_phone="(312) 555-0142", debtor_email="Q@Example.org")])
    batch = imports.stage(data, "a.csv", "HXL")
    released = imports.release(batch.id)
    assert (released.state, released.released, released.valid) == ("released", 1, 0)
    assert released.finished_at is not None
    (account,) = house.su.execute(ACCOUNT).fetchall()
    number = imports.row(batch.id, 1).account
    assert account == (
        number, "A-1", "Quillfeather Oyelaran", "assigned", "ana", 101000, [101000, 0, 0, 0], "2025-11-30", 1,
        True, "placement", True, 2, 4, [101000, 0, 0, 0],
    )  # fmt: skip
    assert house.su.execute("select kind, value, is_primary from debtflow.debtor_contact order by kind").fetchall() == [
        ("email", "q@example.org", True), ("phone", "+13125550142", True),
    ]  # fmt: skip
    assert house.su.execute("select kind, text from debtflow.activity").fetchall() == [
        ("import", "placed by HXL: a.csv, row 1")
    ]
    assert house.one("select ssn_last4 from debtflow.debtor") == "4022"
    assert Ledger(house.store("bea")).replay_check().ok


def test_accounts_come_in_the_order_of_the_file_wherever_its_rows_lie(house: House, imports: Imports) -> None:
    batch = imports.stage(good(4), "a.csv", "HXL")
    for row in (1, 2):
        imports.fix(batch.id, row, {"account_type": "lease"})  # a row that was corrected lies behind the others
    house.su.execute(f"alter database {house.database} set enable_indexscan = off")
    house.su.execute(f"alter database {house.database} set enable_bitmapscan = off")
    Imports(house.store("bea")).release(batch.id)
    order = (
        "select array_agg(a.import_row order by {}) from debtflow.account a join debtflow.leg l on l.account_id = a.id"
    )
    for column in ("a.id", "a.number", "l.transfer_id"):
        assert house.one(order.format(column)) == [1, 2, 3, 4]


def test_a_debt_is_placed_by_what_it_is_made_up_of(house: House, imports: Imports) -> None:
    named = line("A-1", amount="1000.00", interest="87.50", fees="0", costs="45.00")
    batch = imports.stage(written([named, line("A-2", amount="10.00")]), "a.csv", "HXL")
    imports.release(batch.id)
    query = """
    select a.original_amount, b.due, l.amount, l.parts
      from debtflow.account a join debtflow.account_balance b on b.account_id = a.id
      join debtflow.leg l on l.account_id = a.id order by a.id
    """
    parts = [100000, 8750, 0, 4500]
    assert house.su.execute(query).fetchall() == [
        (113250, parts, 113250, parts), (1000, [1000, 0, 0, 0], 1000, [1000, 0, 0, 0])
    ]  # fmt: skip
    assert Ledger(house.store("bea")).replay_check().ok


def test_a_row_staged_before_these_columns_were_known_is_all_principal(house: House, imports: Imports) -> None:
    batch = imports.stage(good(1), "a.csv", "HXL")
    house.su.execute("update debtflow.import_row set parsed = parsed - '{interest,fees,costs}'::text[]")
    imports.release(batch.id)
    assert house.one("select due from debtflow.account_balance") == [10150, 0, 0, 0]


def test_errors_hold_a_release_back_until_they_are_left_behind(house: House, imports: Imports) -> None:
    batch = imports.stage(written([line("A-1"), line("A-2", amount="ten"), line("A-1")]), "a.csv", "HXL")
    with pytest.raises(Refused) as refused:
        imports.release(batch.id)
    assert refused.value.rule == "errors-remain"
    assert "1 of 3" in refused.value.message
    assert imports.show(batch.id) == batch
    released = imports.release(batch.id, leave_errors=True)
    assert (released.state, released.released, released.errors, released.duplicates) == ("released", 1, 1, 1)
    assert house.one("select count(*) from debtflow.account") == 1


def test_a_release_again_gives_the_same_and_does_nothing(house: House, imports: Imports) -> None:
    batch = imports.stage(good(3), "a.csv", "HXL")
    first = imports.release(batch.id)
    assert imports.release(batch.id) == first
    assert house.one("select count(*) from debtflow.transfer") == 3


def test_a_released_batch_does_not_change_any_more(imports: Imports) -> None:
    batch = imports.stage(written([line("A-1"), line("A-2", amount="ten")]), "a.csv", "HXL")
    imports.release(batch.id, leave_errors=True)
    for act in (
        lambda: imports.fix(batch.id, 2, {"original_amount": "10.00"}),
        lambda: imports.exclude(batch.id, [2], "late"),
        lambda: imports.reject(batch.id, "late"),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.rule == "batch-state"


def test_nothing_to_release_is_refused(imports: Imports) -> None:
    batch = imports.stage(good(2), "a.csv", "HXL")
    imports.exclude(batch.id, [1, 2], "recalled")
    with pytest.raises(Refused) as refused:
        imports.release(batch.id)
    assert refused.value.rule == "nothing-to-release"
    assert imports.show(batch.id).state == "in_review"


def test_only_supervisors_release(house: House, imports: Imports) -> None:
    batch = imports.stage(good(1), "a.csv", "HXL")
    for login in ("ana", "rex"):
        with pytest.raises(NotAllowed):
            Imports(house.store(login)).release(batch.id)


def test_round_robin_goes_on_over_chunks_and_batches(
    house: House, imports: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "CHUNK", 3)
    imports.release(imports.stage(good(5, "A"), "a.csv", "MED").id)
    imports.release(imports.stage(good(2, "B"), "b.csv", "MED").id)
    query = "select u.login from debtflow.account a join debtflow.users u on u.id = a.collector_id order by a.id"
    assert [login for (login,) in house.su.execute(query)] == ["ana", "ben", "ana", "ben", "ana", "ben", "ana"]


def test_a_collector_who_left_gets_nothing(house: House, imports: Imports) -> None:
    house.su.execute("update debtflow.users set disabled_at = now() where login = 'ana'")
    imports.release(imports.stage(good(2, "M"), "m.csv", "MED").id)
    query = "select distinct u.login from debtflow.account a join debtflow.users u on u.id = a.collector_id"
    assert house.su.execute(query).fetchall() == [("ben",)]
    batch = imports.stage(good(2), "a.csv", "HXL")
    with pytest.raises(Refused) as refused:
        imports.release(batch.id)
    assert refused.value.rule == "client-collectors"
    assert imports.show(batch.id).state == "in_review"


def test_accounts_keep_the_day_the_client_placed_them(house: House, imports: Imports) -> None:
    batch = imports.stage(good(1), "a.csv", "HXL")
    with pytest.raises(BadInput) as refused:
        imports.release(batch.id, placed_on=date(2999, 1, 1))
    assert refused.value.field == "placed_on"
    imports.release(batch.id, placed_on=date(2025, 3, 1))
    assert house.one("select placed_on from debtflow.account") == date(2025, 3, 1)
    assert house.one("select effective_on from debtflow.transfer") == date(2025, 3, 1)


def test_numbers_and_rows_are_in_the_order_of_the_file(
    house: House, imports: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "CHUNK", 4)
    batch = imports.stage(good(10), "a.csv", "HXL")
    said: list[Progress] = []
    imports.release(batch.id, progress=said.append)
    assert [(step.stage, step.done, step.total) for step in said] == [
        ("release", 4, 10), ("release", 8, 10), ("release", 10, 10),
    ]  # fmt: skip
    query = "select import_row, split_part(number, '-', 1)::int from debtflow.account order by id"
    found = house.su.execute(query).fetchall()
    assert [row for row, _ in found] == list(range(1, 11))
    assert [base - found[0][1] for _, base in found] == list(range(10))


def test_a_row_that_the_database_refuses_stays_behind_alone(house: House, imports: Imports) -> None:
    batch = imports.stage(good(9), "a.csv", "HXL")
    spoil = "update debtflow.import_row set parsed = parsed || %s::jsonb where row_no = %s"
    house.su.execute(spoil, [json.dumps({"name": "x" * 300}), 3])
    house.su.execute(spoil, [json.dumps({"due_on": "never"}), 8])
    released = imports.release(batch.id)
    assert (released.state, released.released, released.errors) == ("released", 7, 2)
    rows = imports.rows(batch.id, rule="release-refused").rows
    assert [row.row for row in rows] == [3, 8]
    assert "debtor_name_length" in rows[0].findings[-1].message
    assert house.one("select count(*) from debtflow.account") == 7
    assert house.one("select count(*) from debtflow.debtor") == 7
    assert house.one("select next_number from debtflow.agency where code = 'HARBOR'") == 10008
    assert Ledger(house.store("bea")).replay_check().ok


def test_two_files_with_one_reference_place_it_once(house: House, imports: Imports) -> None:
    first = imports.stage(written([line("A-1"), line("A-2")]), "a.csv", "HXL")
    second = imports.stage(written([line("A-2"), line("A-3")]), "b.csv", "HXL")
    assert second.valid == 2
    imports.release(first.id)
    released = imports.release(second.id)
    assert (released.released, released.duplicates) == (1, 1)
    assert imports.row(second.id, 1).findings[0].rule == "already-placed"
    assert house.one("select count(*) from debtflow.account") == 3


def test_one_person_by_name_digits_and_phone_or_address(house: House, imports: Imports) -> None:
    phone, mail = {"debtor_phone": "312 555 0142"}, {"debtor_email": "q@example.org"}
    first = written([line("A-1", **phone), line("A-2", name="Lone Wolf", **phone)])
    imports.release(imports.stage(first, "a.csv", "HXL").id)
    assert house.one("select count(*) from debtflow.person") == 0
    rows = [
        line("B-1", name="QUILLFEATHER  Oyelaran", **phone),
        line("B-2", **phone, **mail),
        line("B-3", **mail),
        line("B-4", debtor_ssn_last4="9999", **phone),
        line("B-5", debtor_ssn_last4="", **phone),
        line("B-6", name="Ivo Brandt", **phone),
        line("B-7"),
    ]
    imports.release(imports.stage(written(rows), "b.csv", "MED").id)
    people: dict[str, int | None] = dict(
        house.su.execute(
            "select a.external_ref, d.person_id from debtflow.account a join debtflow.debtor d on d.id = a.debtor_id"
        ).fetchall()
    )
    assert people["A-1"] is not None
    assert {ref for ref, person in people.items() if person == people["A-1"]} == {"A-1", "B-1", "B-2", "B-3"}
    assert all(people[ref] is None for ref in ("A-2", "B-4", "B-5", "B-6", "B-7"))
    assert house.one("select count(*) from debtflow.person") == 1


def test_a_thousand_rows_of_one_person_are_one_person(house: House, imports: Imports) -> None:
    rows = [line(f"A-{n}", debtor_phone="312 555 0142") for n in range(1000)]
    imports.release(imports.stage(written(rows), "a.csv", "HXL").id)
    assert house.one("select count(*) from debtflow.debtor where person_id is not null") == 1000
    assert house.one("select count(*) from debtflow.person") == 1


def test_persons_do_not_cross_agencies(house: House, imports: Imports) -> None:
    data = written([line("A-1", debtor_phone="312 555 0142")])
    imports.release(imports.stage(data, "a.csv", "HXL").id)
    zack = Imports(house.store("zack"))
    zack.release(zack.stage(data, "a.csv", "ZEN").id)
    assert house.one("select count(*) from debtflow.debtor where person_id is not null") == 0


def test_the_trail_tells_the_release(house: House, imports: Imports) -> None:
    batch = imports.stage(good(2), "a.csv", "HXL")
    imports.release(batch.id)
    query = """
    select act, before ->> 'state', after ->> 'state', after ->> 'released'
      from debtflow.audit_log where entity = 'batch' order by id
    """
    assert house.su.execute(query).fetchall()[1:] == [
        ("import.release", "in_review", "releasing", "0"), ("import.release", "releasing", "released", "2"),
    ]  # fmt: skip
    acts = "select distinct act, login from debtflow.audit_log where entity in ('account', 'debtor')"
    assert house.su.execute(acts).fetchall() == [("import.release", "bea")]


def test_two_releases_at_once_place_every_row_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "CHUNK", 40)
    services = [Imports(house.store(login)) for login in ("bea", "ada")]
    batch = services[0].stage(good(400), "a.csv", "HXL")
    start = threading.Barrier(2)
    answers: list[Batch | DebtFlowError] = []

    def run(service: Imports) -> None:
        start.wait()
        try:
            answers.append(service.release(batch.id))
        except DebtFlowError as error:
            answers.append(error)

    threads = [threading.Thread(target=run, args=[service]) for service in services]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers[0] == answers[1]
    assert isinstance(answers[0], Batch)
    assert (answers[0].state, answers[0].released) == ("released", 400)
    assert_placed_once(house, 400)


KILLED = """
import sys
from services.imports import Imports, release
from services.store import Store

url, user, password, batch = sys.argv[1:]
release.CHUNK = 25
store = Store(url, user=user, password=password)
store.open_session("victim")
Imports(store).release(int(batch), progress=lambda step: print(step.done, flush=True))
"""


def test_a_release_that_is_killed_is_finished_by_the_next(house: House, imports: Imports) -> None:
    batch = imports.stage(good(500), "a.csv", "HXL")
    command = [sys.executable, "-c", KILLED, house.url, "bea", password_of("bea"), str(batch.id)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        for said in victim.stdout:
            if int(said) >= 100:
                victim.send_signal(signal.SIGKILL)
                break
        assert victim.wait() == -signal.SIGKILL
    stopped = imports.show(batch.id)
    assert stopped.state == "releasing"
    assert 100 <= stopped.released < 500
    with pytest.raises(Refused) as refused:
        imports.fix(batch.id, 500, {"debtor_name": "Ivo Brandt"})
    assert refused.value.rule == "batch-state"
    released = imports.release(batch.id)
    assert (released.state, released.released) == ("released", 500)
    assert_placed_once(house, 500)


def assert_placed_once(house: House, rows: int) -> None:
    """Every row has one account, one placement, one balance, one activity, and the books agree."""
    query = """
    select count(*), count(distinct r.account_id), count(distinct a.external_ref), count(distinct t.id),
           count(distinct act.id),
           sum(b.due[1]) = sum(a.original_amount), sum(l.amount) = sum(a.original_amount)
      from debtflow.import_row r join debtflow.account a on a.id = r.account_id and a.import_row = r.row_no
      join debtflow.account_balance b on b.account_id = a.id
      join debtflow.leg l on l.account_id = a.id join debtflow.transfer t on t.id = l.transfer_id
      join debtflow.activity act on act.account_id = a.id
    """
    assert house.su.execute(query).fetchone() == (rows, rows, rows, rows, rows, True, True)
    assert house.one("select count(*) from debtflow.account") == rows
    assert house.one("select count(*) from debtflow.transfer") == rows
    assert Ledger(house.store("bea")).replay_check().ok

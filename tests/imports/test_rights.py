"""What a colleague with ``psql`` can do with import tables: read what is theirs, write nothing."""

from __future__ import annotations

import psycopg
import pytest

from services.errors import Refused
from services.imports import Imports
from tests.imports.files import good
from tests.support.house import House

DENIED = (
    "insert into debtflow.import_batch (agency_id, client_id, file_id, file_name) values (1, 1, 1, 'x')",
    "insert into debtflow.import_row (batch_id, row_no, state) values (1, 9, 'error')",
    "insert into debtflow.file (agency_id, sha256, bytes, stored_at) values (1, sha256(''), '', now())",
    "update debtflow.import_row set state = 'valid'",
    "update debtflow.import_batch set state = 'released'",
    "delete from debtflow.import_row",
    "delete from debtflow.import_batch",
    "truncate debtflow.import_intake",
    "delete from debtflow.import_intake",
    "select * from debtflow.import_intake",
    "select bytes from debtflow.file",
    "select debtflow.import_compare(1)",
    "select bytes from debtflow.file_chunk",
    "insert into debtflow.file_chunk (file_id, seq, agency_id, bytes) values (1, 1, 1, 'x')",
    "delete from debtflow.file_chunk",
    "select debtflow.import_lock(1, debtflow.me())",
    "select debtflow.persons_link(1, '{1}')",
    "select debtflow.placement_claim(1, 1, 1000000)",
)


def test_nobody_writes_a_table_or_calls_an_inner_function(house: House, imports: Imports) -> None:
    batch = imports.stage(good(2), "a.csv", "HXL")
    for login in ("bea", "ada", "ana", "rex", "zack"):
        connection = house.psql(login)
        for statement in DENIED:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
    assert imports.show(batch.id) == batch


def test_only_supervisors_send_rows(house: House) -> None:
    row = "insert into debtflow.import_intake values (gen_random_uuid(), 1, 1, '', null, '{}', '[]', null)"
    for login in ("ana", "rex"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            house.psql(login).execute(row)


def test_rows_are_for_those_who_review_them(house: House, imports: Imports) -> None:
    imports.stage(good(2), "a.csv", "HXL")
    for login, batches in (("bea", 1), ("ada", 1), ("rex", 1), ("ana", 0), ("zack", 0), ("zia", 0)):
        run = house.psql(login).execute
        assert run("select count(*) from debtflow.import_batch").fetchone() == (batches,), login
        assert run("select count(*) from (select id, sha256 from debtflow.file) f").fetchone() == (batches,), login
    for login, rows in (("bea", 2), ("ada", 2), ("zack", 0)):
        assert house.psql(login).execute("select count(*) from debtflow.import_row").fetchone() == (rows,), login
    for login in ("rex", "ana", "zia"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            house.psql(login).execute("select count(*) from debtflow.import_row")


def test_without_a_session_nothing_is_seen(house: House, imports: Imports) -> None:
    imports.stage(good(2), "a.csv", "HXL")
    with pytest.raises(psycopg.DatabaseError) as refused:
        house.psql("bea", session=False).execute("select row_no from debtflow.import_row")
    assert refused.value.sqlstate == "DF440"


def test_a_stranger_cannot_take_rows_sent_by_others(house: House, imports: Imports) -> None:
    bea = house.psql("bea")
    upload = "11111111-1111-4111-8111-111111111111"
    bea.execute("insert into debtflow.import_intake values (%s, 1, 1, 'raw', 'A-1', '{}', '[]', null)", [upload])
    query = """
    select debtflow.import_stage_close(gen_random_uuid(), 'ZEN', 'x.csv', k.file,
                                       '{"encoding": "utf-8", "delimiter": ",", "reading": {}}')
      from debtflow.file_keep(sha256('x'), 1) k
    """
    with pytest.raises(psycopg.Error) as refused:
        house.psql("zack").execute(query)
    assert refused.value.diag.constraint_name == "batch_has_rows"


def test_the_kept_bytes_are_what_their_digest_says(house: House, imports: Imports) -> None:
    batch = imports.stage(good(2), "a.csv", "HXL")
    with pytest.raises(psycopg.errors.CheckViolation):
        house.su.execute("update debtflow.file set bytes = 'other'")
    with pytest.raises(psycopg.DatabaseError) as refused:
        house.su.execute("update debtflow.file_chunk set bytes = 'other'")
    assert refused.value.sqlstate == "DF423"
    house.su.execute("alter table debtflow.file_chunk disable trigger append_only_rows")
    house.su.execute("update debtflow.file_chunk set bytes = 'other'")
    with pytest.raises(Refused) as spoilt:
        list(imports.file(batch.id))
    assert spoilt.value.rule == "file-spoilt"


def test_the_beginning_of_a_file_is_not_read_unseen(house: House, imports: Imports) -> None:
    """It holds what the rows do not show, card numbers and all."""
    batch = imports.stage(good(2), "a.csv", "HXL")
    noted = "select count(*) from debtflow.security_event where kind = 'file.read'"
    before = house.one(noted)
    psql, query = house.psql("bea"), "select bytes from debtflow.import_file_read(%s, 0, 8)"
    assert psql.execute(query, [batch.id]).fetchone() is None
    assert psql.execute(query, [batch.id]).fetchone() == (b"external",)
    assert house.one(noted) == before + 1
    for stranger in ("zack", "ana"):
        with pytest.raises(psycopg.Error):
            house.psql(stranger).execute("select debtflow.import_file_read(%s, 0, 8)", [batch.id])


def test_a_change_that_is_undone_is_one_of_this_batch(house: House, imports: Imports) -> None:
    """A foreign key looks behind row security: it told which changes others have made, in other agencies too."""
    batch, zack = imports.stage(good(2), "a.csv", "HXL"), Imports(house.store("zack"))
    theirs = zack.stage(good(1), "z.csv", "ZEN")
    zack.exclude(theirs.id, [1], "no")
    change = zack.changes(theirs.id)[0].id
    imports.exclude(batch.id, [1], "no")
    bea = house.psql("bea")
    for stranger in (change, change + 1000):
        for call in ("import_include(%s, '{1}', %s)", "import_alike_begin(%s, '{}', %s)"):
            with pytest.raises(psycopg.Error) as refused:
                bea.execute(f"select debtflow.{call}", [batch.id, stranger])
            assert refused.value.sqlstate == "DF404"
    assert not zack.changes(theirs.id)[0].undone_by


def test_arguments_that_nobody_types(house: House, imports: Imports) -> None:
    batch = imports.stage(good(1), "a.csv", "HXL")
    imports.exclude(batch.id, [1], "no")
    imports.include(batch.id, [1])
    done = imports.changes(batch.id)[0].id
    bea = house.psql("bea")
    for call, state in (
        (f"import_release_chunk({batch.id}, null, true)", "DF400"),
        (f"import_release_chunk({batch.id}, -1, true)", "DF400"),
        (f"import_release_chunk({batch.id}, 2147483647, true)", "DF400"),
        (f"import_undo_chunk({batch.id}, null, 'x')", "DF400"),
        (f"import_file_read({batch.id}, 9223372036854775807, 10)", "DF400"),
        ("pull_looked('HXL', null)", "DF400"),
        ("pull_looked('HXL', '1000 years')", "DF400"),
        ("pull_looked('HXL', '-1 day')", "DF400"),
        (f"import_alike_step({done}, '[]')", "DF404"),
    ):
        with pytest.raises(psycopg.Error) as refused:
            bea.execute(f"select debtflow.{call}")
        assert refused.value.sqlstate == state, call
    assert imports.release(batch.id).released == 1


def test_who_changed_a_row_stays_and_its_cells_may_be_forgotten(house: House, imports: Imports) -> None:
    batch = imports.stage(good(1), "a.csv", "HXL")
    imports.fix(batch.id, 1, {"creditor_name": "Somebody"})
    for change in (
        "update debtflow.import_change set user_id = 1",
        "update debtflow.import_change_row set row_no = 7",
        "delete from debtflow.import_change",
        "delete from debtflow.import_change_row",
        "update debtflow.import_change_step set rows = 7",
    ):
        with pytest.raises(psycopg.Error) as refused:
            house.su.execute(change)
        assert refused.value.sqlstate == "DF423", change
    house.su.execute("update debtflow.import_change_row set before = '{}', after = '{}'")
    assert "Somebody" not in str(house.su.execute("select * from debtflow.import_change_row").fetchall())

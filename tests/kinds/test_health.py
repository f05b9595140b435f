"""The doctor names imports that do not agree with the ledger: each is spoilt behind the kernel's back."""

from __future__ import annotations

import pytest

from services.imports import Batch
from services.ledger import Doctor
from tests.charges.test_papers import spoilt
from tests.kinds.conftest import Desk
from tests.kinds.test_kinds import placed
from tests.kinds.test_payments import paid
from tests.support.house import House

CHECKS = ("imports-counted", "imports-posted", "imports-once", "imports-undone", "files-whole")
FETCHED = """
  insert into debtflow.pull_file (agency_id, client_id, name, size, modified_at, first_seen_at, still_since, state,
                                  since, sha256, batch_id, finished_at)
  select b.agency_id, b.client_id, 'new.csv', f.size, now(), now(), now(), 'taken', now(), f.sha256, b.id, now()
    from debtflow.import_batch b join debtflow.file f on f.id = b.file_id where b.id = %s"""


def failing(house: House) -> dict[str, str]:
    checks = {check.name: check for check in Doctor(house.store("bea")).examine().checks}
    return {name: checks[name].detail for name in CHECKS if not checks[name].ok}


@pytest.fixture
def batches(house: House, desk: Desk) -> dict[str, Batch]:
    """One of each kind, some taken back; what is new was fetched."""
    for ref in ("A-1", "A-2", "A-3", "A-4"):
        house.place(ref=ref, principal=100_00)
    kinds = {
        "new": desk.release("placements", placed("N-1", "90.00", fees="1.00"), placed("N-2", "80.00")),
        "gone": desk.release("placements", placed("G-1", "70.00"), placed("G-2", "60.00")),
        "paid": desk.release("payments", paid("A-1", "10.00"), paid("A-1", "11.00"), paid("A-2", "12.00")),
        "back": desk.release("payments", paid("A-3", "13.00"), paid("A-4", "14.00")),
        "told": desk.release("adjustments", {"external_ref": "A-1", "amount": "5.00"}),
        "more": desk.release("placements", placed("N-2", "85.00", creditor_name="Somebody Else")),
        "over": desk.release("recalls", {"external_ref": "A-2"}),
        "open": desk.stage("contacts", {"external_ref": "Z-9", "debtor_phone": "312 555 0142"}),
    }
    for name in ("gone", "back"):
        desk.imports.undo(kinds[name].id, "the wrong list")
    house.su.execute(FETCHED, [kinds["new"].id])
    return kinds


OUTSIDE = "place = 'bucket', bucket = 'b', key = encode(sha256, 'hex'), pieces = array[sha256]"
IN = "batch_id = {%s}"
SPOILT = (
    ("import_batch", "released = released + 1", "id = {paid}", "imports-counted", "batch {paid}"),
    ("import_batch", "state = 'undone'", "id = {paid}", "imports-counted", "batch {paid}"),
    ("import_tally", "rows = rows + 1", IN % "open", "imports-counted", "batch {open}"),
    ("import_row", "account_id = account_id + 1", IN % "told", "imports-posted", "batch {told} row 1"),
    ("import_row", "account_id = account_id + 1", IN % "over", "imports-posted", "batch {over} row 1"),
    ("import_row", "parsed = jsonb_set(parsed, '{{amount}}', '1')", IN % "paid" + " and row_no = 2", "imports-posted",
     "batch {paid} row 2"),
    ("import_row", "effect = effect - 'transfer'", IN % "told", "imports-posted", "batch {told} row 1"),
    ("import_row", "effect = jsonb_set(effect, '{{transfers,0}}', '1')", IN % "more", "imports-posted",
     "batch {more} row 1"),
    ("import_row", "effect = jsonb_set(effect, '{{transfer}}', '1000000')", IN % "told", "imports-posted",
     "batch {told} row 1"),
    ("account", "import_row = 9", "external_ref = 'N-1'", "imports-posted", "batch {new} row 1"),
    ("account", "import_row = 9", "external_ref = 'N-1'", "imports-posted", "account "),
    ("transfer", "import_batch_id = null", "kind = 'placement' and import_batch_id = {new}", "imports-posted",
     "batch {new} row 2"),
    ("import_row", "effect = jsonb_set(effect, '{{transfer}}', (select x.effect -> 'transfer' from "
     "debtflow.import_row x where x.batch_id = {paid} and x.row_no = 1))", IN % "paid" + " and row_no = 2",
     "imports-once", ""),
    ("transfer", "import_batch_id = {paid}", "kind = 'placement' and import_batch_id = {new}", "imports-once", ""),
    ("import_row", "effect = jsonb_set(effect, '{{reversals}}', '[]')", IN % "back" + " and row_no = 1",
     "imports-undone", "batch {back} row 1"),
    ("transfer", "reverses = null, family_id = id", "reverses is not null and import_batch_id = {gone}",
     "imports-undone", "batch {gone} row 2"),
    ("account", "closed_reason = 'recalled'", "external_ref = 'G-1'", "imports-undone", "batch {gone} row 1"),
    ("account", "status = 'closed', closed_reason = 'placement_undone'", "external_ref = 'N-1'", "imports-undone",
     "batch {new} row 1"),
    ("file_chunk", "bytes = substring(bytes from 2)", "true", "files-whole", "file "),
    ("file_chunk", "seq = 1", "true", "files-whole", "file "),
    ("file", OUTSIDE, "true", "files-whole", "file "),
    ("pull_file", "sha256 = sha256('another')", "true", "files-whole", "new.csv of HXL"),
)  # fmt: skip


def test_imports_that_do_not_agree_with_the_ledger_are_named(house: House, batches: dict[str, Batch]) -> None:
    assert failing(house) == {}
    ids = {name: batch.id for name, batch in batches.items()}
    for table, change, where, check, name in SPOILT:
        with spoilt(house, table, change.format(**ids), where.format(**ids)):
            found = failing(house)
        assert check in found, (table, change, found)
        assert name.format(**ids) in found[check], (table, change, found)
    house.su.execute("alter table debtflow.file_chunk disable trigger all")
    house.su.execute("delete from debtflow.file_chunk")
    house.su.execute(f"update debtflow.file set {OUTSIDE}")
    assert failing(house) == {}, "what lies in a bucket is looked at there"

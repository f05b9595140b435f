"""Adjustments, recalls, contacts and changed placements: compared, released through the kernel, taken back."""

from __future__ import annotations

import pytest

from services.domain.agreed import Agreed
from services.domain.money import Money
from services.errors import BadInput, Refused
from services.payments import PaymentForm, Payments
from tests.kinds.conftest import Desk
from tests.support.house import House


def contacts(house: House) -> list[tuple[str, str, bool]]:
    query = "select kind, value, is_primary from debtflow.debtor_contact where removed_at is null order by kind, value"
    return [(kind, value, first) for kind, value, first in house.su.execute(query).fetchall()]


def test_adjustments_are_the_clients_word(house: House, desk: Desk) -> None:
    number, gone = house.place(ref="A-1", principal=100_00), house.place(ref="A-2", principal=9_000_00)
    batch = desk.stage(
        "adjustments",
        {"external_ref": "A-1", "amount": "(30.00)", "bucket": "Principal"},
        {"external_ref": "A-1", "amount": "12.50", "adjustment": "fee"},
        {"external_ref": "A-2", "amount": "9000.00", "adjustment": "write-off", "reason": "hardship"},
        {"external_ref": "A-1", "amount": "-90.00"},
    )
    assert desk.rules(batch) == [(), (), (), ("over-balance",)]
    released = desk.imports.release(batch.id, leave_errors=True)
    assert (released.released, released.errors) == (3, 1)
    assert desk.due(number) == [70_00, 0, 12_50, 0]
    assert desk.account(gone) == ("closed", "written_off")
    assert desk.proved()
    undone = desk.imports.undo(batch.id, "another client's list")
    assert (undone.state, undone.undone) == ("undone", 3)
    assert (desk.due(number), desk.due(gone)) == ([100_00, 0, 0, 0], [9_000_00, 0, 0, 0])
    assert desk.account(gone) == ("assigned", None)
    assert desk.proved()


def test_a_recall_closes_and_an_undo_opens_again(house: House, desk: Desk) -> None:
    number = house.place(ref="A-1", principal=100_00)
    house.su.execute("update debtflow.account_balance set held = 0")
    batch = desk.stage("recalls", {"external_ref": "A-1", "reason": "sold"}, {"external_ref": "A-1"})
    assert desk.rules(batch) == [(), ("key-duplicate",)]
    desk.imports.release(batch.id)
    assert (desk.account(number), desk.due(number)) == (("closed", "recalled"), [100_00, 0, 0, 0])
    again = desk.stage("recalls", {"external_ref": "A-1", "reason": "sold again"})
    assert (desk.rules(again), again.duplicates) == ([("already-closed",)], 1)
    assert desk.imports.undo(batch.id, "not sold").state == "undone"
    assert desk.account(number) == ("assigned", None)


def test_contacts_come_first_and_those_before_stay(house: House, desk: Desk) -> None:
    house.place(ref="A-1")
    desk.release("contacts", {"external_ref": "A-1", "debtor_phone": "312 555 0142"})
    batch = desk.stage(
        "contacts",
        {"external_ref": "A-1", "debtor_phone": "312 555 0143", "debtor_email": "Q@example.org"},
        {"external_ref": "A-1", "debtor_phone": "312 555 0142"},
    )
    assert desk.rules(batch) == [(), ("unchanged",)]
    desk.imports.release(batch.id)
    assert contacts(house) == [
        ("email", "q@example.org", True), ("phone", "+13125550142", False), ("phone", "+13125550143", True)
    ]  # fmt: skip
    assert house.one("select count(*) from debtflow.search_key where kind = 'phone'") == 2
    assert desk.imports.undo(batch.id, "a mix-up").state == "undone"
    assert contacts(house) == [("phone", "+13125550142", True)]
    assert house.one("select count(*) from debtflow.search_key where kind = 'phone'") == 1
    again = desk.stage("contacts", {"external_ref": "A-1", "debtor_phone": "312 555 0143"})
    assert desk.rules(again) == [("contact-removed",)]


def placed(ref: str, amount: str, name: str = "Quillfeather Oyelaran", **others: str) -> dict[str, str]:
    return {"external_ref": ref, "debtor_name": name, "original_amount": amount} | others


def test_a_placement_sent_again_changes_what_it_says_otherwise(house: House, desk: Desk) -> None:
    first = desk.release("placements", placed("A-1", "100.00", interest="5.00"), placed("A-2", "50.00"))
    number = desk.imports.row(first.id, 1).account
    assert number is not None
    batch = desk.stage(
        "placements",
        placed("A-1", "80.00", "Quillfeather Brandt", debtor_phone="312 555 0142", due_date="2025-10-01"),
        placed("A-2", "50.00"),
        placed("A-3", "70.00"),
        placed("A-2", "50.00", "Ivo Somebody"),
    )
    assert [(row.state, row.verdict) for row in desk.imports.rows(batch.id).rows] == [
        ("warning", "changed"), ("duplicate", "unchanged"), ("valid", None), ("duplicate", None)
    ]  # fmt: skip
    row = desk.imports.row(batch.id, 1)
    assert row.difference == {
        "debtor_name": ("Quillfeather Oyelaran", "Quillfeather Brandt"), "debtor_phone": (None, "+13125550142"),
        "original_amount": (100_00, 80_00), "due_date": (None, "2025-10-01"),
    }  # fmt: skip
    assert {finding.column for finding in row.findings} == set(row.difference)
    released = desk.imports.release(batch.id)
    assert (released.released, released.duplicates) == (2, 2)
    query = "select debtor_name, due_on::text, original_amount from debtflow.account where number = %s"
    assert house.su.execute(query, [number]).fetchone() == ("Quillfeather Brandt", "2025-10-01", 85_00)
    assert (desk.due(number), contacts(house)) == ([80_00, 5_00, 0, 0], [("phone", "+13125550142", True)])
    assert desk.rules(desk.stage("placements", placed("A-1", "80.00", "Quillfeather Brandt"))) == [("already-placed",)]
    assert desk.proved()

    assert desk.imports.undo(batch.id, "an old list").state == "undone"
    assert house.su.execute(query, [number]).fetchone() == ("Quillfeather Oyelaran", None, 105_00)
    assert (desk.due(number), contacts(house)) == ([100_00, 5_00, 0, 0], [])
    assert desk.proved()


def test_figures_that_come_after_a_payment_are_a_conflict(house: House, desk: Desk) -> None:
    batch = desk.release("placements", placed("A-1", "100.00"))
    number = desk.imports.row(batch.id, 1).account
    assert number is not None
    Payments(house.store("ana")).post(PaymentForm(number, Money(10_00, "USD"), "cash"))
    later = desk.stage("placements", placed("A-1", "90.00"), placed("A-2", "1.00"))
    assert (desk.rules(later), desk.verdicts(later)) == ([("work-since",), ()], ["conflict", None])
    with pytest.raises(Refused) as refused:
        desk.imports.undo(batch.id, "too late")
    assert refused.value.rule == "undo-worked"
    assert number in refused.value.message
    assert desk.imports.show(batch.id) == batch
    assert desk.due(number) == [90_00, 0, 0, 0]


def test_an_undone_placement_leaves_its_reference_to_the_right_file(house: House, desk: Desk) -> None:
    batch = desk.release("placements", placed("A-1", "100.00", fees="5.00"), placed("A-2", "50.00"))
    number = desk.imports.row(batch.id, 1).account
    assert number is not None
    undone = desk.imports.undo(batch.id, "amounts of last year")
    assert (undone.state, undone.undone, undone.undo_reason) == ("undone", 2, "amounts of last year")
    assert (desk.account(number), desk.due(number)) == (("closed", "placement_undone"), [0, 0, 0, 0])
    assert house.one("select count(*) from debtflow.ledger_balance where balance <> 0") == 0
    assert desk.imports.undo(batch.id, "again") == undone
    again = desk.release("placements", placed("A-1", "10.00"), placed("A-2", "5.00"))
    assert (again.released, again.duplicates) == (2, 0)
    assert desk.imports.row(again.id, 1).account != number
    for act in (lambda: desk.imports.release(batch.id), lambda: desk.imports.reject(batch.id, "late")):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.rule == "batch-state"
    assert desk.proved()


def test_what_is_agreed_means_something_for_every_kind(house: House, desk: Desk) -> None:
    for ref in ("A-1", "A-2"):
        house.place(ref=ref, principal=100_00)
    today = str(house.one("select debtflow.agency_today(agency_id) from debtflow.account limit 1"))
    rows = [{"external_ref": "A-1"}, {"external_ref": "A-2"}]
    for kind, said, total in (
        ("placements", [placed("A-1", "80.00"), placed("A-3", "20.50", fees="1.00")], "101.50"),
        ("payments", [row | {"amount": "10.25", "paid_on": today} for row in rows], "20.50"),
        ("adjustments", [rows[0] | {"amount": "-30.00"}, rows[1] | {"amount": "2.50", "adjustment": "fee"}], "-27.50"),
        ("contacts", [row | {"debtor_email": "q@example.org"} for row in rows], None),
        ("recalls", rows, None),
    ):
        batch = desk.stage(kind, *said, {"external_ref": "A-9", "amount": "x"})
        assert (batch.rows, batch.errors) == (3, 1)
        new = 1 if kind == "placements" else 2
        tight = Agreed("1", max_new=new - 1, expect_count=2, expect_sum=total and "7.00")
        left = desk.imports.release_if(batch.id, tight)
        assert [(each.condition, each.found) for each in left.unmet][:2] == [
            ("max-new", str(new)), ("expect-count", "3"),
        ]  # fmt: skip
        if total is None:
            with pytest.raises(BadInput, match="come to no sum"):
                desk.imports.release_if(batch.id, Agreed("1", expect_sum="7.00"))
        else:
            assert left.unmet[2].found == f"{total} USD"
        released = desk.imports.release_if(batch.id, Agreed("1", max_new=new, expect_count=3, expect_sum=total))
        assert (released.unmet, released.batch.released) == ((), 2)
    assert desk.proved()

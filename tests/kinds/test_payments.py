"""Payments that the client received directly: compared, released once, taken back as a whole."""

from __future__ import annotations

from tests.kinds.conftest import Desk
from tests.support.house import House


def paid(ref: str, amount: str, on: str = "2025-11-10", **others: str) -> dict[str, str]:
    return {"external_ref": ref, "amount": amount, "paid_on": on} | others


def test_a_payment_to_the_client_is_posted_and_taken_back(house: House, desk: Desk) -> None:
    first, second = house.place(ref="A-1", principal=100_00, fees=20_00), house.place(ref="A-2", principal=50_00)
    batch = desk.stage("payments", paid("A-1", "30.00"), paid("A-2", "50.00"), paid("A-1", "10.00"))
    assert (batch.kind, batch.valid, batch.errors) == ("payments", 3, 0)
    assert desk.verdicts(batch) == ["changed"] * 3
    assert [row.difference["owing"] for row in desk.imports.rows(batch.id).rows] == [
        (120_00, 90_00), (50_00, 0), (90_00, 80_00)
    ]  # fmt: skip
    released = desk.imports.release(batch.id)
    assert (released.state, released.released) == ("released", 3)
    assert (desk.due(first), desk.due(second)) == ([80_00, 0, 0, 0], [0, 0, 0, 0])
    assert desk.account(second) == ("closed", "paid_in_full")
    assert house.su.execute("select distinct method, user_id is not null from debtflow.payment").fetchall() == [
        ("paid_to_client", True)
    ]  # fmt: skip
    assert desk.proved()

    undone = desk.imports.undo(batch.id, "the wrong month")
    assert (undone.state, undone.released, undone.undone, undone.undo_reason) == ("undone", 0, 3, "the wrong month")
    assert (desk.due(first), desk.due(second)) == ([100_00, 0, 20_00, 0], [50_00, 0, 0, 0])
    assert desk.account(second) == ("assigned", None)
    query = """
    select count(*) from debtflow.import_row r
      join debtflow.transfer t on t.reverses = (r.effect ->> 'transfer')::bigint
     where r.effect -> 'reversals' = jsonb_build_array(t.id)
    """
    assert house.one(query) == 3
    assert desk.proved()


def test_what_a_payment_cannot_be(house: House, desk: Desk) -> None:
    house.place(ref="A-1", principal=100_00)
    house.place(ref="M-1", client="MED")
    closed = house.place(ref="A-2", principal=10_00)
    desk.release("payments", paid("A-2", "10.00"), paid("A-1", "5.00", reference="C-7"))
    assert desk.account(closed)[0] == "closed"
    batch = desk.stage(
        "payments",
        paid("A-1", "95.01"),
        paid("A-1", "90.00"),
        paid("A-1", "90.00"),
        paid("A-1", "6.00"),
        paid("A-1", "1.00", reference="C-7"),
        paid("A-1", "5.00", "2025-10-01"),
        paid("A-2", "1.00"),
        paid("M-1", "1.00"),
        paid("Z-9", "1.00"),
        paid("A-1", "-1.00"),
    )
    assert desk.rules(batch) == [
        ("over-balance",), (), ("key-duplicate",), ("over-balance",), ("already-posted",), ("before-placement",),
        ("account-closed",), ("other-client",), ("account-unknown",), ("amount-sign",),
    ]  # fmt: skip
    assert desk.verdicts(batch) == [
        "conflict", "changed", None, "conflict", "unchanged", "conflict", "closed", "other_client", "unknown", None
    ]  # fmt: skip
    released = desk.imports.release(batch.id, leave_errors=True)
    assert (released.released, released.errors, released.duplicates) == (1, 7, 2)
    assert desk.proved()

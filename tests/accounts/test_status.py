"""The status machine: the same table through the service and past it."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise, product

import psycopg
import pytest

from services.errors import BadInput, NotAllowed, NotFound, Refused, Stale
from tests.accounts.conftest import Who
from tests.support.house import House

STATUSES = ("new", "assigned", "in_contact", "negotiating", "payment_plan", "disputed", "settled", "closed")
CHAIN = ("assigned", "in_contact", "negotiating", "payment_plan")
OPEN = ("new", *CHAIN, "disputed")
BY_HAND = (
    {(a, b) for a, b in pairwise(CHAIN)}
    | {("payment_plan", "negotiating"), ("negotiating", "in_contact")}
    | {(a, "disputed") for a in ("new", *CHAIN)}
    | {("disputed", a) for a in CHAIN}
    | {(a, "closed") for a in OPEN}
)


def stand(house: House, number: str, status: str) -> None:
    """Put an account where it is needed, past every rule."""
    house.su.execute("set session_replication_role = replica")
    reason = "recalled" if status == "closed" else None
    house.su.execute(
        "update debtflow.account set status = %s, closed_reason = %s where number = %s and agency_id = 1",
        [status, reason, number],
    )
    house.su.execute("set session_replication_role = origin")


def test_people_make_the_moves_of_the_table_and_no_others(house: House, as_: Who) -> None:
    ana, number = as_("ana"), house.place()
    made = set()
    for here, there in product(STATUSES, STATUSES):
        stand(house, number, here)
        house.su.execute("delete from debtflow.account_flag")
        with suppress(Refused):
            ana.change_status(number, there, version=ana.version(number), reason="recalled")
            made.add((here, there))
            assert ana.show(number).status == there
    assert made == BY_HAND


def test_sql_makes_no_move_that_is_not_in_the_table(house: House) -> None:
    number = house.place()
    query = """
      update debtflow.account
         set status = %s, closed_reason = case when %s = 'closed' then 'recalled' end where number = %s"""
    made = set()
    for here, there in product(STATUSES, STATUSES):
        stand(house, number, here)
        with suppress(psycopg.DatabaseError):
            house.su.execute(query, [there, there, number])
            made.add((here, there))
    assert made - {(a, a) for a in STATUSES} == BY_HAND | {("disputed", "new")}


def test_paid_in_full_is_said_by_a_payment_only(house: House, as_: Who) -> None:
    number, ana = house.place(), as_("ana")
    with pytest.raises(BadInput, match="paid_in_full is no reason"):
        ana.change_status(number, "closed", version=ana.version(number), reason="paid_in_full")
    with pytest.raises(psycopg.DatabaseError, match="not made by hand"):
        house.su.execute("update debtflow.account set status = 'closed', closed_reason = 'paid_in_full'")
    with pytest.raises(psycopg.DatabaseError, match="closed for a reason"):
        house.su.execute("update debtflow.account set status = 'closed'")


def test_a_move_offers_what_the_caller_could_do(house: House, as_: Who) -> None:
    number = house.place()
    moves = as_("ana").show(number).moves
    assert [(move.to, move.needs_reason, bool(move.reasons)) for move in moves] == [
        ("in_contact", False, False), ("disputed", True, False), ("closed", True, True),
    ]  # fmt: skip
    assert "paid_in_full" not in moves[-1].reasons
    assert as_("rex").show(number).moves == ()


def test_a_stale_look_is_told(house: House, as_: Who) -> None:
    number, ana = house.place(), as_("ana")
    seen = ana.version(number)
    assert ana.change_status(number, "in_contact", version=seen) == seen + 1 == ana.version(number)
    with pytest.raises(Stale, match="has changed since"):
        ana.change_status(number, "negotiating", version=seen)
    assert ana.show(number).status == "in_contact"


@pytest.mark.parametrize("reason", [None, "", "  ", "because"])
def test_closing_needs_one_of_its_reasons(house: House, as_: Who, reason: str | None) -> None:
    number, ana = house.place(), as_("ana")
    with pytest.raises(BadInput) as caught:
        ana.change_status(number, "closed", version=ana.version(number), reason=reason)
    assert caught.value.field == "reason"


def test_going_back_needs_words(house: House, as_: Who) -> None:
    number, ana = house.place(), as_("ana")
    stand(house, number, "payment_plan")
    with pytest.raises(BadInput, match="needs a reason"):
        ana.change_status(number, "negotiating", version=ana.version(number))
    ana.change_status(number, "negotiating", version=ana.version(number), reason="plan broken", note="second time")
    assert ana.show(number).activities[0].text == "payment_plan → negotiating: plan broken: second time"


def test_a_status_that_does_not_exist_is_bad_input(house: House, as_: Who) -> None:
    number = house.place()
    with pytest.raises(BadInput, match="there is no status"):
        as_("ana").change_status(number, "open", version=1)


def test_dispute_flag_and_disputed_come_and_go_together(house: House, as_: Who) -> None:
    number, ana = house.place(), as_("ana")

    def state() -> tuple[str, bool]:
        seen = ana.show(number)
        return seen.status, any(flag.kind == "dispute" for flag in seen.flags)

    ana.change_status(number, "in_contact", version=ana.version(number))
    ana.raise_flag(number, "dispute", "says it is paid")
    assert state() == ("disputed", True)
    ana.lift_flag(number, "dispute", "it was not")
    assert state() == ("in_contact", False)
    ana.change_status(number, "disputed", version=ana.version(number), reason="says it is paid")
    assert state() == ("disputed", True)
    ana.change_status(number, "negotiating", version=ana.version(number), reason="agreed")
    assert state() == ("negotiating", False)
    ana.raise_flag(number, "dispute", "")
    ana.change_status(number, "closed", version=ana.version(number), reason="recalled")
    assert state() == ("closed", False)
    with pytest.raises(Refused, match="cannot be disputed"):
        ana.raise_flag(number, "dispute", "")


def test_a_new_account_in_dispute_goes_back_to_new(house: House, as_: Who) -> None:
    number, bea = house.place(collector=None), as_("bea")
    bea.raise_flag(number, "dispute", "not mine")
    assert [move.to for move in bea.show(number).moves] == ["new", "closed"]
    bea.lift_flag(number, "dispute", "it is")
    assert bea.show(number).status == "new"


def test_a_flag_is_raised_once_and_lifted_once(house: House, as_: Who) -> None:
    number, ana = house.place(), as_("ana")
    ana.raise_flag(number, "attorney", "Bright & Low")
    with pytest.raises(Refused, match="already"):
        ana.raise_flag(number, "attorney", "again")
    ((flag),) = ana.show(number).flags
    assert (flag.kind, flag.note, flag.by) == ("attorney", "Bright & Low", "ana")
    ana.lift_flag(number, "attorney", "withdrawn")
    with pytest.raises(NotFound):
        ana.lift_flag(number, "attorney", "withdrawn")
    with pytest.raises(BadInput):
        ana.lift_flag(number, "attorney", " ")
    with pytest.raises(BadInput, match="there is no flag"):
        ana.raise_flag(number, "vip", "")


def test_status_is_not_for_those_who_only_read(house: House, as_: Who) -> None:
    number = house.place()
    with pytest.raises(NotAllowed):
        as_("rex").change_status(number, "in_contact", version=1)

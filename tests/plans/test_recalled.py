"""A recall ends what was agreed with the debtor, in the same transaction; its undo lets it stand again."""

from __future__ import annotations

from datetime import date

import pytest

from services.errors import Refused
from services.imports import Imports
from services.plans import PromiseForm
from tests.plans.conftest import Office, usd

DAY = date(2026, 12, 15)
RECALLED = "recalled by the client"


def recall(office: Office, *refs: str) -> int:
    """Stage a file that recalls these; gives the batch."""
    lines = ["external_ref,reason", *(f"{ref},=sold" for ref in refs)]
    return Imports(office.store("bea")).stage("\n".join(lines).encode(), "recalls.csv", "HXL", kind="recalls").id


def agreed(office: Office) -> object:
    """What every plan, offer and promise has come to, and why."""
    return office.house.one("""
    select json_agg(json_build_array(x.what, x.state, x.reason))
      from (select 1, 'plan' as what, state, reason from debtflow.plan
            union all select 2, 'offer', state, reason from debtflow.settlement
            union all select 3, 'promise', state, reason from debtflow.promise order by 1) x
    """)


def told(office: Office, number: str) -> list[str]:
    """What the timeline says since the file, oldest first, without the file itself."""
    query = """
    select array_agg(x.text order by x.id)
      from debtflow.activity x join debtflow.account a on a.id = x.account_id
     where a.number = %s and x.kind in ('plan', 'promise', 'settlement') and x.text ~ 'recall'
    """
    found = office.house.one(query, number)
    return found if isinstance(found, list) else []


def test_a_recall_ends_plan_offer_and_promise_and_its_undo_lets_them_stand(office: Office) -> None:
    planned, offered, promised = (office.account(300_00, ref=ref) for ref in ("A-1", "A-2", "A-3"))
    plan = office.plan(planned)
    office.plans().hold(planned, "on a journey", version=plan.version)
    office.settlements("bea").offer(offered, usd(200_00), DAY, version=office.version(offered), reason="agreed")
    office.promises().make(promised, PromiseForm(usd(50_00), DAY))
    before = {number: office.plans("bea").outlook(number).status for number in (planned, offered, promised)}
    desk = Imports(office.store("bea"))
    batch = recall(office, "A-1", "A-2", "A-3")
    assert [row.findings[0].message for row in desk.rows(batch).rows] == [
        f"account {number} has {what}: it ends with the recall"
        for number, what in (
            (planned, "a payment plan"),
            (offered, "an offer to settle"),
            (promised, "a promise to pay"),
        )
    ]
    desk.release(batch)
    assert agreed(office) == [
        ["plan", "canceled", f"on a journey; {RECALLED}"],
        ["offer", "canceled", f"agreed; {RECALLED}"],
        ["promise", "canceled", RECALLED],
    ]
    assert (
        office.house.one("select count(*) from debtflow.plan_instalment where outcome is distinct from 'canceled'") == 0
    )
    assert told(office, planned) == [f"plan canceled: {RECALLED}"]
    assert {office.plans("bea").outlook(number).status for number in before} == {"closed"}
    assert office.proved()
    desk.undo(batch, "another client's list")
    assert agreed(office) == [["plan", "held", "on a journey"], ["offer", "open", "agreed"], ["promise", "open", ""]]
    assert office.house.one("select array_agg(distinct outcome) from debtflow.plan_instalment") == [None]
    assert {number: office.plans("bea").outlook(number).status for number in before} == before
    assert told(office, offered) == [f"offer taken back: {RECALLED}", "offer stands again: the recall is undone"]


def test_what_is_decided_is_not_ended_and_an_offer_that_is_paid_waits(office: Office) -> None:
    kept, paid = office.account(300_00, ref="A-1"), office.account(300_00, ref="A-2")
    office.promises().make(kept, PromiseForm(usd(50_00), DAY))
    office.pay(kept, 50_00)
    office.settlements("bea").offer(paid, usd(200_00), DAY, version=office.version(paid), reason="agreed")
    office.pay(paid, 200_00)
    desk = Imports(office.store("bea"))
    batch = recall(office, "A-1", "A-2")
    assert [row.state for row in desk.rows(batch).rows] == ["warning", "error"]
    assert "wait until the rest is given up" in desk.row(batch, 2).findings[0].message
    desk.release(batch, leave_errors=True)
    assert [each.state for each in office.promises("bea").of_account(kept)] == ["kept"]
    assert office.settlements("wally").expire_due() == 1
    assert office.owing(paid) == 0


def test_what_went_back_is_listed_with_the_balance_of_that_day(office: Office) -> None:
    number = office.account(300_00, ref="A-1", fees=20_00)
    desk = Imports(office.store("bea"))
    batch = recall(office, "A-1")
    with pytest.raises(Refused, match="in review: nothing went back"):
        list(desk.returned(batch))
    desk.release(batch)
    (line,) = desk.returned(batch)
    assert (line.external_ref, line.account, line.returned_on) == ("A-1", number, office.today)
    assert (line.owing, line.principal, line.fees, line.costs) == (
        usd(320_00),
        usd(300_00),
        usd(20_00),
        usd(0),
    )
    desk.undo(batch, "a mix-up")
    with pytest.raises(Refused, match="undone"):
        list(desk.returned(batch))

"""One receipt over several debts: how it falls, that all of it is posted or none, and that it is posted once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.domain.money import Money
from services.errors import BadInput, NotAllowed, NotFound, Refused, Stale
from services.ledger import Doctor
from services.payments import PaymentForm, Payments
from services.receipts import GroupReceipt, Receipts, SpreadForm
from tests.kernel.test_races import deadlocks, proved, together, usd
from tests.support.house import House

RULES = ("oldest_first", "largest_first", "smallest_first", "proportional")


def one_person(house: House, *numbers: str) -> None:
    """Makes the debtors of these accounts one person."""
    house.su.execute(
        "with p as (insert into debtflow.person (agency_id) select agency_id from debtflow.account where number = %s "
        "limit 1 returning id) update debtflow.debtor d set person_id = p.id from p, debtflow.account a "
        "where a.debtor_id = d.id and a.number = any (%s)",
        [numbers[0], list(numbers)],
    )


def three(house: House, *principals: int) -> list[str]:
    """Accounts of one person, the oldest first."""
    numbers = [
        house.place(principal=principal, placed=date(2025, 1 + at, 1)) for at, principal in enumerate(principals)
    ]
    one_person(house, *numbers)
    return numbers


def form(account: str, minor: int, **changes: Any) -> SpreadForm:
    return replace(SpreadForm(account, usd(minor), "check"), **changes)


def parts(answer: Any) -> dict[str, int]:
    return {line.account: line.amount.minor for line in answer.lines if line.amount}


# ---- the arithmetic --------------------------------------------------------------------------------------------------


def test_every_rule_spreads_to_the_cent(house: House) -> None:
    """Whatever the debts: nothing is lost, nobody gets more than there is room for, and the rule is kept."""

    @settings(settings.get_profile("house"), max_examples=60)
    @given(st.integers(1, 10**15), st.lists(st.integers(0, 10**15), min_size=1, max_size=12), st.sampled_from(RULES))
    def spread(amount: int, room: list[int], rule: str) -> None:
        got = house.one("select debtflow.spread_amounts(%s, %s::bigint[], %s)", amount, room, rule)
        assert sum(got) == min(amount, sum(room))
        assert all(0 <= part <= most for part, most in zip(got, room, strict=True))
        whole = max(sum(room), 1)
        if rule == "proportional":
            payable = min(amount, whole)
            assert all(abs(part * whole - payable * most) < whole for part, most in zip(got, room, strict=True))
        else:
            key = {"oldest_first": 0, "largest_first": -1, "smallest_first": 1}[rule]
            order = sorted(range(len(room)), key=lambda at: (key * room[at], at))
            assert all(got[late] == 0 or got[early] == room[early] for early, late in pairwise(order))

    spread()


# ---- the policy ------------------------------------------------------------------------------------------------------


def test_the_contract_says_how_and_every_line_says_why(house: House) -> None:
    old, middle, young = three(house, 100_00, 300_00, 200_00)
    desk = Receipts(house.store("ana"))
    expected = {
        "oldest_first": {old: 100_00, middle: 150_00},
        "largest_first": {middle: 250_00},
        "smallest_first": {old: 100_00, young: 150_00},
        "proportional": {old: 41_67, middle: 125_00, young: 83_33},
    }
    for rule, falls in expected.items():
        house.su.execute("update debtflow.contract set spread_rule = %s", [rule])
        seen = desk.preview(form(young, 250_00))
        assert parts(seen) == falls, rule
        assert (seen.outcome, seen.rest, "HXL" in seen.policy) == ("posted", usd(0), True)
        assert all(line.rule for line in seen.lines)
    receipt = desk.post(form(young, 250_00, versions=seen.versions, reference="1991"))
    assert parts(receipt) == expected["proportional"]
    assert [line.allocation for line in receipt.lines] == [line.allocation for line in seen.lines]
    assert (receipt.reference, receipt.by, receipt.whole, receipt.basis) == ("1991", "ana", True, "policy")
    assert desk.show(receipt.receipt) == receipt
    assert proved(house)


def test_where_clients_disagree_the_oldest_placement_decides(house: House) -> None:
    med = house.place(principal=100_00, client="MED", placed=date(2024, 5, 1))
    hxl = house.place(principal=900_00, placed=date(2025, 5, 1))
    one_person(house, med, hxl)
    house.su.execute("update debtflow.contract set spread_rule = 'largest_first' where client_id = 1")
    desk = Receipts(house.store("ana"))
    seen = desk.preview(form(hxl, 150_00))
    assert parts(seen) == {med: 100_00, hxl: 50_00}
    assert "MED" in seen.policy
    assert "disagree" in seen.policy
    Payments(house.store("ana")).post(PaymentForm(med, usd(100_00), "cash"))
    assert "HXL" in desk.preview(form(hxl, 150_00)).policy


def test_what_is_disputed_is_skipped_unless_the_payer_names_it(house: House) -> None:
    old, young = three(house, 100_00, 200_00)
    house.su.execute("update debtflow.account set status = 'disputed' where number = %s", [old])
    desk = Receipts(house.store("ana"))
    receipt = desk.post(form(old, 50_00))
    assert parts(receipt) == {young: 50_00}
    assert [(line.skipped, line.rule) for line in receipt.lines] == [
        ("disputed", "skipped: disputed"),
        (None, "by the policy"),
    ]
    by_hand = form(old, 50_01, lines={old: usd(50_01)})
    with pytest.raises(Refused) as refused:
        desk.post(by_hand)
    assert refused.value.rule == "disputed"
    receipt = desk.post(replace(by_hand, instruction="letter", submission_id=uuid4()))
    assert (parts(receipt), receipt.basis, receipt.instruction) == ({old: 50_01}, "payer", "letter")
    assert "letter" in receipt.policy
    assert proved(house)


# ---- all or nothing --------------------------------------------------------------------------------------------------


def test_one_part_that_is_refused_refuses_the_whole(house: House) -> None:
    old, young = three(house, 100_00, 200_00)
    desk = Receipts(house.store("ana"))
    cases: list[tuple[SpreadForm, str]] = [
        (form(old, 300_01), "remainder"),
        (form(old, 150_00, lines={old: usd(100_01), young: usd(49_99)}), "overpayment"),
        (form(old, 150_00, lines={old: usd(100_00)}), "remainder"),
        (form(old, 50_00, lines={old: usd(20_00), "10999-9": usd(30_00)}), "account"),
        (form(old, 10_00, effective_on=date(2099, 1, 1)), "future_date"),
    ]
    for asked, rule in cases:
        asked = replace(
            asked, lines=asked.lines and {n.replace("10999-9", house_number(house)): m for n, m in asked.lines.items()}
        )
        with pytest.raises((Refused, NotFound)) as refused:
            desk.post(asked)
        assert refused.value.rule == rule
        assert desk.preview(asked).outcome in (rule, "not_theirs")
        assert refused.value.hint
    with pytest.raises(BadInput, match="more than"):
        desk.post(form(old, 50_00, lines={old: usd(50_00), young: usd(1)}))
    assert house.one("select count(*) from debtflow.payment") == 0
    noted = house.su.execute("select rule from debtflow.security_event where kind = 'spread.refused' order by id")
    assert [rule for (rule,) in noted.fetchall()] == [
        "remainder", "overpayment", "remainder", "not_theirs", "future_date", "more_than_amount",
    ]  # fmt: skip


def house_number(house: House) -> str:
    """An account of somebody else."""
    return house.place("Somebody Else", principal=5_00)


def test_what_is_left_is_kept_only_by_choice_where_it_was_brought(house: House) -> None:
    old, young = three(house, 100_00, 200_00)
    desk = Receipts(house.store("ana"))
    receipt = desk.post(form(young, 350_00, remainder="unapplied"))
    assert {line.account: line.unapplied.minor for line in receipt.lines} == {old: 0, young: 50_00}
    assert house.one("select sum(unapplied) from debtflow.account_balance") == 50_00
    closed = "select count(*) from debtflow.account where closed_reason = 'paid_in_full'"
    assert house.one(closed) == 2
    with pytest.raises(Refused) as refused:
        desk.post(form(young, 1_00, remainder="unapplied"))
    assert refused.value.rule == "nothing_owed"
    assert proved(house)


def test_what_charges_hold_is_not_to_be_had(house: House) -> None:
    old, young = three(house, 100_00, 200_00)
    house.su.execute("update debtflow.account_balance set held = 100_00 where due[1] = 10000")
    house.su.execute("update debtflow.account_balance set held = 50_00 where due[1] = 20000")
    seen = Receipts(house.store("ana")).preview(form(old, 150_00))
    assert (parts(seen), seen.lines[0].skipped) == ({young: 150_00}, "held")
    with pytest.raises(Refused) as refused:
        Receipts(house.store("ana")).post(form(old, 150_01))
    assert refused.value.rule == "remainder"


def test_a_stale_account_refuses_the_whole(house: House) -> None:
    old, young = three(house, 100_00, 200_00)
    desk = Receipts(house.store("ana"))
    seen = desk.preview(form(old, 30_00))
    Payments(house.store("ana")).post(PaymentForm(young, usd(1_00), "cash"))
    with pytest.raises(Stale):
        desk.post(form(old, 30_00, versions=seen.versions))
    assert house.one("select count(*) from debtflow.receipt") == 0


# ---- once ------------------------------------------------------------------------------------------------------------


def test_one_submission_is_one_receipt_from_however_many_hands(house: House) -> None:
    old, young = three(house, 100_00, 200_00)
    asked = form(old, 150_00)
    desk = Receipts(house.store("ana", size=8))
    answers = together([partial(desk.post, asked)] * 8)
    receipts = [answer for answer in answers if isinstance(answer, GroupReceipt)]
    assert len(receipts) == 8, answers
    assert len({answer.receipt for answer in receipts}) == 1
    assert sum(not answer.replayed for answer in receipts) == 1
    with pytest.raises(Refused) as refused:
        desk.post(replace(asked, amount=usd(151_00)))
    assert refused.value.rule == "submission_conflict"
    assert house.one("select count(*) from debtflow.payment") == 2
    dry = desk.post(form(young, 10_00), dry_run=True)
    assert parts(dry) == {young: 10_00}
    assert house.one("select count(*) from debtflow.receipt") == 1


def test_spreads_and_payments_in_opposite_orders_never_deadlock(house: House) -> None:
    numbers = three(house, 10_000_00, 20_000_00, 30_000_00)
    house.su.execute("update debtflow.contract set spread_rule = 'proportional'")
    spread, pay = Receipts(house.store("ana", size=3)), Payments(house.store("bea", size=3))

    def spreading(number: str) -> None:
        for _ in range(8):
            spread.post(form(number, 60_00, allow_duplicate=True))

    def paying(order: list[str]) -> None:
        for _ in range(8):
            pay.post_many([PaymentForm(number, usd(1_00), "cash", allow_duplicate=True) for number in order])

    acts = [partial(spreading, number) for number in numbers] + [
        partial(paying, numbers[::-1]),
        partial(paying, numbers),
    ]
    assert together(acts) == [None] * 5
    assert house.one("select sum(due[1]) from debtflow.account_balance") == 60_000_00 - 24 * 60_00 - 48 * 1_00
    assert deadlocks(house) == 0
    assert proved(house)


# ---- who -------------------------------------------------------------------------------------------------------------


def test_only_what_the_caller_sees_takes_part(house: House) -> None:
    mine = house.place(principal=100_00, placed=date(2025, 2, 1))
    bens = house.place(principal=100_00, placed=date(2025, 1, 1), collector="ben")
    one_person(house, mine, bens)
    receipt = Receipts(house.store("bea")).post(form(mine, 150_00))
    assert parts(receipt) == {bens: 100_00, mine: 50_00}
    seen = Receipts(house.store("ana")).show(receipt.receipt)
    assert (parts(seen), seen.whole) == ({mine: 50_00}, False)
    assert parts(Receipts(house.store("ana")).preview(form(mine, 10_00))) == {mine: 10_00}
    for login, error in (("rex", NotAllowed), ("ben", NotFound), ("zoe", NotFound)):
        with pytest.raises(error):
            Receipts(house.store(login)).post(form(mine, 10_00))
    with pytest.raises(NotFound):
        Receipts(house.store("zack")).show(receipt.receipt)
    health = {check.name: check.ok for check in Doctor(house.store("bea")).examine().checks}
    assert health["trust-equation"]
    assert health["payments-transfers"]


def test_the_largest_receipt_there_can_be_overflows_nothing(house: House) -> None:
    numbers = three(house, 10**15, 10**15, 10**15)
    house.su.execute("update debtflow.contract set spread_rule = 'proportional'")
    receipt = Receipts(house.store("ana")).post(SpreadForm(numbers[0], Money(10**15, "USD"), "cash"))
    assert sum(parts(receipt).values()) == 10**15
    with pytest.raises(BadInput):
        Receipts(house.store("ana")).post(SpreadForm(numbers[0], Money(10**15 + 1, "USD"), "cash"))
    assert proved(house)

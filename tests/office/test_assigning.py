"""Accounts change hands: one, many, level over a team, and by several people at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Barrier

import pytest

from services.access import Rights
from services.accounts import Accounts
from services.domain.money import Money
from services.errors import BadInput, Busy, NotAllowed, NotFound, Refused
from services.office import Assigning, Teams, Users, assigning
from services.payments import PaymentForm, Payments
from tests.support.house import House


def pile(house: House, many: int, collector: str | None = "ana") -> list[str]:
    """Accounts of one collector, made from one that was placed."""
    first = house.place(collector=collector)
    house.su.execute(
        """
        with model as (select * from debtflow.account where number = %s),
             made as (
               insert into debtflow.account (
                 agency_id, client_id, collector_id, debtor_id, number, external_ref, debtor_name, last_norm,
                 first_norm, status, currency, original_amount, placed_on)
               select agency_id, client_id, collector_id, debtor_id, debtflow.account_number(700000 + n + id * 1000),
                      'P' || id || '-' || n, debtor_name, last_norm, first_norm,
                      case when collector_id is null then 'new' else 'assigned' end, currency, original_amount,
                      placed_on
                 from model, generate_series(2, %s) n
               returning *),
             balances as (
               insert into debtflow.account_balance (account_id, agency_id, collector_id, currency, due)
               select id, agency_id, collector_id, currency, '{10000,0,0,0}' from made)
        insert into debtflow.search_key (account_id, agency_id, collector_id, kind, key)
        select id, agency_id, collector_id, 'ref', external_ref from made""",
        [first, many],
    )
    return [first]


def held(house: House) -> dict[str | None, int]:
    query = """
      select u.login, count(*) from debtflow.account a left join debtflow.users u on u.id = a.collector_id
       where a.agency_id = 1 and a.status not in ('closed', 'settled') group by 1"""
    return dict(house.su.execute(query).fetchall())


def copied(house: House) -> bool:
    """Whether balances and search keys are the same people's as their accounts."""
    query = """
      select count(*) from debtflow.account a join debtflow.account_balance b on b.account_id = a.id
        left join debtflow.search_key k on k.account_id = a.id
       where b.collector_id is distinct from a.collector_id
          or k.account_id is not null and k.collector_id is distinct from a.collector_id"""
    return bool(house.one(query) == 0)


def test_one_person_gets_no_more_than_they_may(house: House) -> None:
    bea = Accounts(house.store("bea"))
    numbers = [house.place(collector=None) for _ in range(4)]
    Rights(house.store("ada")).set_limit("accounts", 2, role="collector")
    with pytest.raises(Refused, match="3 more do not fit") as refused:
        bea.assign(numbers[:3], "ana")
    assert (refused.value.rule, refused.value.who_may) == ("accounts_most", "agency_admin")
    assert bea.assign(numbers[:2], "ana") == 2
    assert bea.assign(numbers[:2], "ana") == 2
    with pytest.raises(Refused):
        bea.assign(numbers[2:3], "ana")
    Rights(house.store("ada")).set_limit("accounts", 3, user="ana")
    assert bea.assign(numbers[2:3], "ana") == 1
    assert held(house) == {"ana": 3, None: 1}
    assert copied(house)


def test_a_selection_goes_to_who_has_least(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assigning, "STEP", 4)
    pile(house, 10, None)
    house.place(collector="ben")
    bea = Assigning(house.store("bea"))
    heard: list[int] = []
    counted = bea.count("nobody", to=["ana", "ben"], client="HXL")
    assert (counted.accounts, counted.room > 10**9, counted.moved) == (10, True, None)
    given = bea.give("nobody", to=["ana", "ben"], client="HXL", progress=heard.append)
    assert (given.moved, heard) == (10, [4, 8, 10])
    assert sorted(held(house).items()) == [("ana", 6), ("ben", 5)]
    assert house.one("select count(*) from debtflow.account where status = 'new'") == 0
    assert bea.give("ana", to=["ben"], status="disputed").moved == 0
    assert bea.give("ana", to=["ben"], client="MED").moved == 0
    assert bea.give("ana", to=["ben"]).moved == 6
    Rights(house.store("ada")).set_limit("accounts", 4, user="ana")
    assert (bea.count("ben", to=["ana"]).room, bea.give("ben", to=["ana"]).moved) == (4, 4)
    assert held(house) == {"ana": 4, "ben": 7}
    assert copied(house)
    trail = "select distinct reason from debtflow.audit_log where act = 'account.give' order by 1"
    assert [reason for (reason,) in house.su.execute(trail)] == ["ana → ben", "ben → ana", "nobody → ana, ben"]
    assert house.one("select count(*) from debtflow.audit_log where act = 'account.give' and entity = 'account'") == 20
    for wrong, error in (
        (lambda: bea.give("ana"), BadInput), (lambda: bea.give("ana", to=["ana"]), Refused),
        (lambda: bea.give("zoe", to=["ana"]), NotFound), (lambda: bea.give("ana", to=["zoe"]), NotFound),
        (lambda: bea.give("ana", to=["rex"]), NotFound), (lambda: bea.give("ana", team="none"), NotFound),
    ):  # fmt: skip
        with pytest.raises(error):
            wrong()


def test_a_team_is_level_and_nobody_above_their_limit(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assigning, "STEP", 3)
    pile(house, 13)
    pile(house, 4, "ben")
    pile(house, 5, None)
    worked = house.place(collector="ana")
    ana = Accounts(house.store("ana"))
    ana.change_status(worked, "in_contact", version=ana.version(worked))
    Teams(house.store("bea")).set("desk", ["ana", "ben", "bea"])
    Rights(house.store("ada")).set_limit("accounts", 2, user="bea")
    desk = Assigning(house.store("bea"))
    planned = desk.plan("desk")
    assert [(each.login, each.held, each.target) for each in planned.shares] == [
        ("ana", 14, 8), ("bea", 0, 2), ("ben", 4, 8),
    ]  # fmt: skip
    done = desk.rebalance("desk")
    assert (done.moved, [each.change for each in done.shares]) == (6, [-6, 2, 4])
    assert held(house) == {"ana": 8, "ben": 8, "bea": 2, None: 5}
    assert Accounts(house.store("bea")).show(worked).collector == "ana"  # work that has begun stays
    assert desk.rebalance("desk").moved == 0
    assert desk.rebalance("desk", unassigned=True).moved == 5
    assert sorted(held(house).values()) == [2, 10, 11]
    assert desk.rebalance("desk", unassigned=True).moved == 0
    for who, most in (("ana", 4), ("ben", 30)):
        Rights(house.store("ada")).set_limit("accounts", most, user=who)
    assert desk.rebalance("desk").moved in (6, 7)
    assert held(house) == {"ana": 4, "ben": 17, "bea": 2}
    Rights(house.store("ada")).set_limit("accounts", 4, user="ben")
    assert desk.rebalance("desk").moved == 0  # nobody takes more: it stays with who has it
    assert copied(house)
    said = "select count(*) from debtflow.audit_log where act = 'account.rebalance' and reason = 'desk'"
    assert house.one(said) > 11


def test_who_may_give_accounts(house: House) -> None:
    house.place(collector="ana")
    for login in ("ana", "rex"):
        desk = Assigning(house.store(login))
        with pytest.raises(NotAllowed):
            desk.rebalance()
        with pytest.raises(NotAllowed):
            desk.give("ana", to=["ben"])
        with pytest.raises(NotAllowed):
            desk.count("ana", to=["ben"])
    assert Assigning(house.store("rex")).plan().shares
    zack = Assigning(house.store("zack"))
    assert {each.login for each in zack.plan().shares} == {"zoe"}
    with pytest.raises(NotFound):
        zack.give("ana", to=["zoe"])
    with pytest.raises(NotFound):
        zack.give("nobody", to=["ana"])
    assert held(house) == {"ana": 1}
    psql = house.psql("bea")
    for call in ("accounts_deal('{1}', '{3}', '{4}', debtflow.me())", "people_hold('{1}')",
                 "client_collectors_hand_over(3, '{4}')", "work_takers(3, '{ben}', null)"):  # fmt: skip
        with pytest.raises(Exception, match="permission denied"):
            psql.execute(f"select debtflow.{call}".encode())


# ---- at once ---------------------------------------------------------------------------------------------------------


def test_two_supervisors_rebalance_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost, nothing goes twice, and others pay, assign and leave meanwhile."""
    monkeypatch.setattr(assigning, "STEP", 7)
    numbers = [house.place(collector="ana", principal=1_000_00) for _ in range(6)]
    pile(house, 60)
    pile(house, 11, None)
    before = house.one("select coalesce(max(id), 0) from debtflow.activity")
    Teams(house.store("bea")).set("desk", ["ana", "ben", "bea"])
    first, second, boss = (Assigning(house.store(login)) for login in ("bea", "ada", "bea"))
    till, assign = Payments(house.store("bea")), Accounts(house.store("ada"))
    start = Barrier(4)

    def level(desk: Assigning) -> int:
        start.wait()
        return _patiently(lambda: desk.rebalance("desk", unassigned=True).moved or 0)

    def pay() -> int:
        start.wait()
        for number in numbers * 2:
            till.post(PaymentForm(number, Money(1_00, "USD"), "cash", allow_duplicate=True))
        return 0

    def give() -> int:
        start.wait()
        for number in numbers:
            _patiently(partial(assign.assign, [number], "ben"))
        return 0

    with ThreadPoolExecutor(4) as pool:
        moved = [each.result() for each in [pool.submit(level, first), pool.submit(level, second),
                                            pool.submit(pay), pool.submit(give)]]  # fmt: skip
    boss.rebalance("desk", unassigned=True)
    assert sum(moved) > 40
    assert sorted(held(house).values()) == [25, 26, 26]
    assert copied(house)
    lines = "select count(*) from debtflow.activity where kind = 'assignment' and id > %s"
    changes = """
      select count(*) from debtflow.audit_log where entity = 'account' and after ? 'collector_id'
         and act in ('account.rebalance', 'account.assign') and before is not null"""
    assert house.one(lines, before) == house.one(changes)


def _patiently(act: Callable[[], int]) -> int:
    """Busy is safe to repeat."""
    for _ in range(20):
        try:
            return act()
        except Busy:
            continue
    raise AssertionError("busy for ever")


def test_a_limit_holds_for_two_who_assign_at_once(house: House) -> None:
    numbers = [house.place(collector=None) for _ in range(8)]
    Rights(house.store("ada")).set_limit("accounts", 4, role="collector")
    desks = [Accounts(house.store(login)) for login in ("bea", "ada")]
    start = Barrier(2)

    def run(desk: Accounts, mine: list[str]) -> int:
        start.wait()
        done = 0
        for number in mine:
            with suppress(Refused):
                done += desk.assign([number], "ana")
        return done

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(run, desks, (numbers[:4], numbers[4:]))) == 4
    assert held(house) == {"ana": 4, None: 4}
    assert len([each for each in Users(house.store("bea")).people() if each.held]) == 1

"""People come, change their role, leave, and what they leave open goes to others."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from psycopg import sql

from services.access import Access, Approvals, Rights
from services.accounts import Accounts
from services.batches import PaymentBatches
from services.batches.results import BatchEntry, BatchForm, Totals
from services.domain.money import Money
from services.errors import BadInput, DebtFlowError, NotAllowed, NotFound, Refused, SessionExpired, TwoPersons
from services.office import Clients, Teams, Users
from services.payments import PaymentForm, Payments
from services.plans import Promises
from services.plans.results import PromiseForm
from tests.support.house import House
from tests.support.office import password_of


def usd(minor: int) -> Money:
    return Money(minor, "USD")


@pytest.fixture
def newcomer(house: House) -> Iterator[str]:
    """A collector of HARBOR who is nobody else's: logins are the cluster's, and this one may be shut."""
    login = f"new_{uuid4().hex[:8]}"
    Users(house.store("ada")).add(login, "New Comer", "collector", password=password_of(login))
    yield login
    house.close_stores()
    house.su.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(login)))


def holders(house: House) -> dict[str | None, int]:
    query = """
      select u.login, count(*) from debtflow.account a left join debtflow.users u on u.id = a.collector_id
       group by 1"""
    return dict(house.su.execute(query).fetchall())


# ---- what somebody leaves --------------------------------------------------------------------------------------------


def test_what_a_leaver_has_under_way_goes_to_others_with_them(house: House, newcomer: str) -> None:
    ada, theirs = Users(house.store("ada")), house.store(newcomer)
    numbers = [house.place(f"Debtor No{n}", collector=newcomer) for n in range(5)]
    accounts = Accounts(theirs)
    today = Access(theirs).session().today
    accounts.follow_up(numbers[0], today)
    Promises(theirs).make(numbers[1], PromiseForm(usd(10_00), today, "once", 1, 0))
    accounts.change_status(numbers[4], "closed", version=accounts.version(numbers[4]), reason="deceased")
    Clients(house.store("ada")).edit("HXL", rule="one_collector", collectors=[newcomer])
    batch = PaymentBatches(theirs).open(BatchForm(Totals(2, usd(5_00), None), "mail", False, uuid4())).id
    PaymentBatches(theirs).key(batch, [BatchEntry(numbers[0], usd(2_00), "cash")])
    found = ada.open_work(newcomer)
    assert (found.accounts, found.follow_ups, found.due, found.promises) == (4, 1, 1, 1)
    assert ([each.id for each in found.batches], found.clients) == ([batch], ("HXL",))
    with pytest.raises(Refused) as refused:
        ada.disable(newcomer)
    assert refused.value.rule == "open_work"
    assert accounts.show(numbers[0]).collector == newcomer

    gone = ada.disable(newcomer, to=["ben"])
    assert (gone.accounts, gone.batches, gone.clients, gone.left) == (4, 1, 1, 0)
    assert ada.open_work(newcomer).nothing
    assert holders(house) == {"ben": 4, newcomer: 1}
    ben = PaymentBatches(house.store("ben"))
    ben.key(batch, [BatchEntry(numbers[1], usd(3_00), "cash")])
    assert ben.show(batch).batch.opened_by == "ben"
    assert Clients(house.store("ada")).show("HXL").collectors == ("ben",)
    assert house.one("select count(*) from pg_stat_activity where usename = %s", newcomer) == 0
    with pytest.raises(NotAllowed):
        Accounts(theirs).show(numbers[0])
    with pytest.raises(NotAllowed):
        house.store(newcomer)
    acts = "select array_agg(distinct act order by act) from debtflow.audit_log where login = 'ada' and act ~ 'user'"
    assert house.one(acts) == ["user.add", "user.disable", "user.hand_over"]
    said = "select text from debtflow.activity where kind = 'assignment' order by id desc limit 1"
    assert house.one(said) == f"{newcomer} → ben"


def test_what_lies_is_taken_over_later(house: House, newcomer: str) -> None:
    ada = Users(house.store("ada"))
    for n in range(7):
        house.place(f"Debtor No{n}", collector=newcomer)
    assert ada.disable(newcomer, leave=True).accounts == 0
    left = {each.login: each for each in ada.people()}[newcomer]
    assert (left.held, left.disabled_at is not None) == (7, True)
    for refused in (lambda: ada.hand_over(newcomer), lambda: ada.hand_over(newcomer, to=["ben"], team="north")):
        with pytest.raises(BadInput):
            refused()
    Rights(house.store("ada")).set_limit("accounts", 3, role="collector")
    with pytest.raises(Refused, match="room for 6") as full:
        ada.hand_over(newcomer, to=["ana", "ben"])
    assert (full.value.rule, full.value.who_may) == ("accounts_most", "agency_admin")
    assert holders(house) == {newcomer: 7}
    Teams(house.store("bea")).set("north", ["ana", "ben"])
    Teams(house.store("bea")).limit("north", 4)
    assert ada.hand_over(newcomer, team="north").accounts == 7
    assert sorted(holders(house).values()) == [3, 4]
    with pytest.raises(NotFound):
        ada.hand_over("zoe", to=["ben"])
    with pytest.raises(NotFound):
        ada.hand_over(newcomer, to=["zoe"])
    with pytest.raises(NotFound):
        ada.hand_over(newcomer, to=["rex"])


def test_a_blind_keying_that_has_begun_is_nobody_elses(house: House, newcomer: str) -> None:
    number = house.place(collector=newcomer)
    mine, bens = PaymentBatches(house.store(newcomer)), PaymentBatches(house.store("ben"))

    def opened(by: PaymentBatches) -> int:
        return by.open(BatchForm(Totals(1, usd(5_00), None), "", True, uuid4())).id

    begun, fresh, second, compared = opened(mine), opened(mine), opened(bens), opened(bens)

    def line() -> list[BatchEntry]:
        return [BatchEntry(number, usd(5_00), "cash")]

    mine.key(begun, line())
    for batch in (second, compared):
        bens.key(batch, line())
        bens.hand_over(batch)
        mine.take(batch)
    mine.key(compared, line())
    mine.compare(compared)
    ada = Users(house.store("ada"))
    goes = {each.id: each.goes for each in ada.open_work(newcomer).batches}
    assert goes == {begun: False, fresh: True, second: True, compared: True}
    assert ada.disable(newcomer, to=["ana", "ben"]).batches == 3
    rows = house.su.execute("select id, opened_by, second_by from debtflow.payment_batch order by id").fetchall()
    name: dict[int, str] = dict(house.su.execute("select id, login from debtflow.users").fetchall())
    assert [(key, name[one], name.get(two)) for key, one, two in rows] == [
        (begun, newcomer, None), (fresh, "ana", None), (second, "ben", None), (compared, "ben", "ana"),
    ]  # fmt: skip
    PaymentBatches(house.store("bea")).cancel(begun, "who keyed it has left")
    assert ada.open_work(newcomer).nothing


def test_the_questions_of_who_leaves_are_answered_no(house: House, newcomer: str) -> None:
    number = house.place(collector=newcomer)
    Users(house.store("ada")).set_role(newcomer, "supervisor")
    Rights(house.store("ada")).set_two("payment.reverse", wanted=True)
    desk = Payments(house.store(newcomer))
    paid = desk.post(PaymentForm(number, usd(1_00), "cash"))
    with pytest.raises(TwoPersons):
        desk.reverse(paid.receipt, "nsf", submission_id=uuid4())
    assert Users(house.store("ada")).disable(newcomer, to=["ben"]).questions == 1
    (asked,) = Approvals(house.store("ada")).list()
    assert (asked.state, asked.decided_by) == ("refused", "ada")


# ---- roles, and coming back ------------------------------------------------------------------------------------------


def test_a_role_follows_in_the_database_at_once(house: House, newcomer: str) -> None:
    ada, theirs = Users(house.store("ada")), house.store(newcomer)
    number = house.place(collector=newcomer)
    with pytest.raises(Refused, match="would be left"):
        ada.set_role(newcomer, "readonly")
    ada.hand_over(newcomer, to=["ben"])
    with pytest.raises(NotFound):
        Accounts(theirs).show(number)
    assert ada.set_role(newcomer, "readonly").role == "readonly"
    with pytest.raises(SessionExpired):
        Accounts(theirs).show(number)
    assert Accounts(house.store(newcomer)).show(number).collector == "ben"
    groups = """
      select array_agg(g.rolname::text) from pg_auth_members m join pg_roles g on g.oid = m.roleid
        join pg_roles l on l.oid = m.member where l.rolname = %s"""
    assert house.one(groups, newcomer) == ["debtflow_readonly"]
    for login, role, error in (
        (newcomer, "worker", BadInput), (newcomer, "boss", BadInput), ("wally", "supervisor", BadInput),
        ("ada", "supervisor", Refused), ("zoe", "supervisor", NotFound), ("nobody", "supervisor", NotFound),
    ):  # fmt: skip
        with pytest.raises(error):
            ada.set_role(login, role)


def test_who_left_comes_back_with_another_password(house: House, newcomer: str) -> None:
    ada = Users(house.store("ada"))
    with pytest.raises(Refused, match="not disabled"):
        ada.enable(newcomer, "another-password")
    ada.disable(newcomer)
    with pytest.raises(DebtFlowError):
        house.store(newcomer)
    ada.enable(newcomer, "another-password")
    with pytest.raises(DebtFlowError):
        house.store(newcomer)
    ada.set_password(newcomer, password_of(newcomer))
    assert Access(house.store(newcomer)).session().role == "collector"


def test_two_administrators_do_not_put_each_other_out(house: House, newcomer: str) -> None:
    Users(house.store("ada")).set_role(newcomer, "agency_admin")
    Users(house.store("ada")).set_role(newcomer, "agency_admin")
    desks = [Users(house.store(login)) for login in (newcomer, "ada")]
    house.su.execute("update debtflow.users set disabled_at = now() where login = 'ada'")
    with pytest.raises(Refused, match="last agency administrator"):
        desks[1].set_role(newcomer, "supervisor")
    house.su.execute("update debtflow.users set disabled_at = null where login = 'ada'")
    desks[1].set_role(newcomer, "supervisor")


# ---- teams and who may -----------------------------------------------------------------------------------------------


def test_a_person_is_in_one_team(house: House) -> None:
    bea, zack = Teams(house.store("bea")), Teams(house.store("zack"))
    bea.set("north", ["ana", "ben", "ana"])
    bea.set("south", ["ben", "bea"])
    zack.set("north", ["zoe"])
    assert [(each.name, each.members) for each in bea.list()] == [("north", ("ana",)), ("south", ("bea", "ben"))]
    bea.limit("south", 5)
    people = {each.login: each for each in Users(house.store("rex")).people()}
    assert (people["ben"].team, people["ben"].most, people["ana"].most, people["rex"].most) == (
        "south", 5, 10**15, None,
    )  # fmt: skip
    Rights(house.store("ada")).set_limit("accounts", 7, user="ben")
    Rights(house.store("ada")).set_limit("accounts", 2, role="collector")
    most = {each.login: each.most for each in Users(house.store("rex")).people()}
    assert (most["ben"], most["ana"]) == (7, 2)
    bea.remove("south")
    with pytest.raises(NotFound):
        bea.limit("south", 1)
    for wrong, error in (
        (lambda: bea.set("North", []), BadInput), (lambda: bea.set("east", ["rex"]), NotFound),
        (lambda: bea.set("east", ["zoe"]), NotFound), (lambda: bea.limit("north", -1), BadInput),
    ):  # fmt: skip
        with pytest.raises(error):
            wrong()
    assert [each.name for each in bea.list()] == ["north"]
    for login in ("ana", "rex"):
        with pytest.raises(NotAllowed):
            Teams(house.store(login)).set("mine", [login])
    with pytest.raises(NotAllowed):
        Users(house.store("ana")).people()
    assert {each.login for each in Users(house.store("zack")).people()} >= {"zoe", "zack"}
    assert "ana" not in {each.login for each in Users(house.store("zack")).people()}

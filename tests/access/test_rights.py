"""An agency decides who may do what, how much of it, and what takes two persons."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from services.access import Access, Approvals, Question, Rights
from services.accounts import Accounts
from services.adjustments import AdjustmentForm, Adjustments
from services.domain.money import Money
from services.errors import BadInput, NotAllowed, NotFound, Refused, TwoPersons
from services.payments import PaymentForm, Payments
from services.plans import Settlements
from services.receipts import Receipts, SpreadForm
from tests.support.house import House


def usd(minor: int) -> Money:
    return Money(minor, "USD")


@pytest.fixture
def number(house: House) -> str:
    return house.place(principal=1_000_00)


def paid(house: House, number: str, by: str = "ana", minor: int = 10_00) -> str:
    return Payments(house.store(by)).post(PaymentForm(number, usd(minor), "cash", allow_duplicate=True)).receipt


def receipt_id(receipt: str) -> int:
    return int(receipt.split("-")[1])


# ---- who may ---------------------------------------------------------------------------------------------------------


def test_a_right_is_given_and_taken_by_data_and_is_on_record(house: House, number: str) -> None:
    ada, ana = Rights(house.store("ada")), Payments(house.store("ana"))
    receipt = paid(house, number)
    with pytest.raises(NotAllowed, match="does not reverse") as refused:
        ana.reverse(receipt, "nsf", submission_id=uuid4())
    assert (refused.value.hint, refused.value.who_may) == ("ask a supervisor", "supervisor")
    ada.set("payment.reverse", "collector", allowed=True)
    ana.reverse(receipt, "nsf", submission_id=uuid4())
    bens = house.place(collector="ben", client="MED")
    with pytest.raises(NotFound):
        ana.reverse(paid(house, bens, "ben"), "nsf", submission_id=uuid4())
    for role in ("collector", "supervisor", "agency_admin"):
        ada.set("payment.post", role, allowed=False)
    with pytest.raises(NotAllowed) as refused:
        paid(house, number)
    assert (refused.value.who_may, "debtflow rights set" in str(refused.value.hint)) == (None, True)
    table = {each.act: each for each in ada.show()}
    assert (table["payment.reverse"].roles, table["payment.reverse"].shipped) == (
        ("agency_admin", "supervisor", "collector"),
        ("agency_admin", "supervisor"),
    )
    assert table["payment.post"].roles == ()
    acts = "select count(*) from debtflow.audit_log where act = 'rights.set' and login = 'ada' and entity = 'agency'"
    assert house.one(acts) == 4
    assert all(each.roles == each.shipped for each in Rights(house.store("zack")).show())


def test_what_nobody_decides(house: House) -> None:
    ada, bea = Rights(house.store("ada")), Rights(house.store("bea"))
    for act, role, allowed, rule in (
        ("rights.set", "supervisor", True, "rights-kept"),
        ("rights.set", "agency_admin", False, "rights-kept"),
        ("payment.post", "readonly", True, "rights-possible"),
        ("import.work", "collector", True, "rights-possible"),
        ("office.administer", "supervisor", True, "rights-possible"),
    ):
        with pytest.raises(Refused) as refused:
            ada.set(act, role, allowed=allowed)
        assert refused.value.rule == rule, act
    for role in ("worker", "boss"):
        with pytest.raises(BadInput):
            ada.set("payment.post", role, allowed=True)
    with pytest.raises(NotFound):
        ada.set("payment.invent", "collector", allowed=True)
    with pytest.raises(Refused):
        ada.set_two("payment.post", wanted=True)
    for refusal in (
        lambda: bea.set("payment.post", "collector", allowed=False),
        lambda: bea.set_two("payment.reverse", wanted=True),
        lambda: bea.set_limit("payment", usd(1), role="collector"),
    ):
        with pytest.raises(NotAllowed) as not_allowed:
            refusal()
        assert not_allowed.value.who_may == "agency_admin"
    for what, most, whose, user in (
        ("tips", 1, "collector", None),
        ("settlement", 10_001, "collector", None),
        ("fee", -1, "collector", None),
        ("fee", 1, "readonly", None),
        ("fee", 1, "collector", "ana"),
        ("fee", 1, None, None),
    ):
        with pytest.raises(BadInput):
            ada.set_limit(what, most, role=whose, user=user)
    with pytest.raises(NotFound):
        ada.set_limit("fee", 1, user="zoe")


def test_what_is_possible_holds_whatever_stands_in_the_table(house: House, number: str) -> None:
    house.su.execute("insert into debtflow.permission select id, 'payment.post', 'readonly', true from debtflow.agency")
    with pytest.raises(NotAllowed):
        paid(house, number, "rex")


def test_a_session_carries_what_may_be_offered(house: House) -> None:
    Rights(house.store("ada")).set("account.assign", "supervisor", allowed=False)
    Rights(house.store("ada")).set_limit("fee", 7_00, user="ana")
    seen = {login: Access(house.store(login)).session() for login in ("ada", "bea", "ana", "rex")}
    assert [who for who, session in seen.items() if session.may("account.assign")] == ["ada"]
    assert [who for who, session in seen.items() if session.may("payment.post", "books.see")] == [
        "ada", "bea", "ana", "rex",
    ]  # fmt: skip
    assert seen["ana"].who_may("account.assign") == ("agency_admin",)
    assert (seen["ana"].limits["fee"], seen["bea"].limits["fee"]) == (7_00, 500_00)
    assert Access(house.store("zack")).session().may("account.assign")


def test_a_status_that_may_not_be_changed_shows_no_moves(house: House, number: str) -> None:
    assert Accounts(house.store("ana")).show(number).moves
    Rights(house.store("ada")).set("account.status", "collector", allowed=False)
    ana = Accounts(house.store("ana"))
    assert ana.show(number).moves == ()
    with pytest.raises(NotAllowed):
        ana.change_status(number, "disputed", version=ana.version(number), reason="says so")
    ana.note(number, "called")


# ---- how much --------------------------------------------------------------------------------------------------------


def test_a_payment_has_a_limit_of_a_role_and_of_a_person(house: House, number: str) -> None:
    ada = Rights(house.store("ada"))
    ada.set_limit("payment", usd(50_00), role="collector")
    ana, ben = Payments(house.store("ana")), house.place(collector="ben", client="MED")
    form = PaymentForm(number, usd(50_01), "cash")
    assert ana.preview(form).outcome == "limit"
    for refusal in (
        lambda: ana.post(form),
        lambda: Receipts(house.store("ana")).post(SpreadForm(number, usd(50_01), "cash")),
    ):
        with pytest.raises(Refused, match="more than you may enter") as refused:
            refusal()
        assert refused.value.rule == "limit"
    ana.post(PaymentForm(number, usd(50_00), "cash"))
    ada.set_limit("payment", usd(60_00), user="ana")
    ana.post(form)
    with pytest.raises(Refused):
        paid(house, ben, "ben", 50_01)
    ada.set_limit("payment", None, user="ana")
    with pytest.raises(Refused):
        ana.post(PaymentForm(number, usd(50_02), "cash"))
    Payments(house.store("bea")).post(PaymentForm(number, usd(70_00), "cash"))
    assert {(each.role, each.user, each.most) for each in ada.limits() if each.what == "payment" and each.agreed} == {
        ("collector", None, 50_00)
    }


def test_a_settlement_goes_as_far_below_the_floor_as_the_limit(house: House, number: str) -> None:
    ada = Rights(house.store("ada"))
    house.su.execute("update debtflow.contract set settlement_floor_bp = 6000")
    ada.set("settlement.below", "collector", allowed=True)
    ada.set_limit("settlement", 1_000, role="collector")
    ana, accounts = Settlements(house.store("ana")), Accounts(house.store("ana"))
    today = house.one("select debtflow.agency_today(1)")

    def offer(minor: int) -> None:
        until = today + timedelta(days=7)
        ana.offer(number, usd(minor), until, version=accounts.version(number), reason="all they have")

    with pytest.raises(Refused) as refused:
        offer(499_99)
    assert (refused.value.rule, refused.value.who_may) == ("settlement_floor", "collector")
    offer(500_00)


# ---- a second person -------------------------------------------------------------------------------------------------


def question_of(act: object) -> int:
    with pytest.raises(TwoPersons) as refused:
        act()  # type: ignore[operator]  # a lambda
    assert refused.value.question is not None
    return refused.value.question


def test_two_persons_reverse_a_payment(house: House, number: str) -> None:
    Rights(house.store("ada")).set_two("payment.reverse", wanted=True)
    receipt, other = paid(house, number), paid(house, number, minor=20_00)
    bea, one, two = Payments(house.store("bea")), Approvals(house.store("bea")), Approvals(house.store("ada"))
    submission = uuid4()

    def reverse(which: str = receipt, reason: str = "nsf") -> object:
        return bea.reverse(which, reason, submission_id=submission)

    asked = question_of(reverse)
    assert question_of(reverse) == asked
    found = one.list()
    assert [(each.id, each.state, each.mine) for each in found] == [(asked, "open", True)]
    assert receipt in found[0].what
    assert Approvals(house.store("ana")).list() == Approvals(house.store("zack")).list() == ()
    for stranger in ("ana", "rex", "zack"):
        with pytest.raises(NotFound):
            Approvals(house.store(stranger)).give(asked)
    with pytest.raises(Refused, match="nobody approves"):
        one.give(asked)
    two.give(asked)
    with pytest.raises(Refused, match="decided already"):
        two.refuse(asked)
    assert question_of(lambda: reverse(other)) != asked
    assert question_of(lambda: reverse(reason="void")) != asked
    ada = Payments(house.store("ada"))
    assert question_of(lambda: ada.reverse(receipt, "nsf", submission_id=uuid4())) != asked
    done = reverse()
    assert reverse() != done  # said to be a replay
    assert {each.id: each.state for each in one.list()}[asked] == "done"
    assert house.one("select count(*) from debtflow.transfer where reverses is not null") == 1
    trail = "select count(*) from debtflow.audit_log where entity = 'approval' and login = %s"
    assert house.one(trail, "bea") >= 2
    assert house.one(trail, "ada") >= 2


def test_a_no_and_a_day_end_a_question(house: House, number: str) -> None:
    Rights(house.store("ada")).set_two("adjustment.post", wanted=True)
    ana, ask = Adjustments(house.store("ana")), Approvals(house.store("ana"))
    bea = Approvals(house.store("bea"))

    def fee() -> object:
        return ana.post(AdjustmentForm(number, "fee", "agreed", usd(1_00), submission_id=uuid4()))

    first = question_of(fee)
    bea.refuse(first)
    second = question_of(fee)
    assert second != first
    bea.give(second)
    house.su.execute("update debtflow.approval set asked_at = asked_at - interval '25 hours'")
    third = question_of(fee)
    assert third not in (first, second)
    assert [(each.id, each.state) for each in ask.list(old=True)] == [
        (third, "open"), (second, "expired"), (first, "refused"),
    ]  # fmt: skip
    assert [each.id for each in ask.list()] == [third]
    Rights(house.store("ada")).set_two("adjustment.post", wanted=False)
    fee()


def test_a_question_is_not_forged(house: House, number: str) -> None:
    """A question is asked in the words in which the act was refused, by who was, in the session that was."""
    Rights(house.store("ada")).set_two("payment.reverse", wanted=True)
    items = [{"payment": receipt_id(paid(house, number)), "submission_id": str(uuid4()), "reason": "nsf"}]
    ask, psql = "select debtflow.approval_ask(%s, %s, %s, %s)", house.psql("bea")
    with pytest.raises(psycopg.Error) as wanted:
        psql.execute("select debtflow.payment_reverse(%s)", [json.dumps(items)])
    told = json.loads(wanted.value.diag.message_detail or "")
    act, words, facts, seal = told["act"], told["what"], json.dumps(told["facts"]), told["seal"]
    for forged in (
        (act, "something harmless", facts, seal),
        (act, words, "[]", seal),
        (act, words, facts, None),
        (act, words, facts, "0" * 64),
    ):
        with pytest.raises(psycopg.Error) as refused:
            psql.execute(ask, forged)
        assert (refused.value.sqlstate, refused.value.diag.constraint_name) == ("DF422", "two-persons-own-words")
    for other in ("bea", "ada"):
        with pytest.raises(psycopg.Error, match="words of one's own"):
            house.psql(other).execute(ask, [act, words, facts, seal])
    assert psql.execute(ask, [act, words, facts, seal]).fetchone() == (1,)
    for act, code in (("payment.invent", "DF404"), ("refund.make", "DF422"), ("rights.set", "DF403")):
        with pytest.raises(psycopg.Error) as refused:
            psql.execute(ask, [act, "x", "[]", seal])
        assert refused.value.sqlstate == code
    for statement in (
        "update debtflow.approval set approved = true",
        "insert into debtflow.permission values (1, 'payment.post', 'readonly', true)",
        "delete from debtflow.two_person",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            psql.execute(statement.encode())


def test_four_eyes_of_imports_is_the_same_table(house: House) -> None:
    ada = Rights(house.store("ada"))
    ada.set_two("import.release", wanted=True)
    assert house.one("select import_four_eyes from debtflow.agency where code = 'HARBOR'") is True
    assert {each.act for each in ada.show() if each.two_wanted} == {"import.release"}
    ada.set_two("import.release", wanted=False)
    assert house.one("select import_four_eyes from debtflow.agency where code = 'HARBOR'") is False


def test_a_question_says_who_and_what(house: House, number: str) -> None:
    Rights(house.store("ada")).set_two("settlement.below", wanted=True)
    today = house.one("select debtflow.agency_today(1)")
    bea, accounts = Settlements(house.store("bea")), Accounts(house.store("bea"))

    def offer() -> object:
        return bea.offer(number, usd(100_00), today, version=accounts.version(number), reason="ill")

    asked = question_of(offer)
    (seen,) = Approvals(house.store("ada")).list()
    assert isinstance(seen, Question)
    assert (seen.id, seen.act, seen.asked_by, seen.mine) == (asked, "settlement.below", "bea", False)
    assert seen.what == f"settle {number} for 100.00 USD of 1,000.00 USD"
    Approvals(house.store("ada")).give(asked)
    offer()

"""What is masked of a person is data of the agency; showing it takes a reason, is counted and on record."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from services.access import Rights
from services.accounts import Accounts
from services.domain.money import Money
from services.errors import BadInput, NotAllowed, NotFound, Refused
from services.payments import PaymentForm, Payments
from tests.accounts.conftest import Who, ask, numbers
from tests.support.house import House

WHY = "checks who is calling"


@pytest.fixture
def number(house: House, as_: Who) -> str:
    """An account of ana's with one of everything that is masked; bea entered the bank transfer."""
    number = house.place(principal=1000_00)
    ana = as_("ana")
    ana.save_contact(number, kind="phone", value="312 555 1007", label="home", primary=True)
    ana.save_contact(number, kind="phone", value="312 555 1008", label="work")
    ana.save_contact(number, kind="email", value="quill@example.org")
    ana.save_contact(number, kind="address", value="12 Lake St")
    house.su.execute("update debtflow.debtor set ssn_last4 = '4027'")
    Payments(house.store("bea")).post(
        PaymentForm(number, Money(5_00, "USD"), "bank_transfer", reference="DE8937040044")
    )
    return number


def kinds(accounts: Accounts, number: str) -> tuple[str, ...]:
    return accounts.show(number).debtor.masked


def test_who_sees_what_is_data(house: House, as_: Who, number: str) -> None:
    assert [kinds(as_(login), number) for login in ("ana", "bea", "ada", "rex")] == [
        ("ssn", "bank"), ("ssn",), ("ssn",), ("phone", "email", "address", "ssn", "bank"),
    ]  # fmt: skip
    rights = Rights(house.store("ada"))
    rights.set("see.phone", "supervisor", allowed=False)
    rights.set("see.ssn", "supervisor", allowed=True)
    rights.set("see.bank", "collector", allowed=True)
    seen = as_("bea").show(number).debtor
    assert (seen.masked, seen.ssn, seen.contacts[0].value) == (("phone",), "4027", "+1 ••• ••• 1007")
    assert as_("ana").show(number).payments[0].reference == "DE8937040044"
    with pytest.raises(Refused):
        rights.set("see.ssn", "readonly", allowed=True)


def test_who_entered_a_reference_sees_it(house: House, as_: Who, number: str) -> None:
    assert as_("ana").show(number).payments[0].reference == "•••44"
    form = PaymentForm(number, Money(7_00, "USD"), "bank_transfer", reference="DE8937040055")
    Payments(house.store("ana")).post(form)
    assert [payment.reference for payment in as_("ana").show(number).payments] == ["DE8937040055", "•••44"]


@pytest.mark.parametrize(
    ("login", "field", "values"),
    [
        ("ana", "ssn", (("", "4027"),)),
        ("bea", "phone", (("home", "+13125551007"), ("work", "+13125551008"))),
        ("ada", "email", (("", "quill@example.org"),)),
        ("ana", "address", (("", "12 Lake St"),)),
        ("ana", "bank", (("R-", "DE8937040044"),)),
    ],
)
def test_what_is_revealed(as_: Who, number: str, login: str, field: str, values: tuple[tuple[str, str], ...]) -> None:
    seen = as_(login).reveal(number, field, WHY)
    assert tuple((of[:2] if field == "bank" else of, value) for of, value in seen.values) == values
    assert seen.left == (19 if login == "ana" else 49)


def test_a_reveal_is_on_record_and_its_value_is_not(house: House, as_: Who, number: str) -> None:
    as_("ana").reveal(number, "ssn", WHY)
    event = house.su.execute(
        "select login, entity, detail from debtflow.security_event where kind = 'reveal'"
    ).fetchone()
    assert event == ("ana", "account", {"field": "ssn", "values": 1})
    kept = "select act, after ->> 'field', after -> 'reason' ? 'sha256' from debtflow.audit_log where act = %s"
    assert house.su.execute(kept, ["account.reveal"]).fetchall() == [("account.reveal", "ssn", True)]
    assert house.su.execute("select field, reason, shown from debtflow.reveal").fetchall() == [("ssn", WHY, 1)]
    for relation in ("security_event", "audit_log", "reveal"):
        assert house.one(f"select count(*) from debtflow.{relation} x where x::text like '%%4027%%'") == 0, relation
    for statement in ("delete from debtflow.reveal", "update debtflow.reveal set field = 'bank'"):
        with pytest.raises(psycopg.Error) as refused:
            house.su.execute(statement.encode())
        assert refused.value.sqlstate == "DF423"


@pytest.mark.parametrize(
    ("login", "field", "reason", "error"),
    [
        ("rex", "ssn", WHY, NotAllowed),
        ("rex", "phone", WHY, NotAllowed),
        ("ben", "ssn", WHY, NotFound),
        ("zoe", "ssn", WHY, NotFound),
        ("ana", "name", WHY, BadInput),
        ("ana", "ssn", " ", BadInput),
        ("ana", "ssn", "x", BadInput),
        ("ana", "ssn", "card 4242 4242 4242 4242", Refused),
    ],
)
def test_what_is_not_revealed(
    house: House, as_: Who, number: str, login: str, field: str, reason: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        as_(login).reveal(number, field, reason)
    assert house.one("select count(*) from debtflow.reveal") == 0


def test_it_wants_the_password_of_the_last_minutes(house: House, as_: Who, number: str) -> None:
    ana = as_("ana")
    ana.reveal(number, "ssn", WHY)
    house.su.execute("update debtflow.session set proved_at = proved_at - interval '6 minutes'")
    with pytest.raises(NotAllowed) as refused:
        ana.reveal(number, "ssn", WHY)
    assert refused.value.rule == "step_up"


def test_a_limit_is_of_a_person_and_two_at_once_count(house: House, as_: Who, number: str) -> None:
    rights = Rights(house.store("ada"))
    rights.set_limit("reveal", 2, user="ana")
    accounts = [Accounts(house.store("ana", size=1)) for _ in range(4)]

    def reveal(each: Accounts) -> str:
        try:
            return str(each.reveal(number, "ssn", WHY).left)
        except Refused as refused:
            return f"{refused.rule}, {str(refused.hint)[:10]}"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(reveal, accounts)) == ["0", "1", *["reveal_limit, again from"] * 2]
    refusals = "select count(*) from debtflow.security_event where kind = 'reveal.refused' and rule = 'reveal_limit'"
    assert house.one(refusals) == 2
    house.su.execute("alter table debtflow.reveal disable trigger append_only")
    house.su.execute("update debtflow.reveal set at = at - interval '24 hours'")
    assert as_("ana").reveal(number, "ssn", WHY).left == 1
    rights.set_limit("reveal", 0, role="supervisor")
    with pytest.raises(Refused, match="may reveal nothing"):
        as_("bea").reveal(number, "ssn", WHY)


def test_a_masked_phone_is_found_by_all_of_it_and_told_to_nobody(house: House, as_: Who, number: str) -> None:
    """A search goes on from a place: it must not be the number either."""
    found: Callable[[str, str], object] = lambda login, text: numbers(ask(as_(login), text))  # noqa: E731
    assert (found("rex", "phone:3125551007"), found("rex", "phone:312555100")) == ([number], [])
    assert (found("bea", "phone:312555100"), found("bea", "phone:1007")) == ([number], [number])
    Rights(house.store("ada")).set("see.phone", "supervisor", allowed=False)
    assert (found("bea", "phone:3125551007"), found("bea", "phone:312555100")) == ([number], [])
    assert found("bea", "phone:1007") == []
    assert found("bea", "email:quill@") == [number]

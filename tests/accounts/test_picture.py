"""The whole account in one look, and what each role sees of it."""

from __future__ import annotations

from itertools import pairwise
from uuid import uuid4

import pytest

from services.accounts import Accounts
from services.accounts.results import Activity
from services.domain.money import Money
from services.errors import BadInput, NotFound
from services.payments import PaymentForm, Payments
from tests.accounts.conftest import Who
from tests.support.house import House


def usd(minor: int) -> Money:
    return Money(minor, "USD")


@pytest.fixture
def worked(house: House, as_: Who) -> str:
    """An account with contacts, work, a payment and its reversal."""
    number = house.place(principal=1000_00, fees=50_00, ref="HX-007")
    ana = as_("ana")
    ana.save_contact(number, kind="phone", value="312 555 1007", label="home", primary=True)
    ana.save_contact(number, kind="email", value="quill@example.org")
    ana.save_contact(number, kind="address", value="12 Lake St")
    ana.note(number, "wife answers")
    house.su.execute("update debtflow.debtor set ssn_last4 = '4027'")
    pay(house, "ana", number, 250_00, method="bank_transfer", reference="DE8937040044")
    receipt = pay(house, "ana", number, 100_00, method="check", reference="1991")
    Payments(house.store("bea")).reverse(receipt, "nsf", submission_id=uuid4())
    return number


def pay(house: House, login: str, number: str, minor: int, *, method: str, reference: str) -> str:
    form = PaymentForm(number, usd(minor), method, reference)
    return Payments(house.store(login)).post(form).receipt


def test_everything_about_one_account(worked: str, as_: Who) -> None:
    seen = as_("ana").show(worked)
    assert (seen.number, seen.client, seen.client_name, seen.external_ref, seen.status, seen.collector) == (
        worked, "HXL", "Harbor Lending", "HX-007", "assigned", "ana",
    )  # fmt: skip
    assert (seen.balance, seen.buckets.fees, seen.buckets.principal, seen.original) == (
        usd(800_00),
        usd(0),
        usd(800_00),
        usd(1050_00),
    )
    assert (seen.debtor.name, seen.debtor.ssn, seen.origin, seen.others) == ("Quillfeather Oyelaran", "···7", None, ())
    assert [(payment.amount, payment.method, payment.reason) for payment in seen.payments] == [
        (usd(-100_00), "check", "nsf"), (usd(100_00), "check", None), (usd(250_00), "bank_transfer", None),
    ]  # fmt: skip
    back, bounced, kept = seen.payments
    assert (back.reverses, bounced.reversed_by, kept.reversed_by, back.by) == (
        bounced.receipt,
        back.receipt,
        None,
        "bea",
    )
    assert seen.version == as_("ana").version(worked)


def test_the_timeline_is_one_order(worked: str, as_: Who) -> None:
    lines = as_("ana").show(worked).activities
    assert [line.kind for line in lines] == ["reversal", "payment", "payment", "note", "contact", "contact", "contact"]
    assert [line.text for line in lines[1:3]] == ["100.00 USD check 1991", "250.00 USD bank_transfer DE8937040044"]
    assert lines[0].text == f"-100.00 USD nsf, takes back {lines[1].receipt}"
    assert all(older.at <= newer.at for newer, older in pairwise(lines))


def test_the_timeline_pages(worked: str, as_: Who) -> None:
    ana = as_("ana")
    whole = ana.activities(worked)
    assert len({line.id for line in whole}) == len(whole) == 7
    paged: list[Activity] = []
    before: int | None = None
    while page := ana.activities(worked, before_id=before, limit=2):
        paged.extend(page)
        before = page[-1].id
    assert tuple(paged) == whole
    with pytest.raises(BadInput):
        ana.activities(worked, limit=0)


@pytest.mark.parametrize(
    ("login", "values", "reference"),
    [(login, ["+13125551007", "quill@example.org", "12 Lake St"], "DE8937040044") for login in ("ana", "bea", "ada")]
    + [("rex", ["+1 ••• ••• 1007", "q•••@example.org", "•••"], "•••44")],
)  # fmt: skip
def test_personal_values_are_masked_by_role(
    worked: str, as_: Who, login: str, values: list[str], reference: str
) -> None:
    seen = as_(login).show(worked)
    assert [contact.value for contact in seen.debtor.contacts] == values
    assert (seen.payments[2].reference, seen.payments[1].reference) == (reference, "1991")
    assert seen.debtor.ssn == "···7"
    assert reference in seen.activities[2].text


def test_postings_run_to_the_balance(worked: str, as_: Who) -> None:
    ana = as_("ana")
    lines = ana.postings(worked)
    seen = ana.show(worked)
    last = {line.bucket: line.running for line in lines}
    assert last == {"principal": seen.buckets.principal, "fees": seen.buckets.fees}
    principal = ana.postings(worked, "principal")
    assert [(line.kind, line.amount) for line in principal] == [
        ("placement", usd(1000_00)), ("payment", usd(-200_00)), ("payment", usd(-100_00)), ("reversal", usd(100_00)),
    ]  # fmt: skip
    assert (principal[0].receipt, principal[1].receipt) == (None, seen.payments[2].receipt)
    with pytest.raises(BadInput, match="there is no bucket"):
        ana.postings(worked, "tips")


@pytest.fixture
def one_person(house: House) -> dict[str, str]:
    placed = {
        "mine": house.place(),
        "bens": house.place(client="MED", collector="ben", principal=310_00),
        "also": house.place(principal=70_00),
    }
    house.su.execute("insert into debtflow.person (agency_id) values (1)")
    house.su.execute("update debtflow.debtor set person_id = 1")
    return placed


def test_other_debts_of_the_person_show_only_what_may_be_known(one_person: dict[str, str], as_: Who) -> None:
    def others(service: Accounts) -> dict[str, tuple[str, str | None, Money | None]]:
        return {
            debt.number: (debt.client, debt.collector, debt.balance) for debt in service.show(one_person["mine"]).others
        }

    assert others(as_("ana")) == {
        one_person["bens"]: ("MED", "ben", None),
        one_person["also"]: ("HXL", "ana", usd(70_00)),
    }
    assert others(as_("bea"))[one_person["bens"]] == ("MED", "ben", usd(310_00))
    with pytest.raises(NotFound):
        as_("ana").show(one_person["bens"])


def test_the_first_look_and_the_number_without_hyphen(worked: str, as_: Who) -> None:
    assert as_("ana").show(worked.replace("-", "")).number == worked

"""What each act leaves in the audit trail, and that nothing personal stands in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from services.accounts import Accounts
from services.domain.money import Money
from services.office import Clients, Users
from services.payments import PaymentForm, Payments
from tests.support.cluster import Cluster
from tests.support.house import House


@pytest.fixture(scope="module")
def house(cluster: Cluster) -> Iterator[House]:
    """One for the module: each test looks only at what was written since it began."""
    with cluster.clone() as database:
        opened = House(cluster, database)
        yield opened
        opened.close()


TRAIL = """
  select act, entity, login, before, after, reason, user_id, session_id from debtflow.audit_log where id > %s order
  by id"""


class Watched:
    """What the trail says of the acts since the last look."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.seen = house.one("select max(id) from debtflow.audit_log")

    def rows(self) -> list[Any]:
        rows = self.house.su.execute(TRAIL, [self.seen]).fetchall()
        self.seen = self.house.one("select max(id) from debtflow.audit_log")
        return rows

    def by(self, login: str) -> list[tuple[str, str]]:
        """Act and entity of each row; every one of them must be this person's, in a session of theirs."""
        rows = self.rows()
        assert {row[2] for row in rows} <= {login}
        assert all(row[6] is not None and row[7] is not None for row in rows)
        return [(row[0], row[1]) for row in rows]


def cash(number: str, minor: int) -> PaymentForm:
    return PaymentForm(number, Money(minor, "USD"), "cash", reference="DE89 3704 0044", payer="spouse")


def test_a_payment_is_one_row_with_the_debt_before_and_after(house: House) -> None:
    number = house.place(principal=100_00, fees=5_00)
    watched = Watched(house)
    Payments(house.store("ana")).post(cash(number, 30_00))
    [(act, entity, login, before, after, reason, _, _)] = watched.rows()
    assert (act, entity, login, reason) == ("payment.post", "account", "ana", None)
    assert before == {"owing": 105_00, "due": [100_00, 0, 5_00, 0], "unapplied": 0, "version": 2, "currency": "USD"}
    assert after == {"owing": 75_00, "due": [75_00, 0, 0, 0], "unapplied": 0, "version": 3, "currency": "USD"}


def test_a_payment_in_full_and_its_reversal_name_the_status_as_well(house: House) -> None:
    number = house.place(principal=100_00)
    watched = Watched(house)
    receipt = Payments(house.store("ana")).post(cash(number, 100_00))
    assert watched.by("ana") == [("payment.post", "account"), ("payment.post", "account")]
    Payments(house.store("bea")).reverse(receipt.receipt, "nsf", submission_id=uuid4())
    rows = watched.rows()
    assert [(row[0], row[2], row[5]) for row in rows] == [("payment.reverse", "bea", "nsf")] * 2
    assert {"status": "assigned", "closed_reason": None, "status_before": None} in [row[4] for row in rows]


def test_what_was_refused_or_repeated_changes_nothing_and_leaves_no_trail(house: House) -> None:
    number = house.place(principal=100_00)
    desk = Payments(house.store("ana"))
    form = cash(number, 30_00)
    desk.post(form)
    watched = Watched(house)
    desk.post(form)
    desk.post_many([cash(number, 500_00)])
    desk.post(cash(number, 20_00), dry_run=True)
    desk.preview(cash(number, 20_00))
    assert watched.rows() == []


def test_a_batch_leaves_one_row_an_account(house: House) -> None:
    numbers = [house.place(principal=100_00) for _ in range(4)]
    watched = Watched(house)
    Payments(house.store("ana")).post_many([cash(number, minor) for number in numbers for minor in (1_00, 2_00)])
    rows = watched.rows()
    assert [row[0] for row in rows] == ["payment.post"] * 4
    assert all(row[3]["owing"] - row[4]["owing"] == 3_00 for row in rows)


ACTS: tuple[tuple[str, Callable[[Accounts, str], object], list[tuple[str, str]]], ...] = (
    ("ana", lambda desk, number: desk.note(number, "she said hello"), [("account.note", "account")]),
    ("ana", lambda desk, number: desk.call(number, "no_answer", "rang twice"), [("account.call", "account")]),
    ("ana", lambda desk, number: desk.follow_up(number, date(2026, 12, 24)), [("account.follow_up", "account")]),
    (
        "ana",
        lambda desk, number: desk.change_status(number, "in_contact", version=desk.version(number)),
        [("account.status", "account")],
    ),
    (
        "ana",
        lambda desk, number: desk.save_contact(number, kind="email", value="q@example.com"),
        [("account.contact", "debtor")],
    ),
    ("ana", lambda desk, number: desk.show(number), []),
    ("ana", lambda desk, number: desk.look(number), []),
    ("bea", lambda desk, number: desk.assign([number], "ben"), [("account.assign", "account")]),
)


@pytest.mark.parametrize(("login", "act", "expected"), ACTS)
def test_each_act_on_an_account(
    house: House, login: str, act: Callable[[Accounts, str], object], expected: list[tuple[str, str]]
) -> None:
    number = house.place()
    desk = Accounts(house.store(login))
    watched = Watched(house)
    act(desk, number)
    assert watched.by(login) == expected


def test_the_office_leaves_its_trail(house: House) -> None:
    boss = house.store("ada")
    watched = Watched(house)
    Clients(boss).add(
        "NEW",
        "New Client",
        commission_bp=1000,
        collectors=["ana", "ben"],
        rule="round_robin",
        starts_on=date(2026, 1, 1),
    )
    assert watched.by("ada") == [("client.add", "client")] * 4
    Clients(boss).edit("NEW", name="Newer Client")
    [row] = watched.rows()
    assert (row[0], row[3], row[4]) == ("client.edit", {"name": "New Client"}, {"name": "Newer Client"})
    login = f"t{uuid4().hex[:12]}"
    try:
        Users(boss).add(login, "Test Person", "collector", password="a-good-password")
        assert watched.by("ada") == [("user.add", "user")] * 2
        Users(boss).disable(login)
        assert watched.by("ada") == [("user.disable", "user")]
    finally:
        house.su.execute(f"drop role if exists {login}")


def test_nothing_personal_stands_in_what_cannot_be_erased(house: House) -> None:
    """Only commitments do; salt and value open each of them, and after an erasure nothing does."""
    number = house.place("Quillfeather Oyelaran")
    desk = Accounts(house.store("ana"))
    desk.note(number, "her sister Marguerite called")
    desk.call(number, "no_answer", "voicemail of Marguerite")
    desk.save_contact(number, kind="phone", value="(312) 555-0143")
    desk.save_contact(number, kind="email", value="quill@example.com")
    desk.raise_flag(number, "attorney", "Marguerite Ito, attorney")
    Payments(house.store("ana")).post(cash(number, 5_00))
    house.su.execute("update debtflow.debtor set ssn_last4 = '4821'")
    words = ("quillfeather", "oyelaran", "marguerite", "5550143", "555-0143", "quill@example", "4821", "de89 3704")
    for table in ("audit_log", "ledger_event", "security_event", "transfer", "leg"):
        text = json.dumps(
            [row[0] for row in house.su.execute(f"select to_jsonb(t) - 'at' from debtflow.{table} t").fetchall()]
        ).lower()
        # The hashes are hexadecimal: four digits in a row may be in one by chance.
        plain = [word for word in words if f'"{word}' in text or (not word.isdigit() and word in text)]
        assert plain == [], table

    opened = house.su.execute(
        """select count(*), count(*) filter (where p.value is not null and
                  (case split_part(p.path, '.', 1) when 'before' then a.before else a.after end) ->
                  split_part(p.path, '.', 2)
                  = jsonb_build_object('sha256', encode(sha256(p.salt || convert_to(p.value, 'UTF8')), 'hex')))
             from debtflow.audit_personal p join debtflow.audit_log a on a.id = p.audit_id"""
    ).fetchone()
    assert opened is not None
    assert opened[0] == opened[1] >= 7
    commitments = (
        "select count(*) from debtflow.audit_log, lateral jsonb_each(coalesce(after, '{}') ) e "
        "where e.value ? 'sha256' and jsonb_typeof(e.value) = 'object'"
    )
    assert house.one(commitments) == house.one(
        "select count(*) from debtflow.audit_personal where path like 'after.%%'"
    )
    assert house.one("select count(distinct salt) = count(*) and min(length(salt)) >= 16 from debtflow.audit_personal")
    house.su.execute("delete from debtflow.audit_personal")


def test_bulk_statements_of_a_superuser_are_on_the_trail_as_well(house: House) -> None:
    numbers = [house.place() for _ in range(3)]
    watched = Watched(house)
    house.su.execute("update debtflow.account set priority = 1 where number = any (%s)", [numbers])
    rows = watched.rows()
    assert [(row[0], row[2], row[3], row[4]) for row in rows] == [
        ("account.update", "postgres", {"priority": 2}, {"priority": 1})
    ] * 3


def test_old_and_new_values_of_many_rows_are_not_mixed_up(house: House) -> None:
    """Before and after are paired by row, whatever the statement touched in which order."""
    numbers = [house.place() for _ in range(6)]
    watched = Watched(house)
    house.su.execute(
        "update debtflow.account set follow_up_on = date '2026-01-01' + id::int where number = any (%s)", [numbers]
    )
    found = house.su.execute(
        "select l.entity_ref, l.entity_id, l.after from debtflow.audit_log l where l.id > %s order by l.entity_id",
        [watched.seen],
    ).fetchall()
    assert [row[0] for row in found] == numbers
    for _, account, after in found:
        assert after["follow_up_on"] == house.one(
            "select follow_up_on::text from debtflow.account where id = %s", account
        )

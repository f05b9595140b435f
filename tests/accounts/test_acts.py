"""Notes, calls, follow-ups, contacts, assignment, presence: what they write, whom they refuse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from services.accounts import Accounts
from services.accounts.results import CALL_OUTCOMES
from services.domain.money import Money
from services.domain.prose import prose
from services.errors import BadInput, NotAllowed, NotFound, Refused
from services.store import Store
from tests.accounts.conftest import Who, ask, numbers
from tests.support.house import House

Act = Callable[[Accounts, str], Any]
ACTS: dict[str, Act] = {
    "note": lambda s, n: s.note(n, "called back"),
    "call": lambda s, n: s.call(n, "no_answer"),
    "follow_up": lambda s, n: s.follow_up(n, None),
    "priority": lambda s, n: s.priority(n, 0),
    "change_status": lambda s, n: s.change_status(n, "in_contact", version=1),
    "save_contact": lambda s, n: s.save_contact(n, kind="email", value="q@example.org"),
    "remove_contact": lambda s, n: s.remove_contact(n, 1),
    "raise_flag": lambda s, n: s.raise_flag(n, "attorney", "x"),
    "lift_flag": lambda s, n: s.lift_flag(n, "attorney", "x"),
}
QUESTIONS: dict[str, Act] = {
    "show": lambda s, n: s.show(n), "version": lambda s, n: s.version(n), "postings": lambda s, n: s.postings(n),
    "activities": lambda s, n: s.activities(n), "look": lambda s, n: s.look(n), "leave": lambda s, n: s.leave(n),
}  # fmt: skip


def test_those_who_only_read_write_nothing(house: House, as_: Who) -> None:
    number, rex = house.place(), as_("rex")
    before = house.one("select count(*) from debtflow.audit_log")
    for act in ACTS.values():
        with pytest.raises(NotAllowed) as caught:
            act(rex, number)
        assert caught.value.rule == "account_write"
    assert house.one("select count(*) from debtflow.audit_log") == before


def test_another_collectors_account_is_not_found(house: House, as_: Who) -> None:
    number = house.place(collector="ben")
    for act in (ACTS | QUESTIONS).values():
        with pytest.raises(NotFound, match=f"there is no account {number}"):
            act(as_("ana"), number)


def test_another_agencys_account_is_not_found(house: House, as_: Who) -> None:
    number = house.place()
    for act in (ACTS | QUESTIONS).values():
        with pytest.raises(NotFound):
            act(as_("zack"), number)


@pytest.mark.parametrize("act", [*ACTS, *QUESTIONS])
def test_a_mistyped_number_is_refused_before_anything_is_asked(act: str) -> None:
    nowhere = Accounts(Store("postgresql:///none?host=/nonexistent"))
    with pytest.raises(BadInput, match="check digit is wrong"):
        (ACTS | QUESTIONS)[act](nowhere, "10001-9")


def test_a_note_is_written_and_audited_without_its_words(house: House, as_: Who) -> None:
    number = house.place()
    written = as_("ana").note(number, "  wife answers\r\nafter six  ")
    assert (written.by, written.kind, written.text) == ("ana", "note", "wife answers\nafter six")
    assert as_("bea").show(number).activities[0] == written
    act, after = house.su.execute("select act, after from debtflow.audit_log order by id desc limit 1").fetchone() or (
        "",
        {},
    )
    assert (act, after["kind"], set(after["text"])) == ("account.note", "note", {"sha256"})


@pytest.mark.parametrize("text", ["", "   \n", "x" * 4001, "a\x00b", "\x1b[2J", "\ud800"])
def test_a_note_that_cannot_be_one(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        prose(text, "text", 4000, required=True)
    assert caught.value.field == "text"


CARD = "4111 1111 1111 1111"
WITH_CARD: tuple[Act, ...] = (
    lambda s, n: s.note(n, f"card {CARD}"),
    lambda s, n: s.call(n, "contacted", CARD),
    lambda s, n: s.raise_flag(n, "attorney", CARD),
    lambda s, n: s.save_contact(n, kind="address", value=CARD),
    lambda s, n: s.save_contact(n, kind="phone", value="312 555 1007", label="4111111111111111"),
    lambda s, n: s.change_status(n, "in_contact", version=1, note=CARD),
)


def test_a_card_number_is_kept_nowhere(house: House, as_: Who) -> None:
    number = house.place()
    for act in WITH_CARD:
        with pytest.raises(Refused) as caught:
            act(as_("ana"), number)
        assert (caught.value.rule, CARD in str(caught.value)) == ("card-number", False)


def test_the_same_submission_is_one_note(house: House, as_: Who) -> None:
    number, key, ana = house.place(), uuid4(), as_("ana")
    first = ana.note(number, "once", submission_id=key)
    assert ana.note(number, "once", submission_id=key) == first
    assert house.one("select count(*) from debtflow.activity where kind = 'note'") == 1
    for other in (
        lambda: ana.note(number, "twice", submission_id=key),
        lambda: ana.call(number, "busy", submission_id=key),
        lambda: as_("bea").note(number, "once", submission_id=key),
    ):
        with pytest.raises(Refused) as caught:
            other()
        assert caught.value.rule == "idempotency_conflict"


def test_the_same_submission_is_one_call(house: House, as_: Who) -> None:
    number, key, ana = house.place(), uuid4(), as_("ana")
    assert ana.call(number, "contacted", "x", submission_id=key) == ana.call(
        number, "contacted", "x", submission_id=key
    )
    assert [line.kind for line in ana.show(number).activities] == ["status", "call"]


def test_reaching_the_debtor_moves_the_account_on(house: House, as_: Who) -> None:
    ana = as_("ana")
    moved = {}
    for outcome in CALL_OUTCOMES:
        number = house.place()
        assert ana.call(number, outcome).outcome == outcome
        moved[outcome] = ana.show(number).status == "in_contact"
    assert {outcome for outcome, reached in moved.items() if reached} == {
        "contacted",
        "promise_to_pay",
        "refused_to_pay",
        "call_back",
    }


def test_a_promise_says_when_and_how_much(house: House, as_: Who) -> None:
    number, ana = house.place(), as_("ana")
    today = house.one("select debtflow.agency_today(1)")
    day = today + timedelta(days=7)
    line = ana.call(number, "promise_to_pay", "by check", day, Money(50_00, "USD"))
    assert line.text == f"promised 50.00 USD for {day} · by check"
    for outcome, on, amount in [
        ("contacted", day, None),
        ("contacted", None, Money(1, "USD")),
        ("promise_to_pay", today - timedelta(days=1), None),
        ("promise_to_pay", day, Money(0, "USD")),
        ("shouted", None, None),
    ]:
        with pytest.raises(BadInput):
            ana.call(number, outcome, "", on, amount)
    with pytest.raises(Refused, match="owes USD, not EUR"):
        ana.call(number, "promise_to_pay", "", day, Money(1, "EUR"))


def test_a_follow_up_is_for_a_day_to_come(house: House, as_: Who) -> None:
    number, ana = house.place(), as_("ana")
    today = house.one("select debtflow.agency_today(1)")
    assert ana.follow_up(number, today).text == f"follow up on {today}"
    assert ana.show(number).follow_up_on == today
    ana.follow_up(number, None)
    assert ana.show(number).follow_up_on is None
    with pytest.raises(BadInput) as caught:
        ana.follow_up(number, today - timedelta(days=1))
    assert caught.value.field == "follow_up_on"
    ana.change_status(number, "closed", version=ana.version(number), reason="recalled")
    with pytest.raises(Refused, match="nothing to follow up"):
        ana.follow_up(number, today)


def test_contacts_are_kept_in_one_form_and_found(house: House, as_: Who) -> None:
    number, ana = house.place(), as_("ana")
    first = ana.save_contact(number, kind="phone", value="(312) 555-1007", label="home", primary=True)
    assert (first.value, first.primary) == ("+13125551007", True)
    second = ana.save_contact(number, kind="phone", value="312 555 2008", primary=True)
    mail = ana.save_contact(number, kind="email", value=" Q.Oye@Example.ORG ")
    home = ana.save_contact(number, kind="address", value="12 Lake St\nChicago")
    contacts = ana.show(number).debtor.contacts
    assert [contact.id for contact in contacts] == [second.id, first.id, mail.id, home.id]
    assert (contacts[1].primary, mail.value) == (False, "q.oye@example.org")
    changed = ana.save_contact(number, kind="phone", value="312 555 3009", contact_id=first.id, label="work")
    assert (changed.id, changed.label) == (first.id, "work")
    assert numbers(ask(ana, "phone:3125553009")) == [number]
    assert ask(ana, "phone:3125551007").rows == ()
    assert "contact changed" not in ana.show(number).activities[0].text


def test_contacts_that_cannot_be(house: House, as_: Who) -> None:
    number, ana = house.place(), as_("ana")
    for kind, value in [("phone", "12"), ("email", "q@"), ("address", " "), ("fax", "x")]:
        with pytest.raises(BadInput):
            ana.save_contact(number, kind=kind, value=value)
    kept = ana.save_contact(number, kind="phone", value="312 555 1007")
    with pytest.raises(Refused, match="already"):
        ana.save_contact(number, kind="phone", value="+1 312 555 1007")
    with pytest.raises(NotFound):
        ana.save_contact(number, kind="email", value="q@example.org", contact_id=kept.id)
    with pytest.raises(NotFound):
        ana.save_contact(house.place("Ann Other"), kind="phone", value="312 555 9009", contact_id=kept.id)
    ana.remove_contact(number, kept.id)
    with pytest.raises(NotFound):
        ana.remove_contact(number, kept.id)


STRAYS = """
  select count(*) from debtflow.account a
    join debtflow.account_balance b on b.account_id = a.id
    join debtflow.search_key s on s.account_id = a.id
   where b.collector_id is distinct from a.collector_id or s.collector_id is distinct from a.collector_id"""


def test_assigning_takes_everything_along(house: House, as_: Who) -> None:
    new, mine = house.place("Zora New", collector=None), house.place("Zora Mine")
    assert as_("bea").assign([new, mine, new], "ben") == 2
    ben = as_("ben")
    assert (ben.show(new).status, ben.show(mine).status) == ("assigned", "assigned")
    assert set(numbers(ask(ben, "zora"))) == {new, mine}
    assert ask(as_("ana"), "zora").rows == ()
    assert [line.text for line in ben.show(new).activities] == ["new → assigned", "nobody → ben"]
    assert [line.text for line in ben.show(mine).activities] == ["ana → ben"]
    assert house.one(STRAYS) == 0
    assert as_("bea").assign([new, mine], "ben") == 2
    assert house.one("select count(*) from debtflow.activity where kind = 'assignment'") == 2


def test_the_copies_follow_whoever_moves_the_account(house: House) -> None:
    number = house.place()
    ben = house.one("select id from debtflow.users where login = 'ben'")
    house.su.execute("update debtflow.account set collector_id = %s where number = %s", [ben, number])
    assert house.one(STRAYS) == 0
    house.su.execute("update debtflow.account set collector_id = null where number = %s", [number])
    assert house.one(STRAYS) == 0


def test_assignment_is_all_or_nothing(house: House, as_: Who) -> None:
    number, bea = house.place(), as_("bea")
    theirs = [house.place(client="ZEN", collector="zoe", by="zack") for _ in range(2)][1]
    with pytest.raises(NotFound, match=f"there is no account {theirs}: nothing was assigned"):
        bea.assign([number, theirs], "ben")
    assert bea.show(number).collector == "ana"
    as_("ben")
    house.su.execute("update debtflow.users set disabled_at = now() where login = 'ben'")
    for receiver in ("ben", "zoe", "rex", "nobody", "", "x' or true"):
        with pytest.raises(NotFound, match="accounts can be assigned to"):
            bea.assign([number], receiver)
    with pytest.raises(NotAllowed) as caught:
        as_("ana").assign([number], "ana")
    assert caught.value.rule == "account_assign"
    with pytest.raises(BadInput):
        bea.assign([], "ana")


def test_presence_is_seen_and_forgotten(house: House, as_: Who) -> None:
    number, ana, bea = house.place(), as_("ana"), as_("bea")
    before = house.one("select count(*) from debtflow.audit_log")
    assert ana.look(number) == ()
    assert [viewer.user for viewer in bea.look(number)] == ["ana"]
    assert [viewer.user for viewer in ana.look(number)] == ["bea"]
    assert [viewer.user for viewer in as_("rex").look(number)] == ["ana", "bea"]
    bea.leave(number)
    assert [viewer.user for viewer in ana.look(number)] == ["rex"]
    house.su.execute("update debtflow.account_viewer set seen_at = seen_at - interval '1 minute'")
    assert ana.look(number) == ()
    assert house.one("select count(*) from debtflow.audit_log") == before


BEHIND = (
    "update debtflow.account set priority = 0",
    "delete from debtflow.account_flag",
    "select * from debtflow.search_key",
    "insert into debtflow.activity (agency_id, account_id, at, kind) values (1, 1, now(), 'note')",
    "select * from debtflow.name_token",
    "select value from debtflow.debtor_contact",
    "select ssn_last4 from debtflow.debtor",
    "select debtflow.account_index('{1}')",
    "select * from debtflow.word_typos(1, 'smith')",
    "select * from debtflow.person_debts(1, 0)",
    "select * from debtflow.account_keys('{1}')",
    "select * from debtflow.contacts_of(1)",
    "select debtflow.account_step(a, 'closed', 'recalled') from debtflow.account a",
    "select * from debtflow.idempotency_key",
    "select * from debtflow.account_viewer",
)


@pytest.mark.parametrize("login", ["ana", "bea", "ada", "rex"])
def test_no_login_reaches_behind_the_functions(house: House, login: str) -> None:
    connection = house.psql(login)
    for statement in BEHIND:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)

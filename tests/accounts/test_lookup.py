"""The lookup box against real accounts: every kind of question, for every role."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.domain.lookup import parse_lookup
from services.errors import BadInput
from tests.accounts.conftest import Who, ask, names, numbers
from tests.support.house import House

PHONE = "+13125551007"


@pytest.fixture
def known(house: House, as_: Who) -> dict[str, str]:
    """Debts of ana, of ben, of nobody, and of the other agency."""
    placed = {
        "quill": house.place("Quillfeather Oyelaran", ref="HX-007"),
        "oye": house.place("Ann Oyediran", ref="HX-0071"),
        "ben": house.place("Quillfeather Oyelaran", collector="ben", client="MED", ref="MED-9"),
        "free": house.place("Zora Oyelaran", collector=None, ref="HX-100"),
        "other": house.place("Quillfeather Oyelaran", client="ZEN", collector="zoe", by="zack", ref="HX-007"),
    }
    as_("ana").save_contact(placed["quill"], kind="phone", value=PHONE, primary=True)
    as_("ana").save_contact(placed["quill"], kind="email", value="Quill.O@Example.org")
    house.su.execute("update debtflow.debtor set ssn_last4 = '4021' where id = (select min(id) from debtflow.debtor)")
    house.su.execute("select debtflow.account_index(array(select id from debtflow.account))")
    return placed


HOW = (
    ("{number}", "account number"),
    ("{bare}", "account number"),
    ("number:{number}", "account number"),
    ("{number} status:open", "account number"),
    ("HX-007", "client reference"),
    ("hx-007", "client reference"),
    ("ref:HX-0", "client reference"),
    ("(312) 555-1007", "phone"),
    ("+1 312 555 1007", "phone"),
    ("phone:31255", "phone"),
    ("phone:5551007", "phone"),
    ("phone:1007", "phone"),
    ("quill.o@example.org", "e-mail"),
    ("email:quill", "e-mail"),
    ("ssn:4021", "SSN, last 4"),
    ("4021", "SSN, last 4"),
    ("quillfeather", "name"),
    ("oyelaran quil", "name"),
    ("quil oyelaran", "name"),
    ("OYELÁRAN", "name"),
    ("oyelran quil", "name, 1 typo"),
    ("oyelran quilfeather", "name, 2 typos"),
    ("Qullfeather", "name, 1 typo"),
)


def test_finds_what_was_typed(known: dict[str, str], as_: Who) -> None:
    number = known["quill"]
    for text, how in HOW:
        page = ask(as_("ana"), text.format(number=number, bare=number[:-2]))
        assert (number in numbers(page), page.how) == (True, how), text
        assert not {known["ben"], known["free"]} & set(numbers(page)), text


def test_every_role_finds_what_it_may_see(known: dict[str, str], as_: Who) -> None:
    seen = {
        login: set(numbers(ask(as_(login), "name:oyelaran quil")))
        for login in ("ana", "ben", "bea", "ada", "rex", "zoe", "zack")
    }
    whole = {known["quill"], known["ben"]}
    assert seen == {
        "ana": {known["quill"]}, "ben": {known["ben"]}, "bea": whole, "ada": whole, "rex": whole,
        "zoe": {known["other"]}, "zack": {known["other"]},
    }  # fmt: skip


def test_misspelt_words_of_others_say_nothing(known: dict[str, str], as_: Who) -> None:
    assert ask(as_("ben"), "oyedirn").rows == ()
    assert names(ask(as_("bea"), "oyedirn")) == ["Ann Oyediran"]


def test_ranks_exact_then_prefix_then_typo(house: House, as_: Who) -> None:
    for name in ("Cara Annable", "Dora Anm", "Bela Anns", "Ann Zett", "Ivo Ann"):
        house.place(name)
    assert list(names(ask(as_("ana"), "ann"))) == ["Ivo Ann", "Ann Zett", "Cara Annable", "Bela Anns", "Dora Anm"]


def test_a_transposed_pair_is_one_typo(house: House, as_: Who) -> None:
    house.place("Li Wang")
    page = ask(as_("ana"), "wnag")
    assert (list(names(page)), page.how) == (["Li Wang"], "name, 1 typo")


def test_other_readings_are_tried_until_one_finds_something(house: House, as_: Who) -> None:
    house.place("Ivo Ann", ref="31255599")
    page = ask(as_("ana"), "31255599")
    assert (list(names(page)), page.how) == (["Ivo Ann"], "client reference")
    assert ask(as_("ana"), "99887766").how == "account number"


def test_three_words_in_any_order(house: House, as_: Who) -> None:
    house.place("Mary Ann Smith")
    house.place("Mary Bo Smith")
    for text in ("smith ann mary", "ann mar smi", "mary smith ann", "a m s"):
        assert list(names(ask(as_("ana"), text))) == ["Mary Ann Smith"], text


def test_filters_combine(house: House, as_: Who) -> None:
    today = house.one("select debtflow.agency_today(1)")
    small, large = house.place("Ann Small", principal=100_00), house.place("Ann Large", principal=900_00)
    late = house.place("Ann Late", principal=900_00, client="MED")
    as_("ana").follow_up(late, today + timedelta(days=3))
    as_("ana").priority(small, 0)
    as_("ana").raise_flag(large, "attorney", "Bright & Low")
    bea = as_("bea")
    expected = {
        "ann balance>500": {large, late},
        "balance>=900": {large, late},
        "balance<900": {small},
        "balance=100": {small},
        "ann balance>500 client:med": {late},
        "flag:attorney": {large},
        "priority:0": {small},
        "priority>0 ann": {large, late},
        "followup:+3": {late},
        "followup<+3": set(),
        "followup>t followup<+9": {late},
        "status:assigned": {small, large, late},
        "status:closed": set(),
        "collector:ana ann": {small, large, late},
        "collector:ben": set(),
        "collector:nobody": set(),
        "collector:none": set(),
        "client:unknown": set(),
        "ann status:open flag:attorney": {large},
        "priority>1 priority<1": set(),
        "followup>+9 followup<+1": set(),
    }
    assert {text: set(numbers(ask(bea, text))) for text in expected} == expected


def test_a_collector_cannot_filter_their_way_to_others(known: dict[str, str], as_: Who) -> None:
    assert ask(as_("ana"), "collector:ben").rows == ()
    assert ask(as_("ana"), "collector:none").rows == ()
    assert numbers(ask(as_("bea"), "collector:none")) == [known["free"]]
    assert numbers(ask(as_("bea"), "oyelaran collector:ben")) == [known["ben"]]


def test_the_empty_box_lists_my_open_accounts_by_follow_up(house: House, as_: Who) -> None:
    today = house.one("select debtflow.agency_today(1)")
    undated, later, sooner, closed = (house.place(f"Ann {name}") for name in ("Undated", "Later", "Sooner", "Closed"))
    house.place("Ann Others", collector="ben")
    ana = as_("ana")
    ana.follow_up(later, today + timedelta(days=9))
    ana.follow_up(sooner, today)
    ana.change_status(closed, "closed", version=ana.version(closed), reason="recalled")
    page = ask(ana, "")
    assert (list(numbers(page)), page.how) == ([sooner, later, undated], "my open accounts by follow-up date")
    supervisors = ask(as_("bea"), "")
    assert (len(supervisors.rows), supervisors.how) == (4, "all open accounts by follow-up date")
    assert ask(as_("zoe"), "").rows == ()


def test_a_row_says_what_the_list_shows(known: dict[str, str], as_: Who) -> None:
    as_("ana").raise_flag(known["quill"], "attorney", "")
    (row,) = ask(as_("bea"), known["quill"]).rows
    assert (row.client, row.external_ref, row.status, str(row.balance), row.collector, row.flags, row.follow_up_on) == (
        "HXL", "HX-007", "assigned", "100.00 USD", "ana", ("attorney",), None,
    )  # fmt: skip


def test_readonly_finds_contacts_only_by_the_whole(known: dict[str, str], as_: Who) -> None:
    rex = as_("rex")
    assert numbers(ask(rex, f"phone:{PHONE}")) == [known["quill"]]
    assert numbers(ask(rex, "email:quill.o@example.org")) == [known["quill"]]
    for part in ("phone:31255", "phone:5551007", "phone:1007", "email:quill", "email:q"):
        assert ask(rex, part).rows == (), part


HOSTILE = (
    "'; drop table debtflow.account; --",
    "%",
    "_",
    "name:%",
    "\\",
    "[/b]",
    "\x1b[2J",
    "\u202e abc",
    "name:\u0e01",
    "a\x00b",
    "🦉",
    "phone:" + "9" * 400,
    "x " * 300,
    "name:" + "y" * 900,
    "$1",
    "{}",
    "name:e'\\x01'",
)


def test_hostile_text_is_only_text(known: dict[str, str], as_: Who) -> None:
    for text in HOSTILE:
        assert ask(as_("bea"), text).rows == (), text


def test_hostile_names_are_found_as_they_stand(house: House, as_: Who) -> None:
    house.place("[old] O'Brien; drop")
    house.place("Łukasz 王 " + "Z" * 150)
    assert len(ask(as_("ana"), "name:drop").rows) == 1
    assert len(ask(as_("ana"), "name:" + "z" * 150).rows) == 1
    assert len(ask(as_("ana"), "王").rows) == 1


def test_a_contact_taken_away_is_not_found_by_it(known: dict[str, str], as_: Who) -> None:
    ana = as_("ana")
    phone = ana.show(known["quill"]).debtor.contacts[0]
    assert (phone.kind, len(ask(ana, PHONE).rows)) == ("phone", 1)
    ana.remove_contact(known["quill"], phone.id)
    assert ask(ana, f"phone:{PHONE}").rows == ()


def test_a_page_has_a_sane_size(as_: Who) -> None:
    for limit in (0, -1, 501):
        with pytest.raises(BadInput, match="lines"):
            as_("ana").find(parse_lookup("ann"), limit=limit)

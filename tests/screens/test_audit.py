"""The audit browser: one line filters, Enter goes to what was changed and Esc comes back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from screens.account import AccountScreen
from screens.audit import AuditScreen, LifeScreen
from screens.audit.following import PROVED_EVERY
from screens.audit.telling import apart, readable, what
from screens.audit.words import KEYS, Vocabulary, asked_for, problem, word_at
from screens.batch import BatchScreen
from services.audit.changes import brief, changes
from services.audit.names import Names
from services.audit.results import Proof
from services.domain.trail import parse_audit
from services.errors import NotFound, Refused
from tests.screens.conftest import burst, press, settled, shown, top, type_keys, until
from tests.screens.fakes import FIRST, FakeServices, session
from tests.screens.fakes_audit import FakeAudit, audit_event
from tests.screens.fakes_imports import FakeImports


@pytest.fixture
def trail(services: FakeServices) -> FakeAudit:
    services.session = session("supervisor", user="bea")
    services.imports = FakeImports()
    made = FakeAudit()
    services.audit = made
    return made


def browser(query: str = ""):
    return lambda routes: AuditScreen(routes.desk, routes.audit, query)


def said(app: Any) -> str:
    return " ".join(shown(app).split())


async def test_newest_first_with_before_and_after(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        lines = shown(app).splitlines()
        first = next(line for line in lines if "payment.reverse" in line)
        assert first.split()[:7] == ["·", "12", "Nov", "14:22", "bea", "payment.reverse", "10023-3"]
        text = said(app)
        assert "owing USD 1,259.07 → 1,359.07" in text
        assert "interest USD 84.07 → 109.07" in text
        assert "principal" not in text
        assert "12 Nov 2026 14:22:00 · till-4 ssh 10.2.0.18 · session 7 · transaction 99200" in text
        assert "· not sealed yet" in text
        await press(pilot, "down")
        assert "• sealed, no. 119, not checked since" in said(app)
        await press(pilot, "down")
        assert "✓ sealed, no. 118, checked 12:32" in said(app)


async def test_one_line_filters(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "/who:ben act:account.*\n")
        assert trail.called("list")[-1] == ("who:ben act:account.*", None)
        assert "1 event" in shown(app)
        assert top(app)._table.has_focus


async def test_the_line_comes_from_the_command_line_too(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, ":t who:ana since:-7d\n")
        assert trail.called("list")[-1] == ("who:ana since:-7d", None)
        assert "who:ana since:-7d" in shown(app)


async def test_what_is_left_out_is_said_under_the_line_but_not_of_a_word_that_is_being_typed(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "/since:")
        assert "left out" not in shown(app)
        assert "Tab today" in top(app)._line.says
        await burst(pilot, "soon\n")
        assert "! since:soon is left out" in top(app)._line.says


async def test_tab_completes_a_word_also_in_a_burst(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "/who:b\t act:payment.\t\t\t\n")
        assert trail.called("list")[-1] == ("who:bea act:payment.post", None)
        await burst(pilot, " ent\tb\t118")
        assert top(app)._line.value == "who:bea act:payment.post entity:batch/118"


async def test_somebody_who_is_nobody_is_said_in_place_of_the_list(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        trail.failures["list"].append(NotFound("there is no user nobody"))
        await burst(pilot, "/who:nobody\n")
        assert "There is no user nobody." in shown(app)
        assert top(app)._line.says == "✗ There is no user nobody"
        assert "payment.reverse" not in shown(app)


async def test_nothing_recorded_says_what_to_do(desktop, trail: FakeAudit):
    trail.trail = []
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "Nothing recorded for this." in shown(app)
        await burst(pilot, "tec\n")


async def test_enter_goes_to_the_account_and_back_to_the_same_row(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down", "down", "enter")
        assert isinstance(top(app), AccountScreen)
        await press(pilot, "escape")
        assert isinstance(top(app), AuditScreen)
        assert top(app)._table.current.id == 80


async def test_enter_goes_to_a_batch_and_says_where_there_is_no_screen(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "end", "up", "enter")
        assert "There is no screen for debtor 12" in shown(app)
        await press(pilot, "down", "enter")
        assert isinstance(top(app), BatchScreen)


async def test_the_same_transaction_and_back_to_the_same_row(desktop, trail: FakeAudit):
    app = desktop(browser("since:-30d"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down", "t")
        query, _after = trail.called("list")[-1]
        assert query == 'since:"2026-11-12T14:11" until:"2026-11-12T14:32" tx:99200'
        assert top(app)._table.current.id == 89
        assert "2 events" in shown(app)
        await press(pilot, "t")
        assert trail.called("list")[-1] == ("since:-30d", None)
        assert top(app)._table.current.id == 89


async def test_escape_takes_a_narrowed_view_back_before_it_leaves(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "e", "w", "escape")
        assert trail.called("list")[-1] == (f"entity:account/{FIRST}", None)
        await press(pilot, "escape")
        assert trail.called("list")[-1] == ("", None)
        await press(pilot, "escape")
        assert not isinstance(top(app), AuditScreen)


async def test_pages_follow_as_the_cursor_nears_the_end(desktop, trail: FakeAudit):
    trail.trail = [audit_event(number) for number in range(250, 0, -1)]
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "100 shown, more below" in shown(app)
        for _ in range(20):
            await press(pilot, *["pagedown"] * 3)
        assert [after for _query, after in trail.called("list")] == [None, "100", "200"]
        assert "250 events" in shown(app)


async def test_the_account_screen_leads_here(desktop, trail: FakeAudit):
    app = desktop(lambda routes: AccountScreen(routes.desk, routes.accounts, routes.payments, FIRST))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "h")
        assert isinstance(top(app), AuditScreen)
        assert trail.called("list")[-1] == (f"entity:account/{FIRST}", None)
        await press(pilot, "down", "enter")
        assert isinstance(top(app), AccountScreen)
        await press(pilot, "escape")
        assert isinstance(top(app), AuditScreen)
        assert top(app)._table.current.id == 89


async def test_filters_are_kept_opened_and_dropped(desktop, trail: FakeAudit):
    app = desktop(browser("who:ben"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "kwhat ben did\n")
        assert trail.filters == {"what ben did": "who:ben"}
        trail.filters["everything"] = ""
        await burst(pilot, "s\n")
        assert top(app)._line.value == ""
        await burst(pilot, "s")
        await press(pilot, "down")
        await burst(pilot, "d\n")
        assert trail.filters == {"everything": ""}
        assert [each.name for each in top(app)._table.items] == ["everything"]
        await burst(pilot, "\x1b")
        assert isinstance(top(app), AuditScreen)


async def test_all_that_fits_is_counted_when_asked(desktop, trail: FakeAudit):
    trail.trail = [audit_event(number) for number in range(1250, 0, -1)]
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "100 shown, more below" in shown(app)
        await burst(pilot, "n")
        assert "100 of 1,250" in shown(app)
        trail.failures["count"].append(Refused("too many", rule="many"))
        await burst(pilot, "/who:ana\nn")
        await press(pilot, "escape")
        assert "100 shown, more below" in shown(app)


async def test_following_takes_in_what_comes_and_leaves_the_cursor(desktop, trail: FakeAudit):
    trail.trail = [audit_event(number) for number in range(90, 0, -1)]
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down", "f")
        screen = top(app)
        trail.came = [audit_event(91, who="zoe"), audit_event(92, who="ben")]
        screen._tick()
        await settled(pilot)
        assert screen._table.current.id == 89
        assert [event.id for event in screen._table.items[:3]] == [92, 91, 90]
        assert "following · 92 events" in shown(app)

        await press(pilot, *["pagedown"] * 3)
        stood = screen._table.current.id
        lines = shown(app).splitlines()[4:10]
        trail.came += [audit_event(93), audit_event(93), audit_event(94)]
        screen._tick()
        await settled(pilot)
        assert "following · 2 newer ↑ Home" in shown(app).replace("3 newer", "2 newer")
        assert (screen._table.current.id, shown(app).splitlines()[4:10]) == (stood, lines)
        await press(pilot, "home")
        assert screen._table.items[0].id == 94
        await press(pilot, "f")
        assert "following" not in shown(app).splitlines()[1]


async def test_a_seal_that_comes_while_following_is_marked(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down", "f")
        assert "· 12 Nov 14:22" in said(app)
        trail.trail[0] = audit_event(90, proof=Proof("sealed", 120))
        screen = top(app)
        screen._ticks = PROVED_EVERY - 1
        screen._tick()
        await settled(pilot)
        assert "• 12 Nov 14:22" in said(app)
        assert screen._table.current.id == 89


async def test_what_comes_for_another_line_is_not_taken_in(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        gate = trail.gates["newer"] = Event()
        trail.came = [audit_event(91)]
        await press(pilot)
        top(app).action_follow()
        type_keys(pilot, "/who:ben\n")
        await until(pilot, lambda: len(trail.called("list")) > 1)
        gate.set()
        await settled(pilot)
        assert [event.who for event in top(app)._table.items] == ["ben"]


async def test_taking_out_what_is_shown(desktop, services: FakeServices, trail: FakeAudit, tmp_path: Path):
    app = desktop(browser("who:ana"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "x")
        assert "who:ana · 3 events" in said(app)
        await press(pilot, "right", "enter")
        top(app).form["path"].value = str(tmp_path)
        await burst(pilot, "\n")
        assert "this is a folder" in shown(app)
        top(app).form["path"].value = str(tmp_path / "out.jsonl")
        await burst(pilot, "\n2\n")
        assert trail.called("export") == [("who:ana", tmp_path / "out.jsonl", "jsonl", 2)]
        assert "2 events in" in shown(app)
        assert "out.jsonl.manifest.json" in said(app)
        await burst(pilot, "\n")
        assert isinstance(top(app), AuditScreen)
        await burst(pilot, "/ since:soon\nx")
        assert "put it right first" in shown(app)


@pytest.mark.parametrize("role", ["collector", "readonly"])
async def test_who_may_not_take_it_out_is_not_offered_to(desktop, services: FakeServices, trail: FakeAudit, role: str):
    services.session = session(role)
    app = desktop(browser())
    async with app.run_test(size=(160, 50)) as pilot:
        await settled(pilot)
        await burst(pilot, "x")
        assert isinstance(top(app), AuditScreen)
        assert "export" not in shown(app)
        assert "how many" in shown(app)


async def test_the_life_of_an_account_and_what_it_was(desktop, trail: FakeAudit):
    app = desktop(browser())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down", "down", "y")
        assert isinstance(top(app), LifeScreen)
        assert top(app)._table.current.id == 80
        text = said(app)
        assert "As it was 12 Nov 2026 14:12:00" in text
        assert "▸ owing USD 1,259.07 1,359.07" in text
        assert "principal USD 1,100.00" in text
        await burst(pilot, "d")
        assert "principal" not in shown(app)
        await burst(pilot, "g2026-11-12T14:05\n")
        assert top(app)._table.current.id == 70
        assert "As it was 12 Nov 2026 14:05:00, so for 3 min" in said(app)
        await press(pilot, "enter")
        assert isinstance(top(app), AccountScreen)
        await press(pilot, "escape", "e")
        assert isinstance(top(app), AuditScreen)
        assert trail.called("list")[-1] == (f"entity:account/{FIRST}", None)


async def test_a_life_that_nobody_may_see(desktop, trail: FakeAudit):
    trail.failures["list"].append(NotFound("there is no account 10030-3"))
    trail.failures["as_it_was"].append(NotFound("there is no account 10030-3"))
    app = desktop(lambda routes: LifeScreen(routes.desk, routes.audit, "account/10030-3"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "There is no account 10030-3." in shown(app)
        await burst(pilot, "decg\x1b")
        assert "Life of 10030-3" in shown(app)


async def test_all_of_one_event_and_events_at_the_door(desktop, trail: FakeAudit):
    trail.trail = [
        audit_event(9, act="security.export", entity="user/bea", before={}, transaction=0, proof=Proof(),
                    after={f"column_{number}": "x" * 90 for number in range(12)}),
    ]  # fmt: skip
    app = desktop(browser("kind:export"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert trail.called("list")[-1] == ("act:security.export", None)
        assert "v shows all of it" in shown(app)
        assert "sealed in a list of such events" in shown(app)
        await burst(pilot, "t")
        assert len(trail.called("list")) == 1
        await burst(pilot, "v")
        assert "column 11" not in shown(app)
        await press(pilot, "end")
        await until(pilot, lambda: "sealed in a list of such events" in shown(app))


def test_money_is_in_the_currency_of_its_own_row():
    event = audit_event(1, before={"owing": 1500, "currency": "JPY"}, after={"owing": 0, "currency": "JPY"})
    (change,) = changes(event, "USD")
    assert (change.before, change.after, change.unit) == ("1,500", "0", "JPY")
    assert brief(event, "USD") == "owing 1,500 → 0 JPY"


def test_only_what_differs_is_a_change():
    event = audit_event(1)
    assert [change.column for change in changes(event, "USD")] == ["owing", "interest", "costs", "version"]
    assert brief(event, "USD") == "owing 1,359.07 → 1,259.07"


def test_odd_values_are_shown_and_break_nothing():
    before = {"due": [1, 2], "owing": "x", "flag": None, "list": [1, {"a": "[b]"}], "promised": 100}
    event = audit_event(1, before=before, after={"owing": True, "flag": False, "currency": "???", "unapplied": 5})
    found = {change.column: (change.before, change.after, change.unit) for change in changes(event, "USD")}
    assert found["owing"] == ("x", "yes", "")
    assert found["flag"] == ("", "no", "")
    assert found["list"] == ('[1, {"a": "[b]"}]', "", "")
    assert found["promised"] == ("100", "", "minor units")
    assert found["unapplied"] == ("", "5", "minor units of ???")


# ---- words -----------------------------------------------------------------------------------------------------------


def test_every_key_of_the_line_is_one_of_the_language():
    examples = {"entity": "account/10023-3", "since": "-7d", "until": "today", "tx": "99120"}
    for key in KEYS:
        assert parse_audit(f"{key}:{examples.get(key, 'word')}").notes == (), key


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("", None),
        ("w", "who:"),
        ("wHo", "who:"),
        ("who:", "who:ana"),
        ("who:Be", "who:ben"),
        ("who:ben", None),
        ("act:acc", "act:account.*"),
        ("act:payment.r", "act:payment.refund"),
        ("entity:pay", "entity:payment_batch/"),
        ("since:y", "since:yesterday"),
        ("until:2026", None),
        ("tx:1", None),
        ("zip:", None),
        ("10023", None),
    ],
)
def test_what_a_word_could_become(word: str, first: str | None):
    known = Vocabulary({"ana", "ben"})
    assert next(iter(known.fitting(word)), None) == first


def test_the_word_under_the_cursor():
    assert word_at("who:ana act:pay", 15) == (8, "act:pay")
    assert word_at("who:ana act:pay", 4) == (0, "who:")
    assert word_at("who:ana ", 8) == (8, "")
    assert word_at('text:"two words', 15) == (0, 'text:"two words')
    assert word_at("", 0) == (0, "")


def test_trouble_is_that_of_words_that_are_whole():
    assert "since:soon is left out" in problem("since:soon")
    assert problem("since:soon", (0, "since:soon")) == ""
    assert "since:soon is left out" in problem("since:soon who:", (11, "who:"))
    assert asked_for("tx:") == KEYS["tx"]
    assert asked_for("tx:9") == asked_for("word") == ""


class _Here:
    """A desk in UTC."""

    def local(self, at: Any) -> Any:
        return at


def test_a_list_of_security_events_is_counted_not_spelled_out():
    desk: Any = _Here()
    event = audit_event(1, act="seal.events", before={}, after={"ids": [7, 8, 9], "leaves": "ab" * 96})
    assert what(desk, event, Names()) == "3 security events sealed by a list"


def test_values_as_people_read_them():
    desk: Any = _Here()
    shown_as = {
        "2026-11-21": "21 Nov 2026",
        "2026-11-21T14:02:11.5+00:00": "21 Nov 2026 14:02:11",
        "2026-13-41": "2026-13-41",
        "in_contact": "in contact",
        "harbor_2025.csv": "harbor_2025.csv",
        "": "",
    }
    assert {value: readable(desk, value) for value in shown_as} == shown_as


def test_how_long_between_two_changes():
    spans = {0: "at once", 59: "59 s", 61: "1 min", 7200: "2 h", 86_400: "1 day", 1_300_000: "2 weeks",
             9_000_000: "3 months", 40_000_000: "1 year"}  # fmt: skip
    assert {seconds: apart(timedelta(seconds=seconds)) for seconds in spans} == spans


def test_numbers_are_told_by_name():
    names = Names({5: "ana", 7: "ben"}, {1: "HXL"})
    event = audit_event(1, before={"collector_id": 5, "rows": 5}, after={"collector_id": 7, "rows": 7, "client_id": 1})
    found = {change.column: (change.before, change.after) for change in changes(event, "USD", names)}
    assert found == {"collector": ("ana", "ben"), "rows": ("5", "7"), "client": ("", "HXL")}
    assert brief(event, "USD", names) == "collector ana → ben (+2)"


def test_a_call_is_told_by_its_outcome_and_a_promise_by_its_amount():
    call = audit_event(1, before={}, after={"kind": "call", "text": "Rang out twice.", "outcome": "no_answer"})
    assert brief(call, "USD") == "no_answer: Rang out twice."
    silent = audit_event(1, before={}, after={"kind": "call", "text": "", "outcome": "busy"})
    assert brief(silent, "USD") == "outcome busy (+1)"
    promise = audit_event(1, before={}, after={"state": "open", "amount": 6000, "currency": "USD"})
    assert brief(promise, "USD") == "amount 60.00 (+2)"


def test_shares_and_priced_amounts_are_told_as_such():
    event = audit_event(
        1,
        before={"settlement_floor_bp": 6000, "fee": 0},
        after={"settlement_floor_bp": 6250, "fee": 1500, "currency": "USD"},
    )
    found = {change.column: (change.before, change.after) for change in changes(event, "EUR")}
    assert found["settlement floor"] == ("60 %", "62.5 %")
    assert found["fee"] == ("0.00", "15.00")

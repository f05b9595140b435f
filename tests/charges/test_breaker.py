"""The breaker: shared by everybody, one probe at a time, closed to all where the database cannot be asked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.charges.calls import Calls
from services.errors import DebtFlowError, Unreachable
from services.gateways.base import Disputed, ProviderUnavailable
from services.store import Store
from tests.charges.conftest import Office
from tests.charges.provider import notice, usd
from tests.kernel.test_races import together

AWAY = ProviderUnavailable("connection refused", sent=False)


def opened(office: Office) -> Calls:
    """Five failures in a row."""
    calls = Calls(office.house.store("bea"), office.provider)
    for _ in range(5):
        calls.tell(calls.enter().probe, AWAY)
    return calls


def test_five_failures_in_a_row_open_it_for_everybody(office: Office) -> None:
    number = office.house.place(principal=100_00)
    office.provider.faults = ["away"] * 4
    desk = office.desk()
    for minor in range(1, 5):
        assert desk.start(office.form(number, minor)).reason == "not_sent"
    office.provider.declines = "card_declined"
    assert desk.start(office.form(number, 5)).reason == "card_declined", "a decline is an answer"
    assert desk.breaker().state == "closed"
    office.provider.faults, office.provider.declines = ["away"] * 5, None
    for minor in range(6, 11):
        desk.start(office.form(number, minor))
    calls = len(office.provider.calls)
    for login in ("ana", "bea", "wally"):
        breaker = office.desk(login).breaker()
        assert (breaker.state, breaker.cause) == ("open", "no connection")
        assert breaker.next_try_at is not None
    with pytest.raises(ProviderUnavailable, match="not called until") as refused:
        office.desk("bea").start(office.form(number, 50))
    assert (refused.value.exit_code, refused.value.sent, len(office.provider.calls)) == (5, False, calls)
    assert office.held(number) == 0
    far = Calls(office.house.store("zack"), office.provider)
    assert far.enter().entered, "another agency's provider is another matter"
    with pytest.raises(AssertionError, match=r"open since .*no connection; next try at"):
        office.sound()


def test_of_eight_callers_one_is_the_probe(office: Office) -> None:
    opened(office)
    desks = [Calls(office.house.store("wally", size=1), office.provider) for _ in range(8)]
    assert not any(desk.enter().entered for desk in desks)
    for back in (False, False, True):
        office.later(6)
        passes = together([desk.enter for desk in desks])
        entered = [each for each in passes if not isinstance(each, DebtFlowError) and each.entered]
        assert len(entered) == 1
        assert entered[0].probe is not None
        assert not any(desk.enter().entered for desk in desks), "until the probe is back nobody else goes"
        desks[0].tell(None, None)
        assert office.desk("bea").breaker().state == "half_open", "a straggler's answer is not the probe's"
        desks[0].tell(entered[0].probe, None if back else AWAY)
        assert office.desk("bea").breaker().state == ("closed" if back else "open")
    assert all(desk.enter().entered for desk in desks)


def test_a_notice_that_needs_an_answer_waits_while_nobody_calls(office: Office) -> None:
    said = Disputed("du_1", "pi_1", "open", usd(1), usd(1), usd(0), "general", datetime(2026, 1, 1, tzinfo=UTC))
    opened(office)
    with pytest.raises(ProviderUnavailable):
        office.desk("wally").hear(notice(disputed=said))
    assert office.provider.calls == []


def test_a_probe_that_never_returns_is_replaced(office: Office) -> None:
    calls = opened(office)
    office.later(6)
    lost = calls.enter()
    assert lost.entered
    office.later(1)
    assert not calls.enter().entered
    office.later(1.5)
    second = calls.enter()
    assert second.entered
    assert second.probe != lost.probe
    calls.tell(lost.probe, AWAY)
    assert office.desk("bea").breaker().state == "half_open"
    calls.tell(second.probe, None)
    assert office.desk("bea").breaker().state == "closed"


def test_the_pauses_grow_to_five_minutes(office: Office) -> None:
    calls = opened(office)
    pauses = []
    for _ in range(6):
        pauses.append(office.house.one("select extract(epoch from next_try_at - since)::int from debtflow.breaker"))
        office.later(6)
        calls.tell(calls.enter().probe, AWAY)
    assert pauses == [30, 60, 120, 240, 300, 300]


def test_where_the_database_cannot_be_asked_nobody_calls(office: Office) -> None:
    number = office.house.place(principal=100_00)
    form, desk = office.form(number, 10_00), office.desk()
    gone = Store("postgresql://127.0.0.1:9/none", user="ana", password="x")
    desk._calls.store = gone
    with pytest.raises(Unreachable):
        desk.start(form)
    gone.close()
    assert office.provider.calls == []
    assert office.desk("wally").resolve_due() == 0
    assert office.held(number) == 10_00
    office.later(3)
    assert office.desk("wally").resolve_due() == 1
    assert (office.held(number), office.provider.calls) == (0, [])
    assert office.sound()

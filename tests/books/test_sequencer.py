"""The order of events: nothing in flight is ever skipped, cause comes before effect, agencies stand apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from uuid import UUID, uuid4

import psycopg
import pytest

from services.domain.money import Money
from services.errors import BadInput, Busy, NotAllowed, Stale
from services.events import Events
from services.ledger import Doctor
from services.payments import PaymentForm, Payments
from tests.support.house import House

RECORD = "insert into debtflow.ledger_event (agency_id, aggregatetype, aggregateid, type, payload) values (%s, 'test', %s, 'Test', '{}')"  # noqa: E501 - one statement
TOLD = """
  select e.aggregateid from debtflow.event_position p join debtflow.ledger_event e on e.id = p.event_id
   where p.agency_id = %s order by p.position"""


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def told(house: House, agency: int = 1) -> list[str]:
    return [row[0] for row in house.su.execute(TOLD, [agency]).fetchall()]


def in_flight(house: House) -> psycopg.Connection:
    connection = psycopg.connect(house.cluster.server.dsn(database=house.database))
    house._connections.append(connection)
    return connection


def test_an_event_in_flight_is_placed_when_it_commits_and_never_skipped(house: House) -> None:
    worker = Events(house.store("wally"))
    slow, quick, gone = in_flight(house), in_flight(house), in_flight(house)
    slow.execute(RECORD, [1, "slow"])
    gone.execute(RECORD, [1, "gone"])
    quick.execute(RECORD, [1, "quick"])
    quick.commit()
    assert worker.sequence() == 1
    gone.rollback()
    assert worker.sequence() == 0
    slow.commit()
    assert worker.sequence() == 1
    assert worker.sequence() == 0
    assert told(house) == ["quick", "slow"]
    assert [row[0] for row in house.su.execute("select position from debtflow.event_position order by 1")] == [1, 2]


def test_what_waited_for_a_lock_comes_after_what_held_it(house: House) -> None:
    """The older transaction waits for the younger one, while a third is in flight: by transaction it would be first."""
    worker = Events(house.store("wally"))
    older, between, younger = in_flight(house), in_flight(house), in_flight(house)
    for connection in (older, between, younger):
        connection.execute("select pg_current_xact_id()")
    younger.execute(RECORD, [1, "cause"])
    younger.commit()
    older.execute(RECORD, [1, "effect"])
    older.commit()
    assert worker.sequence() == 2
    between.commit()
    assert worker.sequence() == 0
    assert told(house) == ["cause", "effect"]


def test_writers_and_sequencers_at_once(house: House) -> None:
    """Eight writers, three sequencers: every event has one position, none is missing, each account in order."""
    numbers = [house.place(principal=500_00) for _ in range(4)]
    over, barrier = Event(), Barrier(11)

    def write(at: int) -> int:
        desk = Payments(house.store(("ana", "bea")[at % 2], size=1))
        barrier.wait()
        for n in range(12):
            desk.post(PaymentForm(numbers[(at + n) % 4], usd(1 + at), "cash", allow_duplicate=True))
        return 0

    def order(login: str) -> int:
        events = Events(house.store(login, size=1))
        barrier.wait()
        placed = 0
        while not over.is_set():
            placed += events.sequence()
        return placed + events.sequence()

    with ThreadPoolExecutor(11) as pool:
        orders = [pool.submit(order, login) for login in ("wally", "ada", "bea")]
        writes = [pool.submit(write, at) for at in range(8)]
        try:
            for each in writes:
                each.result()
        finally:
            over.set()
        placed = sum(each.result() for each in orders)
    placed += Events(house.store("wally")).sequence()
    recorded = house.one("select count(*) from debtflow.ledger_event where agency_id = 1")
    assert placed == recorded == 4 + 8 * 12
    positions = [row[0] for row in house.su.execute("select position from debtflow.event_position order by 1")]
    assert positions == list(range(1, recorded + 1))
    query = """
      select e.aggregateid, array_agg(e.id order by p.position) = array_agg(e.id order by e.id)
        from debtflow.event_position p join debtflow.ledger_event e on e.id = p.event_id group by 1"""
    assert all(in_order for _, in_order in house.su.execute(query).fetchall())


def test_each_agency_counts_for_itself(house: House) -> None:
    house.place()
    house.place(client="ZEN", collector="zoe", by="zack")
    house.place()
    ours, theirs = Events(house.store("wally")), Events(house.store("wim"))
    assert (ours.sequence(), theirs.sequence()) == (2, 1)
    assert [event.position for event in ours.list().events] == [1, 2]
    [event] = theirs.list().events
    assert (event.position, event.type, event.amount) == (1, "TransferRecorded", Money(100_00, "EUR"))


def test_a_stream_that_was_restored_elsewhere_goes_on(house: House) -> None:
    """In another cluster transactions count from anew: what came along is placed, and what is new is not skipped."""
    worker = Events(house.store("wally"))
    house.su.execute(RECORD, [1, "before"])
    assert worker.sequence() == 1
    house.su.execute("set session_replication_role = replica")
    house.su.execute("alter table debtflow.ledger_event disable trigger append_only")
    house.su.execute(RECORD, [1, "restored"])
    house.su.execute("update debtflow.ledger_event set xid = '900000000' where aggregateid = 'restored'")
    house.su.execute("alter table debtflow.ledger_event enable always trigger append_only")
    house.su.execute("update debtflow.event_head set cluster = 7, horizon = '800000000'")
    assert worker.sequence() == 1
    house.su.execute(RECORD, [1, "after"])
    assert worker.sequence() == 1
    assert told(house) == ["before", "restored", "after"]


def test_it_wakes_listeners_seldom_and_with_an_empty_word(house: House) -> None:
    listener = house.psql("bea")
    listener.execute("listen debtflow_events")
    worker = Events(house.store("wally"))
    for at in range(5):
        house.su.execute(RECORD, [1, str(at)])
        worker.sequence()
    house.su.execute("update debtflow.event_head set told_at = '-infinity'")
    assert worker.sequence() == 0
    heard = [each.payload for each in listener.notifies(timeout=5, stop_after=2)]
    assert heard == ["", ""]
    assert house.one("select told = position from debtflow.event_head where agency_id = 1")


def test_a_consumer_goes_on_where_it_stopped(house: House) -> None:
    for _ in range(5):
        house.place()
    first = Events(house.store("bea"))
    found = first.follow("warehouse", limit=3)
    assert [event.position for event in found] == [1, 2, 3]
    first.commit("warehouse", 2)
    first.leave("warehouse")
    second = Events(house.store("wally"))
    assert [event.position for event in second.follow("warehouse")] == [3, 4, 5]
    second.commit("warehouse", 5)
    assert second.follow("warehouse") == ()
    assert [event.position for event in second.follow("warehouse", start=2, limit=1)] == [2]
    [consumer] = second.list().stream.consumers
    assert (consumer.name, consumer.position, consumer.behind, consumer.held_by) == ("warehouse", 1, 4, "wally")


def test_two_processes_of_one_name_exclude_each_other(house: House) -> None:
    house.place()
    first, second = Events(house.store("bea")), Events(house.store("ada"))
    first.follow("warehouse")
    with pytest.raises(Busy) as busy:
        second.follow("warehouse")
    assert busy.value.holder == "bea"
    second.follow("other")
    house.su.execute("update debtflow.event_consumer set lease_until = now() - interval '1 second'")
    assert [event.position for event in second.follow("warehouse")] == [1]
    with pytest.raises(Stale):
        first.commit("warehouse", 1)
    first.leave("warehouse")
    assert house.one("select holder is not null from debtflow.event_consumer where name = 'warehouse'")


def test_who_may(house: House) -> None:
    with pytest.raises(NotAllowed):
        Events(house.store("ana")).list()
    readonly = Events(house.store("rex"))
    assert readonly.list().events == ()
    acts: tuple[Callable[[], object], ...] = (readonly.sequence, lambda: readonly.follow("mine"))
    for act in acts:
        with pytest.raises(NotAllowed):
            act()
    for name in ("", "Großbank", "a b", "x" * 64, "-x"):
        with pytest.raises(BadInput):
            Events(house.store("bea", size=1)).follow(name)


def test_nobody_commits_what_is_not_there_or_not_theirs(house: House) -> None:
    psql = house.psql("zack")
    with pytest.raises(psycopg.DatabaseError) as lost:
        psql.execute("select debtflow.event_consumer_commit('warehouse', %s, 0)", [UUID(int=1)])
    assert lost.value.sqlstate == "DF409"
    events = Events(house.store("bea"))
    events.follow("warehouse")
    with pytest.raises(BadInput):
        events.commit("warehouse", 10)


def test_what_an_event_says(house: House) -> None:
    """A payment, its reversal, a closed month: types, amounts, links, and nothing personal."""
    number = house.place("Quillfeather Oyelaran", principal=80_00, fees=20_00)
    desk = Payments(house.store("bea"))
    receipt = desk.post(PaymentForm(number, usd(120_00), "check", reference="slip 7", overpayment="unapplied"))
    desk.reverse(receipt.receipt, "nsf", submission_id=uuid4())
    events = Events(house.store("bea"))
    events.sequence()
    placed, paid, reversed_ = events.list().events
    assert [event.type for event in (placed, paid, reversed_)] == [
        "TransferRecorded", "TransferRecorded", "PaymentReversed",
    ]  # fmt: skip
    assert {event.subject for event in (placed, paid, reversed_)} == {number}
    assert (placed.amount, paid.amount, reversed_.amount) == (usd(100_00), usd(120_00), usd(120_00))
    assert reversed_.payload["reverses"] == paid.payload["transfer"] == reversed_.payload["family"]
    assert reversed_.payload["reason"] == "nsf"
    whole = json.dumps([dict(event.payload) for event in (placed, paid, reversed_)])
    assert not any(word in whole for word in ("Quill", "Oye", "slip"))


def test_doctor_sees_a_stream_that_stands_still_and_one_with_a_hole(house: House) -> None:
    doctor = Doctor(house.store("bea"))

    def failing() -> set[str]:
        return {check.name for check in doctor.examine().checks if not check.ok}

    house.place()
    events = Events(house.store("wally"))
    events.follow("warehouse")
    house.place()
    before = failing()
    assert not before & {"event-lag", "event-positions"}
    house.su.execute("alter table debtflow.transfer disable trigger append_only")
    house.su.execute("update debtflow.transfer set recorded_at = now() - interval '1 hour'")
    house.su.execute("alter table debtflow.transfer enable always trigger append_only")
    assert failing() - before == {"event-lag"}
    events.sequence()
    assert failing() == before
    house.su.execute("alter table debtflow.event_position disable trigger append_only")
    house.su.execute("delete from debtflow.event_position where position = 1")
    house.su.execute("alter table debtflow.event_position enable always trigger append_only")
    assert "event-positions" in failing() - before

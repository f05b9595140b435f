"""What the worker makes of events: in any order, twice, late, and when something goes wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from debtflow_tui.worker.work import Terms
from services.charges.results import Heard
from services.errors import NotAllowed, NotFound, Refused
from services.gateways.base import Notice, ProviderUnavailable
from services.gateways.notices import notice_of
from services.store import Store
from services.webhooks import Webhooks
from services.webhooks.intake import Delivery, Intake
from tests.support.house import House
from tests.support.office import password_of
from tests.webhooks.conftest import event
from tests.worker.helpers import Hears, dsn_of, work_of


def deliver(house: House, *bodies: bytes, provider: str = "stripe", login: str = "hook") -> None:
    store = Store(house.url, user=login, password=password_of(login))
    Intake(store).keep([Delivery(provider, (), None, body, len(body), notice_of(provider, body)) for body in bodies])
    store.close()


def work(house: House, hearer: Hears, login: str = "wally") -> list[str]:
    words: list[str] = []
    asyncio.run(work_of(house.store(login), dsn_of(house.url, login), hearer, words=words).run())
    return words


def states(house: House) -> list[tuple[Any, ...]]:
    query = "select event_id, state, reason, attempts from debtflow.webhook_event order by id"
    return house.su.execute(query).fetchall()


def queued(house: House) -> list[tuple[Any, ...]]:
    query = "select args, status::text, attempts from procrastinate.procrastinate_jobs order by id"
    return house.su.execute(query).fetchall()


def test_events_are_looked_at_once_whatever_their_order(house: House) -> None:
    deliver(house, event(2), event(1))
    deliver(house, event(2), event(3, "customer.created"))

    def hear(notice: Notice) -> Heard:
        return Heard("processed", f"of {notice.object['id']}") if "payment" in notice.type else Heard("ignored", "")

    hears = Hears(hear)
    words = work(house, hears)
    assert [notice.event_id for notice in hears.notices] == ["evt_1", "evt_2", "evt_3"] or len(hears.notices) == 3
    assert sorted(states(house)) == [
        ("evt_1", "processed", "of pi_1", 1),
        ("evt_2", "processed", "of pi_2", 1),
        ("evt_3", "ignored", "customer.created: ignored", 1),
    ]
    assert queued(house) == []
    assert (words[-1], len(words)) == ("stopped", 5)
    query = "select login, act, before ->> 'state', after ->> 'state' from debtflow.audit_log where entity = 'webhook'"
    assert ("wally", "webhook.process", "queued", "processed") in house.su.execute(query).fetchall()


def test_a_provider_nobody_speaks_with_is_kept_for_the_record(house: House) -> None:
    deliver(house, b'{"event":"charge.success","data":{"id":7,"paid_at":"2026-11-21T10:00:00Z"}}', provider="paystack")
    hears = Hears()
    work(house, hears)
    assert hears.notices == []
    assert states(house) == [
        ("charge.success:7", "ignored", "no gateway of ours speaks with paystack; kept for the record", 1)
    ]


def test_what_may_pass_is_tried_again_and_given_up_in_the_end(house: House) -> None:
    def hear(notice: Notice) -> Heard:
        raise ProviderUnavailable("Stripe does not answer", sent=True, hint="wait")

    deliver(house, event())
    words = work(house, Hears(hear))
    assert states(house) == [("evt_1", "queued", "Stripe does not answer (wait)", 1)]
    assert queued(house) == [({"event": 1}, "todo", 1)]
    assert "webhook 1: will be tried again: Stripe does not answer" in words
    house.su.execute("update procrastinate.procrastinate_jobs set scheduled_at = now(), attempts = 11")
    work(house, Hears(hear))
    assert states(house) == [("evt_1", "failed", "Stripe does not answer (wait)", 2)]
    assert queued(house) == [({"event": 1}, "failed", 12)]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Refused("charge 7 is not known here", rule="charge", hint="was the database restored?"),
         "charge 7 is not known here (was the database restored?)"),
        (ZeroDivisionError("x" * 500), f"a bug of ours: ZeroDivisionError: {'x' * 500}"[:400]),
    ],
)  # fmt: skip
def test_what_will_not_pass_fails_with_its_reason_and_can_be_redriven(
    house: House, error: Exception, reason: str
) -> None:
    def hear(notice: Notice) -> Heard:
        raise error

    deliver(house, event())
    work(house, Hears(hear))
    assert states(house) == [("evt_1", "failed", reason, 1)]
    assert [status for _, status, _ in queued(house)] == ["failed"]
    inbox = Webhooks(house.store("bea"))
    assert (inbox.redrive(1).state, inbox.redrive(1).reason) == ("queued", None)
    assert queued(house) == [({"event": 1}, "todo", 0)]
    work(house, Hears())
    assert states(house) == [("evt_1", "processed", "payment_intent.succeeded: processed", 2)]
    trail = "select login, act from debtflow.audit_log where act = 'webhook.redrive'"
    assert house.su.execute(trail).fetchall() == [("bea", "webhook.redrive")]


def test_an_event_that_is_done_may_be_looked_at_again_and_is_found_done(house: House) -> None:
    deliver(house, event())
    hears = Hears()
    work(house, hears)
    inbox = Webhooks(house.store("bea"))
    inbox.redrive(1)
    work(house, hears)
    assert inbox.show(1).state == "replayed"
    assert [notice.event_id for notice in hears.notices] == ["evt_1", "evt_1"]


def test_two_workers_never_do_one_job(house: House) -> None:
    deliver(house, *(event(no) for no in range(40)))
    hears = Hears()

    async def both() -> None:
        terms = Terms(jobs=4, once=True)
        works = [work_of(house.store("wally"), dsn_of(house.url, "wally"), hears, terms=terms) for _ in range(2)]
        await asyncio.gather(*(each.run() for each in works))

    asyncio.run(both())
    assert sorted(notice.event_id for notice in hears.notices) == sorted(f"evt_{no}" for no in range(40))
    assert queued(house) == []


def test_a_worker_takes_the_jobs_of_its_own_agency_only(house: House) -> None:
    deliver(house, event(1))
    deliver(house, event(1), login="hanna")
    theirs = Hears()
    work(house, theirs, "wim")
    assert len(theirs.notices) == 1
    agencies = "select agency_id, state from debtflow.webhook_event order by agency_id"
    assert house.su.execute(agencies).fetchall() == [(1, "queued"), (2, "processed")]


RIGHTS = {
    "hook": (
        ("select from debtflow.webhook_event", "42501"),
        ("update debtflow.webhook_event set state = 'processed'", "42501"),
        ("delete from debtflow.webhook_event", "42501"),
        ("insert into debtflow.webhook_event (agency_id, provider) values (2, 'stripe')", "42501"),
        ("insert into debtflow.webhook_event (provider, body, state) values ('stripe', '', 'x')",
         "42501"),
        ("select debtflow.session_open('x')", "42501"),
        ("select debtflow.webhook_take(1)", "42501"),
        ("select from procrastinate.procrastinate_jobs", "42501"),
        ("select procrastinate.procrastinate_fetch_job_v2(null, 1)", "42501"),
        ("select from debtflow.account", "42501"),
        ("select pg_advisory_lock(1)", "42501"),
    ),
    "wally": (
        ("select from debtflow.webhook_event", "42501"),
        ("select from debtflow.account", "42501"),
        ("insert into debtflow.webhook_event (provider) values ('stripe')", "42501"),
        ("insert into procrastinate.procrastinate_jobs (queue_name, task_name) values ('a', 'x')", "42501"),
        ("drop table procrastinate.procrastinate_jobs", "42501"),
        ("truncate procrastinate.procrastinate_jobs", "42501"),
        ("select debtflow.webhook_redrive(1)", "42501"),
        ("select * from debtflow.webhook_take(1)", "DF440"),
    ),
    "bea": (
        ("select body from debtflow.webhook_event", "42501"),
        ("select headers from debtflow.webhook_event", "42501"),
        ("select from procrastinate.procrastinate_jobs", "42501"),
        ("select debtflow.webhook_settle(1, 'processed')", "42501"),
        ("select debtflow.job_rescue()", "42501"),
    ),
    "ana": (
        ("select id from debtflow.webhook_event", "42501"),
        ("select * from debtflow.job_list()", "42501"),
    ),
}  # fmt: skip


def test_what_each_login_may_not(house: House) -> None:
    deliver(house, event(1))
    for login, statements in RIGHTS.items():
        psql = house.psql(login, session=login in ("bea", "ana"))
        for statement, code in statements:
            with pytest.raises(psycopg.Error) as refused:
                psql.execute(statement)
            assert refused.value.sqlstate == code, (login, statement, refused.value)
    for login, seen in (("wim", 0), ("wally", 1)):
        found = house.psql(login, session=False).execute("select from procrastinate.procrastinate_jobs").fetchall()
        assert len(found) == seen


def test_what_was_received_cannot_be_changed(house: House) -> None:
    deliver(house, event(1))
    for statement in (
        "update debtflow.webhook_event set body = ''",
        "update debtflow.webhook_event set event_id = 'evt_9'",
        "delete from debtflow.webhook_event",
        "truncate debtflow.webhook_event",
    ):
        with pytest.raises(psycopg.Error) as refused:
            house.su.execute(statement)
        assert refused.value.sqlstate == "DF423", statement


def test_the_inbox_for_those_who_oversee(house: House) -> None:
    deliver(house, event(1), event(2))
    bad = Delivery("stripe", (("x-odd", "é"),), "t=1,v1=aa", b"rubbish", 7, None, "the signature cannot be read")
    store = Store(house.url, user="hook", password=password_of("hook"))
    Intake(store).keep([bad])
    store.close()
    deliver(house, event(1), login="hanna")
    inbox = Webhooks(house.store("bea"))
    first, following = inbox.list(limit=2)
    assert [(w.id, w.state) for w in first] == [(3, "refused"), (2, "queued")]
    assert [w.id for w in inbox.list(limit=2, after=following)[0]] == [1]
    assert [w.event_id for w in inbox.list(state="queued")[0]] == ["evt_2", "evt_1"]
    assert inbox.counts() == {"queued": 2, "processed": 0, "replayed": 0, "ignored": 0, "refused": 1, "failed": 0}
    raw = inbox.reveal(3)
    assert (raw.headers, raw.signature, raw.body) == ((("x-odd", "é"),), "t=1,v1=aa", b"rubbish")
    reveal = "select login, entity_id from debtflow.security_event where kind = 'webhook.reveal'"
    assert house.su.execute(reveal).fetchall() == [("bea", 3)]
    with pytest.raises(Refused, match="was refused") as refused:
        inbox.redrive(3)
    assert refused.value.rule == "webhook_refused"
    with pytest.raises(NotFound):
        inbox.show(4)
    assert Webhooks(house.store("rex")).show(1).event_id == "evt_1"
    for forbidden in (Webhooks(house.store("rex")).reveal, Webhooks(house.store("rex")).redrive,
                      Webhooks(house.store("ana")).show):  # fmt: skip
        with pytest.raises(NotAllowed):
            forbidden(1)


def test_events_without_a_job_get_one_and_refused_ones_are_forgotten_in_time(house: House) -> None:
    deliver(house, event(1), event(2))
    house.su.execute("delete from procrastinate.procrastinate_jobs where id = 1")
    background = Webhooks(house.store("wally"))
    assert background.requeue_lost() == 0
    house.su.execute("create or replace function debtflow.kernel_now() returns timestamptz language sql stable "
                     "as 'select statement_timestamp() + interval ''31 days'''")  # fmt: skip
    assert background.requeue_lost() == 1
    assert sorted(args["event"] for args, _, _ in queued(house)) == [1, 2]
    assert background.forget() == 0
    house.su.execute("create or replace function debtflow.kernel_now() returns timestamptz language sql stable "
                     "as 'select statement_timestamp()'")  # fmt: skip

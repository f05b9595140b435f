"""What comes over the wire: kept as it came and answered after the commit, or refused with the reason."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from debtflow_tui.webhook.writer import Writer
from services.gateways.notices import notice_of
from services.gateways.signatures import sign_stripe
from services.store import Store
from services.webhooks.intake import Delivery, Intake
from tests.support.house import House
from tests.webhooks.conftest import Caller, event, opened

LATE = timedelta(seconds=400)


def kept(house: House, columns: str = "state, reason, event_id, deliveries") -> list[tuple[Any, ...]]:
    return house.su.execute(f"select {columns} from debtflow.webhook_event order by id").fetchall()


def jobs(house: House) -> list[tuple[Any, ...]]:
    columns = "queue_name, task_name, args, queueing_lock, status::text"
    return house.su.execute(f"select {columns} from procrastinate.procrastinate_jobs order by id").fetchall()


def test_an_event_is_kept_as_it_came_and_queued(house: House, door: Caller) -> None:
    body = event(7)
    signature = sign_stripe(body, "whsec_old", datetime.now(UTC))
    code, answer = door.post("/stripe", body, Stripe_Signature=signature, X_Odd="ä b", Cookie="mine")
    assert (code, answer) == (200, {"received": True})
    [row] = kept(house, "id, agency_id, provider, type, state, body, size, sha256, signature, headers, created_at")
    assert row[1:9] == (
        1,
        "stripe",
        "payment_intent.succeeded",
        "queued",
        body,
        len(body),
        sha256(body).digest(),
        signature,
    )
    headers = dict(row[9])
    assert headers["stripe-signature"] == signature
    assert (headers["x-odd"], headers["cookie"]) == ("ä b", "(withheld)")
    assert row[10] == datetime.fromtimestamp(1_790_000_000, UTC)
    queue = "agency-HARBOR"
    assert jobs(house) == [(queue, "webhook", {"event": row[0]}, f"{queue}:webhook-{row[0]}", "todo")]


def test_an_event_that_comes_again_is_counted_and_not_queued_twice(house: House, door: Caller) -> None:
    bodies = [event(no) for no in range(4)]
    together = [threading.Thread(target=door.stripe, args=(body,)) for body in bodies * 5]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    assert sorted(kept(house)) == [("queued", None, f"evt_{no}", 5) for no in range(4)]
    assert len(jobs(house)) == 4


def test_paystack_is_taken_in_by_what_happened_to_which_thing(house: House, door: Caller) -> None:
    body = b'{"event":"charge.success","data":{"id":302961,"paid_at":"2026-11-21T10:00:00.000Z","amount":2500}}'
    assert [door.paystack(body), door.paystack(body)] == [200, 200]
    assert kept(house) == [("queued", None, "charge.success:302961", 2)]
    assert kept(house, "created_at") == [(datetime(2026, 11, 21, 10, tzinfo=UTC),)]


REFUSALS = {
    "missing": (lambda: (event(), {}), 400, "the request carries no signature"),
    "wrong": (lambda: (event(), {"Stripe_Signature": sign_stripe(event(2), "whsec_new", datetime.now(UTC))}), 400,
              "the signature is not of this body under any secret that is set"),
    "malformed": (lambda: (event(), {"Stripe_Signature": "t=now,v1=zz\x01"}), 400, "the signature cannot be read"),
    "old": (lambda: (event(), {"Stripe_Signature": sign_stripe(event(), "whsec_new", datetime.now(UTC) - LATE)}), 400,
            "the signature is right, but was made too long ago or by a clock that is off"),
}  # fmt: skip


def test_what_is_not_signed_is_refused_recorded_and_claims_nothing(house: House, door: Caller) -> None:
    for make, code, why in REFUSALS.values():
        body, headers = make()
        answer = door.post("/stripe", body, **headers)
        assert (answer[0], answer[1]["error"]["message"]) == (code, why)
    assert kept(house) == [("refused", why, None, 1) for _, _, why in REFUSALS.values()]
    assert jobs(house) == []
    assert len(door.said) == 4
    assert door.stripe(event()) == 200
    assert kept(house)[-1] == ("queued", None, "evt_1", 1)


NO_JSON, NO_EVENT = "the webhook is not JSON", "the webhook is no event of stripe"
NO_EVENTS = {
    b"not json": NO_JSON,
    b"[" * 50_000: NO_JSON,
    b"\xff{}": NO_JSON,
    b"[1]": NO_EVENT,
    b'{"object":"event","id":"evt_1","type":"x","created":1}': NO_EVENT,
    event().replace(b"evt_1", b"evt\\u0000"): NO_EVENT,
    event().replace(b"evt_1", b"e" * 300): NO_EVENT,
    event().replace(b"1790000000", b"1e300"): NO_EVENT,
}


def test_what_is_signed_but_no_event_is_refused_and_recorded(house: House, door: Caller) -> None:
    for body in NO_EVENTS:
        assert door.stripe(body) == 400
    assert [reason for (reason,) in kept(house, "reason")] == list(NO_EVENTS.values())
    assert [size for (size,) in kept(house, "size")] == [len(body) for body in NO_EVENTS]
    assert all(length <= 4096 for (length,) in kept(house, "length(body)"))
    assert kept(house, "sha256")[1] == (sha256(b"[" * 50_000).digest(),)


def chunks(count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield b"x" * 65_536


def test_a_body_of_ten_megabytes_is_refused_without_being_kept(house: House, door: Caller) -> None:
    large = b"x" * 10_000_000
    assert door.post("/stripe", large, Stripe_Signature="t=1,v1=aa")[0] == 413
    code, answer = door.send("POST", "/stripe", chunks(160), {"Transfer-Encoding": "chunked"}, chunked=True)
    assert (code, answer["error"]["code"]) == (413, "too_large")
    assert kept(house, "state, reason, size, length(body), sha256") == [
        ("refused", "the body is larger than 1048576 bytes", 10_000_000, 4096, None),
        ("refused", "the body is larger than 1048576 bytes", 160 * 65_536, 4096, None),
    ]
    assert door.stripe(event(pad="x" * 1_000_000)) == 200


def test_a_sender_that_asks_first_is_told_before_it_sends(house: House, door: Caller) -> None:
    with socket.create_connection(("127.0.0.1", door.port), timeout=20) as line:
        line.sendall(b"POST /stripe HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\nExpect: 100-continue\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 413 ")
    assert kept(house, "size, length(body)") == [(9_000_000, 0)]


def test_only_what_there_is_can_be_asked_for(door: Caller) -> None:
    assert door.send("GET", "/healthz") == (200, {"ok": True})
    assert door.send("GET", "/stripe")[0] == 405
    assert [door.post(path, b"{}")[0] for path in ("/", "/square", "/stripe/x", "/docs")] == [404] * 4


def test_a_flood_of_rubbish_is_counted_not_kept(house: House, door: Caller) -> None:
    for _ in range(65):
        assert door.post("/stripe", b"rubbish")[0] == 400
    assert 60 <= len(kept(house)) <= 62
    assert door.stripe(event()) == 200


def test_while_the_database_is_away_the_provider_is_asked_to_repeat(house: House) -> None:
    store = Store("postgresql://127.0.0.1:1/nowhere", user="hook", password="x")
    with opened(store) as away:
        assert away.stripe(event()) == 503
        code, answer = away.post("/stripe", b"rubbish")
        assert (code, answer["error"]["code"]) == (400, "signature_missing")
        assert away.send("GET", "/healthz")[0] == 503
        assert any("evt_1 could not be kept: the database does not answer" in line for line in away.said)
    assert kept(house) == []


@pytest.mark.parametrize("login", ["ana", "wally"])
def test_another_login_takes_nothing_in(house: House, login: str) -> None:
    with opened(house.store(login)) as door:
        assert door.stripe(event()) == 503
        assert door.send("GET", "/healthz")[0] == 503
    assert kept(house) == []


def test_a_disabled_login_takes_nothing_in_over_a_connection_it_still_has(house: House, door: Caller) -> None:
    assert door.stripe(event(1)) == 200
    house.su.execute("update debtflow.users set disabled_at = now() where login = 'hook'")
    assert door.stripe(event(2)) == 503
    assert len(kept(house)) == 1


def test_a_batch_that_one_delivery_spoils_is_written_one_by_one(house: House, hook: Store) -> None:
    good = [Delivery("stripe", (), None, event(no), len(event(no)), notice_of("stripe", event(no))) for no in (1, 2)]
    bad = Delivery("square", (), None, b"", 0, None, "not a provider of ours")

    async def all_at_once() -> list[Any]:
        writer = Writer(Intake(hook), threads=1)
        waiting = [asyncio.create_task(writer.keep(each)) for each in (good[0], bad, good[1])]
        await asyncio.sleep(0)
        writer.start()
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        writer.stop()
        return answers

    first, second, third = asyncio.run(all_at_once())
    assert (first, third) == (None, None)
    assert "webhook_provider_known" in json.dumps(str(second))
    assert [row[2] for row in kept(house)] == ["evt_1", "evt_2"]

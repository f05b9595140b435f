"""One key, one request, one answer: whoever asks, however often, at whatever time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

import pytest

from debtflow_tui.standin import form
from debtflow_tui.standin.faults import Fault
from debtflow_tui.standin.problems import Problem
from debtflow_tui.standin.server import StandIn

Answer = tuple[int, dict[str, Any], bool]


def ask(standin: StandIn, method: str, path: str, given: dict[str, str] | None = None, **headers: str) -> Answer:
    """One bare request: status, body, and whether it was a replay."""
    line = HTTPConnection("127.0.0.1", standin.port, timeout=10)
    told = {"Authorization": f"Bearer {standin.key}", "Content-Type": "application/x-www-form-urlencoded"}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        line.request(method, path, urlencode(given or {}) if method == "POST" else None, told)
        answer = line.getresponse()
        return answer.status, json.loads(answer.read()), answer.headers.get("Idempotent-Replayed") == "true"
    finally:
        line.close()


def charge(standin: StandIn, key: str, amount: str = "2500", method: str = "pm_card_visa") -> Answer:
    given = {"amount": amount, "currency": "usd", "payment_method": method, "confirm": "true"}
    return ask(standin, "POST", "/v1/payment_intents", given, idempotency_key=key)


def together(acts: Sequence[Callable[[], Answer]]) -> list[Answer]:
    gate = Barrier(len(acts))

    def run(act: Callable[[], Answer]) -> Answer:
        gate.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_the_first_answer_is_every_answer(standin: StandIn) -> None:
    first, second = charge(standin, "k"), charge(standin, "k")
    assert (first[0], first[2], second[2]) == (200, False, True)
    assert first[1] == second[1]
    assert len(standin.charges()) == 1


def test_a_decline_is_kept_and_a_wrong_form_is_not(standin: StandIn) -> None:
    declines = [charge(standin, "k", method="pm_card_chargeDeclined") for _ in range(2)]
    assert [(status, replayed) for status, _, replayed in declines] == [(402, False), (402, True)]
    assert len(standin.book.tables["payment_intent"]) == 1
    assert charge(standin, "k2", amount="many")[0] == 400
    assert charge(standin, "k2")[::2] == (200, False)


def test_another_request_under_the_same_key_is_refused(standin: StandIn) -> None:
    charge(standin, "k")
    status, body, _ = charge(standin, "k", amount="2600")
    assert (status, body["error"]["type"]) == (400, "idempotency_error")
    assert "same parameters" in body["error"]["message"]
    status, body, _ = ask(standin, "POST", "/v1/customers", {"name": "x"}, idempotency_key="k")
    assert (status, body["error"]["type"]) == (400, "idempotency_error")
    assert "same endpoint" in body["error"]["message"]
    assert len(standin.charges()) == 1


def test_twenty_at_once_are_one_charge(standin: StandIn) -> None:
    standin.faults.add(Fault("slow", seconds=0.05))
    answers = together([lambda: charge(standin, "k") for _ in range(20)])
    kinds = Counter(status for status, _, _ in answers)
    assert set(kinds) <= {200, 409}
    assert kinds[200] >= 1
    assert {body["id"] for status, body, _ in answers if status == 200} == {charge(standin, "k")[1]["id"]}
    assert all(body["error"]["code"] == "idempotency_key_in_use" for status, body, _ in answers if status == 409)
    assert len(standin.charges()) == 1


def test_refunds_at_once_never_pass_the_ceiling(standin: StandIn) -> None:
    paid = charge(standin, "k")[1]["id"]

    def refund(key: str) -> Callable[[], Answer]:
        given = {"payment_intent": paid, "amount": "400"}
        return lambda: ask(standin, "POST", "/v1/refunds", given, idempotency_key=key)

    answers = together([refund(f"r{number}") for number in range(12)])
    assert Counter(status for status, _, _ in answers) == {200: 6, 400: 6}
    assert standin.charges()[0]["refunded"] == 2400


def test_a_key_is_forgotten_after_a_day(standin: StandIn) -> None:
    charge(standin, "k")
    standin.advance(24 * 3600 + 1)
    assert charge(standin, "k")[::2] == (200, False)
    assert len(standin.charges()) == 2


def test_a_failure_after_the_work_stays_the_answer(standin: StandIn) -> None:
    standin.faults.add(Fault("500", done=True))
    assert [charge(standin, "k")[::2] for _ in range(2)] == [(500, False), (500, True)]
    assert len(standin.charges()) == 1


def test_a_failure_before_the_work_leaves_the_key_free(standin: StandIn) -> None:
    standin.faults.add(Fault("500"))
    standin.faults.add(Fault("429"))
    assert [charge(standin, "k")[::2] for _ in range(3)] == [(500, False), (429, False), (200, False)]


def test_reading_needs_no_key_and_keeps_none(standin: StandIn) -> None:
    paid = charge(standin, "k")[1]["id"]
    for _ in range(2):
        status, body, replayed = ask(standin, "GET", f"/v1/payment_intents/{paid}", idempotency_key="k")
        assert (status, body["status"], replayed) == (200, "succeeded", False)


def test_faults_skip_and_fit(standin: StandIn) -> None:
    standin.faults.add(Fault("429", path="/v1/refunds"))
    standin.faults.add(Fault("500", path="/v1/payment_intents", skip=1))
    assert [charge(standin, key)[0] for key in "abc"] == [200, 500, 200]
    assert [fault.kind for fault in standin.faults.waiting()] == ["429"]


@pytest.mark.parametrize(
    ("encoded", "read"),
    [
        ("a=1&b[c]=2&b[d][e]=3", {"a": "1", "b": {"c": "2", "d": {"e": "3"}}}),
        ("a[0]=x&a[1]=y", {"a": ["x", "y"]}),
        ("a[]=x&a[]=y", {"a": ["x", "y"]}),
        ("l[0][p][n]=v", {"l": [{"p": {"n": "v"}}]}),
        ("a=", {"a": ""}),
        ("", {}),
        ("a=%C3%A9+b", {"a": "é b"}),
    ],
)
def test_forms_are_read_as_the_provider_writes_them(encoded: str, read: dict[str, Any]) -> None:
    assert form.read(encoded) == read


@pytest.mark.parametrize("encoded", ["[x]=1", "a=1&a[b]=2"])
def test_forms_that_cannot_be(encoded: str) -> None:
    with pytest.raises(Problem):
        form.read(encoded)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"amount": "2500"},
        {"amount": "-5", "currency": "usd"},
        {"amount": "49", "currency": "usd"},
        {"amount": "2500", "currency": "dollars"},
        {"amount": "2500", "currency": "usd", "customer": "cus_nobody"},
        {"amount": "2500", "currency": "usd", "confirm": "true"},
        {"amount": "2500", "currency": "usd", "confirm": "yes"},
        {"amount": "2500", "currency": "usd", "off_session": "true"},
        {"amount": "2500", "currency": "usd", "card[number]": "4242424242424242"},
        {"amount": "2500", "currency": "usd", "metadata[k]": "x" * 501},
        {"amount": "2500", "currency": "usd", "payment_method_types[0]": "cash"},
    ],
)
def test_requests_that_cannot_be_say_which_parameter(standin: StandIn, given: dict[str, str]) -> None:
    status, body, _ = ask(standin, "POST", "/v1/payment_intents", given)
    assert status in (400, 404)
    assert body["error"]["message"]
    assert standin.book.tables["payment_intent"] == {}

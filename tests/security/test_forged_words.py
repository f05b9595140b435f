"""What a colleague could say of the provider without having asked it: it is found out, and never kept in silence."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from services.gateways.base import Charged
from services.ledger import Doctor
from tests.charges.conftest import Office
from tests.charges.provider import usd
from tests.support.house import House

HEAR = "select state from debtflow.charge_hear(%s, %s)"
HEAR_REFUND = "select state from debtflow.refund_hear(%s, %s)"


@pytest.fixture
def office(house: House) -> Office:
    return Office(house)


def begun(office: Office, psql: psycopg.Connection, number: str, minor: int) -> UUID:
    key = uuid4()
    form = {
        "id": str(key), "gateway": "stripe", "kind": "saved", "method_id": office.saved(number), "account": number,
        "amount": minor, "currency": "USD", "allow_duplicate": True,
    }  # fmt: skip
    row = psql.execute("select outcome from debtflow.charge_begin(%s)", [json.dumps(form)]).fetchone()
    assert row == ("begun",)
    return key


def said(psql: psycopg.Connection, key: UUID | None, query: str = HEAR, **words: object) -> str:
    answer = {"source": "call", "currency": "USD", **words}
    row = psql.execute(query, [key, json.dumps(answer)]).fetchone()
    assert row is not None
    return str(row[0])


def asked_later(office: Office) -> None:
    office.house.su.execute("update debtflow.charge set confirm_at = confirm_at - interval '1 hour'")
    office.house.su.execute("update debtflow.refund set confirm_at = confirm_at - interval '1 hour'")
    office.desk("wally").resolve_due()


def check(office: Office, name: str = "charges-confirmed") -> tuple[bool, str]:
    [found] = [each for each in Doctor(office.house.store("bea")).examine().checks if each.name == name]
    return found.ok, found.detail


def test_money_that_no_provider_took_is_found_out(office: Office) -> None:
    """Said to have been taken: with no name, with a made-up one, and with that of another's payment."""
    number, psql = office.house.place(principal=100_00), office.house.psql("ana")
    real = office.desk().start(office.form(number, 10_00, allow_duplicate=True))
    other = Charged("pi_other", "succeeded", usd(10_00), usd(0), key=uuid4())
    office.provider.charges["pi_other"] = other
    forged = []
    for name in (None, "pi_made_up", "pi_other"):
        key = begun(office, psql, number, 10_00)
        psql.execute("select from debtflow.charge_enter(%s)", [key])
        assert said(psql, key, state="succeeded", amount=10_00, provider_id=name) == "posted"
        forged.append(key)
    assert check(office)[0]
    asked_later(office)
    asked_later(office)
    shown = {each.id: each.reason for each in office.desk().of_account(number)}
    assert shown == {real.id: None, **dict.fromkeys(forged, "contradicted")}
    ok, detail = check(office)
    assert (ok, str(real.id) in detail, [str(key) in detail for key in forged]) == (False, False, [True] * 3)
    noted = "select count(*) from debtflow.security_event where kind = 'charge.contradicted'"
    assert office.house.one(noted) == 3
    assert {each.id for each in office.desk("bea").waiting()} == set(forged)


def test_what_the_provider_confirms_is_asked_about_once(office: Office) -> None:
    number = office.house.place(principal=100_00)
    office.desk().start(office.form(number, 10_00))
    asked_later(office)
    assert office.provider.calls == ["charge", "look_at"]
    asked_later(office)
    assert office.provider.calls == ["charge", "look_at"]
    assert check(office)[0]
    assert office.sound()


def test_money_that_was_taken_and_denied_is_posted_all_the_same(office: Office) -> None:
    """Saying that it failed, under any code, gives the hold back for two minutes only."""
    number, psql = office.house.place(principal=100_00), office.house.psql("ana")
    for code in ("card_declined", "breaker_open", "never_reached"):
        key = begun(office, psql, number, 10_00)
        psql.execute("select from debtflow.charge_enter(%s)", [key])
        office.provider.charges[f"pi_{key.hex}"] = Charged(f"pi_{key.hex}", "succeeded", usd(10_00), usd(0), key=key)
        assert said(psql, key, state="failed", code=code) == "failed"
        asked_later(office)
        assert office.desk().show(key).state == "posted"
    assert office.sound()


def test_nobody_puts_the_question_off(office: Office) -> None:
    number, psql = office.house.place(principal=100_00), office.house.psql("ana")
    key = begun(office, psql, number, 10_00)
    psql.execute("select from debtflow.charge_enter(%s)", [key])
    office.later(3)
    row = psql.execute("select debtflow.charge_claim_one(%s) ->> 'lease'", [key]).fetchone()
    assert row is not None
    psql.execute("select debtflow.charge_release(%s, %s, 'infinity')", [key, row[0]])
    query = "select next_ask_at <= now() + interval '1 hour' from debtflow.charge where id = %s"
    assert office.house.one(query, key)


def test_a_bank_debit_comes_back_by_the_workers_question_only(office: Office) -> None:
    number, psql = office.house.place(principal=100_00), office.house.psql("ana")
    charge = office.desk().start(office.form(number, 10_00, office.saved(number, kind="us_bank_account")))
    assert charge.state == "posted"
    said(psql, charge.id, source="ask", state="failed", code="insufficient_funds")
    assert office.due(number) == [90_00, 0, 0, 0]
    office.desk("wally").resolve_due()
    assert office.due(number) == [90_00, 0, 0, 0]
    assert office.sound()


def test_a_code_is_a_code_in_the_trail(office: Office) -> None:
    number, psql = office.house.place(principal=100_00), office.house.psql("ana")
    key = begun(office, psql, number, 10_00)
    said(psql, key, state="failed", code="Mr Oyelaran is a thief " * 100)
    query = "select count(*) from debtflow.audit_log where reason like '%thief%'"
    assert office.house.one(query.replace("%", "%%")) == 0


def test_a_collector_neither_finds_nor_tells_refunds(office: Office) -> None:
    """With them a collector could put any amount back on a debt."""
    number, psql = office.house.place(principal=100_00), office.house.psql("ana")
    receipt = office.desk().start(office.form(number, 10_00)).receipt or ""
    for login in ("ana", "bea"):
        with pytest.raises(errors.InsufficientPrivilege):
            office.house.psql(login).execute("select debtflow.refund_found('pi_x', 're_x', 1000000, 'USD')")
    office.provider.faults = ["before"]
    refund = office.desk("bea").refund(receipt, usd(1_00), submission_id=uuid4())
    assert refund.state == "unknown"
    for state in ("succeeded", "failed"):
        with pytest.raises(psycopg.Error) as refused:
            said(psql, refund.id, HEAR_REFUND, state=state, amount=1_00)
        assert refused.value.sqlstate == "DF403"
    assert office.due(number) == [90_00, 0, 0, 0]


def test_a_refund_that_no_provider_made_is_found_out(office: Office) -> None:
    number, psql = office.house.place(principal=100_00), office.house.psql("bea")
    receipt = office.desk().start(office.form(number, 10_00)).receipt or ""
    office.provider.faults = ["before"]
    refund = office.desk("bea").refund(receipt, usd(4_00), submission_id=uuid4())
    assert said(psql, refund.id, HEAR_REFUND, state="succeeded", amount=4_00, provider_id="re_made_up") == "posted"
    said(psql, refund.id, HEAR_REFUND, source="ask", state="failed")
    assert office.due(number) == [94_00, 0, 0, 0], "nor does the debt fall by word of mouth"
    office.house.su.execute("update debtflow.refund set next_ask_at = null")
    asked_later(office)
    ok, detail = check(office)
    assert not ok
    assert str(refund.id) in detail
    assert office.house.one("select count(*) from debtflow.security_event where kind = 'refund.contradicted'") == 1


def test_a_refund_is_never_more_than_was_paid(office: Office) -> None:
    """Not even by the word of a webhook."""
    number, worker = office.house.place(principal=100_00), office.house.psql("wally")
    charge = office.desk().start(office.form(number, 10_00))
    found = worker.execute(
        "select debtflow.refund_found(%s, 're_x', 100000000, 'USD')", [f"pi_{charge.id.hex}"]
    ).fetchone()
    assert found is not None
    said(worker, found[0], HEAR_REFUND, source="webhook", state="succeeded", amount=100000000)
    assert office.due(number) == [90_00, 0, 0, 0]
    assert not check(office, "charges-told")[0]


def test_who_only_reads_does_not_close_the_way_to_the_provider(office: Office) -> None:
    psql = office.house.psql("rex")
    for statement in (
        "select * from debtflow.breaker_enter('stripe')",
        "select debtflow.breaker_tell('stripe', false, 'away', null)",
    ):
        with pytest.raises(psycopg.Error) as refused:
            psql.execute(statement)
        assert refused.value.sqlstate == "DF403"

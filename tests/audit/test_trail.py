"""The audit trail as each role reads it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from services.accounts import Accounts
from services.audit import Audit, AuditEvent
from services.batches import BatchForm, PaymentBatches, Totals
from services.domain.money import Money
from services.domain.trail import KINDS, AuditQuery, parse_audit
from services.errors import BadInput, NotFound
from services.imports import Imports
from services.payments import PaymentForm, Payments
from tests.imports.files import good
from tests.support.house import House


def pay(house: House, number: str, minor: int, login: str = "ana") -> str:
    return Payments(house.store(login)).post(PaymentForm(number, Money(minor, "USD"), "cash")).receipt


def test_the_story_of_an_account_names_the_right_people(house: House) -> None:
    number = house.place(principal=100_00)
    receipt = pay(house, number, 100_00)
    Payments(house.store("bea")).reverse(receipt, "nsf", submission_id=uuid4())
    events = Audit(house.store("bea")).list(parse_audit(f"entity:account/{number}")).events
    told = [(event.who, event.act, event.reason) for event in events]
    assert told[:4] == [
        ("bea", "payment.reverse", "nsf"), ("bea", "payment.reverse", "nsf"),
        ("ana", "payment.post", None), ("ana", "payment.post", None),
    ]  # fmt: skip
    posted = next(event for event in events if event.act == "payment.post" and "owing" in event.after)
    assert (posted.before["owing"], posted.after["owing"], posted.entity) == (100_00, 0, f"account/{number}")


def test_filters_and_pages_give_each_event_once(house: House) -> None:
    number = house.place(principal=100_00)
    for minor in range(1, 8):
        pay(house, number, minor)
    audit = Audit(house.store("bea"))
    query = parse_audit("who:ana act:payment.* since:-1d")
    whole = audit.list(query, limit=100).events
    pages: list[AuditEvent] = []
    after = None
    while True:
        page = audit.list(query, limit=3, after=after)
        pages += page.events
        after = page.next
        if after is None:
            break
    assert len(whole) == 7
    assert pages == list(whole)


def test_a_collector_reads_own_acts_and_own_accounts_only(house: House) -> None:
    mine, theirs = house.place(principal=100_00), house.place(principal=100_00, collector="ben")
    pay(house, mine, 1_00)
    pay(house, theirs, 2_00, "ben")
    audit = Audit(house.store("ana"))
    assert {event.who for event in audit.list(AuditQuery()).events} == {"ana"}
    with pytest.raises(NotFound):
        audit.list(parse_audit(f"entity:account/{theirs}"))
    assert "bea" in {event.who for event in audit.list(parse_audit(f"entity:account/{mine}")).events}
    assert Audit(house.store("zack")).list(parse_audit("act:payment.*")).events == ()


def test_what_it_points_at_must_exist(house: House) -> None:
    audit = Audit(house.store("bea"))
    for words in ("who:nobody", "entity:user/nobody", "entity:client/NONE", "who:zoe"):
        with pytest.raises(NotFound):
            audit.list(parse_audit(words))
    # What the trail names by its number only is found under it, and another agency's stays out of sight.
    (agency,) = {event.entity for event in audit.list(parse_audit("entity:agency")).events} or {"agency/0"}
    assert audit.list(parse_audit(f"entity:{agency}")).events == audit.list(parse_audit("entity:agency")).events
    assert Audit(house.store("zack")).list(parse_audit(f"entity:{agency}")).events == ()
    for query, after in ((parse_audit("entity:batch/x"), None), (AuditQuery(), "garbage"), (AuditQuery(), "Zm9v")):
        with pytest.raises(BadInput):
            audit.list(query, after=after)


def test_the_acts_of_one_transaction_stand_together(house: House) -> None:
    number = house.place(principal=100_00)
    pay(house, number, 100_00)
    pay(house, house.place(principal=50_00), 1_00)
    audit = Audit(house.store("bea"))
    closing = next(event for event in audit.list(parse_audit("act:payment.post")).events if "status" in event.after)
    together = audit.list(parse_audit(f"tx:{closing.transaction} since:-1h")).events
    assert {event.transaction for event in together} == {closing.transaction}
    assert {"owing", "status"} <= {column for event in together for column in event.after}


def test_a_contact_stands_in_the_story_of_the_account(house: House) -> None:
    number = house.place(principal=100_00)
    ana = Accounts(house.store("ana"))
    saved = ana.save_contact(number, kind="phone", value="312 555 1007")
    ana.save_contact(number, kind="phone", value="312 555 2008", contact_id=saved.id)
    ana.remove_contact(number, saved.id)
    for login in ("ana", "bea"):
        story = Audit(house.store(login)).list(parse_audit(f"entity:account/{number}")).events
        told = [(event.act, event.who, event.before.get("value"), event.after.get("value")) for event in story]
        assert [each for each in told if each[0].startswith("account.contact")] == [
            ("account.contact_remove", "ana", None, None),
            ("account.contact", "ana", "+13125551007", "+13125552008"),
            ("account.contact", "ana", None, "+13125551007"),
        ], login


def test_a_reason_in_words_is_shown_until_it_is_forgotten(house: House) -> None:
    bea = house.store("bea")
    imports = Imports(bea)
    batch = imports.stage(good(2), "a.csv", "HXL")
    imports.exclude(batch.id, [2], "Ivo Brandt has moved away")
    imports.reject(batch.id, "wrong month")
    query = parse_audit(f"entity:batch/{batch.id}")
    rejected, excluded, _ = Audit(bea).list(query).events
    assert (rejected.reason, rejected.after) == ("wrong month", {"state": "rejected", "released": 0})
    assert (excluded.reason, excluded.after) == ("Ivo Brandt has moved away", {"excluded": [2]})
    house.su.execute("delete from debtflow.audit_personal where path = 'after.reason'")
    assert [event.reason for event in Audit(bea).list(query).events] == ["(forgotten)", "(forgotten)", None]
    assert house.one("select count(*) from debtflow.audit_log where reason is not null") == 0


KINDS_AUDITED = """
  select t.tgrelid::regclass::text as audited,
         coalesce(nullif(split_part(encode(t.tgargs, 'escape'), '\\000', 1), ''),
                  substring(p.prosrc from $$audit_write\\([^,]+, '(\\w+)'$$),
                  case p.proname when 'audit_balance' then 'account' end) as kind
    from pg_trigger t
    join pg_proc p on p.oid = t.tgfoid
   where t.tgname like 'audit\\_%' and not t.tgisinternal and t.tgparentid = 0"""


def test_every_audited_table_has_a_kind_to_ask_for_and_words_for_it(house: House) -> None:
    found: dict[str, str] = dict(house.su.execute(KINDS_AUDITED).fetchall())
    assert {"debtflow.payment_batch_line", "debtflow.plan", "debtflow.import_row"} <= found.keys()
    assert {*found.values(), "security_event"} == set(KINDS), "lists of security events are written by the sealer"
    bea = Audit(house.store("bea"))
    batch = PaymentBatches(house.store("bea")).open(BatchForm(Totals(1, Money(5_00, "USD"), None), "Monday"))
    for kind in KINDS:
        assert {event.entity.partition("/")[0] for event in bea.list(parse_audit(f"entity:{kind}")).events} <= {kind}
    (opened,) = bea.list(parse_audit(f"entity:payment_batch/{batch.id}")).events
    assert (opened.act, opened.about) == ("payment_batch.open", f"payment batch {batch.id}")
    with pytest.raises(BadInput, match="payment_batches"):
        bea.list(parse_audit("entity:payment_batches"))

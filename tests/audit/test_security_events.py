"""Sign-ins, refusals and what else is no change of a row: listed in the trail and sealed with it."""

from __future__ import annotations

from services.access import Rights
from services.audit.sealing import Sealing
from services.domain.money import Money
from services.imports import Imports
from services.payments import PaymentForm, Payments
from tests.audit.sealed import busy_day, unguarded, verify
from tests.imports.files import good
from tests.support.house import House

CHANGES = {
    "at": "at - interval '1 s'",
    "user_id": "coalesce(user_id, 0) + 1",
    "session_id": "coalesce(session_id, 0) + 1",
    "login": "login || 'x'",
    "kind": "'session.opened'",
    "rule": "coalesce(rule, '') || 'x'",
    "entity": "coalesce(entity, '') || 'x'",
    "entity_id": "coalesce(entity_id, 0) + 1",
    "detail": 'detail || \'{"origin": "elsewhere"}\'',
}


def test_every_event_that_is_changed_removed_or_added_is_named(house: House) -> None:
    with unguarded(house):  # the day before yesterday
        house.su.execute(
            """
            insert into debtflow.security_event (at, agency_id, login, kind)
            select now() - interval '2 days' + n * interval '1 s', 1, 'ana', 'session.open'
              from generate_series(1, 20) n"""
        )
    busy_day(house, 1)
    sealing = Sealing(house.store("bea"))
    house.all_over()
    listed = sealing.seal_events()
    assert listed == house.one("select count(*) from debtflow.security_event where id <= %s", _newest(house))
    sealing.seal_events()
    house.all_over()
    sealing.seal()
    assert verify(house).ok
    query = "select id from debtflow.security_event where agency_id = 1 and at < now() - interval '1 day' order by id"
    ids = [row[0] for row in house.su.execute(query)]
    with unguarded(house):
        for column, value in CHANGES.items():
            query = f"update debtflow.security_event set {column} = {value} where id = %s"
            house.su.execute(query, [ids.pop()])
        house.su.execute("delete from debtflow.security_event where id = %s", [ids.pop()])
        house.su.execute(
            "insert into debtflow.security_event (id, at, agency_id, login, kind) overriding system value "
            "values (9000000, now() - interval '47 hours 59 minutes 55 s', 1, 'zoe', 'session.open')"
        )
    found = [finding for finding in verify(house).findings if finding.kind == "event"]
    said = sorted(finding.message.rpartition(" was ")[2] for finding in found)
    assert said == ["added", *["changed"] * len(CHANGES), "removed"]
    assert {"security event 9000000 was added"} < {finding.message for finding in found}
    assert all(finding.kind == "event" for finding in verify(house).findings)


def _newest(house: House) -> int:
    query = "select max(i::bigint) from debtflow.audit_log a, jsonb_array_elements_text(a.after -> 'ids') i"
    return int(house.one(query + " where a.act = 'seal.events'"))


def test_what_decides_who_may_do_what_is_an_event_when_it_changes(house: House) -> None:
    number = house.place(principal=100_00)
    Payments(house.store("ana")).post(PaymentForm(number, Money(10_00, "USD"), "cash"))
    Rights(house.store("ada")).set("payment.reverse", "collector", allowed=True)
    Rights(house.store("ada")).set("payment.reverse", "collector", allowed=True)
    bea = Imports(house.store("bea"))
    batch = bea.stage(good(2), "a.csv", "HXL")
    bea.release(batch.id)
    bea.undo(batch.id, "sent twice")
    query = """
      select login, kind, detail from debtflow.security_event where login = any (%s)
       and kind !~ 'session' order by id"""
    told = house.su.execute(query, [["ana", "ada", "bea"]]).fetchall()
    assert told == [
        ("ada", "configuration", {"act": "rights.set", "rows": 1, "table": "permission"}),
        ("bea", "import.release", {"rows": 2}),
        ("bea", "import.undo", {"rows": 2}),
    ]

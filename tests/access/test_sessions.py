"""Who is signed in, from where, doing what, in whose way; and ending it at once."""

from __future__ import annotations

import json
import threading
from uuid import uuid4

import psycopg
import pytest

from services.access import Access, Sessions, SignedIn
from services.accounts import Accounts
from services.domain.money import Money
from services.errors import NotAllowed, NotFound, SessionExpired
from services.payments import PaymentForm, Payments
from services.store import Store
from tests.support.house import House
from tests.support.office import password_of

BACKENDS = "select count(*) from pg_stat_activity where usename = %s and datname = current_database()"


def by_user(found: tuple[SignedIn, ...]) -> dict[str, SignedIn]:
    return {each.user: each for each in found}


def opened(house: House, login: str, origin: str, doing: str | None = None) -> Store:
    store = Store(house.url, user=login, password=password_of(login))
    house._stores.append(store)
    store.open_session(origin, doing)
    return store


# ---- seeing ----------------------------------------------------------------------------------------------------------


def test_supervisors_see_their_agency_and_others_themselves(house: House) -> None:
    ana = opened(house, "ana", "desk7 /dev/pts/3 ssh 10.1.2.3", "debtflow")
    for login in ("ben", "wally", "zack"):
        opened(house, login, "elsewhere")
    opened(house, "ana", "laptop")
    bea, rex = Sessions(house.store("bea")), Sessions(house.store("rex"))
    seen = bea.list()
    assert [each.user for each in seen] == ["rex", "bea", "ana", "wally", "ben", "ana"]
    first = seen[-1]
    assert (first.host, first.tty, first.ssh, first.address) == ("desk7", "/dev/pts/3", "10.1.2.3", None)
    assert (first.role, first.doing, first.connections, first.act, first.waits) == (
        "collector", "debtflow", 1, None, False)  # fmt: skip
    assert first.seen == first.since
    assert by_user(seen)["wally"].seen is None
    assert [each.current for each in seen] == [False, True, False, False, False, False]
    assert [each.user for each in rex.list()] == ["rex"]
    assert {each.user for each in Sessions(ana).list()} == {"ana"}
    assert [each.current for each in Sessions(ana).list()] == [False, True]
    Access(ana).renew("Payment 10023-0")
    assert bea.list()[-1].doing == "Payment 10023-0"
    Access(ana).renew()
    assert bea.list()[-1].doing == "Payment 10023-0"


def test_what_is_over_is_not_shown(house: House) -> None:
    bea, gone, late = Sessions(house.store("bea")), house.store("ana"), house.store("ben")
    Access(gone).sign_out()
    house.su.execute("update debtflow.session set expires_at = now() where login = 'ben'")
    assert [each.user for each in bea.list()] == ["bea"]
    for user in ("ana", "ben"):
        with pytest.raises(NotFound):
            bea.end(house.one("select id from debtflow.session where login = %s", user))
    assert late is not gone


def test_who_is_in_whose_way_and_on_which_account(house: House) -> None:
    number = house.place(principal=100_00)
    bea = Sessions(house.store("bea"))
    ana = house.psql("ana")
    ana.execute("begin")
    form = {"account": number, "submission_id": str(uuid4()), "amount": 5_00, "currency": "USD", "method": "cash",
            "reference": "spoke"}  # fmt: skip
    ana.execute("select outcome from debtflow.payment_post(%s::jsonb)", [json.dumps([form])])
    ada = Payments(house.store("ada"))
    blocked = threading.Thread(target=lambda: ada.post(PaymentForm(number, Money(10_00, "USD"), "cash")))
    blocked.start()
    try:
        for _ in range(200):
            seen = by_user(bea.list())
            if seen["ana"].in_way_of and seen["ada"].waits:
                break
            threading.Event().wait(0.02)
    finally:
        ana.execute("rollback")
        blocked.join()
    assert seen["ana"].in_way_of == ("ada",)
    assert seen["ana"].accounts == (number,)
    assert seen["ana"].act == "payment_post"
    assert "payment" in seen["ana"].writes
    assert seen["ana"].act_since is not None
    assert (seen["ada"].waits, seen["ada"].act) == (True, "payment_post")
    # What was typed is in no answer, only what the act is called.
    assert "spoke" not in repr(seen)


def test_a_name_that_others_gave_themselves_is_nobodys(house: House) -> None:
    """A connection can call itself what it likes; it is counted for its own login alone."""
    house.store("ana")
    number = house.one("select id from debtflow.session where login = 'ana'")
    forged = house.psql("ben", session=False)
    forged.execute(f"set application_name = 'debtflow #{number}'".encode())
    seen = by_user(Sessions(house.store("bea")).list())
    assert seen["ana"].connections == 1


# ---- ending ----------------------------------------------------------------------------------------------------------


def test_a_supervisor_ends_a_session_with_its_connections_and_no_other(house: House) -> None:
    number = house.place(principal=100_00)
    desk, laptop = opened(house, "ana", "desk"), opened(house, "ana", "laptop")
    psql = house.psql("ana", session=False)
    open_act = psycopg.connect(house.cluster.server.dsn("ana", house.database, password_of("ana")), autocommit=True)
    bea = Sessions(house.store("bea"))
    ids = {each.host: each.id for each in bea.list() if each.user == "ana"}
    open_act.execute(f"set application_name = 'debtflow #{ids['desk']}'".encode())
    open_act.execute("begin")
    assert bea.end(ids["desk"]).connections == 3
    for gone in (psql, open_act):
        with pytest.raises(psycopg.OperationalError):
            gone.execute("select 1")
        gone.close()
    with pytest.raises(SessionExpired):
        Accounts(desk).show(number)
    assert Accounts(laptop).show(number).number == number
    with pytest.raises(NotFound):
        bea.end(ids["desk"])
    event = "select detail ->> 'login' from debtflow.security_event where kind = 'session.end' and login = 'bea'"
    assert house.one(event) == "ana"


def test_who_may_not_end_it(house: House) -> None:
    ana, ben, zack = (Sessions(house.store(login)) for login in ("ana", "ben", "zack"))
    (own,) = (each.id for each in ana.list())
    for other in (ben, Sessions(house.store("rex"))):
        with pytest.raises(NotAllowed) as refused:
            other.end(own)
        assert (refused.value.who_may, refused.value.rule) == ("supervisor", "session_end_role")
    with pytest.raises(NotFound):
        zack.end(own)
    second = house.store("ana")
    assert ana.end(max(each.id for each in ana.list())).connections == 1
    with pytest.raises(SessionExpired):
        Access(second).session()
    assert Access(ana._store).session().user == "ana"


def test_without_the_right_to_end_connections_the_session_ends_all_the_same(house: House) -> None:
    """Such as where the database is rented, and nobody is a superuser."""
    house.su.execute(
        "create or replace function debtflow.backends_end(login name, others bigint[]) returns int "
        "language plpgsql as $$ begin return null; end $$"
    )
    ana, bea = house.store("ana"), Sessions(house.store("bea"))
    ended = bea.end(by_user(bea.list())["ana"].id)
    assert ended.connections is None
    with pytest.raises(SessionExpired):
        Access(ana).session()

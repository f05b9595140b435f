"""The password once more: only a connection that has just been let in proves who is there, and for some minutes."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import make_conninfo

from services.access import Access, Rights
from services.charges import Charges
from services.domain.money import Money
from services.errors import BadInput, NotAllowed, SessionExpired
from services.imports import Imports
from services.store import Store
from tests.charges.conftest import Office
from tests.imports.files import good, line, written
from tests.support.house import House
from tests.support.office import password_of

PROVED = """
  select count(*) from debtflow.session
   where login = 'bea' and ended_at is null and proved_at > now() - interval '5 min'"""
WANTED = "select debtflow.step_up_wanted('release')"


def aged(house: House, minutes: float = 6) -> None:
    """Everybody signed in so much earlier."""
    house.su.execute("update debtflow.session set proved_at = proved_at - make_interval(secs => %s)", [minutes * 60])


def raw(house: House, login: str = "bea", password: str | None = None) -> psycopg.Connection:
    info = make_conninfo(
        house.cluster.server.dsn(user=login, database=house.database, password=password or password_of(login))
    )
    return psycopg.connect(info, autocommit=True)


def new_for(house: House, time: str) -> None:
    """How long a connection counts as made this moment: waiting for it would take as long."""
    house.su.execute(
        "create or replace function debtflow.connection_is_new() returns interval language sql immutable parallel safe "
        f"as $$ select interval '{time}' $$"
    )


def token_of(store: Store) -> str:
    return str(store.act(lambda c: c.exec_driver_sql("select current_setting('debtflow.session')").scalar_one()))


# ---- what proves it --------------------------------------------------------------------------------------------------


def test_a_sign_in_proves_it_for_five_minutes(house: House) -> None:
    bea = Imports(house.store("bea"))
    first, second = (bea.stage(written([line(ref)]), f"{ref}.csv", "HXL") for ref in ("A-1", "A-2"))
    aged(house, 4.9)
    bea.release(first.id)
    aged(house, 0.2)
    with pytest.raises(NotAllowed, match="releasing a file wants your password again") as refused:
        bea.release(second.id)
    assert refused.value.rule == "step_up"
    assert bea.show(second.id).state == "in_review"


def test_the_password_proves_it_again_and_a_wrong_one_does_not(house: House) -> None:
    store = house.store("bea")
    bea, access = Imports(store), Access(store)
    batch = bea.stage(written([line("A-1")]), "a.csv", "HXL")
    aged(house)
    for wrong in ("nope", password_of("ana")):
        with pytest.raises(NotAllowed) as refused:
            access.step_up(wrong)
        assert refused.value.rule == "sign_in"
    with pytest.raises(BadInput):
        access.step_up("")
    with pytest.raises(NotAllowed):
        bea.release(batch.id)
    access.step_up(password_of("bea"))
    assert bea.release(batch.id).state == "released"
    kinds = "select array_agg(kind order by id) from debtflow.security_event where login = 'bea'"
    assert house.one(kinds)[:2] == ["session.open", "session.step_up"]
    how = house.one("select detail ->> 'how' from debtflow.security_event where kind = 'session.step_up'")
    assert how in ("scram-sha-256", None)


def test_a_release_under_way_goes_on(house: House) -> None:
    bea = Imports(house.store("bea"))
    batch = bea.stage(good(3), "a.csv", "HXL")
    step = "select state from debtflow.import_release_chunk(%s, 1, false)"
    assert bea._store.act(lambda c: c.exec_driver_sql(step, (batch.id,)).scalar_one()) == "releasing"
    aged(house)
    assert bea.release(batch.id).released == 3


def test_a_command_gives_the_password_it_was_given(house: House) -> None:
    store = house.store("bea")
    bea = Imports(store)
    batch = bea.stage(written([line("A-1")]), "a.csv", "HXL")
    aged(house)
    store.prove_itself()
    assert bea.release(batch.id).state == "released"
    assert house.one(PROVED) == 1


def test_refunds_above_a_limit_want_it(house: House) -> None:
    office = Office(house)
    number = house.place(principal=1_000_00)
    charge = office.desk().start(office.form(number, 500_00))
    assert charge.receipt is not None
    store = house.store("bea")
    desk = Charges(store, office.provider)
    aged(house)
    desk.refund(charge.receipt, Money(100_00, "USD"), submission_id=uuid4())
    with pytest.raises(NotAllowed, match="giving this much back") as refused:
        desk.refund(charge.receipt, Money(1, "USD"), submission_id=uuid4())  # small ones add up over a day
    assert refused.value.rule == "step_up"
    Rights(house.store("ada")).set_limit("refund_freely", Money(200_01, "USD"), user="bea")
    desk.refund(charge.receipt, Money(100_01, "USD"), submission_id=uuid4())
    Access(store).step_up(password_of("bea"))
    desk.refund(charge.receipt, Money(299_99, "USD"), submission_id=uuid4())


def test_a_service_has_nobody_to_ask(house: House) -> None:
    wally = house.store("wally")
    aged(house)
    who = "select debtflow.stepped_up(row(null, null, 'worker', null)::debtflow.identity)"
    assert house.one(who)
    assert wally.act(lambda c: c.exec_driver_sql("select debtflow.session_renew()").scalar_one())


# ---- what does not ---------------------------------------------------------------------------------------------------


def test_an_older_connection_proves_nothing(house: House) -> None:
    """Neither the one that works, nor one that was made a while ago, nor the same new one twice."""
    store = house.store("bea")
    token = token_of(store)
    aged(house)
    assert house.one("select debtflow.connection_is_new() <= interval '15 seconds'")
    working = house.psql("bea", session=False)
    new_for(house, "0 seconds")
    for statement in (
        "select debtflow.step_up(%s)",
        "select debtflow.step_up(token) from (values (%s)) x(token), pg_sleep(0)",
        "begin; select debtflow.step_up(%s)",
    ):
        with pytest.raises(psycopg.DatabaseError) as refused:
            psycopg.ClientCursor(working).execute(statement, [token])
        assert refused.value.diag.constraint_name == "step_up_stale", statement
        working.rollback()
    # A session that begins on it has proved nothing either.
    working.execute("select set_config('debtflow.session', token, false) from debtflow.session_open('psql')")
    assert house.one(PROVED) == 0
    new_for(house, "15 seconds")
    with raw(house) as fresh:
        fresh.execute("select debtflow.step_up(%s)", [token])
        with pytest.raises(psycopg.DatabaseError, match="not made for this"):
            fresh.execute("select debtflow.step_up(%s)", [token])
    assert house.one(PROVED) == 1


def test_it_is_bound_to_the_session_and_its_login(house: House) -> None:
    bea, other, ada = house.store("bea"), house.store("bea"), house.store("ada")
    aged(house)
    with raw(house, "ada") as fresh:
        for token in (token_of(bea), "", "x" * 64):
            with pytest.raises(psycopg.DatabaseError) as expired:
                fresh.execute("select debtflow.step_up(%s)", [token])
            assert expired.value.sqlstate == "DF440"
    with raw(house) as fresh, pytest.raises(psycopg.DatabaseError):
        fresh.execute("select debtflow.step_up(null)")
    Access(bea).step_up(password_of("bea"))
    assert house.one(PROVED) == 1, "the other session of the same person has proved nothing"
    Access(other).sign_out()
    with pytest.raises(SessionExpired):
        other.step_up(password_of("bea"))
    assert ada is not other


def test_nothing_else_writes_the_proof(house: House) -> None:
    aged(house)
    mine = house.psql("bea")
    aged(house)
    for statement in (
        "update debtflow.session set proved_at = now()",
        "select proved_at from debtflow.session",
        "select debtflow.stepped_up(debtflow.me())",
        "select debtflow.backend_started()",
        "select debtflow.connection_made_now()",
        WANTED,
    ):
        with pytest.raises(errors.InsufficientPrivilege):
            mine.execute(statement)
    mine.execute("set debtflow.proved_at = 'infinity'")
    # A table of one's own that bears the name is never looked at, where one can be made at all.
    with pytest.raises(psycopg.DatabaseError):
        mine.execute("create temp table session (id bigint, proved_at timestamptz)")
    assert house.one(PROVED) == 0

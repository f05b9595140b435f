"""Personal values planted in every place, and everything that anybody can read, asked for them: whoever does not see a
value in full finds it in no answer, no error, no log and no table."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from debtflow_tui.config import Settings
from debtflow_tui.wiring import Services
from services.access import Access
from services.accounts import Accounts
from services.domain.alike import Set
from services.domain.lookup import parse_lookup
from services.domain.money import Money
from services.domain.trail import AuditQuery
from services.errors import DebtFlowError
from services.imports import Imports
from services.imports.results import Where
from services.payments import PaymentForm, Payments
from tests.charges.provider import Provider
from tests.imports.files import line, written
from tests.security.conftest import World
from tests.security.test_matrix import FUNCTIONS
from tests.security.test_matrix_of_services import ELSEWHERE, OF_A_BATCH, ON_AN_ACCOUNT, On, Rows
from tests.security.test_rows import relations_of

LOGINS: Final = {"ada": "agency_admin", "bea": "supervisor", "ana": "collector", "rex": "readonly", "zoe": "collector"}
OFFICE: Final = {"ada", "bea"}
# What stands where, and who sees it in full; nobody sees social security digits.
PLANTED: Final = {
    "3125550199": {"ana", *OFFICE}, "mine.planted@example.org": {"ana", *OFFICE}, "77 Planted Way": {"ana", *OFFICE},
    "DE55PLANTED66": OFFICE, "7391": set[str](),
    "3125550122": OFFICE, "bens.planted@example.org": OFFICE, "8264": set[str](),
    "3125550177": {"zoe"}, "far.planted@example.org": {"zoe"}, "9157": set[str](),
    "3125550166": OFFICE, "row.planted@example.org": OFFICE, "6042": set[str](), "5183": set[str](),
}  # fmt: skip
# What is there to give values back to who may have them, each on record: it has tests of its own.
ON_RECORD: Final = {"accounts.reveal", "account_reveal", "import_rows_open", "import_change_open", "import_file_read"}


def pattern(value: str) -> re.Pattern[str]:
    """The value as it may stand in a text: of a phone also as search keys have it; digits not within longer ones."""
    if len(value) == 4:
        return re.compile(rf"(?<![\w.-]){value}(?![\w-])")
    return re.compile("|".join(map(re.escape, (value, value[::-1]) if value.isdigit() else (value,))), re.IGNORECASE)


PATTERNS: Final = {value: pattern(value) for value in PLANTED}


class Found:
    """Who read what they should not have, and where."""

    def __init__(self) -> None:
        self.leaks = list[tuple[str, str, str]]()
        self.seen = set[tuple[str, str]]()

    def look(self, login: str, where: str, text: str) -> None:
        for value, who in PLANTED.items():
            if PATTERNS[value].search(text):
                self.seen.add((login, value))
                if login not in who:
                    self.leaks.append((login, where, value))


@pytest.fixture(scope="module")
def planted(furnished: World) -> On:
    world = furnished
    world.su.execute("update debtflow.agency set next_number = 97001 where code = 'NORTHBY'")
    mine = world.place("Mona Planted", principal=900_00, collector="ana")
    bens = world.place("Benno Planted", principal=900_00, client="MED", collector="ben")
    far = world.place("Fara Planted", principal=900_00, client="ZEN", collector="zoe", by="zack")
    for login, number, phone, name in (
        ("ana", mine, "3125550199", "mine"), ("ben", bens, "3125550122", "bens"), ("zoe", far, "3125550177", "far"),
    ):  # fmt: skip
        accounts = Accounts(world.store(login, size=1))
        accounts.save_contact(number, kind="phone", value="3125550111")
        first = accounts.save_contact(number, kind="phone", value=phone)
        accounts.save_contact(number, kind="phone", value=phone, label="home", contact_id=first.id)
        accounts.save_contact(number, kind="email", value=f"{name}.planted@example.org")
    Accounts(world.store("ana", size=1)).save_contact(mine, kind="address", value="77 Planted Way")
    for name, digits in (("Mona", "7391"), ("Benno", "8264"), ("Fara", "9157")):
        world.su.execute("update debtflow.debtor set ssn_last4 = %s where name like %s", [digits, f"{name}%"])
    money = Money(7_00, "USD")
    paid = Payments(world.store("bea", size=1)).post(
        PaymentForm(mine, money, "bank_transfer", reference="DE55PLANTED66")
    )
    imports = Imports(world.store("bea", size=1))
    rows = [
        line("PL-1", debtor_ssn_last4="6042", debtor_phone="3125550166", debtor_email="row.planted@example.org"),
        line("PL-2", debtor_ssn_last4="x6042", debtor_phone="312555016", debtor_email="row.planted@example.org@"),
        line("PL-3", amount="ten", debtor_ssn_last4="6042"),
    ]
    batch = imports.stage(written(rows), "planted.csv", "HXL").id
    imports.fix(batch, 3, {"debtor_ssn_last4": "5183"})
    imports.fix_alike(batch, Set("debtor_ssn_last4", "6042"), Where(rows=(2,)))
    today = Access(world.store("ana", size=1)).session().today + timedelta(days=9)
    return On(mine, paid.receipt, Money(1_00, "USD"), today, batch)


def desk(world: World, login: str, folder: Path) -> Services:
    store = world.store(login, size=1)
    made = Services(store, Access(store).session(), Settings(folder))
    made.__dict__["gateway"] = Provider()
    return made


def told(error: BaseException) -> str:
    """All that an error says, and the ones behind it."""
    said = [repr(error), str(error)]
    if isinstance(error, DebtFlowError):
        said.append(repr(vars(error)))
    if isinstance(error, psycopg.Error):
        said += [str(getattr(error.diag, name)) for name in dir(error.diag) if not name.startswith("_")]
    return " ".join(said) + (told(error.__cause__) if error.__cause__ else "")


def answer(call: Callable[[], object]) -> str:
    try:
        got = call()
        return repr(list(got) if isinstance(got, Iterator) else got)
    except DebtFlowError as error:
        return told(error)


def more(batch: int) -> Rows:
    """Reads that the matrix of rights tells elsewhere."""
    everybody = set(LOGINS.values())
    return {
        "find phone": (everybody, lambda d, _: d.accounts.find(parse_lookup("phone:3125550199"))),
        "find tail": (everybody, lambda d, _: d.accounts.find(parse_lookup("phone:0199"), limit=1)),
        "find ssn": (everybody, lambda d, _: d.accounts.find(parse_lookup("ssn:7391 "), limit=1).rows),
        "trail": (everybody, lambda d, _: d.audit.list(AuditQuery(), limit=500)),
        "rows": (everybody, lambda d, _: d.imports.rows(batch, limit=100)),
        "values": (everybody, lambda d, _: d.imports.values(batch, "debtor_ssn_last4", Where())),
        "holding": (everybody, lambda d, _: d.imports.rows(batch, column="debtor_ssn_last4", value="6042")),
        "alike": (everybody, lambda d, _: d.imports.preview_alike(batch, Set("debtor_ssn_last4", ""), Where())),
        "changes": (everybody, lambda d, _: d.imports.changes(batch)),
        "fixed": (everybody, lambda d, _: d.imports.fix(batch, 2, {"creditor_name": "New"}, rehearse=True)),
    }


@pytest.mark.parametrize("login", LOGINS)
def test_no_service_gives_a_planted_value_away(
    world: World, planted: On, login: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found, services = Found(), desk(world, login, tmp_path)
    # SQL with its parameters is what an engine says when it is asked to: ours is not, at any level.
    with caplog.at_level(logging.INFO):
        for name, (_, call) in (ON_AN_ACCOUNT | ELSEWHERE | OF_A_BATCH | more(planted.batch)).items():
            if name not in ON_RECORD:
                found.look(login, name, answer(lambda call=call: call(services, planted)))  # type: ignore[misc]
    found.look(login, "log", caplog.text)
    assert found.leaks == []
    if login in ("ana", "bea"):
        assert (login, "3125550199") in found.seen


@pytest.mark.parametrize("login", LOGINS)
def test_no_table_gives_a_planted_value_away(world: World, planted: On, login: str) -> None:
    """Column by column: what one column is refused for does not hide what another one tells."""
    found, psql = Found(), world.psql(login)
    query = """
      select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"""
    for name in relations_of(world):
        for (column,) in world.su.execute(query, [f"debtflow.{name}"]).fetchall():
            if not world.one(
                "select has_column_privilege(%s, %s::regclass, %s, 'select')", login, f"debtflow.{name}", column
            ):
                continue
            read = f"select string_agg(\"{column}\"::text, e'\\n') from debtflow.{name}"
            found.look(login, f"{name}.{column}", str(psql.execute(read.encode()).fetchone()))
    assert found.leaks == []


ARGUMENTS: Final = {"bigint": "%(id)s", "integer": "%(id)s", "bigint[]": "%(ids)s", "integer[]": "%(ids)s"}


@pytest.mark.parametrize("login", LOGINS)
def test_no_function_gives_a_planted_value_away(world: World, planted: On, login: str) -> None:
    """With the account, with the batch, with the payment, with the first few of everything."""
    found, psql = Found(), world.psql(login)
    payment = world.one("select max(id) from debtflow.payment where reference = 'DE55PLANTED66'")
    ids = sorted({*range(1, 5), planted.batch, payment})
    trail = world.su.execute("select array_agg(id), array_agg(at) from debtflow.audit_log").fetchone()
    role = f"debtflow_{LOGINS[login]}"
    for name, types, names, granted in world.su.execute(FUNCTIONS, [role]).fetchall():
        if not granted or name in ON_RECORD or name.startswith("session_"):
            continue
        account = bool(names) and names[0] == "number"
        takes_ids = any(each in ("bigint", "integer", "bigint[]", "integer[]") for each in types)
        for number in ids if takes_ids and not account else [50]:
            given = [ARGUMENTS.get(each, f"null::{each}") for each in types]
            if account:
                given[0] = "%(number)s"
            call = f"select x::text from debtflow.{name}({', '.join(given)}) x"
            values = {"number": planted.number, "id": number, "ids": list(range(1, 20))}
            found.look(login, name, said(psql, call, values))
    read = "select path, value from debtflow.audit_values(%(ids)s, %(ats)s)"
    assert trail
    found.look(login, "audit_values", said(psql, read, {"ids": trail[0], "ats": trail[1]}))
    assert found.leaks == []


def said(psql: psycopg.Connection, call: str, values: dict[str, Any]) -> str:
    try:
        with psql.transaction(force_rollback=True):
            psql.execute("set local lock_timeout = '2s'")
            return str(psql.execute(call.encode(), values).fetchall())
    except psycopg.Error as error:
        return told(error)


def test_the_servers_log_holds_no_planted_value(world: World, planted: On) -> None:
    """What goes wrong is written down with its statement, never with what it was given."""
    psql = world.psql("ana")
    for call, values in (
        ("select debtflow.account_contact_save(%s, 'phone', %s, '', false)", (planted.number, "+13125550199")),
        ("select debtflow.account_contact_save(%s, 'fax', %s, '', false)", (planted.number, "+13125550199")),
        (
            "select debtflow.account_contact_save(%s, 'phone', %s, repeat('x', 9999), false)",
            (planted.number, "+13125550198"),
        ),
    ):
        with pytest.raises(psycopg.Error):
            psql.execute(call.encode(), values)
    text = world.cluster.server.log.read_text("utf-8", "replace")
    assert "account_contact_save" in text
    assert [value for value in PLANTED if len(value) > 4 and PATTERNS[value].search(text)] == []

"""Looking accounts up among many, with and without row-level security, beside reading one row by its primary key."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final

from benchmarks.report import Row
from benchmarks.server import Bench
from services.accounts import Accounts
from services.domain.lookup import parse_lookup
from services.store import Store

COLLECTORS: Final = 50
CHUNK: Final = 20_000
SYLLABLES: Final = (
    "ba", "ber", "dan", "el", "fen", "gar", "hol", "is", "ka", "lor", "mi", "nor", "ol", "per", "quil", "ras", "son",
    "ta", "ul", "ver",
)  # fmt: skip
TABLES: Final = ("account", "account_balance", "search_key", "debtor", "debtor_contact", "account_flag")

FILL: Final = """
  with made as (
    insert into debtflow.debtor (agency_id, name, first_norm, last_norm, ssn_last4)
    select %(agency)s, f || ' ' || l, f, l, lpad((n %% 10000)::text, 4, '0')
      from unnest(%(first)s::text[], %(last)s::text[]) with ordinality as x(f, l, k),
           lateral (select %(from)s + k as n) y
    returning id, first_norm, last_norm),
  numbered as (select *, %(from)s + row_number() over (order by id) as n from made),
  called as (
    insert into debtflow.debtor_contact (agency_id, debtor_id, kind, value)
    select %(agency)s, id, 'phone', '+1' || (2000000000 + n * 7)::text from numbered),
  placed as (
    insert into debtflow.account (agency_id, client_id, collector_id, debtor_id, number, external_ref, debtor_name,
      last_norm, first_norm, status, currency, original_amount, placed_on, follow_up_on)
    select %(agency)s, %(client)s, (%(collectors)s::int[])[1 + n %% %(many)s], id, debtflow.account_number(100000 + n),
      'REF-' || n, first_norm || ' ' || last_norm, last_norm, first_norm, 'assigned', 'USD', 10000, '2025-01-01',
      date '2026-01-01' + (n %% 300)::int
      from numbered
    returning id, collector_id)
  insert into debtflow.account_balance (account_id, agency_id, collector_id, currency, due)
  select id, %(agency)s, collector_id, 'USD', '{10000,0,0,0}' from placed returning account_id"""


def furnish(bench: Bench, accounts: int) -> None:
    """An agency of 50 collectors that share the accounts evenly."""
    seeded = random.Random(7)
    with bench.superuser() as connection:
        run = connection.execute
        run("select debtflow.agency_create('LOOK', 'Look', 'UTC', 'USD')")
        bench.login("LOOK", "seer", "supervisor")
        for k in range(COLLECTORS):
            bench.login("LOOK", f"looker{k}", "collector")
        run(
            "select debtflow.client_create('LOOK', 'LK', 'Look', 2500, '{4,3,2,1}', '2025-01-01', 'one_collector', "
            "'{looker0}')"
        )
        agency = run("select id from debtflow.agency where code = 'LOOK'").fetchone()
        client = run("select id from debtflow.client where code = 'LK'").fetchone()
        crew = run("select array_agg(id order by id) from debtflow.users where login like 'looker%'").fetchone()
        if agency is None or client is None or crew is None:
            raise RuntimeError("the agency was not made")
        run("set synchronous_commit = off")
        for start in range(0, accounts, CHUNK):
            size = min(CHUNK, accounts - start)
            values = {
                "agency": agency[0], "client": client[0], "collectors": crew[0], "many": COLLECTORS, "from": start,
                "first": [_word(seeded, 2) for _ in range(size)], "last": [_word(seeded, 3) for _ in range(size)],
            }  # fmt: skip
            ids = [row[0] for row in run(FILL, values).fetchall()]
            run("select debtflow.account_index(%s)", [ids])
        run("reset synchronous_commit")
        run("vacuum analyze")


def measure(bench: Bench, *, accounts: int, questions: int) -> list[Row]:
    """A row a kind of question: median and 99th percentile, as multiples of a primary-key read's median."""
    furnish(bench, accounts)
    rows = []
    for login, who in (("seer", "supervisor"), ("looker0", "collector")):
        store = Store(bench.url, user=login, password=f"{login}-bench", size=1)
        store.open_session("bench")
        names = _sample(bench, login, questions)
        key = _times(partial(_read_by_key, store), _ids(bench, questions))
        with_policies = _kinds(store, names)
        with _no_policies(bench):
            without = _kinds(store, names)
        for kind, took in with_policies.items():
            rows += _rows(f"{kind}, as {who}", TARGET_P99[kind], took, key, without[kind])
        store.close()
    return rows


def _rows(case: str, target: str, took: list[float], key: list[float], without: list[float]) -> list[Row]:
    """Figures in milliseconds; the target of the 99th percentile is in milliseconds as well."""
    middle, tail, base, bare = _p(took, 50) * 1e3, _p(took, 99) * 1e3, _p(key, 50) * 1e3, _p(without, 50) * 1e3
    return [
        Row("lookup", f"{case}: p50 / key p50", 1, middle / base, middle, base),
        Row("lookup", f"{case}: p99 / key p50 (target: ms)", 1, tail / base, tail, base, target),
        Row("lookup", f"{case}: with / without row security", 1, middle / bare, middle, bare, "<= 1.5"),
    ]


def _read_by_key(store: Store, key: str) -> object:
    return store.ask(lambda connection: connection.exec_driver_sql(BY_KEY, (key,)).one_or_none())


BY_KEY: Final = "select a.id, a.number, a.status from debtflow.account a where a.id = %s"
TARGET_P99: Final = {
    "number": "<= 1 ms", "reference": "<= 1 ms", "phone": "<= 1 ms", "surname prefix": "<= 1 ms",
    "part of a name": "<= 5 ms", "one typo": "<= 10 ms",
}  # fmt: skip


def _kinds(store: Store, names: Sequence[tuple[str, str, str, str, str]]) -> dict[str, list[float]]:
    def ask(text: str) -> object:
        return Accounts(store).find(parse_lookup(text))

    return {
        "number": _times(ask, [number for number, *_ in names]),
        "reference": _times(ask, [f"ref:{ref}" for _, ref, *_ in names]),
        "phone": _times(ask, [f"phone:{phone}" for *_, phone in names]),
        "surname prefix": _times(ask, [f"name:{last[:5]}" for _, _, _, last, _ in names]),
        "part of a name": _times(ask, [f"name:{first[:4]} {last[:4]}" for _, _, first, last, _ in names]),
        "one typo": _times(ask, [f"name:{first} {_typo(last)}" for _, _, first, last, _ in names]),
    }


def _times(work: Callable[[str], object], inputs: Sequence[str]) -> list[float]:
    for warm in inputs[:10]:
        work(warm)
    took = []
    for each in inputs:
        began = time.perf_counter()
        work(each)
        took.append(time.perf_counter() - began)
    return took


def _p(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _sample(bench: Bench, login: str, count: int) -> list[tuple[str, str, str, str, str]]:
    query = """
      select a.number, a.external_ref, a.first_norm, a.last_norm, c.value from debtflow.account a
        join debtflow.debtor_contact c on c.debtor_id = a.debtor_id
        join debtflow.agency g on g.id = a.agency_id and g.code = 'LOOK'
       where %(login)s = 'seer' or a.collector_id = (select id from debtflow.users where login = %(login)s)
       order by md5(a.number) limit %(count)s"""
    with bench.superuser() as connection:
        return connection.execute(query, {"login": login, "count": count}).fetchall()


def _ids(bench: Bench, count: int) -> list[str]:
    query = "select id from debtflow.account where external_ref like 'REF-%%' order by md5(number) limit %s"
    with bench.superuser() as connection:
        return [row[0] for row in connection.execute(query, [count]).fetchall()]


@contextmanager
def _no_policies(bench: Bench) -> Iterator[None]:
    with bench.superuser() as connection:
        for table in TABLES:
            connection.execute(f"alter table debtflow.{table} disable row level security")
        try:
            yield
        finally:
            for table in TABLES:
                connection.execute(f"alter table debtflow.{table} enable row level security")


def _word(seeded: random.Random, syllables: int) -> str:
    return "".join(seeded.choice(SYLLABLES) for _ in range(syllables))


def _typo(word: str) -> str:
    middle = len(word) // 2
    return word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :]

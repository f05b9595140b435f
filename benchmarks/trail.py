"""Browsing the audit trail: pages of every kind of question at few and at many rows, as each role asks them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from benchmarks import lookup
from benchmarks.report import Row
from benchmarks.server import Bench
from services.audit import Audit
from services.audit.sealing import Sealing
from services.domain.trail import parse_audit
from services.store import Store

MONTHS: Final = 24
ACCOUNTS: Final = 2_000
WORDS: Final = 4_000
# Acts by how often they are: most of a trail is payments and notes.
ACTS: Final = (
    *["payment.post"] * 40, *["account.note"] * 20, *["account.call"] * 10, *["account.follow_up"] * 10,
    *["account.status"] * 8, *["promise.make"] * 4, *["payment.reverse"] * 3, *["account.contact"] * 3,
    "account.assign", "plan.make",
)  # fmt: skip
RARE: Final = "client.edit"

FILL: Final = """
  with made as materialized (
    select nextval('debtflow.audit_log_id_seq') as id, n,
           %(first)s::timestamptz + (n + random()) * (%(span)s::interval / %(rows)s) as at,
           (%(people)s::int[])[1 + floor(random() * %(many)s)::int] as user_id,
           case when n %% 20000 = 7 then %(rare)s
                else (%(acts)s::text[])[1 + floor(random() * cardinality(%(acts)s::text[]))::int] end as act,
           (%(accounts)s::bigint[])[1 + floor(random() * cardinality(%(accounts)s::bigint[]))::int] as account
      from generate_series(0, %(rows)s - 1) n
  ),
  written as (
    insert into debtflow.audit_personal (audit_id, path, salt, value, agency_id, at, marks)
    select id, 'after.text', '\\x00', said.value, %(agency)s, at,
           array['@who:' || user_id, '@act:' || act, '@kind:account']
      from made
      cross join lateral (
        select string_agg((%(words)s::text[])[1 + floor(cardinality(%(words)s::text[]) * random() ^ 3)::int], ' ')
               || case when n %% 50000 = 0 then ' needle' else '' end as value
          from generate_series(1, 9) k where made.n >= 0) said
     where act in ('account.note', 'account.call')
  )
  insert into debtflow.audit_log (id, at, agency_id, user_id, session_id, login, act, entity, entity_id, before, after,
                                  reason)
  overriding system value
  select id, at, %(agency)s, user_id, user_id, 'looker', act, 'account', account,
         case when act like 'payment%%' then jsonb_build_object('owing', n, 'version', 3, 'currency', 'USD') end,
         case when act like 'payment%%' then jsonb_build_object('owing', n - 5, 'version', 4, 'currency', 'USD')
              when act in ('account.note', 'account.call')
              then jsonb_build_object('kind', 'note', 'text', debtflow.commitment('\\x00', n::text))
              else jsonb_build_object('status', n %% 5) end,
         case when act = 'payment.reverse' then (array['nsf', 'chargeback', 'void'])[1 + n %% 3] end
    from made"""


def furnish(bench: Bench, rows: int, *, begin: datetime | None = None, chunk: int = 100_000) -> None:
    """A trail of so many rows, spread over two years; most of them sealed."""
    seeded = random.Random(11)
    words = ["".join(seeded.choice(lookup.SYLLABLES) for _ in range(seeded.randint(1, 4))) for _ in range(WORDS)]
    with bench.superuser() as connection:
        run = connection.execute
        last = begin or datetime.now(UTC) - timedelta(minutes=5)
        first = last - timedelta(days=MONTHS * 30)
        month = "select debtflow.audit_partition((%s::date + make_interval(months => m))::date)"
        run(f"{month} from generate_series(0, %s) m", [first, MONTHS])
        agency = run("select id from debtflow.agency where code = 'LOOK'").fetchone()
        people = run("select array_agg(id) from debtflow.users where login like 'looker%'").fetchone()
        accounts = run("select array_agg(a.id) from debtflow.account a join debtflow.agency g on g.id = a.agency_id "
                       "where g.code = 'LOOK'").fetchone()  # fmt: skip
        if agency is None or people is None or accounts is None:
            raise RuntimeError("the agency was not made")
        run("set synchronous_commit = off")
        run("select setseed(0.5)")
        for start in range(0, rows, chunk):
            size = min(chunk, rows - start)
            run(FILL, {
                "first": first + (last - first) * (start / rows), "span": (last - first) * (size / rows), "rows": size,
                "people": people[0], "many": len(people[0]), "acts": list(ACTS), "rare": RARE, "accounts": accounts[0],
                "words": words, "agency": agency[0],
            })  # fmt: skip
        run("reset synchronous_commit")
        run("vacuum analyze debtflow.audit_log")
        run("vacuum analyze debtflow.audit_personal")


def measure(bench: Bench, *, sizes: Sequence[int], questions: int) -> list[Row]:
    """A row a kind of question and size: milliseconds, beside a row by its primary key through the same door."""
    lookup.furnish(bench, ACCOUNTS)
    found: list[Row] = []
    there = 0
    for size in sizes:
        span = datetime.now(UTC) - timedelta(minutes=5) if not there else datetime.now(UTC)
        furnish(bench, size - there, begin=span)
        there = size
        _seal(bench)
        for login, who in (("seer", "supervisor"), ("looker0", "collector")):
            found += _role(bench, login, f"{size:,} rows, {who}", questions)
    return found


def _seal(bench: Bench) -> None:
    store = Store(bench.url, user="seer", password="seer-bench")
    store.open_session("bench")
    Sealing(store).seal()
    store.close()


def _role(bench: Bench, login: str, case: str, questions: int) -> list[Row]:
    store = Store(bench.url, user=login, password=f"{login}-bench", size=1)
    store.open_session("bench")
    with bench.superuser() as connection:
        accounts = [row[0] for row in connection.execute(NUMBERS, [login, login, questions]).fetchall()]
    ids = lookup._ids(bench, questions)
    key = lookup._p(lookup._times(partial(lookup._read_by_key, store), ids), 50) * 1e3
    found = []
    for name, took in kinds(Audit(store), accounts, questions, login).items():
        middle, tail = lookup._p(took, 50) * 1e3, lookup._p(took, 99) * 1e3
        found.append(Row("pages", f"{case}: {name}: p50 / key", 1, middle / key, middle, key))
        target = "" if name.startswith(("count", "as it was")) else "<= 3 ms"
        found.append(Row("pages", f"{case}: {name}: p99 (target: ms)", 1, tail / key, tail, key, target))
    store.close()
    return found


NUMBERS: Final = """
  select a.number from debtflow.account a join debtflow.agency g on g.id = a.agency_id and g.code = 'LOOK'
   where %s = 'seer' or a.collector_id = (select id from debtflow.users where login = %s)
   order by md5(a.number) limit %s"""


def kinds(audit: Audit, accounts: Sequence[str], times: int, login: str) -> dict[str, list[float]]:
    """Each kind of question asked so often."""
    seeded = random.Random(3)
    days = [f"{datetime.now(UTC) - timedelta(days=seeded.randint(1, MONTHS * 29)):%Y-%m-%d}" for _ in range(times)]

    def pages(*texts: str) -> list[float]:
        return lookup._times(lambda text: audit.list(parse_audit(text)), [texts[k % len(texts)] for k in range(times)])

    def deep(text: str) -> list[float]:
        """Page after page, as somebody who scrolls."""
        places: list[str | None] = [None]
        for _ in range(min(times, 60)):
            places.append(audit.list(parse_audit(text), after=places[-1]).next)
        known = ["", *(place for place in places if place is not None), ""]
        return lookup._times(lambda place: audit.list(parse_audit(text), after=place or None), known)

    whose = [] if login != "seer" else [f"looker{k}" for k in range(lookup.COLLECTORS)]
    some = {
        "newest": partial(pages, ""),
        "page after page": partial(deep, ""),
        "until a day": partial(pages, *[f"until:{day}" for day in days]),
        "an account": partial(pages, *[f"entity:account/{number}" for number in accounts]),
        "an account, page after page": partial(deep, f"entity:account/{accounts[0]}"),
        "an act": partial(pages, "act:payment.post", "act:promise.make"),
        "a rare act": partial(pages, f"act:{RARE}"),
        "acts by a star": partial(pages, "act:payment.*", "act:pro*"),
        "rare acts by a star": partial(pages, "act:client.*", "act:user.*"),
        "act and time": partial(pages, *[f"act:payment.reverse until:{day}" for day in days]),
        "a frequent word": partial(pages, "text:ba"),
        "two words": partial(pages, "text:bal text:ka"),
        "a word's beginning": partial(pages, "text:bal*"),
        "a rare word": partial(pages, "text:needle"),
        "no such word": partial(pages, "text:xylophone"),
        "a code": partial(pages, "text:nsf"),
        "a word and time": partial(pages, *[f"text:needle until:{day}" for day in days]),
        "word on an account": partial(pages, *[f"text:ba entity:account/{number}" for number in accounts]),
        "as it was": partial(_was, audit, accounts),
        "count of a day": partial(_counts, audit, [f"since:{day} until:{day}" for day in days[:50]]),
        "count of an act": partial(_counts, audit, ["act:promise.make"] * 10),
        "count of all": partial(_counts, audit, [""] * 10),
    }  # fmt: skip
    if whose:
        some |= {
            "a person": partial(pages, *[f"who:{each}" for each in whose]),
            "a person's act": partial(pages, *[f"who:{each} act:payment.reverse" for each in whose]),
            "a person's word": partial(pages, *[f"who:{each} text:ka" for each in whose]),
            "security events": partial(pages, "act:security.*", "kind:session.open"),
        }
    return {name: work() for name, work in some.items()}


def _was(audit: Audit, accounts: Sequence[str]) -> list[float]:
    moment = datetime.now(UTC) - timedelta(days=100)
    return lookup._times(lambda number: audit.as_it_was(f"account/{number}", moment), accounts)


def _counts(audit: Audit, texts: Sequence[str]) -> list[float]:
    return lookup._times(lambda text: audit.count(parse_audit(text)), texts)


def told(found: dict[str, list[float]]) -> str:
    """The kinds with their median and 99th percentile in milliseconds, for who tunes them."""
    return "\n".join(
        f"{name:32} {lookup._p(t, 50) * 1e3:9.2f} {lookup._p(t, 99) * 1e3:9.2f}" for name, t in found.items()
    )

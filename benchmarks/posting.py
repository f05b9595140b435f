"""Posting payments through the public service, beside pgbench's TPC-B-like transaction with as many clients."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Sequence
from multiprocessing.synchronize import Barrier
from typing import Any

from benchmarks.report import Row
from benchmarks.server import Bench
from services.domain.money import Money
from services.errors import DebtFlowError
from services.payments import PaymentForm, Payments
from services.store import Store

AGENCY, COLLECTOR = "BENCH", "poster"
ACCOUNTS_A_CLIENT = 2_000
CLIENTS = 16
OWN, SHARED, BATCHES = "one payment, own trust books", "one payment, one shared trust book", "batches of 50"
TARGETS = {
    OWN: {1: ">= 1.4", 4: ">= 0.9", 16: ">= 0.8"},
    SHARED: {4: ">= 0.9", 16: ">= 0.7"},
    BATCHES: {1: ">= 6", 4: ">= 6"},
}

FURNISH = """
  with made as (
    insert into debtflow.debtor (agency_id, name, first_norm, last_norm)
    select a.id, 'Debtor ' || n, 'debtor', n::text
      from debtflow.agency a, generate_series(1, %(accounts)s) n where a.code = 'BENCH'
    returning id, agency_id),
  numbered as (select id, agency_id, row_number() over () as n from made),
  placed as (
    insert into debtflow.account (agency_id, client_id, collector_id, debtor_id, number, external_ref, debtor_name,
      last_norm, first_norm, status, currency, original_amount, placed_on)
    select d.agency_id, c.id, u.id, d.id, debtflow.account_number(100000 + c.id * 10000 + d.n), 'R' || d.n, 'Debtor',
      'debtor', d.n::text, 'assigned', 'USD', 100000000, '2025-01-01'
      from numbered d cross join debtflow.client c cross join debtflow.users u
     where c.code = %(client)s and u.login = 'poster'
    returning id, agency_id, collector_id, number)
  insert into debtflow.account_balance (account_id, agency_id, collector_id, currency, due)
  select id, agency_id, collector_id, 'USD', '{90000000,5000000,3000000,2000000}' from placed"""


def furnish(bench: Bench) -> list[list[str]]:
    """An agency with a collector and 16 clients; gives the account numbers of each client."""
    with bench.superuser() as connection:
        run = connection.execute
        run("select debtflow.agency_create(%s, 'Bench', 'UTC', 'USD')", [AGENCY])
        bench.login(AGENCY, COLLECTOR, "collector")
        for client in range(CLIENTS):
            code = f"C{client:02}"
            run(
                "select debtflow.client_create(%s, %s, %s, 2500, '{4,3,2,1}', '2025-01-01', 'one_collector', %s)",
                [AGENCY, code, code, [COLLECTOR]],
            )
            run(FURNISH, {"accounts": ACCOUNTS_A_CLIENT, "client": code})
        run("vacuum analyze")
        query = "select array_agg(number order by a.id) from debtflow.account a group by client_id order by client_id"
        return [row[0] for row in run(query).fetchall()]


def measure(bench: Bench, accounts: Sequence[Sequence[str]], *, seconds: float, rounds: int) -> list[Row]:
    """One row a case: the median over rounds of ours / pgbench, both run in turn; ``accounts`` by client."""
    spread = [number for numbers in zip(*accounts, strict=True) for number in numbers]
    rows = []
    for clients in (1, 4, 16):
        distinct = [spread[k::clients] for k in range(clients)]
        shared = [accounts[0][k::clients] for k in range(clients)]
        rows += _case(bench, OWN, clients, distinct, 1, seconds, rounds)
        rows += _case(bench, SHARED, clients, shared, 1, seconds, rounds)
        rows += _case(bench, BATCHES, clients, distinct, 50, seconds, rounds)
    return rows


def _case(
    bench: Bench, name: str, clients: int, accounts: Sequence[Sequence[str]], batch: int, seconds: float, rounds: int
) -> list[Row]:
    ratios, ours, theirs = [], [], []
    for _ in range(rounds):
        base = bench.pgbench("-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(max(1, round(seconds))))
        rate = storm(bench.url, accounts, batch, seconds)
        ours.append(rate)
        theirs.append(base)
        ratios.append(rate / base)
    middle = statistics.median
    return [Row("posting", name, clients, middle(ratios), middle(ours), middle(theirs), TARGETS[name].get(clients, ""))]


def storm(url: str, accounts: Sequence[Sequence[str]], batch: int, seconds: float) -> float:
    """Payments per second of as many operator processes as there are lists of accounts."""
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(len(accounts)), context.Queue()
    operators = [
        context.Process(target=_operator, args=(url, list(mine), batch, seconds, barrier, answers)) for mine in accounts
    ]
    for operator in operators:
        operator.start()
    done = [answers.get(timeout=seconds + 120) for _ in operators]
    for operator in operators:
        operator.join()
    return float(sum(count / took for count, took in done))


def _operator(url: str, accounts: list[str], batch: int, seconds: float, barrier: Barrier, answers: Any) -> None:
    store = Store(url, user=COLLECTOR, password=f"{COLLECTOR}-bench", size=1)
    store.open_session("bench")
    payments = Payments(store)
    for warm in range(7):
        payments.post_many([_form(accounts[warm % len(accounts)])])
    barrier.wait()
    began, count, place = time.perf_counter(), 0, 0
    while time.perf_counter() - began < seconds:
        forms = [_form(accounts[(place + k) % len(accounts)]) for k in range(batch)]
        place += batch
        for answer in payments.post_many(forms):
            if isinstance(answer, DebtFlowError):
                raise answer
        count += batch
    answers.put((count, time.perf_counter() - began))
    store.close()


def _form(account: str) -> PaymentForm:
    return PaymentForm(account, Money(101, "USD"), "check", reference="1991", allow_duplicate=True)

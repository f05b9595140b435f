"""Card payments from the operator's Enter to the receipt, and a round over payment plans, beside pgbench.

The provider is the stand-in in a process of its own; its time counts, as a provider's would.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Final
from urllib.parse import urlencode, urlsplit

from benchmarks.posting import AGENCY, COLLECTOR
from benchmarks.report import Row
from benchmarks.server import Bench
from services.charges import ChargeForm, Charges
from services.domain.money import Money
from services.gateways.stripe import Stripe
from services.plans import Plans
from services.store import Store

WORKER: Final = "benchworker"
METHODS: Final = """
  with customer as (
    insert into debtflow.gateway_customer (agency_id, debtor_id, gateway, key, provider_id, made_at)
    select a.agency_id, a.debtor_id, 'stripe', gen_random_uuid(), %(customer)s || '', now()
      from debtflow.account a where a.number = any (%(numbers)s)
    returning agency_id, debtor_id),
  method as (
    insert into debtflow.saved_method (
      agency_id, debtor_id, gateway, provider_id, kind, brand, last4, expires, added_at)
    select c.agency_id, c.debtor_id, 'stripe', given.method, 'card', 'visa', '4242', '12/35', now()
      from unnest(%(numbers)s::text[], %(methods)s::text[]) given(number, method)
      join debtflow.account a on a.number = given.number
      join customer c on c.debtor_id = a.debtor_id
    returning id, debtor_id)
  select a.number, m.id from method m join debtflow.account a using (debtor_id)"""
# A year of monthly instalments, the first of them due today: as the kernel writes them, many at a time.
PLANS: Final = """
  with made as (
    insert into debtflow.plan (
      key, agency_id, account_id, currency, every, grace_days, method_id, after_id, made_at, made_by)
    select gen_random_uuid(), a.agency_id, a.id, a.currency, 'monthly', 3, m.id,
           coalesce((select max(id) from debtflow.payment), 0), now(), a.collector_id
      from debtflow.account a join debtflow.saved_method m using (debtor_id) where a.number = any (%s)
    returning id, agency_id, account_id)
  insert into debtflow.plan_instalment (plan_id, agency_id, account_id, due_on, wanted)
  select id, agency_id, account_id, current_date + month * 30, 103 from made cross join generate_series(0, 11) month"""


def measure(bench: Bench, accounts: Sequence[str], *, seconds: float, rounds: int, instalments: int) -> list[Row]:
    """One row for payments of one operator, one for the worker's round; each account has a card on file."""
    bench.login(AGENCY, WORKER, "worker")
    with provider() as (url, key):
        numbers = list(accounts[: max(instalments, 2_000)])
        customer, methods = _cards(url, key, len(numbers))
        given = {"customer": customer, "methods": methods, "numbers": numbers}
        with bench.superuser() as connection:
            rows = connection.execute(METHODS, given).fetchall()
            connection.execute("analyze")
        charged = _charged(bench, Stripe(key, api_base=url), dict(rows), seconds, rounds)
        with bench.superuser() as connection:
            connection.execute(PLANS, [numbers[:instalments]])
            connection.execute("vacuum analyze")
        return [charged, _round(bench, Stripe(key, api_base=url), instalments, seconds)]


def _charged(bench: Bench, gateway: Stripe, methods: dict[str, int], seconds: float, rounds: int) -> Row:
    charges = Charges(_store(bench, COLLECTOR), gateway)
    turns = iter(methods.items())
    ratios, ours, theirs = [], [], []
    for _ in range(rounds):
        theirs.append(_yardstick(bench, seconds))
        began, count = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            number, method = next(turns)
            charge = charges.start(ChargeForm(number, Money(107, "USD"), method))
            assert charge.state == "posted", charge
            count += 1
        ours.append(count / (time.perf_counter() - began))
        ratios.append(ours[-1] / theirs[-1])
    middle = statistics.median
    return Row("cards", "card payment, Enter to receipt", 1, middle(ratios), middle(ours), middle(theirs))


def _round(bench: Bench, gateway: Stripe, instalments: int, seconds: float) -> Row:
    store = _store(bench, WORKER)
    charges = Charges(store, gateway)
    plans = Plans(store, lambda: charges)
    base = _yardstick(bench, seconds)
    began = time.perf_counter()
    assert plans.run_due() == instalments
    rate = instalments / (time.perf_counter() - began)
    return Row("cards", f"a round over plans, {instalments:,} instalments charged", 1, rate / base, rate, base)


def _yardstick(bench: Bench, seconds: float) -> float:
    return bench.pgbench("-n", "-M", "prepared", "-c", "1", "-T", str(max(1, round(seconds))))


def _store(bench: Bench, login: str) -> Store:
    store = Store(bench.url, user=login, password=f"{login}-bench", size=2)
    store.open_session("bench")
    return store


def _cards(url: str, key: str, count: int) -> tuple[str, list[str]]:
    """A customer of the provider with so many cards on file."""
    line = HTTPConnection(urlsplit(url).netloc)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-www-form-urlencoded"}

    def post(path: str, **form: str) -> str:
        line.request("POST", path, urlencode(form), headers)
        return str(json.load(line.getresponse())["id"])

    customer = post("/v1/customers", name="Bench")
    cards = [post("/v1/payment_methods/pm_card_visa/attach", customer=customer) for _ in range(count)]
    line.close()
    return customer, cards


@contextmanager
def provider() -> Iterator[tuple[str, str]]:
    """A stand-in in its own process: its address and key."""
    child = subprocess.Popen(
        [sys.executable, "-m", "debtflow_tui.standin"], stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
    )
    assert child.stdout is not None
    try:
        told = json.loads(child.stdout.readline())
        yield told["url"], told["key"]
    finally:
        child.terminate()
        child.wait()
        child.stdout.close()

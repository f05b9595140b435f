"""A counter with a provider in a process of its own, people who may die at any step, and the law that holds at the end.

The law: what succeeded at the provider is what is posted here, one to one, by key, provider's name and amount; refunds
likewise. Never two, never none. And nothing is held, and the books prove themselves.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener
from uuid import UUID, uuid4

from debtflow_tui.standin.server import KEY
from services.domain.numbers import receipt_number
from services.gateways.notices import notice_of
from services.gateways.stripe import Stripe
from services.store import Store
from services.webhooks.intake import Delivery, Intake
from tests.charges.conftest import Office
from tests.support.house import House
from tests.support.office import password_of
from tests.torture.births import ROOT, Job, People
from tests.torture.worker import Worker

DAY = 24 * 60
OPEN = """
  select 'charge', id::text, kind, method, state, reason from debtflow.charge
   where state in ('pending', 'unknown', 'processing') or next_ask_at is not null or confirm_at is not null
  union all
  select 'refund', id::text, null, null, state, reason from debtflow.refund
   where state in ('pending', 'unknown') or next_ask_at is not null or confirm_at is not null
  union all
  select 'webhook', event_id, type, null, state, reason from debtflow.webhook_event where state = 'queued'"""
TAKEN = """
  select p.submission_id::text, c.provider_id, p.amount from debtflow.payment p
    left join debtflow.charge c on c.payment_id = p.id where p.reverses is null"""
RETURNED = """
  select f.id::text, f.provider_id, p.amount from debtflow.refund f join debtflow.payment p on p.id = f.posted_id
   where f.state = 'posted'"""


class Provider:
    """The stand-in in a process of its own, and its levers."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "debtflow_tui.standin"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=ROOT)
        assert self._process.stdout is not None
        self.url: str = json.loads(self._process.stdout.readline())["url"]
        self._open = build_opener(ProxyHandler({})).open
        self.told = 0

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def read(self, what: str) -> Any:
        return json.load(self._open(f"{self.url}/_standin/{what}", timeout=30))

    def do(self, what: str, **given: Any) -> Any:
        request = Request(f"{self.url}/_standin/{what}", json.dumps(given).encode(), method="POST")
        return json.load(self._open(request, timeout=30))

    def news(self) -> list[Any]:
        """The events since the last time."""
        events: list[Any] = self.read("events")
        news, self.told = events[self.told :], len(events)
        return news


class Counter:
    """One house, one provider, and as many dying clerks as a test needs."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.office = Office(house)
        self._door = Store(house.url, user="hook", password=password_of("hook"), size=1)
        self._intake = Intake(self._door)
        self.provider = Provider()
        self.gateway = Stripe(KEY, api_base=self.provider.url)
        self._worker = Worker(house.store("wally"), house.url, self.gateway)
        self._clerks = People("tests.torture.clerk", house.url)

    def close(self) -> None:
        self._clerks.close()
        self._door.close()
        self.provider.close()

    # ---- people

    def at_once(self, *jobs: Job) -> list[Job]:
        """Each job by a process of its own; gives what those said who lived to say it."""
        common = {"stripe": KEY, "api": self.provider.url, "retries": 0}
        return self._clerks.at_once(*(common | job for job in jobs))

    def debtor(self, name: str = "pm_card_visa", outcome: str | None = None) -> tuple[str, int]:
        """An account over 100.00 and a method that its debtor keeps at the provider."""
        number = self.house.place(principal=100_00)
        kept = self.provider.do("methods", name=name, outcome=outcome)
        [saved] = self.gateway.methods(kept["customer"])
        method = self.office.saved(number, kind=saved.kind, last4=saved.last4)
        self.house.su.execute(
            "with m as (update debtflow.saved_method set provider_id = %s where id = %s returning debtor_id) "
            "update debtflow.gateway_customer c set provider_id = %s from m where c.debtor_id = m.debtor_id",
            [kept["payment_method"], method, kept["customer"]],
        )
        return number, method

    def receipt(self, key: str) -> str | None:
        """The receipt of the payment that a charge became, as the database has it."""
        serial = self.house.one("select payment_id from debtflow.charge where id = %s", UUID(key))
        return None if serial is None else receipt_number(serial)

    # ---- the post

    def deliver(self, events: Sequence[Any]) -> list[int]:
        """Put events into the inbox, as the door does; gives those that wait there."""
        if events:
            bodies = [json.dumps(event).encode() for event in events]
            kept = [Delivery("stripe", (), "t=1", each, len(each), notice_of("stripe", each)) for each in bodies]
            self._intake.keep(kept)
        waiting = "select id from debtflow.webhook_event where state = 'queued' order by id"
        return [row[0] for row in self.house.su.execute(waiting).fetchall()]

    # ---- the end

    def calm(self) -> None:
        """Nothing goes wrong any more, everything comes out, and the worker works until it has no more questions."""
        self.provider.do("faults", clear=True)
        passed = 0
        while (left := self.house.su.execute(OPEN).fetchall()) or not passed:
            assert passed < 3 * DAY, left
            minutes = max(3, passed)
            passed += minutes
            self.provider.do("clock", seconds=minutes * 60)
            self.later(minutes)
            self._come_out()
            self._worker.chores()
            if self.deliver(self.provider.news()):
                self._worker.jobs()
        self.provider.do("clock", seconds=-passed * 60)
        self._worker.told()

    def later(self, minutes: float) -> None:
        """Everything here, the queue too, was begun so much longer ago."""
        self.office.later(minutes)
        for table, column in (("jobs", "scheduled_at"), ("workers", "last_heartbeat")):
            past = f"{column} = {column} - make_interval(secs => %s)"
            self.house.su.execute(f"update procrastinate.procrastinate_{table} set {past}", [minutes * 60])

    def law(self) -> None:
        """Never two, never none."""
        taken = sorted((row["payment"], row["payment_intent"], row["amount"]) for row in self.provider.read("charges"))
        assert sorted(self.house.su.execute(TAKEN).fetchall()) == taken
        returned = [
            (str(each.key), each.provider_id, each.amount.minor)
            for row in self.provider.read("charges")
            if row["refunded"]
            for each in self.gateway.refunds(row["payment_intent"])
            if each.state == "succeeded"
        ]
        assert sorted(self.house.su.execute(RETURNED).fetchall()) == sorted(returned)
        owed = self.house.one(
            "select sum(100_00 - debtflow.sum4(due) + unapplied)::bigint from debtflow.account_balance"
        )
        assert owed == sum(amount for *_, amount in taken) - sum(amount for *_, amount in returned)
        assert self.house.one("select count(*) from debtflow.account_balance where held <> 0 or unapplied < 0") == 0

    def proved(self) -> None:
        """The law, and what the doctor and the replay say."""
        self.law()
        assert self.office.sound(but=("breaker",))

    def _come_out(self) -> None:
        """What takes a bank days."""
        for lever, of, table, state in (
            ("settle", "intent", "charge", "processing"),
            ("settle-refund", "refund", "refund", "pending"),
        ):
            query = f"select provider_id from debtflow.{table} where state = %s and provider_id is not null"
            for row in self.house.su.execute(query, [state]).fetchall():
                with suppress(HTTPError):  # it is out already, and the news is on its way
                    self.provider.do(lever, **{of: row[0]})


def a_charge(account: str, method: int, amount: int, **rest: Any) -> Job:
    return {"act": "charge", "login": "ana", "account": account, "method": method, "amount": amount,
            "key": str(uuid4()), **rest}  # fmt: skip


def a_link(account: str, amount: int, **rest: Any) -> Job:
    return {"act": "link", "login": "ana", "account": account, "amount": amount, "save": True, "key": str(uuid4()),
            **rest}  # fmt: skip


def a_refund(receipt: str, amount: int, **rest: Any) -> Job:
    return {"act": "refund", "login": "bea", "receipt": receipt, "amount": amount, "key": str(uuid4()), **rest}


def the_worker(**rest: Any) -> Job:
    return {"act": "chores", "login": "wally", **rest}


def the_queue(**rest: Any) -> Job:
    return {"act": "queue", "login": "wally", **rest}


def an_ear(events: Sequence[Any], **rest: Any) -> Job:
    return {"act": "hear", "login": "wally", "events": list(events), **rest}

"""Seeded stories of one charge and what becomes of it: people die, wires break, news comes twice, late, mixed up."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any
from urllib.error import HTTPError

from tests.torture.births import Job
from tests.torture.counter import Counter, a_charge, a_link, a_refund, an_ear, the_queue, the_worker

FAULTS = ("drop_before", "drop_after", "timeout", "slow", "429", "500")
KINDS = (
    *("pm_card_visa",) * 5, "pm_card_pendingRefund", "pm_card_refundFail", "pm_card_chargeDeclined",
    "pm_usBankAccount_success", "pm_usBankAccount_success", "pm_usBankAccount_insufficientFunds", *("link",) * 3,
)  # fmt: skip


class Story:
    """One account, one charge or link, perhaps refunds; every choice is the dice's."""

    def __init__(self, counter: Counter, seed: int) -> None:
        self.counter = counter
        self.dice = Random(seed)
        self.kind = self.dice.choice(KINDS)
        self.number, method = counter.debtor("pm_card_visa" if self.kind == "link" else self.kind)
        amount = self.dice.choice((50, 25_00, 99_99, 100_00))
        self.job = a_link(self.number, amount) if self.kind == "link" else a_charge(self.number, method, amount)
        self.jobs = [self.job]
        self.told: list[Any] = []

    def play(self) -> list[str]:
        """The whole of it; the law holds at the end. Gives what was said on the way."""
        said = self.act(self.job)
        if self.kind == "link":
            self.pay()
            said += self.act(self.job | {"act": "cancel"}) if self.dice.random() < 0.3 else []
        self.counter.calm()
        self.counter.law()
        receipt = self.counter.receipt(self.job["key"])
        if receipt is None:
            return said
        for _ in range(self.dice.choice((0, 1, 1, 2))):
            said += self.act(a_refund(receipt, self.dice.choice((1, 10_00, 25_00, self.job["amount"]))))
        self.counter.calm()
        self.counter.law()
        return said

    def act(self, job: Job) -> list[str]:
        """The job, once or several times, among faults, workers and the post."""
        said: list[str] = []
        self.break_wires()
        for _ in range(self.dice.choice((1, 1, 2, 3))):
            said += self.at_once(*[job] * self.dice.choice((1, 1, 1, 2)), *self.perhaps(the_worker))
            if self.dice.random() < 0.7:
                self.counter.later(self.dice.choice((0, 1, 3, 11)))
            news = self.perhaps(self.post)
            workers = (the_worker, the_worker, the_queue)
            said += self.at_once(*news, *[job for worker in workers for job in self.perhaps(worker)])
            if self.dice.random() < 0.5:
                self.break_wires()
        return said

    def at_once(self, *jobs: Job) -> list[str]:
        return [line["said"] for line in self.counter.at_once(*[job | self.fate() for job in jobs])] if jobs else []

    def fate(self) -> Job:
        """Dies at a step, dies at a moment, or lives."""
        fate: Job = {"retries": self.dice.choice((0, 0, 2))}
        luck = self.dice.random()
        if luck < 0.4:
            return fate | {"dies_at": self.dice.choice((self.dice.randint(1, 32), self.dice.randint(14, 30)))}
        return fate | {"lives": self.dice.uniform(0.02, 0.2)} if luck < 0.55 else fate

    def perhaps(self, job: Callable[[], Job]) -> list[Job]:
        return [job()] if self.dice.random() < 0.4 else []

    def post(self) -> Job:
        """Some of the news, shuffled, some of it twice, some through the inbox, some never."""
        news = self.counter.provider.news()
        self.told += news
        heard = self.dice.choices(self.told, k=self.dice.randint(0, 4)) if self.told else []
        kept = self.counter.deliver([event for event in news if self.dice.random() < 0.7])
        self.dice.shuffle(kept)
        return an_ear([*kept[:6], *heard])

    def break_wires(self) -> None:
        for _ in range(self.dice.choice((0, 1, 1, 2))):
            self.counter.provider.do(
                "faults",
                kind=self.dice.choice(FAULTS),
                path=self.dice.choice(("/v1/", "/v1/payment_intents", "/v1/refunds", "/v1/checkout", "/v1/customers")),
                method=self.dice.choice(("POST", "*")),
                times=self.dice.choice((1, 1, 3)),
                skip=self.dice.choice((0, 0, 1)),
                seconds=self.dice.choice((0.1, 0.7)),
                done=self.dice.random() < 0.5,
            )

    def pay(self) -> None:
        """The debtor pays by the link, where there is one; nobody has to have noted it."""
        session = self.counter.house.one("select link_id from debtflow.charge where id = %s::uuid", self.job["key"])
        if session is not None and self.dice.random() < 0.7:
            with suppress(HTTPError):
                self.counter.provider.do("pay", session=session)

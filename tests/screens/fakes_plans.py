"""Promises, a plan and an offer in memory: for drawing the screen, never for proving a schedule."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from services.domain.money import Money
from services.plans.results import (
    Instalment,
    Offer,
    Outlook,
    Plan,
    PlanChange,
    PlanForm,
    Promise,
    PromiseForm,
    PromiseTime,
    Proposal,
)
from tests.screens.fakes import FIRST, NOW, Fake, usd

NONE = usd("0")


def instalments() -> tuple[Instalment, ...]:
    """Two paid, one late, the rest to come; the last one is odd."""
    states = ("paid", "late", *("planned",) * 9)
    amounts = [usd("100")] * 10 + [usd("259.07")]
    return tuple(
        Instalment(no + 1, date(2026 + (9 + no) // 12, (9 + no) % 12 + 1, 5), amount, amount if no < 1 else NONE, state)
        for no, (amount, state) in enumerate(zip(amounts, states, strict=True))
    )


def plan(**changes: Any) -> Plan:
    base = Plan(7, 21, "monthly", 3, "active", "", False, None, NOW, "ana", instalments())
    return replace(base, **changes)


def promise(**changes: Any) -> Promise:
    on = date(2026, 12, 5)
    base = Promise(
        3, usd("100"), "once", 1, on, 0, "open", "", NOW, "ana", (PromiseTime(1, on, usd("100"), usd("40"), "open"),)
    )
    return replace(base, **changes)


def offer(**changes: Any) -> Offer:
    base = Offer(
        5, usd("800"), usd("1259.07"), 6000, date(2026, 12, 15), "open", usd("200"), NONE, "", NOW, None, "ana"
    )
    return replace(base, **changes)


def outlook(**changes: Any) -> Outlook:
    base = Outlook(
        FIRST, "Quillfeather Oyelaran", "payment_plan", usd("1159.07"), 17, (promise(),), plan(), 6000, (offer(),)
    )
    return replace(base, **changes)


@dataclass
class FakePlans(Fake):
    """All three services in one."""

    seen: Outlook = field(default_factory=outlook)

    def outlook(self, number: str) -> Outlook:
        self.enter("outlook", number)
        return self.seen

    def propose(self, number: str, form: PlanForm) -> Proposal:
        self.enter("propose", number, form)
        return Proposal(17, instalments())

    def make(self, number: str, form: PlanForm | PromiseForm, **rest: Any) -> Plan | Promise:
        self.enter("make", number, form, rest.get("version"))
        assert isinstance(rest["submission_id"], UUID)
        if isinstance(form, PromiseForm):
            return promise()
        self.seen = replace(self.seen, plan=plan())
        return plan()

    def change(self, number: str, change: PlanChange, *, version: int) -> Plan:
        self.enter("change", number, change, version)
        return plan(version=version + 1)

    def _deed(self, name: str, reason: str, version: int, state: str) -> Plan:
        self.enter(name, reason, version)
        self.seen = replace(self.seen, plan=plan(state=state, reason=reason))
        return plan(state=state, reason=reason)

    def hold(self, _number: str, reason: str, *, version: int) -> Plan:
        return self._deed("hold", reason, version, "held")

    def release(self, _number: str, reason: str, *, version: int) -> Plan:
        return self._deed("release", reason, version, "active")

    def cancel(self, number: str, which: object = "", reason: object = "", **rest: Any) -> Any:
        self.enter("cancel", number, which, reason)
        return plan(state="canceled") if rest else promise(state="canceled")

    def offer(self, number: str, amount: Money, expires_on: date, **rest: Any) -> Offer:
        self.enter("offer", number, amount, expires_on, rest["reason"])
        return offer(amount=amount, expires_on=expires_on)

    def accept(self, number: str) -> Offer:
        self.enter("accept", number)
        return offer(accepted_at=NOW)

"""The database's pictures of promises, plans and offers as what people read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from services.domain.money import Money
from services.plans.results import Instalment, Offer, Outlook, Plan, Promise, PromiseTime, Proposal, Settling

Json = dict[str, Any]


def outlook(seen: Json) -> Outlook:
    """Everything to come on one account."""
    return Outlook(
        number=seen["number"],
        debtor=seen["debtor"],
        status=seen["status"],
        balance=Money(seen["owing"], seen["currency"]),
        version=seen["version"],
        promises=tuple(promise(each) for each in seen["promises"]),
        plan=None if seen["plan"] is None else plan(seen["plan"]),
        floor_bp=seen["floor_bp"],
        offers=tuple(offer(each) for each in seen["offers"]),
    )


def promise(seen: Json) -> Promise:
    """A promise with each of its days."""
    currency = seen["currency"]
    return Promise(
        id=seen["id"],
        amount=_perhaps(seen["amount"], currency),
        every=seen["every"],
        times=seen["times"],
        first_on=date.fromisoformat(seen["first_on"]),
        grace_days=seen["grace_days"],
        state=seen["state"],
        reason=seen["reason"],
        made_at=datetime.fromisoformat(seen["made_at"]),
        by=seen["by"],
        parts=tuple(
            PromiseTime(
                part["no"],
                date.fromisoformat(part["due_on"]),
                _perhaps(part["amount"], currency),
                Money(part["paid"], currency),
                part["state"],
            )
            for part in seen["parts"]
        ),
    )


def proposal(seen: Json) -> Proposal:
    """What a plan would come to."""
    currency = seen["currency"]
    return Proposal(
        seen["version"],
        tuple(
            Instalment(
                line["no"],
                date.fromisoformat(line["due_on"]),
                Money(line["amount"], currency),
                Money.zero(currency),
                "planned",
            )
            for line in seen["instalments"]
        ),
    )


def plan(seen: Json) -> Plan:
    """A plan with its schedule as the balance makes it."""
    return Plan(
        id=seen["id"],
        version=seen["version"],
        every=seen["every"],
        grace_days=seen["grace_days"],
        state=seen["state"],
        reason=seen["reason"],
        on_track=seen["on_track"],
        method_id=seen["method_id"],
        made_at=datetime.fromisoformat(seen["made_at"]),
        by=seen["by"],
        instalments=tuple(_instalment(line, seen["currency"]) for line in seen["instalments"]),
    )


def settling(seen: Json) -> Settling:
    """The client's floor and all offers."""
    return Settling(seen["floor_bp"], tuple(offer(each) for each in seen["offers"]))


def offer(seen: Json) -> Offer:
    """A settlement offer."""
    currency = seen["currency"]
    accepted = seen["accepted_at"]
    return Offer(
        id=seen["id"],
        amount=Money(seen["amount"], currency),
        owing=Money(seen["owing"], currency),
        floor_bp=seen["floor_bp"],
        expires_on=date.fromisoformat(seen["expires_on"]),
        state=seen["state"],
        paid=Money(seen["paid"], currency),
        written_off=Money(seen["written_off"], currency),
        reason=seen["reason"],
        offered_at=datetime.fromisoformat(seen["offered_at"]),
        accepted_at=None if accepted is None else datetime.fromisoformat(accepted),
        by=seen["by"],
    )


def _instalment(line: Json, currency: str) -> Instalment:
    return Instalment(
        no=line["no"],
        due_on=date.fromisoformat(line["due_on"]),
        amount=Money(line["amount"], currency),
        paid=Money(line["paid"], currency),
        state=line["state"],
        told=line["told"],
    )


def _perhaps(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)

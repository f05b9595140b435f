"""Asking the provider until it is known what became of a charge or refund. Each is claimed first, so two never ask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.charges import reading
from services.charges.calls import Calls, one_json
from services.charges.reading import Json
from services.gateways.base import Gateway, ProviderRefused, ProviderUnavailable

CLAIM: Final = {"charge": "select debtflow.charge_claim()", "refund": "select debtflow.refund_claim()"}
UNCONFIRMED: Final = {
    "charge": "select debtflow.charge_unconfirmed()",
    "refund": "select debtflow.refund_unconfirmed()",
}
CLAIM_ONE: Final = "select debtflow.charge_claim_one(%s)"
ROLE: Final = "select role from debtflow.session_whoami()"
OVERDUE: Final = "select debtflow.links_overdue(%s)"

SKEW: Final = timedelta(minutes=5)
"""How far the provider's clock may stand from the database's."""

NOT_THERE: Final[Json] = {"source": "ask", "state": "not_found"}


class Resolving:
    """Questions to the provider about what is not decided."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def resolve_due(self, limit: int) -> int:
        """Ask about up to ``limit`` charges and refunds each that are due, and as many that others told the outcome of.

        Gives how many were answered.
        """
        questions = (*CLAIM.items(), *UNCONFIRMED.items()) if self._is_worker() else CLAIM.items()
        return sum(self._resolve_due(what, query, limit) for what, query in questions)

    def resolve(self, order: Json, what: str = "charge") -> bool:
        """Ask about one that is claimed, and write the answer; False while the provider gives none."""
        if not order["called"]:
            self._calls.note(what, UUID(order["id"]), NOT_THERE)
            return True
        return self._put(what, order, _asked_of_charge if what == "charge" else _asked_of_refund)

    def expire_due(self, limit: int) -> int:
        """End links whose time is up; gives how many were ended."""
        overdue = self._calls.store.ask(lambda c: list(c.exec_driver_sql(OVERDUE, (limit,)).scalars()))
        orders = (one_json(self._calls.store, CLAIM_ONE, wanted) for wanted in overdue)
        return sum(self.end_link(order, "expired") for order in orders if order is not None)

    def end_link(self, order: Json, ended: str) -> bool:
        """Have the provider end a link that is claimed; one that was paid meanwhile is posted."""

        def end(gateway: Gateway, order: Json) -> Json:
            answer = reading.heard(gateway.expire_link(order["link_id"]), "ask")
            return {**answer, "state": ended, "code": None} if answer["state"] == "expired" else answer

        return self._put("charge", order, end)

    def _is_worker(self) -> bool:
        return bool(one_json(self._calls.store, ROLE) == "worker")

    def _resolve_due(self, what: str, query: str, limit: int) -> int:
        for count in range(limit):
            order = one_json(self._calls.store, query)
            if order is None or not self.resolve(order, what):
                return count
        return limit

    def _put(self, what: str, order: Json, question: Callable[[Gateway, Json], Json]) -> bool:
        passed = self._calls.enter()
        if not passed.entered:
            self._calls.release(what, order, passed.next_try_at)
            return False
        try:
            answer = question(self._calls.gateway, order)
        except ProviderUnavailable as failure:
            self._calls.tell(passed.probe, failure)
            self._calls.release(what, order)
            return False
        except ProviderRefused:
            # It does not know what it was asked about: another account's key would say so too, so it proves nothing of
            # what is open. Of what was said to be decided somebody has to see it.
            self._calls.tell(passed.probe, None)
            if order.get("confirm"):
                self._calls.note(what, UUID(order["id"]), NOT_THERE)
            else:
                self._calls.release(what, order)
            return True
        self._calls.hear(what, UUID(order["id"]), answer, probe=passed.probe)
        return True


def _asked_of_charge(gateway: Gateway, order: Json) -> Json:
    key, found = UUID(order["id"]), None
    if order["link_id"] and order["state"] not in ("processing", "posted"):
        found = gateway.link_state(order["link_id"])
    elif order["provider_id"]:
        found = gateway.look_at(order["provider_id"])
    # The names came from whoever heard them: one that is another charge's says nothing of this one.
    if found is None or found.key != key:
        since = datetime.fromisoformat(order["started_at"]) - SKEW
        found = gateway.look_up(key, customer=order["customer"], since=since)
    return reading.heard(found, "ask") if found is not None else NOT_THERE


def _asked_of_refund(gateway: Gateway, order: Json) -> Json:
    key = UUID(order["id"])
    for refunded in gateway.refunds(order["provider_id"]):
        if refunded.key == key or (refunded.key is None and refunded.provider_id == order["refund_id"]):
            return reading.refund_heard(refunded, "ask")
    return NOT_THERE

"""Charging saved methods and making links: act 1, the call, act 3. What the worker does with them: resolving.py."""

from __future__ import annotations

import json
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from services.charges import calling, reading
from services.charges.calls import Calls, one_json
from services.charges.hearing import Hearing
from services.charges.refunding import Refunding
from services.charges.resolving import Resolving
from services.charges.results import Breaker, Charge, ChargeForm, Heard, LinkForm, Refund, RefundUnderWay, SavedMethod
from services.charges.rules import blocked, explain_charge
from services.domain.money import Money
from services.domain.numbers import parse_account_number
from services.errors import NotFound, Refused
from services.gateways.base import Gateway, Notice, ProviderRefused, ProviderUnavailable
from services.store import Store

BEGIN: Final = "select * from debtflow.charge_begin(%s)"
SHOW: Final = "select * from debtflow.charge_show(%s)"
OF_ACCOUNT: Final = "select * from debtflow.charges_of(%s)"
WAITING: Final = "select * from debtflow.charges_waiting(%s)"
METHODS: Final = "select * from debtflow.methods_of(%s)"
REMOVE: Final = "select debtflow.method_remove(%s, %s)"
CANCEL: Final = "select debtflow.charge_cancel(%s)"
CLAIM_ONE: Final = "select debtflow.charge_claim_one(%s)"
BREAKER: Final = "select * from debtflow.breaker_seen(%s)"


class Charges:
    """Charges through the payment provider, under the rights of the signed-in person or worker.

    Without a ``gateway`` everything can be read and nothing charged (Misconfigured).
    """

    def __init__(self, store: Store, gateway: Gateway | None = None) -> None:
        self._store = store
        self._calls = Calls(store, gateway)
        self._resolving = Resolving(self._calls)
        self._refunding = Refunding(self._calls)
        self._hearing = Hearing(self._calls)

    # ---- what operators do

    def start(self, form: ChargeForm) -> Charge:
        """Charge a saved method and say what came of it; a decline is a failed Charge, a lost answer an unknown one.

        The same submission again never charges twice: it gives the charge as it stands. Raises Refused with the rule's
        name, Stale, ProviderUnavailable while the provider is not called, Unreachable where the answer could not be
        written (the worker finds it).
        """
        return self._begin({**_common(form), "kind": "saved", "method_id": form.method_id})

    def link(self, form: LinkForm) -> Charge:
        """Make a page where the debtor pays; the amount is held until it is paid, ended or its time is up."""
        return self._begin({**_common(form), "kind": "link", "save": form.save, "minutes": form.minutes})

    def cancel(self, charge_id: UUID) -> Charge:
        """Give a charge up: one that was never sent, or a link, which the provider ends first.

        A link that was paid meanwhile is posted, and the Charge says so. What the provider tells otherwise
        (``mismatch``, ``taken_twice``) is settled by it, by supervisors only. Raises Refused where it is decided or
        may have been charged.
        """
        self.show(charge_id)
        answer = self._store.act(lambda c: c.exec_driver_sql(CANCEL, (charge_id,)).scalar_one())
        if answer in ("link", "ask"):
            order = one_json(self._store, CLAIM_ONE, charge_id)
            if order is None:
                raise Refused("somebody is asking about it right now", rule="charge_under_way", hint="try again")
            self._resolving.end_link(order, "canceled") if answer == "link" else self._resolving.resolve(order)
        charge = self.show(charge_id)
        if charge.open or answer == "decided":
            raise Refused(
                f"charge {charge_id} is {charge.state} and cannot be given up",
                rule="charge_not_cancelable",
                hint="refund it" if charge.state == "posted" else "wait until it is decided",
            )
        return charge

    def refund(self, receipt: str, amount: Money | None, *, submission_id: UUID) -> Refund:
        """Return part of a charged payment, or with None all that is left; supervisors and administrators only.

        Raises Refused above what is left; a lost answer gives a Refund of state unknown, which the worker resolves.
        """
        return self._refunding.refund(receipt, amount, submission_id)

    def remove_method(self, number: str, method_id: int) -> None:
        """Forget a saved method, here and at the provider."""
        values = (parse_account_number(number), method_id)
        token = self._store.act(lambda c: c.exec_driver_sql(REMOVE, values).scalar_one())
        passed = self._calls.enter()
        if not passed.entered:
            raise blocked(Breaker("open", passed.cause, None, passed.next_try_at))
        self._calls.guarded(passed, lambda gateway: gateway.forget(token))

    # ---- what they see

    def ready(self) -> bool:
        """Whether a provider is configured here; asks neither it nor the database."""
        return self._calls.ready

    def methods(self, number: str) -> tuple[SavedMethod, ...]:
        """The saved methods of an account's debtor, the newest first."""
        rows = self._ask(METHODS, parse_account_number(number))
        return tuple(
            SavedMethod(row.id, row.kind, row.brand, row.last4, row.expires, row.added_at.date()) for row in rows
        )

    def show(self, charge_id: UUID) -> Charge:
        """One charge; raises NotFound where the caller may see none."""
        rows = self._ask(SHOW, charge_id)
        if not rows:
            raise NotFound(f"there is no charge {charge_id}", rule="charge", hint="debtflow payment charges")
        return reading.charge(rows[0][0])

    def of_account(self, number: str) -> tuple[Charge, ...]:
        """An account's charges, the newest first."""
        return tuple(reading.charge(row[0]) for row in self._ask(OF_ACCOUNT, parse_account_number(number)))

    def refunds_under_way(self, number: str) -> tuple[RefundUnderWay, ...]:
        """An account's refunds that the provider has not confirmed yet, the newest first."""
        return self._refunding.under_way(number)

    def waiting(self, limit: int = 200) -> tuple[Charge, ...]:
        """Charges that are not decided yet or that a person has to look at, the newest first."""
        return tuple(reading.charge(row[0]) for row in self._ask(WAITING, limit))

    def breaker(self) -> Breaker:
        """Whether the provider is called, and if not, why and until when."""
        rows = self._ask(BREAKER, self._calls.name)
        if not rows:
            return Breaker("closed", None, None, None)
        return Breaker(rows[0].state, rows[0].cause, rows[0].since, rows[0].next_try_at)

    # ---- what the worker does

    def resolve_due(self, limit: int = 100) -> int:
        """Ask the provider about charges and refunds that are due; gives how many were asked about."""
        return self._resolving.resolve_due(limit)

    def expire_due(self, limit: int = 100) -> int:
        """End links whose time is up and release what they hold; gives how many were ended."""
        return self._resolving.expire_due(limit)

    def hear(self, notice: Notice) -> Heard:
        """Take in a verified webhook, in any order, however often.

        Raises NotFound for a charge of this agency that is unknown here, Refused where a person must settle the charge
        first, ProviderUnavailable where the provider has to be asked first: all are to be taken in again.
        """
        return self._hearing.hear(notice)

    # ---- inside

    def _begin(self, form: dict[str, Any]) -> Charge:
        form["gateway"] = self._calls.gateway.provider
        row = self._store.act(lambda c: c.exec_driver_sql(BEGIN, (json.dumps(form),)).one())
        if row.outcome == "breaker_open":
            raise blocked(self.breaker())
        if row.outcome not in ("begun", "replayed"):
            raise explain_charge(row)
        wanted = UUID(form["id"])
        self._carry_out(wanted)
        return self.show(wanted)

    def _carry_out(self, wanted: UUID) -> None:
        entry = calling.enter(self._calls, "charge", wanted)
        if entry.outcome == "breaker_open" and not entry.order["called"]:
            self._calls.note("charge", wanted, {"source": "call", "state": "failed", "code": "breaker_open"})
        elif entry.outcome == "ask":
            order = one_json(self._store, CLAIM_ONE, wanted)
            if order is not None:
                self._resolving.resolve(order)
        if entry.outcome != "call":
            return
        try:
            calling.charge_or_link(self._calls, entry)
        except ProviderUnavailable as failure:
            self._calls.hear("charge", wanted, entry.unanswered(failure), probe=entry.probe, failure=failure)
        except ProviderRefused as refusal:
            self._calls.hear("charge", wanted, entry.refused(refusal), probe=entry.probe)

    def _ask(self, query: str, *values: object) -> list[Any]:
        def work(connection: Connection) -> list[Any]:
            return list(connection.exec_driver_sql(query, values).all())

        return self._store.ask(work)


def _common(form: ChargeForm | LinkForm) -> dict[str, Any]:
    return {
        "id": str(form.submission_id),
        "account": parse_account_number(form.account),
        "amount": form.amount.minor,
        "currency": form.amount.currency,
        "version": form.version,
        "allow_duplicate": form.allow_duplicate,
    }

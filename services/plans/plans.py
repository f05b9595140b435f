"""Payment plans: schedules that follow the balance, charged by themselves or paid by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final, Protocol
from uuid import UUID, uuid4

from services.charges.results import Charge, ChargeForm
from services.domain.numbers import parse_account_number
from services.domain.prose import prose
from services.plans import checks, reading
from services.plans.results import Outlook, Plan, PlanChange, PlanForm, Proposal
from services.plans.round import Round
from services.store import Store

PROPOSE: Final = "select debtflow.plan_propose(%s, %s::jsonb)"
MAKE: Final = "select debtflow.plan_make(%s, %s::jsonb, %s, %s, %s)"
CHANGE: Final = "select debtflow.plan_change(%s, %s, %s::jsonb)"
HOLD: Final = "select debtflow.plan_pause(%s, %s, %s)"
RELEASE: Final = "select debtflow.plan_release(%s, %s, %s)"
CANCEL: Final = "select debtflow.plan_cancel(%s, %s, %s)"
OUTLOOK: Final = "select debtflow.account_outlook(%s)"


class Cashier(Protocol):
    """The one thing a plan needs of the charges: the same submission again is the same charge."""

    def start(self, form: ChargeForm) -> Charge: ...


class Plans:
    """Payment plans. The instalments of one always sum to what is owed: the last one takes the rest.

    Acts on a plan raise Stale where it, or the account, has moved since ``version`` was read. The ``cashier`` is asked
    for when a round begins; without one nothing is charged.
    """

    def __init__(self, store: Store, cashier: Callable[[], Cashier | None] = lambda: None) -> None:
        self._store = store
        self._kernel = checks.Kernel(store)
        self._cashier = cashier

    def outlook(self, number: str) -> Outlook:
        """Promises, plan and offers of an account at one moment."""
        return reading.outlook(self._kernel.ask(OUTLOOK, parse_account_number(number)))

    def show(self, number: str) -> Plan | None:
        """The account's plan as the balance makes it now; None where there is none."""
        return self.outlook(number).plan

    def propose(self, number: str, form: PlanForm) -> Proposal:
        """What a plan would come to; writes nothing. Raises Refused where none can be made."""
        return reading.proposal(self._kernel.ask(PROPOSE, parse_account_number(number), checks.asked_plan(form)))

    def make(self, number: str, form: PlanForm, *, version: int, submission_id: UUID | None = None) -> Plan:
        """Make a plan on the account as it was at ``version``; the same submission again gives the same plan.

        An account that is assigned, in contact or negotiating becomes ``payment_plan``.
        """
        values = (parse_account_number(number), checks.asked_plan(form), version, form.method_id)
        return reading.plan(self._kernel.act(MAKE, *values, submission_id or uuid4()))

    def change(self, number: str, change: PlanChange, *, version: int) -> Plan:
        """Change one thing; the last instalment takes what that leaves or needs."""
        asked = {
            "do": change.do,
            "no": change.no,
            "amount": None if change.amount is None else change.amount.minor,
            "currency": None if change.amount is None else change.amount.currency,
            "due_on": None if change.due_on is None else change.due_on.isoformat(),
            "method_id": change.method_id,
            "grace_days": checks.grace(change.grace_days),
        }
        return reading.plan(self._kernel.act(CHANGE, parse_account_number(number), version, json.dumps(asked)))

    def hold(self, number: str, reason: str, *, version: int) -> Plan:
        """Charge nothing more until it is released."""
        return self._with_reason(HOLD, number, reason, version)

    def release(self, number: str, reason: str, *, version: int) -> Plan:
        """Let a held plan go on; what was declined is tried again on the next round."""
        return self._with_reason(RELEASE, number, reason, version)

    def cancel(self, number: str, reason: str, *, version: int) -> Plan:
        """End a plan; the account goes back to negotiating."""
        return self._with_reason(CANCEL, number, reason, version)

    def run_due(self, limit: int | None = None) -> int:
        """Settle due instalments: charge saved methods, mark what is paid or late; gives how many were looked at.

        For the worker, supervisors and administrators. Two may run at once, and a crash is taken up where it was: an
        instalment is charged under one key.
        """
        return Round(self._store, self._cashier()).run(limit)

    def _with_reason(self, query: str, number: str, reason: str, version: int) -> Plan:
        why = prose(reason, "reason", checks.REASON_LENGTH, required=True)
        return reading.plan(self._kernel.act(query, parse_account_number(number), version, why))

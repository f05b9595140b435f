"""Each screen as each role sees it, and everything it offers them: what may not be done is not offered.

Kept as text, so that a change of rights reads in a comparison. A screen that no row opens fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
from syrupy.assertion import SnapshotAssertion

from debtflow_tui.travel import _NOT_A_PLACE, FLOOR
from screens.base import commands_of
from screens.base.keys import EVERYWHERE
from screens.navigation import (
    OpenAccount,
    OpenApprovals,
    OpenAudit,
    OpenBatch,
    OpenCharge,
    OpenDaySheet,
    OpenImports,
    OpenInbox,
    OpenJobs,
    OpenLedger,
    OpenLife,
    OpenPayment,
    OpenPaymentBatch,
    OpenPaymentBatches,
    OpenPeople,
    OpenPlan,
    OpenProfile,
    OpenRights,
    OpenSessions,
    OpenSpread,
    OpenStatement,
    OpenTransfer,
    OpenTrust,
    Travel,
)
from services.access.results import ROLES
from services.ledger.results import NOW, Subject
from tests.screens.conftest import press, settled, shown
from tests.screens.fakes import FIRST, FakeServices, session
from tests.screens.fakes_audit import FakeAudit
from tests.screens.fakes_batches import FakeBatches
from tests.screens.fakes_charges import FakeCharges, charge
from tests.screens.fakes_door import FakeJobs, FakeWebhooks
from tests.screens.fakes_imports import FakeClients, FakeImports
from tests.screens.fakes_ledger import FakeBooks
from tests.screens.fakes_money import FakeTill
from tests.screens.fakes_people import FakeApprovals, FakeDealer, FakeRights, FakeStaff, FakeTeams
from tests.screens.fakes_plans import FakePlans
from tests.screens.fakes_profiles import FakeProfiles
from tests.screens.fakes_sessions import FakeSessions
from tests.screens.fakes_spread import FakeAdjustments, FakeInterest, FakeReceipts

PLACES: Final[dict[type[Travel], Callable[[], Travel]]] = {
    OpenAccount: lambda: OpenAccount(FIRST),
    OpenApprovals: OpenApprovals,
    OpenAudit: OpenAudit,
    OpenBatch: lambda: OpenBatch(118),
    OpenCharge: lambda: OpenCharge(charge().id),
    OpenDaySheet: OpenDaySheet,
    OpenImports: OpenImports,
    OpenInbox: OpenInbox,
    OpenJobs: OpenJobs,
    OpenLedger: OpenLedger,
    OpenLife: lambda: OpenLife("account/10030-3"),
    OpenPayment: lambda: OpenPayment(FIRST),
    OpenPaymentBatch: lambda: OpenPaymentBatch(12),
    OpenPaymentBatches: OpenPaymentBatches,
    OpenPeople: OpenPeople,
    OpenPlan: lambda: OpenPlan(FIRST),
    OpenProfile: lambda: OpenProfile("NORD"),
    OpenRights: OpenRights,
    OpenSessions: OpenSessions,
    OpenSpread: lambda: OpenSpread(FIRST),
    OpenStatement: lambda: OpenStatement(Subject(client="HARBOR", kind="client_due"), NOW),
    OpenTransfer: lambda: OpenTransfer("R-000481-4"),
    OpenTrust: OpenTrust,
}
OTHERS: Final[dict[type[Travel], int]] = {OpenPeople: 3, OpenSessions: 1, OpenRights: 2}
"""Where somebody else's line says more than the first: so many lines further down."""
WHO: Final = {"agency_admin": "ada", "supervisor": "bea", "collector": "ana", "readonly": "rex"}


def furnished(role: str) -> FakeServices:
    """Every service, with something to show, and somebody of this role."""
    plans, made = FakePlans(), FakeServices()
    anything: Any = made
    known = {charge().id: charge()}
    for name, service in {
        "payments": FakeTill(), "receipts": FakeReceipts(), "adjustments": FakeAdjustments(),
        "interest": FakeInterest(), "plans": plans, "promises": plans, "settlements": plans,
        "charges": FakeCharges(known=known), "imports": FakeImports(), "profiles": FakeProfiles(),
        "audit": FakeAudit(), "clients": FakeClients(), "ledger": FakeBooks(), "webhooks": FakeWebhooks(),
        "jobs": FakeJobs(), "batches": FakeBatches(), "sessions": FakeSessions(), "users": FakeStaff(),
        "teams": FakeTeams(), "assigning": FakeDealer(), "rights": FakeRights(), "approvals": FakeApprovals(),
    }.items():  # fmt: skip
        setattr(anything, name, service)
    made.session = session(role, user=WHO[role])
    return made


def test_every_screen_that_can_be_gone_to_has_a_row() -> None:
    there = {each for each in Travel.__subclasses__() if each not in _NOT_A_PLACE}
    assert set(PLACES) == there


@pytest.mark.parametrize("role", ROLES)
async def test_each_screen(desktop, services: FakeServices, snapshot: SnapshotAssertion, role: str) -> None:
    vars(services).update(vars(furnished(role)))
    app = desktop()
    seen = {}
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        seen["lookup"] = picture(app)
        for place, wish in PLACES.items():
            app.screen.post_message(wish())
            await settled(pilot)
            if place in OTHERS:
                await press(pilot, *["down"] * OTHERS[place])
            assert len(app.screen_stack) == FLOOR + 2, f"{place.__name__}: {app.screen}"
            seen[place.__name__] = picture(app)
            await app.pop_screen()
    for name, text in seen.items():
        assert text == snapshot(name=f"{name} as {role}")


def picture(app: Any) -> str:
    """The screen as text, and every command it offers, those too that the last line has no room for."""
    lines = [line.rstrip() for line in shown(app).splitlines()]
    offered = [
        f"{command.for_help.key}: {command.tip}"
        for command in commands_of(app.screen)
        if command.action not in EVERYWHERE
    ]
    return "\n".join([*lines, "offers", *offered])

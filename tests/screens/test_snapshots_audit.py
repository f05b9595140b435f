"""Pictures of the audit browser at work: words to take, filters kept, taking out, and the life of one thing."""

from __future__ import annotations

from typing import Any

import pytest

from screens.audit import AuditScreen, LifeScreen
from services.errors import NotFound, Unreachable
from tests.screens.conftest import burst, press, settled
from tests.screens.fakes import FIRST, FakeServices, session
from tests.screens.fakes_audit import FakeAudit
from tests.screens.test_snapshots import SIZES

SMALL = (80, 24)


@pytest.fixture(autouse=True)
def furnished(services: FakeServices) -> None:
    services.session = session("supervisor", user="bea")
    services.audit = FakeAudit(filters={"NSF this week": "act:payment.reverse since:-7d text:nsf", "my day": "who:bea"})


def browsing(routes: Any) -> AuditScreen:
    return AuditScreen(routes.desk, routes.audit)


def living(routes: Any) -> LifeScreen:
    return LifeScreen(routes.desk, routes.audit, f"account/{FIRST}")


def typed(text: str, *keys: str) -> Any:
    async def run(pilot: Any) -> None:
        await settled(pilot)
        await burst(pilot, text)
        await press(pilot, *keys)

    return run


@pytest.mark.parametrize(
    "text", ["/act:pa\t", "/since:soon who:ana", "s", "x", "v"], ids=["words", "left-out", "kept", "export", "whole"]
)
def test_audit_at_work(desktop, snap_compare, text: str):
    assert snap_compare(desktop(browsing), terminal_size=SMALL, run_before=typed(text))


@SIZES
def test_the_life_of_an_account(desktop, snap_compare, size):
    assert snap_compare(desktop(living), terminal_size=size, run_before=typed("", "down", "down"))


def test_a_life_that_differs(desktop, snap_compare):
    assert snap_compare(desktop(living), terminal_size=SMALL, run_before=typed("d", "end"))


def test_a_life_that_nobody_may_see(desktop, services: FakeServices, snap_compare):
    services.audit.failures["list"].append(NotFound("there is no account 10023-3"))
    assert snap_compare(desktop(living), terminal_size=SMALL, run_before=typed(""))


def test_audit_without_a_connection(desktop, services: FakeServices, snap_compare):
    async def lost(pilot: Any) -> None:
        await settled(pilot)
        services.audit.failures["newer"] += [Unreachable("the database does not answer")] * 9
        await press(pilot, "f")
        await settled(pilot)

    assert snap_compare(desktop(browsing), terminal_size=SMALL, run_before=lost)

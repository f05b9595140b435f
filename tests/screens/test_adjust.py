"""Adjusting a debt and asking what pays it off, from the account screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from screens.account import AccountScreen, adjust
from screens.spread import SpreadScreen
from services.errors import Unreachable
from tests.screens.conftest import burst, press, settled, shown, top
from tests.screens.fakes import FIRST, FakeServices, session, usd
from tests.screens.fakes_spread import FakeAdjustments, FakeInterest, FakeReceipts


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adjust, "DEBOUNCE", 0.001)


@pytest.fixture
def app(desktop: Callable[..., Any], services: FakeServices) -> Any:
    services.adjustments, services.interest, services.receipts = FakeAdjustments(), FakeInterest(), FakeReceipts()
    return desktop(
        lambda routes: AccountScreen(
            routes.desk, services.accounts, services.payments, FIRST,
            adjustments=services.adjustments, interest=services.interest,
        )
    )  # fmt: skip


def said(app: Any) -> str:
    return " ".join(shown(app).split())


async def test_a_burst_from_the_account_adds_a_fee(app: Any, services: FakeServices) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "jfee\n15\nreturned\n")
        form = services.adjustments.called("post")[0][0]
        assert (form.kind, form.amount, form.reason, form.bucket) == ("fee", usd("15"), "returned_payment", None)
        assert form.version is not None
        assert isinstance(top(app), AccountScreen)
        assert "R-000491-4: fee 15.00, owing 1,274.07 USD" in said(app)


async def test_what_it_would_do_and_what_refuses_it_stand_below(app: Any, services: FakeServices) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "jwrite\n1259.07")
        assert "Owing 1,259.07 → 0.00 USD, closed as bankrupt" in said(app)
        await burst(pilot, "\nhard\nprin\n")
        form = services.adjustments.called("post")[0][0]
        assert (form.kind, form.reason, form.bucket) == ("write_off", "hardship", "principal")
        await burst(pilot, "jfee\n26")
        assert "limit for this (fee) is 25.00 USD" in said(app)
        await press(pilot, "f10")
        assert "limit" in said(app)
        assert len(services.adjustments.called("post")) == 2


async def test_an_open_outcome_keeps_the_submission(app: Any, services: FakeServices) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        services.adjustments.failures["post"] = [Unreachable("the database does not answer")]
        await burst(pilot, "jfee\n15\n\n")
        await press(pilot, "escape", "f10")
        first, second = (args[0].submission_id for args in services.adjustments.called("post"))
        assert first == second


async def test_what_pays_it_off_is_said(app: Any) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "i+30")
        assert "1,264.49 USD pays it off on 21 Dec 2026" in said(app)
        await burst(pilot, "\n")
        assert isinstance(top(app), AccountScreen)
        assert "1,264.49 USD pays it off on 21 Dec 2026 (5.42 interest to come)" in said(app)


async def test_the_spreading_opens_and_a_reader_may_ask_only(app: Any, services: FakeServices) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "k")
        assert isinstance(top(app), SpreadScreen)
        await press(pilot, "escape")
        app.routes.desk.session = session("readonly")
        await burst(pilot, "jk")
        assert isinstance(top(app), AccountScreen)
        assert services.adjustments.called("reasons") == []
        await burst(pilot, "i")
        assert not isinstance(top(app), AccountScreen)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_it_looks_like_this(app: Any, snap_compare: Any, size: tuple[int, int]) -> None:
    async def ready(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await burst(pilot, "jwrite\n1259.07\nhard\n")

    assert snap_compare(app, terminal_size=size, run_before=ready)

"""No card number gets past any field in which somebody can type."""

from __future__ import annotations

import pytest

from screens.account import AccountScreen
from screens.audit import AuditScreen
from screens.payment import PaymentScreen
from tests.screens.conftest import burst, press, settled, shown, top
from tests.screens.fakes import FIRST, FakeServices
from tests.screens.fakes_audit import FakeAudit
from tests.screens.fakes_money import FakeTill

CARD = "4242 4242 4242 4242"
SOLID = CARD.replace(" ", "")


@pytest.fixture(autouse=True)
def furnished(services: FakeServices, monkeypatch: pytest.MonkeyPatch) -> None:
    services.payments, services.audit = FakeTill(), FakeAudit()
    monkeypatch.setattr("screens.payment.weighing.WATCH_EVERY", 3600)


async def test_not_into_a_payment(desktop, services: FakeServices):
    app = desktop(lambda routes: PaymentScreen(routes.desk, routes.payments, routes.accounts, FIRST))
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"250\ncheck\n{CARD}\n")
        assert "looks like a card number" in " ".join(shown(app).split())
        await press(pilot, "f10")
        assert not services.payments.called("post")
        top(app)._fields["amount"].value = SOLID
        await press(pilot, "f10")
        assert not services.payments.called("post")


@pytest.mark.parametrize(("keys", "method"), [("n", "note"), ("cleft\n", "call"), ("g", "raise_flag")])
async def test_not_into_what_is_noted(desktop, services: FakeServices, keys: str, method: str):
    app = desktop(lambda routes: AccountScreen(routes.desk, routes.accounts, routes.payments, FIRST))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, f"{keys}{'' if method != 'raise_flag' else chr(10)}{CARD}\n")
        assert "looks like a card number" in " ".join(shown(app).split())
        assert not services.accounts.called(method)


async def test_not_into_the_lookup(desktop, services: FakeServices):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, f"{SOLID}\n")
        assert "looks like a card number" in shown(app)
        assert all(SOLID not in asked for asked, _ in services.accounts.called("find"))
        assert not services.accounts.called("show")


async def test_not_into_the_filter_of_the_trail(desktop, services: FakeServices):
    app = desktop(lambda routes: AuditScreen(routes.desk, routes.audit))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "/")
        asked = len(services.audit.called("list"))
        await burst(pilot, f"who:{SOLID}\n")
        assert "looks like a card number" in shown(app)
        assert all(SOLID not in str(question) for question in services.audit.called("list")[asked:])


async def test_not_into_the_command_line(desktop, services: FakeServices):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, f":p {FIRST} 250.00 check {CARD}\n")
        assert "looks like a card number" in shown(app)
        assert not services.accounts.called("show")
        assert app._last_line == ""

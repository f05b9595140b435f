"""One receipt over several debts, as the operator sees and types it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from screens.spread import SpreadScreen
from screens.spread import screen as module
from services.errors import Stale, Unreachable
from tests.screens.conftest import burst, press, settled, shown, top, until
from tests.screens.fakes import FIRST, FakeServices, session, usd
from tests.screens.fakes_spread import SECOND, THIRD, FakeReceipts


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "UNREAD", 0.0)
    monkeypatch.setattr(module, "DEBOUNCE", 0.001)


@pytest.fixture
def receipts(services: FakeServices) -> FakeReceipts:
    services.receipts = made = FakeReceipts()
    return made


@pytest.fixture
def app(desktop: Callable[..., Any], receipts: FakeReceipts) -> Any:
    return desktop(lambda routes: SpreadScreen(routes.desk, receipts, FIRST))


def sent(receipts: FakeReceipts) -> Any:
    return receipts.called("post")[-1][0]


async def test_a_burst_posts_once_with_what_was_looked_at(app: Any, receipts: FakeReceipts) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "skipped: disputed" in shown(app)
        assert "0.01" not in shown(app)  # nothing is typed, so nothing falls anywhere
        await burst(pilot, "1500\ncheck\n1991\n\n\n")
        form = sent(receipts)
        assert (form.amount, form.method, form.reference, form.lines) == (usd("1500"), "check", "1991", None)
        assert form.versions == {FIRST: 17, SECOND: 17, THIRD: 17}
        assert "R-000490-6" in shown(app)
        assert "oldest placement first" in shown(app)
        await burst(pilot, "\n")
        assert len(receipts.called("post")) == 1
        assert not isinstance(top(app), SpreadScreen)


async def test_keys_typed_before_the_accounts_are_there_wait_for_them(app: Any, receipts: FakeReceipts) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, "20\n\n\n\n\n")
        assert sent(receipts).versions != {}
        assert len(receipts.called("post")) == 1


async def test_an_amount_by_hand_reaches_a_disputed_debt_where_the_payer_says_so(
    app: Any, receipts: FakeReceipts
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "100")
        app.screen.query_one("#lines").focus()
        await press(pilot, "down", "enter")
        await burst(pilot, "100.00\nletter\n")
        assert "payer instructs" in shown(app)
        await press(pilot, "f10")
        form = sent(receipts)
        assert (form.lines, form.instruction) == ({SECOND: usd("100")}, "letter")


async def test_by_hand_can_be_forgotten_and_the_rest_kept(app: Any, receipts: FakeReceipts) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "5000")
        assert "F6 keeps the rest unapplied" in " ".join(shown(app).split())
        app.screen.query_one("#lines").focus()
        await press(pilot, "enter")
        await burst(pilot, "7\n\n")
        await press(pilot, "f7", "f6", "f10")
        form = sent(receipts)
        assert (form.lines, form.remainder) == (None, "unapplied")
        assert "kept unapplied" in " ".join(shown(app).split())


async def test_an_open_outcome_keeps_the_submission_and_a_stale_look_reads_again(
    app: Any, receipts: FakeReceipts
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "20")
        receipts.failures["post"] = [Unreachable("the database does not answer"), Stale("moved", rule="stale")]
        await press(pilot, "f10")
        assert "posts once" in shown(app)
        first = sent(receipts).submission_id
        await press(pilot, "f10")
        assert sent(receipts).submission_id == first
        assert "moved since you looked" in shown(app)
        await press(pilot, "f10")
        assert sent(receipts).submission_id != first
        assert "R-000490-6" in shown(app)


async def test_what_was_typed_is_back_and_a_reader_has_no_form(
    desktop: Callable[..., Any], services: FakeServices, receipts: FakeReceipts
) -> None:
    app = desktop(lambda routes: SpreadScreen(routes.desk, receipts, FIRST))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "12.50\ncash\nslip")
        await press(pilot, "escape")
        await app.push_screen(SpreadScreen(app.routes.desk, receipts, FIRST))
        await settled(pilot)
        assert top(app)._fields.values["amount"] == "12.50"
        await press(pilot, "escape")
        services.session = app.routes.desk.session = session("readonly")
        await app.push_screen(SpreadScreen(app.routes.desk, receipts, FIRST))
        await settled(pilot)
        assert "does not enter payments" in shown(app)
        assert receipts.called("post") == []


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_it_looks_like_this(app: Any, snap_compare: Any, size: tuple[int, int]) -> None:
    async def ready(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await burst(pilot, "1500\ncheck\n1991")
        await until(pilot, lambda: "by the policy" in shown(pilot.app))

    assert snap_compare(app, terminal_size=size, run_before=ready)

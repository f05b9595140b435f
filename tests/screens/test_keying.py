"""Keying a stack with the eyes on the paper."""

from __future__ import annotations

import pytest

from screens.keying import BatchesScreen, KeyingScreen
from services.batches.results import BatchDifference, BatchEntry
from services.errors import Refused, Unreachable
from tests.screens.conftest import burst, press, settled, shown, top
from tests.screens.fakes import FakeServices, session, usd
from tests.screens.fakes_batches import FakeBatches, batch, line


@pytest.fixture
def stacks(services: FakeServices) -> FakeBatches:
    made = FakeBatches()
    services.batches = made  # type: ignore[attr-defined]
    return made


@pytest.fixture
def numbers() -> tuple[str, str, str]:
    from services.domain.numbers import account_number

    return account_number(10023), account_number(10030), account_number(10037)


@pytest.fixture
def stack(numbers: tuple[str, str, str]) -> str:
    one, two, three = numbers
    return f"{one} 250.00 1991\n{two}\t250 cash\n{three} 250.00 1993 !\n"


def keying(routes) -> KeyingScreen:
    return KeyingScreen(routes.desk, routes.batches, 12)


async def test_a_stack_arrives_in_one_burst(desktop, stacks: FakeBatches, stack: str, numbers):
    """A scanner sends everything at once, before the screen has even read the batch."""
    app = desktop(keying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, stack * 4)
        assert [entry.account for _, entry in stacks.called("key")] == list(numbers) * 4
        assert [(entry.method, entry.reference) for _, entry in stacks.called("key")[:3]] == [
            ("check", "1991"), ("cash", ""), ("check", "1993"),
        ]  # fmt: skip
        assert "+9" in shown(app)


async def test_the_difference_is_always_there(desktop, stacks: FakeBatches, stack: str):
    app = desktop(keying)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "−750.00" in shown(app)
        await burst(pilot, stack.split("\n")[0] + "\n")
        text = shown(app)
        assert "−500.00" in text
        assert "−2" in text
        assert "Debtor 1 [x]" in text
        assert "1,259.07" in text
        await press(pilot, "f10")
        assert "Not posted while it differs: 2 lines too few, 500.00 USD too little" in shown(app)


async def test_what_cannot_be_read_waits_beside(desktop, stacks: FakeBatches, stack: str, numbers):
    """The lines after it land right, it blocks the posting, and it comes back to be put right."""
    first, *rest = stack.splitlines(keepends=True)
    app = desktop(keying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, first + "10030-9 250 cash\n" + "".join(rest))
        assert len(stacks.lines) == 3
        assert "1 not kept: “10030-9 250 cash”" in shown(app)
        assert app.routes.desk.drafts.recall("payment batch 12")["spoiled"] == "10030-9 250 cash"
        await press(pilot, "f10")
        assert "F6 brings it back" in shown(app)
        await press(pilot, "f6", *["backspace"] * 40)
        await press(pilot, "f10")
        assert "Type sum" in shown(app)


async def test_sticky_fields_and_fast_paths(desktop, stacks: FakeBatches, numbers):
    app = desktop(keying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"m cash\nd -1\n{numbers[0]} 5\n. 6 @t\na 1 {numbers[1]} 7\nx 2\n")
        one, two = [entry for _, entry in stacks.called("key")]
        assert (one.method, str(one.effective_on)) == ("cash", "2026-11-20")
        assert (two.account, str(two.effective_on)) == (numbers[0], "2026-11-21")
        assert stacks.called("amend")[0][1:2] == (1,)
        assert (stacks.lines[0].amount, stacks.lines[1].state) == (usd("7"), "dropped")
        assert "20 Nov 2026" in shown(app)


async def test_amending_and_dropping_by_the_cursor(desktop, stacks: FakeBatches, stack: str, numbers):
    app = desktop(keying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, stack)
        await press(pilot, "up", "f6")
        assert f"a 2 {numbers[1]} 250.00 cash" in shown(app)
        await press(pilot, *["backspace"] * 5)
        await burst(pilot, "\n")
        assert stacks.called("amend")[0][2].method == "check"
        await press(pilot, "f8")
        assert stacks.lines[1].state == "dropped"


async def test_posting_asks_for_the_sum_and_shows_what_stayed(desktop, stacks: FakeBatches, stack: str):
    app = desktop(keying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, stack)
        assert "✓ agrees" in shown(app)
        await press(pilot, "f10")
        await burst(pilot, "700\n")
        assert stacks.called("post") == []
        await press(pilot, *["backspace"] * 3)
        await burst(pilot, "750\n")
        assert len(stacks.called("post")) == 1
        assert "! no account…" in shown(app)
        assert "2 posted, 1 refused" in shown(app)
        assert "2 posted, 1 failed" in shown(app)
        await press(pilot, "up")
        assert "Line 3: no account 10058-9: amend the number" in shown(app)


async def test_a_lost_answer_repeats_the_same_line(desktop, stacks: FakeBatches, numbers):
    stacks.failures["key"].append(Unreachable("the database does not answer"))
    app = desktop(keying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{numbers[0]} 5\n")
        await press(pilot, "escape")
        await press(pilot, "f6")
        await burst(pilot, "\n")
        first, second = [entry for _, entry in stacks.called("key")]
        assert first == second


async def test_a_refused_line_is_not_lost(desktop, stacks: FakeBatches, numbers):
    stacks.failures["key"].append(Refused("batch 12 is cancelled", rule="payment_batch_closed"))
    app = desktop(keying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{numbers[0]} 5\n")
        assert "Not kept: batch 12 is cancelled" in shown(app)
        assert "1 not kept" in shown(app)


async def test_a_card_number_is_no_reference(desktop, stacks: FakeBatches, numbers):
    app = desktop(keying)
    async with app.run_test(size=(80, 24)) as pilot:
        await burst(pilot, f"{numbers[0]} 5 4111111111111111\n")
        assert stacks.called("key") == []


async def test_the_second_keying_step_by_step(desktop, stacks: FakeBatches, numbers):
    stacks.head = batch(second_keying=True)
    one, two = BatchEntry(numbers[0], usd("5"), "check"), BatchEntry(numbers[0], usd("6"), "check")
    stacks.differing = (BatchDifference(line(1, one), line(1, two)), BatchDifference(line(2, one), None))
    app = desktop(keying)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        for _ in range(3):
            await press(pilot, "f7")
        assert [name for name in ("hand_over", "take", "compare") if stacks.called(name)] == [
            "hand_over", "take", "compare",
        ]  # fmt: skip
        await press(pilot, "f7")
        assert "missing" in shown(app)
        await burst(pilot, "12")
        assert [choice.take for (choice,) in stacks.called("settle")] == ["first", "second"]
        assert "Both agree" in shown(app)


async def test_opening_a_batch_from_the_list(desktop, stacks: FakeBatches):
    app = desktop(lambda routes: BatchesScreen(routes.desk, routes.batches))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "mail of 21" in shown(app)
        await burst(pilot, "o25\n2,500.00\n\nbank mail\ntwice\n")
        [(form,)] = stacks.called("open")
        assert (form.expected.count, form.expected.sum, form.second_keying) == (25, usd("2500"), True)
        assert isinstance(top(app), KeyingScreen)


async def test_the_command_line_opens_batches(desktop, stacks: FakeBatches):
    app = desktop()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "\x1b:b 12\n")
        assert isinstance(top(app), KeyingScreen)


async def test_readers_only_look(desktop, services: FakeServices, stacks: FakeBatches):
    services.session = session("readonly", user="rex")
    app = desktop(keying)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "change it" not in shown(app)
        assert "10023-3 250.00 1991" not in shown(app)
        await press(pilot, "f10", "f8")
        assert stacks.called("post") == stacks.called("drop") == []


SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])


@SIZES
def test_snapshot_while_keying(desktop, stacks: FakeBatches, stack: str, snap_compare, size):
    async def ready(pilot):
        await burst(pilot, stack.rsplit("\n", 2)[0] + "\n10037-9 1\n")

    assert snap_compare(desktop(keying), terminal_size=size, run_before=ready)


@SIZES
def test_snapshot_of_the_list(desktop, stacks: FakeBatches, snap_compare, size):
    async def ready(pilot):
        await settled(pilot)

    start = lambda routes: BatchesScreen(routes.desk, routes.batches)  # noqa: E731 - as short as the others
    assert snap_compare(desktop(start), terminal_size=size, run_before=ready)


async def test_a_stack_with_nothing_wrong_says_so_and_its_keys_stand_a_line_each(desktop, stacks: FakeBatches):
    app = desktop(keying)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "f4")
        assert "no line needs a look (F4: all)" in shown(app)
        await press(pilot, "f1")
        assert any(
            line.split("│")[1].strip().startswith("x 7  ") for line in shown(app).splitlines() if "drops" in line
        )

"""Whatever a file says, a release does what adding up says, and its undo leaves every account as it was."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.kinds.conftest import Desk
from tests.kinds.test_payments import paid
from tests.support.house import House

DEBTS = (100_00, 37_01)
REFS = count(1)

amounts = st.integers(1, 60_00)
rows = st.lists(st.tuples(st.integers(0, len(DEBTS) - 1), amounts, st.booleans()), min_size=1, max_size=9)


def figures(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def added_up(asked: list[tuple[int, int, bool]], kind: str) -> tuple[list[int], int]:
    """What each account owes afterwards and how many rows fit, by the plainest of models."""
    owing, fitting = list(DEBTS), 0
    for which, amount, raises in asked:
        if owing[which] and kind == "adjustments" and raises:
            owing[which] += amount
        elif amount <= owing[which]:
            owing[which] -= amount
        else:
            continue
        fitting += 1
    return owing, fitting


@pytest.mark.parametrize("kind", ["payments", "adjustments"])
def test_a_release_is_what_adding_up_says_and_its_undo_is_nothing(house: House, desk: Desk, kind: str) -> None:
    @settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(rows)
    @example([(1, 37_01, False), (1, 5_00, True), (0, 100_01, False), (0, 1, False)])
    def holds(asked: list[tuple[int, int, bool]]) -> None:
        run = next(REFS)
        numbers = [house.place(ref=f"P-{run}-{n}", principal=debt) for n, debt in enumerate(DEBTS)]
        lines = [
            paid(f"P-{run}-{which}", figures(amount), reference=f"C-{run}-{place}")
            if kind == "payments"
            else {
                "external_ref": f"P-{run}-{which}", "reference": f"C-{run}-{place}",
                "amount": figures(amount) if raises else f"({figures(amount)})",
            }
            for place, (which, amount, raises) in enumerate(asked)
        ]  # fmt: skip
        owing, fitting = added_up(asked, kind)
        batch = desk.stage(kind, *lines)
        assert batch.ready >= min(fitting, 1)
        if not batch.ready:
            return
        released = desk.imports.release(batch.id, leave_errors=True)
        assert [sum(desk.due(number)) for number in numbers] == owing
        assert released.released == fitting
        undone = desk.imports.undo(batch.id, "property")
        assert (undone.state, undone.undone) == ("undone", fitting)
        assert [desk.due(number) for number in numbers] == [[debt, 0, 0, 0] for debt in DEBTS]
        assert [desk.account(number) for number in numbers] == [("assigned", None)] * len(DEBTS)

    holds()
    assert desk.proved()

"""A release that nobody looks at: only where the batch is what was agreed."""

from __future__ import annotations

import pytest

from services.domain.agreed import Agreed, share
from services.errors import BadInput, Refused
from services.imports import Imports
from tests.imports.files import good, line, written
from tests.support.house import House

MIXED = written([line("A-1", amount="10.00"), line("A-2", amount="20.00", fees="1.50"), line("A-3", amount="x"),
                 line("A-1", amount="5.00")])  # fmt: skip


@pytest.mark.parametrize(
    ("agreed", "unmet"),
    [
        (Agreed(), ["max-error-rate"]),
        (Agreed(max_error_rate=share("25%")), []),
        (Agreed(max_error_rate=share("24.99%")), ["max-error-rate"]),
        (Agreed(max_error_rate="1", max_new=2, expect_count=4, expect_sum="36.50"), []),
        (Agreed(max_error_rate="1", max_new=1, expect_count=5, expect_sum="36.51", no_conflicts=True),
         ["max-new", "expect-count", "expect-sum", "no-conflicts"]),
    ],
)  # fmt: skip
def test_it_releases_where_every_condition_holds_and_else_says_which_does_not(
    house: House, imports: Imports, agreed: Agreed, unmet: list[str]
) -> None:
    batch = imports.stage(MIXED, "a.csv", "HXL")
    said = imports.release_if(batch.id, agreed, rehearse=True)
    assert ([each.condition for each in said.unmet], said.batch) == (unmet, batch)
    said = imports.release_if(batch.id, agreed)
    assert [each.condition for each in said.unmet] == unmet
    assert all(each.message for each in said.unmet)
    assert said.batch.state == ("in_review" if unmet else "released")
    assert house.one("select count(*) from debtflow.account") == (0 if unmet else 2)


def test_what_a_release_refuses_is_refused_here_too(house: House, imports: Imports) -> None:
    batch = imports.stage(good(1), "a.csv", "HXL")
    imports.reject(batch.id, "wrong")
    with pytest.raises(Refused):
        imports.release_if(batch.id, Agreed())
    with pytest.raises(Refused):
        imports.rehearse_release(batch.id)
    second = imports.stage(MIXED, "b.csv", "HXL")
    with pytest.raises(Refused, match="still in error"):
        imports.rehearse_release(second.id)
    assert imports.rehearse_release(second.id, leave_errors=True) == second
    assert house.one("select count(*) from debtflow.account") == 0


def test_a_share_is_written_as_percent() -> None:
    assert [share(text) for text in ("0.5%", "0%", "100 %", "12.3456%")] == ["0.005", "0", "1", "0.123456"]
    for text in ("0.5", "-1%", "101%", "x%", "", "1e1%"):
        with pytest.raises(BadInput):
            share(text)

"""How fast long work goes, in words."""

from __future__ import annotations

import pytest

from services.domain.pace import Pace, lasting


def test_it_counts_from_the_first_word_on() -> None:
    now = iter([0.0, 0.5, 2.0, 4.0, 5.0, 6.0, 8.0])
    pace = Pace(lambda: next(now))
    assert pace.words(5000, 9000) == ""
    assert pace.words(5500, 9000) == ""
    assert pace.words(7000, 9000) == "1,000 rows/s · 2 s left"
    assert pace.words(9000, 9000) == "1,000 rows/s"
    assert pace.words(10, None) == ""
    assert pace.words(10, None) == ""
    assert pace.words(11, 12) == "less than 1 row/s · 3 s left"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.1, "1 s"), (89, "89 s"), (90, "2 min"), (3600, "60 min"), (7260, "2 h 01 min")]
)
def test_a_length_of_time_is_said_in_what_matters(seconds: float, words: str) -> None:
    assert lasting(seconds) == words

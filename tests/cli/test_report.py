"""Results as tables and JSON."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest

from debtflow_tui.cli.report import Report, Table, document
from services.domain.money import Money
from services.payments.results import AllocationLine


def test_values_have_one_form_in_json() -> None:
    when = datetime(2026, 11, 21, 9, 30, tzinfo=timezone(timedelta(hours=-6)))
    assert document(Money(25000, "USD")) == {"minor": 25000, "currency": "USD"}
    assert document(when) == "2026-11-21T15:30:00Z"
    assert document(date(2026, 11, 21)) == "2026-11-21"
    assert document(UUID(int=5)) == str(UUID(int=5))
    assert document((1, None, True, "x")) == [1, None, True, "x"]


def test_dataclasses_become_their_fields() -> None:
    zero = Money(0, "USD")
    line = AllocationLine("fees", zero, zero, zero, "costs first")
    assert document({"lines": (line,)})["lines"][0]["rule"] == "costs first"  # type: ignore[index]


def test_money_stands_to_the_right_and_words_to_the_left() -> None:
    table = Table(("WHO", "AMOUNT"), [("ana", Money(125907, "USD")), ("benedict", Money(-5, "USD"))])
    assert list(table.lines()) == [
        "WHO             AMOUNT",
        "ana       1,259.07 USD",
        "benedict     -0.05 USD",
    ]


def test_wide_characters_keep_the_columns() -> None:
    first, second = list(Table(("A", "B"), [("高橋", "x"), ("Ann", "y")]).lines())[1:]
    assert first.index("x") == 4
    assert second.index("y") == 6


def test_an_empty_table_says_so() -> None:
    assert list(Table(("A",), [], empty="no account found").lines()) == ["no account found"]


def test_data_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Report().give({}, Table(("NAME",), [("\x1b[2J\x07evil\nSmith",)]))
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert out.count("\n") == 2


def test_json_is_one_ascii_document(capsys: pytest.CaptureFixture[str]) -> None:
    Report(as_json=True).give({"name": "Zoë", "at": datetime(2026, 1, 1, tzinfo=UTC)}, "not shown")
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == {"name": "Zoë", "at": "2026-01-01T00:00:00Z"}

"""Every example of what can be typed is what the page says it is."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest

from debtflow_tui import commands
from services.domain.dates import parse_date
from services.domain.lookup import parse_lookup
from services.domain.money import Money
from services.domain.trail import parse_audit
from services.errors import BadInput
from tests.docs.pages import ROOT, section

PAGE = ROOT / "docs" / "typing.md"
TODAY = date(2026, 11, 21)


def rows(title: str, heading: str) -> list[tuple[str, str]]:
    """The rows of one table: what is typed, and what the page says of it."""
    lines = section(PAGE, title).splitlines()
    start = next(at for at, (line, rule) in enumerate(pairwise(lines)) if heading in line and rule == "|---|---|")
    table = lines[start + 2 :]
    end = next((at for at, line in enumerate(table) if not line.startswith("|")), len(table))
    found = [re.fullmatch(r"\| `(.+)` \| (.+) \|", line) for line in table[:end]]
    told = [(row[1], row[2]) for row in found if row is not None]
    assert len(told) == len(found) > 0, f"{title}: a row that nobody understands"
    return told


@pytest.mark.parametrize(("typed", "kind"), rows("Finding an account", "is looked up as"))
def test_lookup(typed: str, kind: str) -> None:
    asked = parse_lookup(typed)
    assert asked.kind == kind
    assert asked.notes == ()
    assert asked.needles


@pytest.mark.parametrize(("typed", "_keeps"), rows("Finding an account", "keeps accounts"))
def test_filters(typed: str, _keeps: str) -> None:
    asked = parse_lookup(typed)
    assert len(asked.conditions) == 1
    assert asked.notes == ()


@pytest.mark.parametrize(("typed", "_keeps"), rows("Asking the audit trail", "keeps events"))
def test_the_trail(typed: str, _keeps: str) -> None:
    asked = parse_audit(typed)
    assert asked.notes == ()
    assert str(asked) == typed


@pytest.mark.parametrize(("typed", "day"), rows("Dates", "| is |"))
def test_dates(typed: str, day: str) -> None:
    assert datetime(2026, 11, 21, tzinfo=UTC).strftime("%A, %d %B %Y") in section(PAGE, "Dates")
    assert parse_date(typed, TODAY).isoformat() == day


@pytest.mark.parametrize(("typed", "amount"), rows("Amounts", "in a dollar agency"))
def test_amounts(typed: str, amount: str) -> None:
    assert str(Money.parse(typed, "USD")) == amount


def test_what_is_asked_back() -> None:
    refused = re.findall(r"`([^`]+)`", section(PAGE, "Amounts").split("asked back")[1])
    assert len(refused) == 3
    for typed in refused:
        with pytest.raises(BadInput):
            Money.parse(typed, "USD")


def test_every_short_command_is_there_and_understood() -> None:
    told = rows("The command line of the screens", "| does |")
    assert [(typed.split()[0], does) for typed, does in told] == [
        (path.word, path.does) for path in commands.FAST_PATHS
    ]
    for typed, _ in told:
        assert len(commands.parse(typed)) == 1

"""``debtflow pii``."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.accounts import Accounts
from tests.cli.conftest import Call
from tests.support.house import House


@pytest.fixture
def closed(house: House, as_: Call) -> str:
    """An account that was closed a moment ago, in an agency that keeps nothing."""
    number = house.place("Wilhelmina Featherstonehaugh")
    bea = Accounts(house.store("bea"))
    bea.change_status(number, "closed", version=bea.version(number), reason="recalled")
    assert as_("ada", "pii", "retention", "--days", "0").json == {"days": 0}
    return number


def test_somebody_is_forgotten(
    closed: str, house: House, as_: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEBTFLOW_HOME", str(tmp_path))
    drafts = tmp_path / "drafts" / "ana"
    drafts.mkdir(parents=True)
    (drafts / f"payment%20{closed}.json").write_text("{}")
    (drafts / "payment%20batch%201.json").write_text(f'{{"account": "{closed}"}}')
    (drafts / "payment%20batch%202.json").write_text('{"account": "10999-1"}')
    shown = as_("ada", "pii", "status", closed).json
    assert (shown["accounts"], shown["blocks"], shown["kept_days"]) == ([closed], [], 0)
    told = as_("ada", "pii", "forget", closed, "--reason", "mistake").json
    assert told["drafts"] == 2
    assert [each["accounts"] for each in told["forgotten"]] == [[closed]]
    assert [path.name for path in drafts.iterdir()] == ["payment%20batch%202.json"]
    (listed,) = as_("ada", "pii", "list").json["forgotten"]
    assert (listed["accounts"], listed["reason"], listed["by"]) == ([closed], "mistake", "ada")
    assert as_("rex", "account", "show", closed).json["debtor"]["name"] == "(forgotten)"
    assert "nothing was left" in as_("ada", "pii", "forget", closed, "--reason", "mistake", plain=True).out


def test_a_hold_is_placed_and_lifted(closed: str, as_: Call) -> None:
    (held,) = as_("bea", "pii", "hold", closed, "--reason", "24-cv-1017").json["holds"]
    assert (held["account"], held["placed_by"]) == (closed, "bea")
    refused = as_("ada", "pii", "forget", closed, "--reason", "request")
    assert (refused.code, refused.error["rule"]) == (1, "legal-hold")
    assert "debtflow pii release" in refused.error["hint"]
    assert "legal-hold" in as_("ada", "pii", "status", closed, plain=True).out
    assert as_("ada", "pii", "release", closed).json == {"holds": []}
    assert len(as_("bea", "pii", "holds", "--all").json["holds"]) == 1


@pytest.mark.parametrize(
    ("login", "said", "code"),
    [
        ("bea", ("forget", "NUMBER", "--reason", "request"), 6),
        ("ana", ("status", "NUMBER"), 6),
        ("ada", ("forget", "NUMBER", "--reason", "because"), 2),
        ("ada", ("forget", "NUMBER", "--reason", "request", "--rewrite"), 2),
        ("ada", ("forget", "99999-5", "--reason", "request"), 2),
        ("zed", ("forget", "NUMBER", "--reason", "request"), 3),
        ("ada", ("release", "NUMBER"), 3),
        ("ada", ("retention", "--days", "-1"), 2),
        ("bea", ("retention", "--days", "7"), 6),
        ("ada", ("sweep",), 0),
    ],
)
def test_what_is_no_answer(closed: str, as_: Call, login: str, said: tuple[str, ...], code: int) -> None:
    words = [closed if each == "NUMBER" else each for each in said]
    assert as_(login, "pii", *words).code == code

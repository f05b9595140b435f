"""Profiles from the command line: suggested, tried out, kept, listed; totals that hold a release."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.support.house import House

FILE = """Kunden-Nr.;Vorname;Nachname;Hauptforderung;Fälligkeit
K1;Ivo;Brandt;1.250,00;30.11.2025
K2;Ada;Coe;80,00;13.11.2025
T;2;1.330,00
"""
TRAILER = '\n[trailer]\nmarker = "T"\ncount = 2\nsums = { original_amount = 3 }\n'


@pytest.fixture
def sent(tmp_path: Path) -> str:
    path = tmp_path / "nord.csv"
    path.write_text(FILE, "utf-8")
    return str(path)


def test_from_a_file_to_its_profile_and_back(house: House, as_: Call, sent: str, tmp_path: Path) -> None:
    assert as_("bea", "import", "stage", sent, "--client", "HXL").code == 2
    assert as_("bea", "import", "profile", "list").json == {"profiles": []}
    said = as_("bea", "import", "profile", "show", "HXL", "--suggest", sent)
    assert said.json["version"] == 0
    assert said.json["profile"]["dates"] == {"formats": ["D.M.YYYY"]}
    toml = tmp_path / "nord.toml"
    toml.write_text(said.json["toml"] + TRAILER, "utf-8")

    tried = as_("bea", "import", "profile", "test", sent, "--client", "HXL", "--with", str(toml))
    assert (tried.code, tried.json["good"], tried.json["rows"], tried.json["valid"]) == (0, True, 2, 2)
    assert tried.json["first"][0]["values"]["original_amount"] == "1250.00"
    assert tried.json["columns"]["debtor_name"] == [2, 3]
    assert tried.json["totals"]["sums"] == {"original_amount": {"minor": 133000, "currency": "USD"}}

    plain = as_("bea", "import", "profile", "show", "HXL", "--suggest", sent, plain=True)
    assert plain.out == said.json["toml"]

    dry = as_("bea", "import", "profile", "edit", "HXL", str(toml), "--dry-run").json
    assert (dry["after"], '+marker = "T"' in dry["changes"]) == (0, True)
    assert house.one("select count(*) from debtflow.import_profile") == 0
    kept = as_("bea", "import", "profile", "edit", "HXL", str(toml), "--note", "their first file").json
    assert (kept["version"], kept["note"], kept["made_by"]) == (1, "their first file", "bea")
    assert as_("bea", "import", "profile", "show", "HXL").json["profile"] == tried_body(as_, sent, toml)
    assert as_("bea", "import", "profile", "list").json["profiles"][0]["client"] == "HXL"

    stale = as_("bea", "import", "profile", "edit", "HXL", "-", "--after", "0", stdin="about = 'mine'\n")
    assert (stale.code, stale.error["rule"]) == (4, "profile-version")
    again = as_("bea", "import", "profile", "edit", "HXL", "-", stdin=toml.read_text("utf-8") + "# no change\n")
    assert (again.json["version"], again.json["changes"]) == (1, [])
    second = as_("bea", "import", "profile", "edit", "HXL", "-", stdin="about = 'ours again'\n").json
    assert second["version"] == 2
    versions = as_("bea", "import", "profile", "history", "HXL").json["versions"]
    assert [each["version"] for each in versions] == [2, 1]
    assert '-marker = "T"' in versions[0]["changes"]
    told = as_("bea", "import", "profile", "history", "HXL", plain=True).out.splitlines()
    assert '-marker = "T"' in told
    assert as_("bea", "import", "stage", sent, "--client", "HXL", "--profile", "1").json["valid"] == 2


def tried_body(as_: Call, sent: str, toml: Path) -> object:
    suggested = as_("bea", "import", "profile", "show", "HXL", "--suggest", sent).json["profile"]
    return {**suggested, "trailer": {"marker": "T", "count": 2, "sums": {"original_amount": 3}}}


def test_what_is_wrong_with_a_file_or_a_profile(as_: Call, sent: str, tmp_path: Path) -> None:
    toml = tmp_path / "bad.toml"
    toml.write_text("[columns.debtor_name]\nform = 'x'\n", "utf-8")
    bad = as_("bea", "import", "profile", "edit", "HXL", str(toml))
    assert (bad.code, "columns.debtor_name.form" in bad.error["message"]) == (2, True)
    toml.write_bytes(b"\xff\xfe")
    assert as_("bea", "import", "profile", "edit", "HXL", str(toml)).code == 2
    assert as_("bea", "import", "profile", "edit", "HXL", "-", stdin="kind = 'payments'\n").code == 2
    assert as_("bea", "import", "profile", "edit", "HXL").code == 2
    assert as_("bea", "import", "profile", "show", "HXL", "--kind", "pictures").code == 2
    assert as_("bea", "import", "profile", "show", "HXL", "--version", "3").code == 3
    assert as_("bea", "import", "profile", "history", "NOPE").code == 3
    assert as_("ana", "import", "profile", "edit", "HXL", "-", stdin="about = 'x'\n").code == 6
    suggested = as_("bea", "import", "profile", "show", "HXL", "--suggest", sent).json["toml"]
    wrong = suggested.replace("D.M.YYYY", "M.D.YYYY")
    tried = as_("bea", "import", "profile", "test", sent, "--client", "HXL", "--with", "-", stdin=wrong)
    assert (tried.code, tried.json["errors"]) == (1, 3)
    assert {"rule": "date-profile", "severity": "error", "rows": 2} in tried.json["rules"]
    words = as_("bea", "import", "profile", "test", sent, "--client", "HXL", "--with", "-", stdin=wrong, plain=True)
    assert "date-profile" in words.out


def test_totals_that_differ_hold_the_release(as_: Call, sent: str, tmp_path: Path) -> None:
    suggested = as_("bea", "import", "profile", "show", "HXL", "--suggest", sent).json["toml"]
    assert as_("bea", "import", "profile", "edit", "HXL", "-", stdin=suggested + TRAILER).code == 0
    short = FILE.replace("T;2;", "T;3;")
    batch = str(as_("bea", "import", "stage", "-", "--client", "HXL", stdin=short).json["batch"])
    said = as_("bea", "import", "totals", batch)
    assert (said.code, said.json["totals"]["findings"][0]["rule"]) == (1, "control-count")
    held = as_("bea", "import", "release", batch)
    assert (held.code, held.error["rule"]) == (1, "control-totals")
    assert as_("bea", "import", "totals", batch, "--accept").code == 2
    taken = as_("bea", "import", "totals", batch, "--accept", "--reason", "they count the trailer")
    assert (taken.code, taken.json["totals"]["accepted_by"]) == (0, "bea")
    assert as_("bea", "import", "release", batch).json["released"] == 2
    plain = as_("bea", "import", "stage", sent, "--client", "MED", "--profile", "0")
    assert plain.code == 2

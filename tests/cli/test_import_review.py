"""``debtflow import fix|changes|approve|release|report`` over many rows."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Call
from tests.support.house import House

HEAD = "external_ref,debtor_name,original_amount,due_date\n"
FILE = HEAD + "A-1,Ann Ace,ten,2025-11-30\nA-2,Bob Boo,ten,31/02/2025\nA-3,Cat Coe,3.00,2025-11-30\n"


def staged(as_: Call, text: str = FILE) -> str:
    return str(as_("bea", "import", "stage", "-", "--client", "HXL", stdin=text).json["batch"])


def test_the_same_for_many_rows_foretold_done_and_undone(as_: Call) -> None:
    batch = staged(as_)
    fix = ("bea", "import", "fix", batch, "--rule", "amount-format", "--column", "original_amount", "--set", "10.00")
    seen = as_(*fix, "--dry-run").json
    assert (seen["matched"], seen["changes"], seen["after"]["errors"]) == (2, 2, 1)
    assert seen["samples"][0] == {
        "row": 1, "before": "ten", "after": "10.00", "state_before": "error", "state_after": "valid",
    }  # fmt: skip
    done = as_(*fix).json
    assert (done["changed"], done["skipped"], done["errors"]) == (2, 0, 1)
    listed = as_("bea", "import", "changes", batch).json["changes"]
    assert [(each["id"], each["kind"], each["rows"], each["by"]) for each in listed] == [
        (done["change"], "alike", 2, "bea")
    ]
    assert as_("bea", "import", "fix", batch, "--undo", str(done["change"])).json["errors"] == 2
    found = as_("bea", "import", "rows", batch, "--column", "due_date", "--value", "31/02/2025").json["rows"]
    assert [row["row"] for row in found] == [2]
    one = as_("bea", "import", "fix", batch, "1", "original_amount=1.00", "--dry-run").json
    assert (one["row"]["state"], one["errors"]) == ("valid", 2)


def test_what_cannot_be_meant_says_what_to_type(as_: Call) -> None:
    batch = staged(as_)
    for wrong in (
        (), ("--set", "x"), ("--column", "due_date", "--set", "x"), ("--every", "--column", "due_date"),
        ("--every", "--column", "due_date", "--set", "x", "--shift", "+1d"), ("1", "due_date=x", "--every"),
        ("--every", "--column", "due_date", "--shift", "soon"),
    ):  # fmt: skip
        said = as_("bea", "import", "fix", batch, *wrong)
        assert said.code == 2, wrong
        assert said.error["message"]


def test_unattended_is_0_where_released_and_1_where_left_for_review(house: House, as_: Call) -> None:
    batch = staged(as_)
    release = ("bea", "import", "release", batch, "--unattended", "--max-error-rate")
    left = as_(*release, "66%", "--expect-sum", "3.01")
    assert (left.code, left.json["left_for_review"], left.json["state"]) == (1, True, "in_review")
    assert [each["condition"] for each in left.json["why"]] == ["max-error-rate", "expect-sum"]
    assert left.json["why"][1]["agreed"] == "3.01 USD"
    would = as_(*release, "67%", "--expect-sum", "3.00", "--dry-run")
    assert (would.code, would.json["left_for_review"], would.json["state"]) == (0, False, "in_review")
    assert as_("bea", "import", "release", batch, "--leave-errors", "--dry-run").json["would_release"] == 1
    assert as_("bea", "import", "release", batch, "--dry-run").code == 1
    assert house.one("select count(*) from debtflow.account") == 0
    done = as_(*release, "67%", "--expect-count", "3", "--max-new", "1", "--no-conflicts")
    assert (done.code, done.json["state"], done.json["released"]) == (0, "released", 1)
    assert as_("bea", "import", "release", batch, "--max-new", "1").code == 2


def test_the_error_report_is_written_once_or_to_stdout(as_: Call, tmp_path: Path) -> None:
    batch = staged(as_)
    target = tmp_path / "out.csv"
    said = as_("bea", "import", "report", batch, "--output", str(target)).json
    assert (said["rows"], said["file"]) == (2, str(target))
    assert target.read_text(encoding="utf-8").startswith("external_ref,debtor_name,original_amount,due_date,debtflow_")
    assert as_("bea", "import", "report", batch, "-o", str(target)).code == 2
    assert list(tmp_path.iterdir()) == [target]
    assert as_("bea", "import", "report", batch, "--state", "duplicate", "-o", str(target)).code == 1


def test_four_eyes_by_command(as_: Call) -> None:
    assert as_("bea", "import", "four-eyes", "on").code == 6
    assert as_("ada", "import", "four-eyes", "on").json == {"four_eyes": True}
    assert as_("bea", "import", "four-eyes").json == {"four_eyes": True}
    batch = staged(as_, HEAD + "A-1,Ann Ace,1.00,\n")
    as_("bea", "import", "fix", batch, "1", "debtor_name=Ann Ade")
    refused = as_("bea", "import", "release", batch)
    assert (refused.code, refused.error["rule"]) == (1, "four-eyes")
    assert as_("ada", "import", "approve", batch).json["approved_by"] == "ada"
    assert as_("bea", "import", "release", batch).code == 0


def test_a_clients_conditions_come_from_the_configuration(as_: Call, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text('[release.HXL]\nmax_error_rate = "50%"\nmax_new = 5\n')
    batch = staged(as_)
    left = as_("bea", "import", "release", batch, "--unattended")
    assert (left.code, [each["agreed"] for each in left.json["why"]]) == (1, ["50%"])
    assert as_("bea", "import", "release", batch, "--unattended", "--max-error-rate", "70%").code == 0


def test_what_a_client_took_back_is_listed_and_written_for_it(house: House, as_: Call) -> None:
    number = house.place(ref="=A-1", principal=1_100_00)
    file = "external_ref,reason\n=A-1,=sold\n"
    stage = ("bea", "import", "stage", "-", "--client", "HXL", "--kind", "recalls")
    batch = str(as_(*stage, stdin=file).json["batch"])
    assert as_("bea", "import", "returned", batch).error["rule"] == "no-recalls"
    as_("bea", "import", "release", batch)
    (line,) = as_("bea", "import", "returned", batch).json["returned"]
    assert (line["account"], line["owing"]) == (number, {"minor": 1_100_00, "currency": "USD"})
    head, row = as_("bea", "import", "returned", batch, "--csv", plain=True).out.splitlines()
    assert head == "external_ref,account,debtor,returned_on,currency,owing,principal,interest,fees,costs,reason"
    assert row.startswith(f"'=A-1,{number},")
    assert row.endswith(",USD,1100.00,1100.00,0.00,0.00,0.00,'=sold")

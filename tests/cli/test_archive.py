"""Old months of the trail from the command line."""

from __future__ import annotations

from random import Random

from tests.audit.mutants import spoil
from tests.audit.old import old_trail
from tests.cli.conftest import Call
from tests.support.house import House


def test_months_leave_and_are_read_from_the_command_line(house: House, as_: Call) -> None:
    old_trail(house, 8)
    assert as_("bea", "audit", "archive", "run", "--json").code == 6
    done = as_("wally", "audit", "archive", "run", "--json").json
    assert {month["state"] for month in done["months"]} == {"gone"}
    told = as_("rex", "audit", "archive", "list", "--json").json
    assert told["months_online"] == 24
    assert [(part["chain"], part["gone_at"] is not None) for part in told["parts"]] == (
        [("HARBOR", True)] * 3 + [("installation", True)] * 3
    )
    assert "24 months" in as_("bea", "audit", "archive", "list", plain=True).out
    first = as_("rex", "audit", "list", "--archive", "act:payment.*", "--limit", "2", "--json").json
    assert len(first["events"]) == 2
    more = as_("rex", "audit", "list", "--archive", "act:payment.*", "--after", first["next"], "--json").json
    assert {event["id"] for event in first["events"]}.isdisjoint(event["id"] for event in more["events"])
    month = told["parts"][0]["month"]
    assert as_("rex", "audit", "archive", "verify", month, "--json").json["ok"]
    assert as_("rex", "audit", "archive", "verify", "2001-01", "--json").code == 3
    assert as_("rex", "audit", "archive", "verify", "May", "--json").code == 2
    assert as_("ada", "audit", "archive", "keep", "36", "--json").code == 6
    assert as_("ana", "audit", "list", "--archive", "--json").code == 6
    spoil(house, Random(1))
    found = as_("rex", "audit", "archive", "verify", plain=True)
    assert (found.code, "FINDINGS" in found.out) == (1, True)

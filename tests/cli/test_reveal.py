"""``debtflow account reveal``."""

from __future__ import annotations

from tests.cli.conftest import Call
from tests.support.house import House


def test_what_is_masked_is_shown_with_a_reason(as_: Call, house: House) -> None:
    number = house.place()
    house.su.execute("update debtflow.debtor set ssn_last4 = '4027'")
    asked = ("account", "reveal", number, "--field", "ssn", "--reason", "checks who is calling")
    shown = as_("ana", *asked).json
    assert shown == {"number": number, "field": "ssn", "left": 19, "values": [{"of": "", "value": "4027"}]}
    assert as_("ana", "limit", "list").code == 0
    assert as_("ada", "limit", "set", "reveal", "1", "--user", "ana").code == 0
    assert (as_("ana", *asked).code, as_("rex", *asked).code, as_("ben", *asked).code) == (1, 6, 3)

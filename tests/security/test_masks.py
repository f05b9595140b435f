"""What a role sees only masked, it cannot have spelt out either."""

from __future__ import annotations

import json

import pytest

from services.imports import Imports
from tests.imports.files import line, written
from tests.security.conftest import World
from tests.support.house import House

FIND = "select debtflow.account_find(%s::jsonb, '{}'::jsonb, %s::jsonb, 50)"


@pytest.mark.parametrize(
    ("login", "kind", "needle"),
    [("rex", "phone", "9999999999"), ("rex", "email", "zzzz"), ("rex", "ssn", "9999"), ("ana", "ssn", "9999")],
)
def test_no_place_in_a_list_begins_before_what_is_looked_for(world: World, login: str, kind: str, needle: str) -> None:
    """A page goes on from a place that the caller brings: one before the first key would list every key up to it."""
    world.su.execute(
        "insert into debtflow.search_key (account_id, agency_id, collector_id, kind, key) "
        "select id, agency_id, collector_id, k.kind, k.key from debtflow.account cross join "
        "(values ('email', 'a.secret@example.org'), ('ssn4', '4321')) as k(kind, key) on conflict do nothing"
    )
    readings = json.dumps([{"kind": kind, "needles": [needle], "typed": "", "whole": True}])
    before_all = json.dumps({"reading": 1, "tier": 0, "typos": 0, "token": "", "key": "", "id": 0})
    row = world.psql(login).execute(FIND, [readings, before_all]).fetchone()
    assert row is not None
    assert row[0]["rows"] == []
    assert row[0]["first"] is None


def test_a_corrected_cell_is_as_personal_as_the_contact_it_becomes(house: House) -> None:
    """Rows under review are in no grant of readonly; the trail of their corrections must not hand them out."""
    imports = Imports(house.store("bea"))
    batch = imports.stage(written([line("HX-1", debtor_ssn_last4="")]), "list.csv", "HXL")
    imports.fix(
        batch.id, 1, {"debtor_ssn_last4": "7391", "debtor_email": "jane@example.org", "debtor_phone": "+13125550142"}
    )
    query = (
        "select path, value from debtflow.audit_values((select array_agg(id) from debtflow.audit_log), "
        "(select array_agg(at) from debtflow.audit_log))"
    )
    for login in ("rex", "bea"):
        seen: dict[str, str] = dict(house.psql(login).execute(query).fetchall())
        assert seen["after.cell debtor_ssn_last4"] != "7391", login
    seen = dict(house.psql("rex").execute(query).fetchall())
    assert "jane@example.org" not in seen.values()
    assert "+13125550142" not in seen.values()

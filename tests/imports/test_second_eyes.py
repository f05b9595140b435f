"""Four eyes: who changed rows does not release alone."""

from __future__ import annotations

import pytest

from services.errors import NotAllowed, Refused, Stale
from services.imports import Imports
from tests.imports.files import good
from tests.support.house import House


def test_who_changed_rows_does_not_release_alone(house: House) -> None:
    bea, ada = Imports(house.store("bea")), Imports(house.store("ada"))
    ada.set_four_eyes(True)
    assert bea.four_eyes()
    batch = bea.stage(good(2), "a.csv", "HXL")
    bea.exclude(batch.id, [1], "recalled")
    with pytest.raises(Refused) as refused:
        bea.release(batch.id)
    assert (refused.value.rule, refused.value.exit_code) == ("four-eyes", 1)
    with pytest.raises(Refused):
        bea.approve(batch.id)
    approved = ada.approve(batch.id)
    assert (approved.approved_by, approved.approved_at is not None) == ("ada", True)
    assert bea.release(batch.id).state == "released"
    assert house.one("select count(*) from debtflow.audit_log where act = 'import.approve'") == 1


def test_a_change_takes_the_approval_away(house: House) -> None:
    bea, ada = Imports(house.store("bea")), Imports(house.store("ada"))
    ada.set_four_eyes(True)
    batch = bea.stage(good(2), "a.csv", "HXL")
    ada.approve(batch.id)
    bea.fix(batch.id, 1, {"creditor_name": "Harbor"})
    assert bea.show(batch.id).approved_by is None
    with pytest.raises(Refused):
        bea.release(batch.id)
    assert ada.release(batch.id).state == "released"


def test_what_nobody_changed_is_released_by_anybody_and_elsewhere_nothing_is_asked(house: House) -> None:
    bea, ada = Imports(house.store("bea")), Imports(house.store("ada"))
    batch = bea.stage(good(1), "a.csv", "HXL")
    bea.fix(batch.id, 1, {"creditor_name": "Harbor"})
    assert bea.release(batch.id).state == "released"
    ada.set_four_eyes(True)
    second = bea.stage(good(1, "NX"), "b.csv", "HXL")
    assert bea.release(second.id).state == "released"
    for desk in (bea, Imports(house.store("ana"))):
        with pytest.raises(NotAllowed):
            desk.set_four_eyes(False)


def test_only_what_was_looked_at_is_approved(house: House) -> None:
    bea, ada = Imports(house.store("bea")), Imports(house.store("ada"))
    seen = bea.stage(good(2), "a.csv", "HXL")
    bea.fix(seen.id, 1, {"creditor_name": "Harbor"})
    with pytest.raises(Stale):
        ada.approve(seen.id, version=seen.version)
    assert ada.approve(seen.id, version=ada.show(seen.id).version).approved_by == "ada"


def test_who_took_a_difference_in_the_totals_does_not_release_alone(house: House) -> None:
    """The approval before it was of a batch that nobody had answered for."""
    bea, ada = Imports(house.store("bea")), Imports(house.store("ada"))
    ada.set_four_eyes(True)
    batch = bea.stage(good(2), "a.csv", "HXL")
    control = """{"rows": 2, "findings": [{"message": "3 rows are told, 2 are here"}]}"""
    house.su.execute("update debtflow.import_batch set control = %s", [control])
    ada.approve(batch.id)
    house.psql("bea").execute("select debtflow.import_control_accept(%s, 'said so')", [batch.id])
    assert bea.show(batch.id).approved_by is None
    for act in (bea.approve, bea.release):
        with pytest.raises(Refused) as refused:
            act(batch.id)
        assert refused.value.rule == "four-eyes"
    assert ada.release(batch.id).released == 2

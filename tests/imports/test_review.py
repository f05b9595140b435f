"""Review: rows are corrected, left out, taken back; two people do not overwrite each other."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest

from services.errors import BadInput, DebtFlowError, NotAllowed, NotFound, Refused, Stale
from services.imports import Imports
from tests.imports.files import good, line, written
from tests.support.house import House


def test_a_corrected_row_is_checked_again(imports: Imports) -> None:
    batch = imports.stage(written([line("A-1", amount="ten", debtor_email="nobody")]), "a.csv", "HXL")
    row = imports.fix(batch.id, 1, {"original_amount": "1010.00"})
    assert (row.state, row.version) == ("warning", 2)
    row = imports.fix(batch.id, 1, {"debtor_email": "q@example.org"}, version=2)
    assert (row.state, row.findings) == ("valid", ())
    assert row.values["original_amount"] == "1010.00"
    assert "ten" in imports.raw(batch.id, 1).text
    assert imports.show(batch.id).valid == 1


def test_a_column_that_the_file_lacks_may_be_filled_in(imports: Imports) -> None:
    data = written([line("A-1")], columns=("external_ref", "debtor_name", "original_amount", "branch"))
    batch = imports.stage(data, "a.csv", "HXL")
    row = imports.fix(batch.id, 1, {"debtor_email": "q@example.org", "branch": "Chicago"})
    assert (row.values["debtor_email"], row.values["branch"]) == ("q@example.org", "Chicago")


def test_an_unknown_column_is_bad_input(imports: Imports) -> None:
    batch = imports.stage(good(1), "a.csv", "HXL")
    corrections: tuple[dict[str, str], ...] = (
        {}, {"no_such_column": "x"}, {"original_amount": "1", "Robert'); --": "x"},
    )  # fmt: skip
    for values in corrections:
        with pytest.raises(BadInput):
            imports.fix(batch.id, 1, values)
    assert imports.row(batch.id, 1).version == 1


def test_a_row_stops_being_a_duplicate_when_the_first_one_moves(imports: Imports) -> None:
    batch = imports.stage(written([line("A-1"), line("A-1"), line("A-1"), line("A-2")]), "a.csv", "HXL")
    imports.fix(batch.id, 1, {"external_ref": "A-2"})
    rows = imports.rows(batch.id).rows
    assert [row.state for row in rows] == ["valid", "valid", "duplicate", "duplicate"]
    assert "row 2:" in rows[2].findings[0].message
    assert "row 1:" in rows[3].findings[0].message


def test_excluding_the_first_makes_the_second_valid_and_including_it_undoes_that(imports: Imports) -> None:
    batch = imports.stage(written([line("A-1"), line("A-1")]), "a.csv", "HXL")
    after = imports.exclude(batch.id, [1], "recalled by the client")
    assert (after.valid, after.duplicates, after.excluded) == (1, 0, 1)
    assert imports.row(batch.id, 1).reason == "recalled by the client"
    after = imports.include(batch.id, [1])
    assert (after.valid, after.duplicates, after.excluded) == (1, 1, 0)
    assert [row.state for row in imports.rows(batch.id).rows] == ["valid", "duplicate"]


def test_an_error_fixed_into_a_duplicate_is_a_duplicate(imports: Imports) -> None:
    batch = imports.stage(written([line("A-1"), line("", name="Ivo Brandt")]), "a.csv", "HXL")
    assert imports.fix(batch.id, 2, {"external_ref": "A-1"}).state == "duplicate"
    assert imports.fix(batch.id, 2, {"external_ref": "A-3"}).state == "valid"


def test_a_reference_placed_meanwhile_is_seen_at_the_next_fix(house: House, imports: Imports) -> None:
    batch = imports.stage(written([line("A-1", amount="ten")]), "a.csv", "HXL")
    house.place("Ivo Brandt", ref="A-1")
    row = imports.fix(batch.id, 1, {"original_amount": "10.00"})
    assert [finding.rule for finding in row.findings] == ["already-placed"]


def test_a_nul_byte_does_not_become_valid_by_another_cell(imports: Imports) -> None:
    batch = imports.stage(written([line("A-1", name="A\0B", amount="ten")]), "a.csv", "HXL")
    row = imports.fix(batch.id, 1, {"original_amount": "10.00"})
    assert [finding.rule for finding in row.findings] == ["nul-byte"]


def test_a_row_of_the_wrong_width_is_good_once_somebody_has_looked(imports: Imports) -> None:
    data = b"external_ref,debtor_name,original_amount\nA-1,Ivo Brandt,10.00,surplus\n"
    batch = imports.stage(data, "a.csv", "HXL")
    assert imports.row(batch.id, 1).findings[0].rule == "column-count"
    assert imports.fix(batch.id, 1, {"original_amount": "10.00"}).state == "valid"


def test_the_second_of_two_corrections_is_stale(house: House, imports: Imports) -> None:
    batch = imports.stage(written([line("A-1", amount="ten")]), "a.csv", "HXL")
    seen = imports.row(batch.id, 1)
    Imports(house.store("ada")).fix(batch.id, 1, {"original_amount": "20.00"}, version=seen.version)
    with pytest.raises(Stale):
        imports.fix(batch.id, 1, {"original_amount": "30.00"}, version=seen.version)
    assert imports.row(batch.id, 1).values["original_amount"] == "20.00"


def test_two_people_correcting_one_row_at_once_lose_nothing(house: House, imports: Imports) -> None:
    batch = imports.stage(written([line("A-1", amount="ten")]), "a.csv", "HXL")
    services = [imports, Imports(house.store("ada"))]
    start = threading.Barrier(2)
    answers: list[str] = []

    def fix(service: Imports, amount: str) -> None:
        start.wait()
        try:
            answers.append(service.fix(batch.id, 1, {"original_amount": amount}, version=1).values["original_amount"])
        except DebtFlowError as error:
            answers.append(error.code)

    threads = [threading.Thread(target=fix, args=[each, f"{n}0.00"]) for n, each in enumerate(services, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count("stale") == 1
    answers.remove("stale")
    row = imports.row(batch.id, 1)
    assert (row.values["original_amount"], row.version) == (answers[0], 2)


def test_rows_are_excluded_all_or_none(imports: Imports) -> None:
    batch = imports.stage(good(3), "a.csv", "HXL")
    with pytest.raises(NotFound):
        imports.exclude(batch.id, [1, 99], "gone")
    with pytest.raises(NotFound):
        imports.exclude(batch.id, [1, 2**40], "gone")
    assert imports.show(batch.id).excluded == 0


def test_leaving_out_takes_a_reason(imports: Imports) -> None:
    batch = imports.stage(good(3), "a.csv", "HXL")
    for reason in ("", "   ", "x" * 401):
        with pytest.raises(BadInput) as refused:
            imports.exclude(batch.id, [1], reason)
        assert refused.value.field == "reason"
        with pytest.raises(BadInput):
            imports.reject(batch.id, reason)
    assert imports.show(batch.id).state == "in_review"


def test_no_rows_are_bad_input(imports: Imports) -> None:
    batch = imports.stage(good(3), "a.csv", "HXL")
    with pytest.raises(BadInput):
        imports.exclude(batch.id, [], "none")


def test_an_excluded_row_is_not_corrected(imports: Imports) -> None:
    batch = imports.stage(good(1), "a.csv", "HXL")
    imports.exclude(batch.id, [1], "recalled")
    with pytest.raises(Refused) as refused:
        imports.fix(batch.id, 1, {"debtor_name": "Ivo Brandt"})
    assert refused.value.rule == "row-excluded"


def test_a_rejected_batch_does_not_change_any_more(imports: Imports) -> None:
    batch = imports.stage(good(2), "a.csv", "HXL")
    rejected = imports.reject(batch.id, "wrong month")
    assert (rejected.state, rejected.reason) == ("rejected", "wrong month")
    assert rejected.finished_at is not None
    acts = (
        lambda: imports.fix(batch.id, 1, {"debtor_name": "Ivo Brandt"}),
        lambda: imports.exclude(batch.id, [1], "late"),
        lambda: imports.include(batch.id, [1]),
        lambda: imports.reject(batch.id, "again"),
        lambda: imports.release(batch.id),
    )
    for act in acts:
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.rule == "batch-state"


def test_a_batch_that_is_none_is_not_found(imports: Imports) -> None:
    acts: tuple[Callable[[int], object], ...] = (
        imports.show, imports.rows, imports.findings, imports.release,
        lambda batch: imports.row(batch, 1), lambda batch: imports.fix(batch, 1, {"debtor_name": "x"}),
        lambda batch: imports.exclude(batch, [1], "x"), lambda batch: imports.reject(batch, "x"),
    )  # fmt: skip
    for batch in (0, -1, 999, 2**63, 10**30):
        for act in acts:
            with pytest.raises(NotFound):
                act(batch)


def test_another_agency_sees_no_batch_and_moves_none(house: House, imports: Imports) -> None:
    batch = imports.stage(good(2), "a.csv", "HXL")
    stranger = Imports(house.store("zack"))
    assert stranger.batches() == ((), None)
    acts = (
        lambda: stranger.show(batch.id), lambda: stranger.rows(batch.id), lambda: stranger.release(batch.id),
        lambda: stranger.exclude(batch.id, [1], "x"), lambda: stranger.reject(batch.id, "x"),
    )  # fmt: skip
    for act in acts:
        with pytest.raises(NotFound):
            act()
    assert stranger.stage(good(2), "a.csv", "ZEN").state == "in_review"


def test_a_collector_sees_no_batch(house: House, imports: Imports) -> None:
    batch = imports.stage(good(2), "a.csv", "HXL")
    ana = Imports(house.store("ana"))
    assert ana.batches() == ((), None)
    with pytest.raises(NotFound):
        ana.show(batch.id)
    with pytest.raises(NotAllowed):
        ana.release(batch.id)


def test_a_reader_sees_batches_but_no_rows(house: House, imports: Imports) -> None:
    batch = imports.stage(good(2), "a.csv", "HXL")
    rex = Imports(house.store("rex"))
    assert rex.show(batch.id).valid == 2
    with pytest.raises(NotAllowed):
        rex.rows(batch.id)
    with pytest.raises(NotAllowed):
        rex.reject(batch.id, "x")


def test_the_trail_names_row_and_column_but_no_value(house: House, imports: Imports) -> None:
    batch = imports.stage(written([line("A-1", name="Ivo Brandt"), line("A-2")]), "a.csv", "HXL")
    imports.fix(batch.id, 1, {"debtor_name": "Iwo Brandt"})
    imports.exclude(batch.id, [2], "Ivo Brandt has moved away")
    imports.reject(batch.id, "Mr Brandt's lawyer wrote")
    trail = house.su.execute(
        "select act, login, before, after, reason from debtflow.audit_log where entity = 'batch' and entity_id = %s "
        "order by id", [batch.id],
    ).fetchall()  # fmt: skip
    acts = [(act, login) for act, login, *_ in trail]
    assert acts == [(f"import.{act}", "bea") for act in ("stage", "fix", "exclude", "reject")]
    staged, fixed, excluded, rejected = trail
    assert (staged[3]["file"], staged[3]["rows"], staged[3]["sha256"]) == ("a.csv", 2, batch.sha256)
    assert (fixed[2]["row"], fixed[3]["row"]) == (1, 1)
    assert set(fixed[3]["cell debtor_name"]) == {"sha256"}
    assert (excluded[3]["excluded"], set(excluded[3]["reason"]), excluded[4]) == ([2], {"sha256"}, None)
    assert (rejected[3]["state"], set(rejected[3]["reason"]), rejected[4]) == ("rejected", {"sha256"}, None)
    assert "Brandt" not in json.dumps([row[2:] for row in trail])
    kept = house.su.execute("select value from debtflow.audit_personal where path like '%debtor_name'").fetchall()
    assert sorted(kept) == [("Ivo Brandt",), ("Iwo Brandt",)]

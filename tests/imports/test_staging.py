"""From a file to a batch under review: what is kept, what is found, what is refused."""

from __future__ import annotations

import hashlib
import threading
from typing import Any

import pytest

from services.errors import BadInput, DebtFlowError, NotAllowed, NotFound, Refused
from services.imports import Batch, Imports, Progress
from tests.imports.files import good, line, written
from tests.support.house import House

MIXED = written(
    [
        line("HX-1"),
        line("HX-2", amount="ten"),
        line("HX-1", name="Somebody Else"),
        line("", name="Ivo Brandt"),
        line("HX-5", debtor_email="not an address"),
        line("HX-6", debtor_phone="+1 312 555 0142"),
        line("HX-1", amount="ten"),
    ]
)


def counts(batch: Batch) -> tuple[int, ...]:
    return batch.rows, batch.valid, batch.warnings, batch.errors, batch.duplicates, batch.excluded, batch.released


def test_every_row_is_in_one_state_and_the_states_sum_to_the_rows(imports: Imports) -> None:
    batch = imports.stage(MIXED, "mixed.csv", "HXL")
    assert counts(batch) == (7, 2, 1, 3, 1, 0, 0)
    assert sum(counts(batch)[1:]) == batch.rows
    assert (batch.state, batch.client, batch.file, batch.staged_by) == ("in_review", "HXL", "mixed.csv", "bea")
    assert [row.state for row in imports.rows(batch.id).rows] == [
        "valid", "error", "duplicate", "error", "warning", "valid", "error",
    ]  # fmt: skip


def test_a_finding_names_column_value_and_rule(imports: Imports) -> None:
    batch = imports.stage(MIXED, "mixed.csv", "HXL")
    row = imports.row(batch.id, 2)
    assert [(f.column, f.value, f.rule, f.severity) for f in row.findings] == [
        ("original_amount", "ten", "amount-format", "error")
    ]
    assert (row.line, row.values["external_ref"], row.version) == (3, "HX-2", 1)
    assert (row.values["debtor_ssn_last4"], row.raw) == ("···2", "")
    sent = "HX-2,Quillfeather Oyelaran,4022,,,ten,,,,2025-11-30,Harbor Lending,rent"
    assert imports.raw(batch.id, 2).text.strip() == sent


def test_a_duplicate_names_the_row_it_repeats(imports: Imports) -> None:
    batch = imports.stage(MIXED, "mixed.csv", "HXL")
    (finding,) = imports.row(batch.id, 3).findings
    assert (finding.rule, finding.column, finding.value) == ("key-duplicate", "external_ref", "HX-1")
    assert "row 1:" in finding.message


def test_a_row_in_error_is_an_error_before_it_is_a_duplicate(imports: Imports) -> None:
    batch = imports.stage(MIXED, "mixed.csv", "HXL")
    assert imports.row(batch.id, 7).state == "error"


def test_a_reference_placed_before_names_the_account(house: House, imports: Imports) -> None:
    imports.release(imports.stage(written([line("HX-1")]), "first.csv", "HXL").id)
    number = house.one("select number from debtflow.account")
    house.place("Ivo Brandt", ref="HX-2", client="MED")
    batch = imports.stage(written([line("HX-1"), line("HX-2")]), "second.csv", "HXL")
    first, second = imports.rows(batch.id).rows
    assert first.state == "duplicate"
    assert first.findings[0].rule == "already-placed"
    assert number in first.findings[0].message
    assert second.state == "valid"


def test_findings_are_counted_by_rule(imports: Imports) -> None:
    batch = imports.stage(MIXED, "mixed.csv", "HXL")
    counted = {count.rule: (count.severity, count.column, count.rows) for count in imports.findings(batch.id)}
    assert counted == {
        "amount-format": ("error", "original_amount", 2),
        "ref-missing": ("error", "external_ref", 1),
        "key-duplicate": ("error", "external_ref", 1),
        "email-format": ("warning", "debtor_email", 1),
    }
    assert all(count.what for count in imports.findings(batch.id))


def test_rows_are_found_by_state_and_by_rule(imports: Imports) -> None:
    batch = imports.stage(MIXED, "mixed.csv", "HXL")
    assert [row.row for row in imports.rows(batch.id, state="error").rows] == [2, 4, 7]
    assert [row.row for row in imports.rows(batch.id, rule="amount-format").rows] == [2, 7]
    assert [row.row for row in imports.rows(batch.id, state="valid", rule="amount-format").rows] == []


def test_pages_of_rows_follow_each_other_without_gap(imports: Imports) -> None:
    batch = imports.stage(good(7), "seven.csv", "HXL")
    seen, after = [], None
    while True:
        page = imports.rows(batch.id, after=after, limit=3)
        seen += [row.row for row in page.rows]
        if page.next is None:
            break
        after = page.next
    assert seen == [1, 2, 3, 4, 5, 6, 7]


def test_pages_of_batches_are_newest_first(imports: Imports) -> None:
    ids = [imports.stage(good(n), f"{n}.csv", "HXL").id for n in (1, 2, 3)]
    first, after = imports.batches(limit=2)
    rest, end = imports.batches(limit=2, after=after)
    assert [batch.id for batch in (*first, *rest)] == ids[::-1]
    assert end is None
    imports.reject(ids[0], "test")
    assert [batch.id for batch in imports.batches(state="rejected")[0]] == ids[:1]


def test_a_question_that_cannot_be_answered_is_bad_input(imports: Imports) -> None:
    batch = imports.stage(good(1), "one.csv", "HXL")
    questions: tuple[dict[str, Any], ...] = (
        {"limit": 0}, {"limit": 5000}, {"state": "nope"}, {"rule": "nope"}, {"after": "x"}, {"after": "9" * 30},
    )  # fmt: skip
    for asked in questions:
        with pytest.raises(BadInput):
            imports.rows(batch.id, **asked)


def test_the_bytes_are_kept_as_they_came(house: House, imports: Imports) -> None:
    data = good(3)
    batch = imports.stage(data, "three.csv", "HXL")
    assert batch.sha256 == hashlib.sha256(data).hexdigest()
    assert b"".join(imports.file(batch.id)) == data
    assert house.one("select size from debtflow.file") == len(data)
    assert house.one("select count(*) from debtflow.import_intake") == 0


def test_delimiter_and_encoding_are_found(imports: Imports) -> None:
    for delimiter, encoding, kept_as in (
        (";", "utf-8", "utf-8"), ("\t", "utf-8-sig", "utf-8"), (",", "cp1252", "windows-1252"),
        (",", "utf-16", "utf-16"),
    ):  # fmt: skip
        data = written([line("HX-1", name="Zoë Müller-Ångström")], delimiter=delimiter, encoding=encoding)
        batch = imports.stage(data, "umlaut.csv", "HXL")
        assert (batch.delimiter, batch.encoding) == (delimiter, kept_as)
        assert imports.row(batch.id, 1).values["debtor_name"] == "Zoë Müller-Ångström"
        assert batch.valid == 1


def test_columns_may_stand_in_any_order_and_extra_ones_are_kept(imports: Imports) -> None:
    columns = ("Their Branch", "Original Amount", "debtor_name", "EXTERNAL_REF")
    rows = [{"Their Branch": "Chicago", "Original Amount": "10.00", "debtor_name": "Ivo Brandt", "EXTERNAL_REF": "A-1"}]
    batch = imports.stage(written(rows, columns=columns), "extra.csv", "HXL")
    row = imports.row(batch.id, 1)
    assert row.state == "valid"
    assert row.values["Their Branch"] == "Chicago"


def test_a_file_that_is_none_says_what_to_do(house: House, imports: Imports) -> None:
    for data, what in (
        (b"", "empty"),
        (b"external_ref,debtor_name,original_amount\r\n", "no rows"),
        (b"external_ref,debtor_name\r\nA-1,Ivo\r\n", "original_amount"),
        (b"PK\x03\x04 and so on", "workbook is broken"),
        (b"%PDF-1.7", "PDF"),
    ):
        with pytest.raises(BadInput, match=what) as refused:
            imports.stage(data, "bad.csv", "HXL")
        assert refused.value.hint
    with pytest.raises(BadInput, match="no name"):
        imports.stage(good(1), "", "HXL")
    assert house.one("select count(*) from debtflow.file") == 0


def test_the_same_file_again_names_the_earlier_batch(imports: Imports) -> None:
    first = imports.stage(good(2), "first.csv", "HXL")
    with pytest.raises(Refused) as refused:
        imports.stage(good(2), "renamed.csv", "MED")
    assert refused.value.rule == "file-known"
    assert f"batch {first.id}" in refused.value.message
    assert "first.csv" in refused.value.message
    assert str(first.staged_at.year) in refused.value.message


def test_a_rejected_file_may_come_again(house: House, imports: Imports) -> None:
    first = imports.stage(good(2), "first.csv", "HXL")
    imports.reject(first.id, "wrong client")
    assert imports.stage(good(2), "first.csv", "MED").state == "in_review"
    assert house.one("select count(*) from debtflow.file") == 1


def test_two_people_staging_one_file_make_one_batch(house: House) -> None:
    services = [Imports(house.store(login)) for login in ("bea", "ada")]
    start = threading.Barrier(2)
    answers: list[Batch | DebtFlowError] = []

    def stage(service: Imports) -> None:
        start.wait()
        try:
            answers.append(service.stage(good(300), "same.csv", "HXL"))
        except DebtFlowError as error:
            answers.append(error)

    threads = [threading.Thread(target=stage, args=[service]) for service in services]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (batch,) = [answer for answer in answers if isinstance(answer, Batch)]
    (refused,) = [answer for answer in answers if isinstance(answer, DebtFlowError)]
    assert refused.rule == "file-known"
    assert f"batch {batch.id}" in refused.message
    assert house.one("select count(*) from debtflow.import_row") == 300


def test_a_client_that_is_not_ours_is_not_found(imports: Imports) -> None:
    for client in ("NOPE", "ZEN", "", "'; drop table debtflow.client; --", "HXL\0"):
        with pytest.raises(NotFound):
            imports.stage(good(1), "one.csv", client)


def test_only_supervisors_stage(house: House) -> None:
    for login in ("ana", "rex"):
        with pytest.raises(NotAllowed) as refused:
            Imports(house.store(login)).stage(good(1), "one.csv", "HXL")
        assert refused.value.rule == "import_role"


def test_staging_says_how_far_it_is(imports: Imports) -> None:
    said: list[Progress] = []
    imports.stage(good(2100), "long.csv", "HXL", progress=said.append)
    assert [(step.done, step.total) for step in said] == [(1000, None), (2000, None), (2100, 2100)]


def test_a_stage_that_is_stopped_leaves_nothing(house: House, imports: Imports) -> None:
    def stop(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imports.stage(good(1500), "long.csv", "HXL", progress=stop)
    assert house.one("select count(*) from debtflow.import_batch") == 0
    assert imports.stage(good(1500), "long.csv", "HXL").valid == 1500


def test_hostile_text_stays_text(house: House, imports: Imports) -> None:
    nasty = "'); drop table debtflow.account; --"
    rows = [
        line("A-1", name=nasty.replace(";", " ")),
        line("A-2", name="\u202egnirts"),
        line("A-3", name="A\0B"),
        line("A-4", name="=cmd|'/c calc'!A0"),
        line("A-5", name="\N{PILE OF POO} Ω"),
        line("X" * 5000),
        line("A-7", creditor_name="z" * 20000),
    ]
    batch = imports.stage(written(rows), "../../etc/\x1b[31mpasswd\n.csv", "HXL")
    assert batch.rows == 7
    assert sum(counts(batch)[1:]) == 7
    assert "\x1b" not in batch.file
    assert "/" not in batch.file
    assert imports.row(batch.id, 3).findings[0].rule == "nul-byte"
    assert house.one("select count(*) from debtflow.account") == 0


def test_a_card_number_is_in_no_row(house: House, imports: Imports) -> None:
    batch = imports.stage(written([line("A-1", creditor_name="4111 1111 1111 1111")]), "card.csv", "HXL")
    row = imports.row(batch.id, 1)
    assert [finding.rule for finding in row.findings] == ["card-number"]
    assert house.one("select count(*) from debtflow.import_row r where r::text ~ '4111'") == 0
    assert imports.fix(batch.id, 1, {"debtor_name": "Ivo Brandt"}).state == "error"
    assert imports.fix(batch.id, 1, {"creditor_name": "Harbor"}).state == "valid"

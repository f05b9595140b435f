"""The same correction to many rows: seen before it is made, made once, undone."""

from __future__ import annotations

import threading

import pytest

from services.domain.alike import Alike, DayFirst, Set, mapping, replacing, shifting
from services.errors import BadInput, DebtFlowError, NotFound, Refused
from services.imports import Imports, Where, alike, queries
from tests.imports.files import good, line, written
from tests.kernel.test_races import together
from tests.support.house import House

FAULTY = written(
    [
        line("A-1", amount="ten"),
        line("A-2", amount="$1x", due_date="31/02/2025"),
        line("A-3", due_date="03/04/2025"),
        line("A-4", amount="ten", account_type="PL"),
        line("A-5", account_type="pl"),
        line("A-5", account_type="PL"),
        line("A-7"),
    ]
)


def test_a_correction_is_seen_made_and_undone(house: House, imports: Imports) -> None:
    batch = imports.stage(FAULTY, "a.csv", "HXL")
    where = Where(rule="amount-format", column="original_amount", value="ten")
    before = imports.rows(batch.id).rows
    seen = imports.preview_alike(batch.id, Set("original_amount", "10.00"), where)
    assert (seen.matched, seen.changes, seen.valid, seen.errors) == (2, 2, 2, 0)
    assert [(s.row, s.before, s.after, s.state_before, s.state_after) for s in seen.samples] == [
        (1, "ten", "10.00", "error", "valid"), (4, "ten", "10.00", "error", "valid"),
    ]  # fmt: skip
    assert imports.rows(batch.id).rows == before

    done = imports.fix_alike(batch.id, Set("original_amount", "10.00"), where)
    assert (done.changed, done.skipped) == (2, 0)
    assert [row.row for row in imports.rows(batch.id, state="error").rows] == [2]
    assert {f.rule: f.rows for f in imports.findings(batch.id)}["amount-format"] == 1

    assert done.change is not None
    undone = imports.undo_change(batch.id, done.change)
    assert undone.changed == 2
    after = imports.rows(batch.id).rows
    assert [(r.values, r.findings, r.state) for r in after] == [(r.values, r.findings, r.state) for r in before]
    (redo, first) = imports.changes(batch.id)
    assert (redo.kind, redo.undoes, redo.rows, redo.by) == ("undo", first.id, 2, "bea")
    assert (first.kind, first.undone_by, first.what) == ("alike", redo.id, "original_amount becomes “10.00”")
    with pytest.raises(Refused, match="undone already"):
        imports.undo_change(batch.id, done.change)
    again = imports.undo_change(batch.id, redo.id)
    assert (again.changed, imports.row(batch.id, 4).state) == (2, "valid")
    assert house.one("select count(*) from debtflow.audit_log where act = 'import.fix' and after ? 'row'") == 6


@pytest.mark.parametrize(
    ("change", "where", "rows", "column", "values"),
    [
        (mapping("account_type", {"PL": "payment plan"}), Where(), [4, 6], "account_type", {"payment plan"}),
        (replacing("creditor_name", "Lending", "Bank"), Where(state="valid"), [5, 7], "creditor_name", {"Harbor Bank"}),
        (shifting("due_date", "-100y"), Where(rows=(1, 3)), [1, 3], "due_date", {"1925-11-30", "1925-03-04"}),
        (DayFirst("due_date"), Where(rule="date-ambiguous"), [3], "due_date", {"2025-04-03"}),
        (Set("creditor_name", ""), Where(column="due_date"), [2, 3], "creditor_name", {""}),
    ],
)
def test_every_correction_reaches_the_rows_that_are_meant(
    imports: Imports, change: Alike, where: Where, rows: list[int], column: str, values: set[str]
) -> None:
    batch = imports.stage(FAULTY, "a.csv", "HXL")
    seen = imports.preview_alike(batch.id, change, where)
    done = imports.fix_alike(batch.id, change, where)
    moved = [row for row in imports.rows(batch.id).rows if row.version > 1]
    assert [row.row for row in moved] == rows
    assert {row.values[column] for row in moved} == values
    assert (seen.changes, done.changed) == (len(rows), len(rows))
    assert [sample.state_after for sample in seen.samples] == [row.state for row in moved]


def test_steps_of_a_large_correction_are_one_change(imports: Imports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "STEP", 7)
    batch = imports.stage(good(30), "a.csv", "HXL")
    done = imports.fix_alike(batch.id, Set("creditor_name", "Harbor"), Where())
    (change,) = imports.changes(batch.id)
    assert (done.changed, change.rows, change.version, imports.show(batch.id).version) == (30, 30, 6, 6)
    assert imports.undo_change(batch.id, change.id).changed == 30


def test_undo_leaves_what_was_changed_once_more(imports: Imports) -> None:
    batch = imports.stage(good(3), "a.csv", "HXL")
    done = imports.fix_alike(batch.id, Set("creditor_name", "Harbor"), Where())
    imports.fix(batch.id, 2, {"creditor_name": "Somebody Else"})
    imports.exclude(batch.id, [3], "recalled")
    assert done.change is not None
    assert imports.undo_change(batch.id, done.change).changed == 1
    assert [row.values["creditor_name"] for row in imports.rows(batch.id).rows] == [
        "Harbor Lending", "Somebody Else", "Harbor",
    ]  # fmt: skip
    out = imports.changes(batch.id)[1]
    assert (out.kind, out.what, out.rows) == ("exclude", "recalled", 1)
    assert imports.undo_change(batch.id, out.id).changed == 1
    assert imports.show(batch.id).excluded == 0
    with pytest.raises(Refused) as refused:
        imports.undo_change(batch.id, imports.changes(batch.id)[0].id)
    assert refused.value.rule == "change-include"


def test_a_fix_of_one_row_is_a_change_too(imports: Imports) -> None:
    batch = imports.stage(FAULTY, "a.csv", "HXL")
    imports.fix(batch.id, 1, {"original_amount": "1.00", "debtor_email": "q@example.org"})
    (change,) = imports.changes(batch.id)
    assert (change.kind, change.rows) == ("fix", 1)
    imports.undo_change(batch.id, change.id)
    assert imports.row(batch.id, 1).values["original_amount"] == "ten"


def test_duplicates_follow_a_corrected_reference(imports: Imports) -> None:
    batch = imports.stage(FAULTY, "a.csv", "HXL")
    assert imports.show(batch.id).duplicates == 1
    imports.fix_alike(batch.id, Set("external_ref", "A-6"), Where(rows=(6,)))
    assert imports.show(batch.id).duplicates == 0


def test_two_people_at_one_batch_lose_nothing(house: House) -> None:
    desks = {login: Imports(house.store(login)) for login in ("bea", "ada")}
    batch = desks["bea"].stage(good(60), "a.csv", "HXL")
    together([
        lambda: desks["bea"].fix_alike(batch.id, Set("creditor_name", "Bea"), Where()),
        lambda: desks["ada"].fix_alike(batch.id, Set("account_type", "ada"), Where()),
    ])  # fmt: skip
    changed = {change.by: change for change in desks["ada"].changes(batch.id)}
    rows = desks["bea"].rows(batch.id).rows
    for by, column, value in (("bea", "creditor_name", "Bea"), ("ada", "account_type", "ada")):
        said = changed[by].rows if by in changed else 0
        assert sum(row.values.get(column) == value for row in rows) == said
    assert sum(change.rows for change in changed.values()) == sum(row.version - 1 for row in rows)


def test_what_somebody_else_changed_meanwhile_is_skipped(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    bea, ada = Imports(house.store("bea")), Imports(house.store("ada"))
    batch = bea.stage(good(3), "a.csv", "HXL")
    read, looked = queries.rows_in, threading.Event()

    def late(*asked: object) -> object:
        page = read(*asked)  # type: ignore[arg-type]
        if page and not looked.is_set() and alike.STEP in asked:
            looked.set()
            ada.fix(batch.id, 2, {"creditor_name": "Ada"})
        return page

    monkeypatch.setattr(alike, "rows_in", late)
    done = bea.fix_alike(batch.id, Set("creditor_name", "Bea"), Where())
    assert (done.changed, done.skipped) == (2, 1)
    assert [row.values["creditor_name"] for row in bea.rows(batch.id).rows] == ["Bea", "Ada", "Bea"]
    news = bea.news(batch.id, 1)
    assert (news.by, news.rows, news.changed, news.version) == (("ada",), (1, 2, 3), 3, 3)
    assert ada.news(batch.id, 2).by == ("bea",)


def test_what_cannot_be_corrected_says_why(house: House, imports: Imports) -> None:
    batch = imports.stage(FAULTY, "a.csv", "HXL")
    asked: tuple[tuple[Alike, Where], ...] = (
        (Set("nope", "x"), Where()), (Set("due_date", "x"), Where(rule="nope")),
        (Set("due_date", "x"), Where(state="nope")), (Set("due_date", "x"), Where(value="x")),
    )  # fmt: skip
    for change, where in asked:
        with pytest.raises(BadInput):
            imports.fix_alike(batch.id, change, where)
    with pytest.raises(Refused, match="card number"):
        imports.fix_alike(batch.id, Set("creditor_name", "4111 1111 1111 1111"), Where())
    for shift in ("", "1d", "+0d", "+1h", "+99999d"):
        with pytest.raises(BadInput):
            shifting("due_date", shift)
    with pytest.raises(BadInput):
        replacing("due_date", "", "x")
    with pytest.raises(BadInput):
        mapping("due_date", {})
    with pytest.raises(NotFound):
        imports.undo_change(batch.id, 4711)
    with pytest.raises(NotFound):
        imports.fix_alike(batch.id + 1, Set("due_date", "x"), Where())
    imports.reject(batch.id, "wrong file")
    with pytest.raises(Refused) as refused:
        imports.fix_alike(batch.id, Set("creditor_name", "x"), Where())
    assert refused.value.rule == "batch-state"
    for login in ("ana", "rex", "zack"):
        with pytest.raises(DebtFlowError):
            Imports(house.store(login)).fix_alike(batch.id, Set("creditor_name", "x"), Where())


def test_values_of_a_finding_are_counted(imports: Imports) -> None:
    batch = imports.stage(FAULTY, "a.csv", "HXL")
    counted = imports.values(batch.id, "original_amount", Where(rule="amount-format"))
    assert [(each.value, each.rows) for each in counted] == [("ten", 2), ("$1x", 1)]


def test_a_step_begun_by_somebody_else_is_not_gone_on_with(house: House, imports: Imports) -> None:
    batch = imports.stage(good(1), "a.csv", "HXL")
    begun = house.psql("bea").execute("select debtflow.import_alike_begin(%s, '{}')", [batch.id]).fetchone()
    with pytest.raises(Exception, match="of yours"):
        house.psql("ada").execute("select debtflow.import_alike_step(%s, '[]')", begun)

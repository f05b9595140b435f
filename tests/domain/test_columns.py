import pytest

from services.domain.columns import COLUMNS, count_known, match_header
from services.errors import BadInput


def test_case_spaces_underscores_and_the_mark_are_forgiven():
    header = match_header(["\ufeffExternal Ref", " DEBTOR_NAME ", "OriginalAmount", "due-date", "Notes", ""])
    assert header.columns == {"external_ref": 0, "debtor_name": 1, "original_amount": 2, "due_date": 3}
    assert header.extra == {"Notes": 4, "column 6": 5}
    assert header.width == 6


def test_values_by_name_with_missing_cells_empty():
    header = match_header(["debtor_name", "external_ref", "original_amount", "Notes"])
    assert header.values(["Ann", "HX-1"]) == {
        "external_ref": "HX-1",
        "debtor_name": "Ann",
        "original_amount": "",
        "Notes": "",
    }


def test_every_column_is_known_by_its_own_name():
    assert count_known(COLUMNS) == len(COLUMNS)
    assert list(match_header(COLUMNS).columns) == list(COLUMNS)


def test_extra_columns_keep_apart():
    header = match_header(["external_ref", "debtor_name", "original_amount", "note", "note", "note"])
    assert sorted(header.extra.values()) == [3, 4, 5]


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (
            ["external_ref", "debtor_name", "Debtor Name", "original_amount"],
            "debtor_name is there twice, as columns 2 and 3",
        ),
        (["external_ref", "debtor_name"], "lacks original_amount"),
        (["a", "b"], "lacks external_ref, debtor_name, original_amount; it names a, b"),
    ],
)
def test_a_doubled_or_missing_column_is_refused(cells, says):
    with pytest.raises(BadInput) as caught:
        match_header(cells)
    assert says in caught.value.message

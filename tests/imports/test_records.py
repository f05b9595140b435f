"""How cells are written for the database: as any JSON writer would, but for what the database cannot hold."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from services.imports.records import cells_json, kept

texts = st.text(
    st.one_of(st.characters(), st.sampled_from(["\0", "\ud800", '"', "\\", "\x1b", "\u202e", "a", "é"])), max_size=12
)


@given(st.dictionaries(texts, texts, max_size=5))
def test_cells_come_back_as_they_were_kept(cells: dict[str, str]) -> None:
    assert json.loads(cells_json(cells)) == {kept(column): kept(text) for column, text in cells.items()}


@given(texts)
def test_what_is_kept_can_be_stored(text: str) -> None:
    assert "\0" not in kept(text)
    kept(text).encode()
    assert kept(kept(text)) == kept(text)

"""What people wrote, as the words by which it is found; written by the database itself."""

from typing import Any, Final

from sqlalchemy import Column, Computed
from sqlalchemy.dialects.postgresql import TSVECTOR

MONTH: Final = "(extract(year from at at time zone 'UTC') * 12 + extract(month from at at time zone 'UTC'))::int::text"


def words_of(text: str, condition: str, marks: str = "") -> Column[Any]:
    """The words of a column and those that mark its agency, its month and more; none where the condition fails."""
    plain = f"translate(normalize({text}, NFKC), '!\"#$%&''()*+,-./:;<=>?@[\\]^_`{{|}}~', '{' ' * 32}')"
    mark = f"array_to_tsvector(array['@' || agency_id::text || '.' || {MONTH}]{marks})"
    written = f"case when {condition} then to_tsvector('simple', {plain}) || {mark} end"
    return Column("words", TSVECTOR, Computed(written, persisted=True), nullable=True)

"""What all tables share: their schema, their types, and columns that say whether they may be empty."""

from typing import Any

from sqlalchemy import CHAR, TIMESTAMP, Column, Identity, MetaData, Text
from sqlalchemy.types import TypeEngine, UserDefinedType

metadata = MetaData(schema="debtflow")

Instant = TIMESTAMP(timezone=True)
Currency = CHAR(3)
Bytewise = Text(collation="C")
"""Text that sorts and searches by its bytes, as the indexes of lookup and paging need it."""


class Xid8(UserDefinedType[int]):
    """The full transaction id: order of commit is judged by it, never by sequence numbers."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


def column(name: str, kind: type[TypeEngine[Any]] | TypeEngine[Any], *more: Any, **rules: Any) -> Column[Any]:
    """A column that always holds a value; it counts by itself only where it is an identity."""
    counting = any(isinstance(each, Identity) for each in more)
    return Column(name, kind, *more, nullable=False, autoincrement="auto" if counting else False, **rules)


def optional(name: str, kind: type[TypeEngine[Any]] | TypeEngine[Any], *more: Any, **rules: Any) -> Column[Any]:
    """A column that may be empty."""
    return Column(name, kind, *more, nullable=True, **rules)

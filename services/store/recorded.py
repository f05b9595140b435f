"""What the database shows only after it has put on record that it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.store.door import Store


def shown(store: Store, query: str, values: Sequence[object]) -> Any:
    """The one row of ``query``. What is not on record yet gives none and is put there, in a transaction of its own."""
    row = _asked(store, query, values)
    return _asked(store, query, values) if row is None else row


def _asked(store: Store, query: str, values: Sequence[object]) -> Any:
    return store.act(lambda connection: connection.exec_driver_sql(query, tuple(values)).one_or_none())

"""Everything the stand-in remembers: objects by table and id, in memory, and in a journal where a file is given."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex
from threading import RLock
from typing import IO, Any, Final

from debtflow_tui.standin.problems import missing

Row = dict[str, Any]

TABLES: Final = {
    "customer": "cus",
    "payment_method": "pm",
    "payment_intent": "pi",
    "charge": "ch",
    "refund": "re",
    "dispute": "du",
    "balance_transaction": "txn",
    "checkout.session": "cs_test",
    "event": "evt",
    "answer": "ans",
}

WITHOUT_MODE: Final = ("refund", "balance_transaction", "answer")
"""What does not say whether it is real."""


class Book:
    """The tables and the clock; hold ``lock`` for whatever must be seen as one step."""

    def __init__(self, state: Path | None = None) -> None:
        self.lock = RLock()
        self.tables: dict[str, dict[str, Row]] = {name: {} for name in TABLES}
        self.ahead = 0.0
        self._journal: IO[str] | None = None
        if state is not None:
            self._open(state)

    def now(self) -> int:
        """The stand-in's own time, in seconds; tests move it."""
        return int(time.time() + self.ahead)

    def make(self, table: str, row: Row, *, name: str | None = None) -> Row:
        """A new row under an id of its own."""
        provider_id = name or f"{TABLES[table]}_{token_hex(12)}"
        mode = {} if table in WITHOUT_MODE else {"livemode": False}
        return self.put({"id": provider_id, "object": table, "created": self.now(), **mode, **row})

    def put(self, row: Row) -> Row:
        """Keep a row as it is now."""
        self.tables[row["object"]][row["id"]] = row
        if self._journal is not None:
            self._journal.write(_line(row))
        return row

    def get(self, table: str, provider_id: str, *, param: str = "id") -> Row:
        """A row; a Problem where there is none."""
        try:
            return self.tables[table][provider_id]
        except KeyError:
            raise missing(table, provider_id, param) from None

    def find(self, table: str, wanted: Callable[[Row], bool] = lambda _: True) -> Iterator[Row]:
        """The rows that are wanted, the newest first."""
        return (row for row in reversed(list(self.tables[table].values())) if wanted(row))

    def clear(self) -> None:
        """As if nothing had ever happened; a journal forgets as well."""
        self.ahead = 0.0
        for table in self.tables.values():
            table.clear()
        if self._journal is not None:
            self._journal.truncate(0)

    def flush(self) -> None:
        """What was put survives this process."""
        if self._journal is not None:
            self._journal.flush()

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()

    def _open(self, state: Path) -> None:
        if state.exists():
            for line in state.read_text(encoding="utf-8").splitlines(keepends=True):
                # A line without its end was cut off while it was written, and nobody was answered yet.
                if line.endswith("\n"):
                    row = json.loads(line)
                    self.tables[row["object"]][row["id"]] = row
        kept = "".join(_line(row) for table in self.tables.values() for row in table.values())
        state.write_text(kept, encoding="utf-8")
        self._journal = state.open("a", encoding="utf-8")


def _line(row: Row) -> str:
    return json.dumps(row, separators=(",", ":")) + "\n"


def shown(row: Row) -> Row:
    """A row as the provider shows it: without what only the stand-in knows."""
    return {key: value for key, value in row.items() if not key.startswith("_")}


def listed(rows: list[Row], url: str, limit: int) -> Row:
    """A page of rows in the provider's form."""
    return {"object": "list", "url": url, "has_more": len(rows) > limit, "data": rows[:limit]}

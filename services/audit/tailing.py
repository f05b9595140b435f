"""What was written since somebody looked: by what their snapshot did not see, because ids and times come out of order.

A row has its time when it is written and is seen when its transaction commits, maybe long after rows with later times.
So a tail remembers the snapshot, and what it misses is what is visible now and was not then. The rows to look at begin
where the oldest transaction that was in flight then can have begun to write: the mark, a moment at which every later
transaction had no number yet.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from services.audit.asking import Place
from services.errors import BadInput

# A transaction that was in flight at the first look began this long before it at most: acts are refused later.
BEFORE_THE_FIRST: Final = "15 minutes"
NOW: Final = f"""
  select pg_current_snapshot()::text as seen, pg_snapshot_xmin(pg_current_snapshot())::text::bigint as lowest,
         pg_snapshot_xmax(pg_current_snapshot())::text::bigint as highest, clock_timestamp() as at,
         clock_timestamp() - interval '{BEFORE_THE_FIRST}' as first"""


@dataclass(frozen=True, slots=True)
class Tail:
    """``seen`` is the snapshot; nothing that it missed was written before ``since``.

    ``mark`` and ``marked_at``: transactions from this number on wrote nothing before that moment. Of a page that goes
    on, ``upto`` is the snapshot of its first page and ``place`` where the page before ended.
    """

    seen: str
    since: str
    mark: int
    marked_at: str
    upto: str | None = None
    place: tuple[str, int] | None = None

    def __str__(self) -> str:
        said = [self.seen, self.since, self.mark, self.marked_at, self.upto, self.place]
        return urlsafe_b64encode(json.dumps(said, separators=(",", ":")).encode()).decode()

    def paged(self, upto: str, row: Any) -> Tail:
        return replace(self, upto=upto, place=(row.at.isoformat(), row.id))

    @property
    def where(self) -> Place | None:
        return None if self.place is None else (datetime.fromisoformat(self.place[0]), self.place[1])


def tail_now(connection: Connection, before: Tail | None = None) -> Tail:
    """The tail of what this transaction sees."""
    row = connection.exec_driver_sql(NOW).one()
    if before is None:
        return Tail(row.seen, row.first.isoformat(), row.highest, row.at.isoformat())
    if row.lowest >= before.mark:
        return Tail(row.seen, before.marked_at, row.highest, row.at.isoformat())
    return Tail(row.seen, before.since, before.mark, before.marked_at)


def parse_tail(text: str) -> Tail:
    """A tail that a page gave; raises BadInput for anything else."""
    try:
        seen, since, mark, marked_at, upto, place = json.loads(urlsafe_b64decode(text.encode()))
        tail = Tail(seen, since, mark, marked_at, upto, tuple(place) if place else None)
        whole = all(datetime.fromisoformat(each).tzinfo for each in (since, marked_at)) and isinstance(mark, int)
        if not (whole and _is_snapshot(seen) and (upto is None or _is_snapshot(upto)) and (tail.where or not place)):
            raise ValueError
    except (ValueError, TypeError, RecursionError):
        raise BadInput(
            "tail", "this is not where a look at the trail ended", hint="give `tail` of a page, unchanged"
        ) from None
    return tail


def _is_snapshot(text: object) -> bool:
    """Like 10:20:14,15; the server is asked only about what it can read."""
    parts = text.split(":") if isinstance(text, str) else []
    numbers = [*parts[:2], *filter(None, parts[2].split(","))] if len(parts) == 3 else ["x"]
    if not all(each.isascii() and each.isdigit() and 0 < int(each[:20]) < 2**63 for each in numbers):
        return False
    low, high, *flying = map(int, numbers)
    return low <= high and all(low <= each < high for each in flying) and flying == sorted(set(flying))

"""What was seen on clients' servers: plain questions, under the caller's policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.domain.quoting import shown
from services.errors import BadInput
from services.pull.deciding import words
from services.pull.results import FILE_STATES, PulledClient, PulledFile
from services.store import Store

LARGEST_PAGE: Final = 500

CLIENTS: Final = """
select c.code as client, p.looked_at, p.next_at, p.looks, p.failures, p.trouble,
       count(f.id) filter (where f.finished_at is null) as waiting,
       count(f.id) filter (where f.state = 'taken') as taken,
       count(f.id) filter (where f.state = 'quarantined') as refused
  from debtflow.pull_client p
  join debtflow.client c on c.id = p.client_id
  left join debtflow.pull_file f on f.client_id = p.client_id
 group by c.code, p.client_id
 order by c.code
"""
FILES: Final = """
select p.id, c.code as client, p.name, p.size, p.modified_at, p.first_seen_at, p.state, p.since,
       encode(p.sha256, 'hex') as sha256, p.batch_id as batch, b.state as batch_state, p.rule, p.reason, p.hint,
       p.moved_to, p.trouble, p.tries, p.finished_at, p.verdict, p.why, p.decided_at
  from debtflow.pull_file p
  join debtflow.client c on c.id = p.client_id
  left join debtflow.import_batch b on b.id = p.batch_id
 where (%s::text is null or c.code = %s) and (%s::text is null or p.state = %s) and (%s::bigint is null or p.id < %s)
 order by p.id desc
 limit %s
"""


def clients(store: Store) -> tuple[PulledClient, ...]:
    """Those whose servers were looked at, by code."""
    return store.ask(lambda c: tuple(PulledClient(**row._mapping) for row in c.exec_driver_sql(CLIENTS)))


def files(
    store: Store, client: str | None, state: str | None, after: int | None, limit: int
) -> tuple[tuple[PulledFile, ...], int | None]:
    """A page, the latest first, and where the next one begins."""
    if state is not None and state not in FILE_STATES:
        raise BadInput("state", f"there is no state {shown(state)}", hint=f"one of {', '.join(FILE_STATES)}")
    if not 1 <= limit < LARGEST_PAGE:
        raise BadInput("limit", f"a page has 1 to {LARGEST_PAGE - 1} files, not {limit}")
    values = (client, client, state, state, after, after, limit + 1)
    rows = store.ask(lambda c: c.exec_driver_sql(FILES, values).all())
    page = tuple(_file(row._asdict()) for row in rows[:limit])
    return page, page[-1].id if len(rows) > limit else None


def _file(row: Mapping[str, Any]) -> PulledFile:
    return PulledFile(**{**row, "why": words(row["why"] or ())})

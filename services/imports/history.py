"""What people did to the rows of a batch, newest first, and what is new since somebody looked."""

from __future__ import annotations

from typing import Final

from services.imports.queries import known_batch
from services.imports.results import Change, News
from services.store import Store

_CHANGES: Final = """
select c.id, c.kind, coalesce(w.said ->> 'change', w.said ->> 'reason', ''), u.login, c.at, s.rows, s.version,
       c.undoes, (select x.id from debtflow.import_change x
                   where x.undoes = c.id
                     and exists (select from debtflow.import_change_step t where t.change_id = x.id) limit 1)
  from debtflow.import_change c
  join debtflow.users u on u.id = c.user_id
 cross join lateral (select debtflow.import_change_said(c.batch_id, c.id) as said) w
 cross join lateral (select sum(t.rows)::bigint as rows, max(t.version) as version
                       from debtflow.import_change_step t where t.change_id = c.id) s
 where c.batch_id = %s and s.rows is not null
 order by c.id desc
 limit %s
"""
_NEWS: Final = """
select b.version,
       array(select distinct u.login
               from debtflow.import_change_step s
               join debtflow.import_change c on c.id = s.change_id
               join debtflow.users u on u.id = c.user_id
              where s.batch_id = b.id and s.version > %s
                and c.user_id <> (select (debtflow.me()).user_id)
              order by 1),
       array(select distinct r.row_no
               from debtflow.import_change_step s
               join debtflow.import_change_row r on r.change_id = s.change_id and r.version = s.version
              where s.batch_id = b.id and s.version > %s
              order by 1
              limit %s),
       coalesce((select sum(s.rows) from debtflow.import_change_step s
                  where s.batch_id = b.id and s.version > %s), 0)::bigint
  from debtflow.import_batch b
 where b.id = %s
"""


def changes(store: Store, batch_id: int, limit: int) -> tuple[Change, ...]:
    """What was done to rows, newest first."""
    found = store.ask(lambda c: c.exec_driver_sql(_CHANGES, (known_batch(batch_id), limit)).fetchall())
    return tuple(Change(*each) for each in found)


def news(store: Store, batch_id: int, since: int, limit: int) -> News:
    """What was done since the batch was at that version."""
    values = (since, since, limit, since, known_batch(batch_id))
    version, by, rows, changed = store.ask(lambda c: c.exec_driver_sql(_NEWS, values).one())
    return News(version, tuple(by), tuple(rows), changed)

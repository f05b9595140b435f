"""A schema as its catalog tells it, to be compared with another."""

from __future__ import annotations

import psycopg

COLUMNS = """
  select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
         pg_get_expr(d.adbin, d.adrelid), coll.collname, row_number() over (partition by c.oid order by a.attnum)
    from pg_class c join pg_attribute a on a.attrelid = c.oid left join pg_attrdef d on d.adrelid = c.oid and d.adnum
    = a.attnum
    left join pg_collation coll on coll.oid = a.attcollation
   where c.relnamespace = 'debtflow'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
     and a.attnum > 0 and not a.attisdropped"""

# From 18 on a column that must hold a value is a constraint as well; the columns tell that already.
CONSTRAINTS = """
  select c.relname, k.conname, pg_get_constraintdef(k.oid) from pg_constraint k join pg_class c on c.oid = k.conrelid
   where c.relnamespace = 'debtflow'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and k.contype
   in ('p', 'u', 'f', 'c', 'x')"""

INDEXES = """
  select c.relname, i.relname, pg_get_indexdef(i.oid) from pg_index x join pg_class c on c.oid = x.indrelid join
  pg_class i on i.oid = x.indexrelid
   where c.relnamespace = 'debtflow'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition"""

TABLES = """
  select c.relname, c.relkind::text, c.relpersistence::text, c.reloptions, case c.relkind when 'p' then
  pg_get_partkeydef(c.oid) end from pg_class c
   where c.relnamespace = 'debtflow'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition"""

ALEMBICS_OWN = "alembic_version"


def described(connection: psycopg.Connection) -> dict[str, set[str]]:
    """Tables, columns, constraints and indexes, each as a line of text."""
    found = {"tables": TABLES, "columns": COLUMNS, "constraints": CONSTRAINTS, "indexes": INDEXES}
    return {
        what: {str(row) for row in connection.execute(query).fetchall() if row[0] != ALEMBICS_OWN}
        for what, query in found.items()
    }

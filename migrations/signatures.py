"""For revisions: a function whose parameters or columns change cannot be replaced, and only its owner may drop it."""

from __future__ import annotations

DROP = """
do $$
declare f record;
begin
  for f in
    select p.oid::regprocedure::text as form, p.proowner::regrole::text as owner
      from pg_proc p
     where p.pronamespace = 'debtflow'::regnamespace and p.proname = any ('{%s}')
  loop
    execute 'set local role ' || f.owner;
    execute 'drop function ' || f.form;
  end loop;
  set local role debtflow_owner;
end $$
"""


def dropped(*functions: str) -> str:
    """The statement that drops these functions, whatever their parameters, where they exist; sql/ makes them anew."""
    return DROP % ",".join(functions)

-- What the audit trail says of an import: the batch as it comes and as its state moves, and what people do to its rows.
-- Reasons are typed freely and may name somebody: like cells, they enter only as commitments.
set role debtflow_owner;

-- A batch's counts say how far it was.
create or replace function audit_import_batch() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_nestloop = off
as $$
declare
  facts jsonb;
begin
  if tg_op = 'INSERT' then
    select jsonb_agg(jsonb_build_object(
             'entity_id', b.id,
             'entity_ref', b.id,
             'after', jsonb_build_object('kind', b.kind, 'file', b.file_name, 'sha256', encode(f.sha256, 'hex'), 'client', c.code,
                                         'rows', b.rows, 'state', b.state)))
      into facts
      from new_rows b
      join file f on f.id = b.file_id
      join client c on c.id = b.client_id;
  else
    select jsonb_agg(jsonb_build_object(
             'entity_id', n.id,
             'entity_ref', n.id,
             'before', jsonb_strip_nulls(
               jsonb_build_object('state', o.state, 'released', o.released, 'approved_by', o.approved_by)),
             'after', jsonb_strip_nulls(
               jsonb_build_object('state', n.state, 'released', n.released, 'undone', nullif(n.undone, 0),
                                  'reason', case when n.state in ('undoing', 'undone') then n.undo_reason
                                                 else n.reason end,
                                  'approved_by', n.approved_by, 'totals accepted', n.control_reason))))
      into facts
      from new_rows n
      join old_rows o using (id)
     where n.state <> o.state
        or n.approved_by is distinct from o.approved_by
        or n.control_accepted_by is distinct from o.control_accepted_by;
  end if;
  if facts is not null then
    perform audit_write(facts, 'batch', 'import_batch.' || lower(tg_op), '{reason,totals accepted}');
  end if;
  return null;
end $$;

create trigger audit_insert
  after insert on import_batch referencing new table as new_rows
  for each statement execute function audit_import_batch();
create trigger audit_update
  after update on import_batch referencing old table as old_rows new table as new_rows
  for each statement execute function audit_import_batch();

-- What a person does to rows: cells corrected (each cell only as a commitment), rows left out and taken back.
create or replace function audit_import_row() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_nestloop = off
as $$
declare
  corrected jsonb;
  moved jsonb;
  cells text[];
begin
  select jsonb_agg(jsonb_build_object(
           'entity_id', n.batch_id,
           'entity_ref', n.batch_id,
           'before', d.before || jsonb_build_object('row', n.row_no, 'state', o.state),
           'after', d.after || jsonb_build_object('row', n.row_no, 'state', n.state)))
    into corrected
    from new_rows n
    join old_rows o using (batch_id, row_no)
    cross join lateral (
      select jsonb_object_agg('cell ' || k.key, o.cells ->> k.key) as before,
             jsonb_object_agg('cell ' || k.key, n.cells ->> k.key) as after
        from (select jsonb_object_keys(o.cells || n.cells) as key) k
       where o.cells ->> k.key is distinct from n.cells ->> k.key) d
   where n.cells <> o.cells;
  if corrected is not null then
    select array_agg(distinct key)
      into cells
      from jsonb_array_elements(corrected) f
      cross join jsonb_object_keys(f -> 'after') as key
     where key like 'cell %';
    perform audit_write(corrected, 'batch', 'import_row.update', cells);
  end if;

  select jsonb_agg(jsonb_build_object('entity_id', x.batch_id, 'entity_ref', x.batch_id, 'after', x.after))
    into moved
    from (select n.batch_id,
                 jsonb_strip_nulls(jsonb_build_object(
                   case when n.state = 'excluded' then 'excluded' else 'included' end,
                   jsonb_agg(n.row_no order by n.row_no),
                   'reason', n.reason)) as after
            from new_rows n
            join old_rows o using (batch_id, row_no)
           where (n.state = 'excluded') <> (o.state = 'excluded')
           group by n.batch_id, n.state = 'excluded', n.reason) x;
  if moved is not null then
    perform audit_write(moved, 'batch', 'import_row.update', '{reason}');
  end if;
  return null;
end $$;

create trigger audit_update
  after update on import_row referencing old table as old_rows new table as new_rows
  for each statement execute function audit_import_row();

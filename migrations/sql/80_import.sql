-- Import files between arrival and release: who sees them, how rows are counted, what the audit trail says of them.
set role debtflow_owner;

do $$ declare t text; begin
  foreach t in array array['file', 'import_batch', 'import_row'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy kernel on %I to debtflow_kernel using (agency_id = (select (me()).agency_id))', t);
    execute format('create policy agency on %I for select to debtflow_supervisor, debtflow_agency_admin%s
                    using (agency_id = (select (me()).agency_id))', t, case when t <> 'import_row' then ', debtflow_readonly' end);
  end loop;
end $$;

-- Rows are personal through and through: only those who review them may read them. The bytes themselves are in no grant.
grant select on import_batch to debtflow_agency_admin, debtflow_supervisor, debtflow_readonly, debtflow_collector;
grant select (id, agency_id, sha256, size, stored_at) on file to debtflow_agency_admin, debtflow_supervisor, debtflow_readonly, debtflow_collector;
grant select on import_row to debtflow_agency_admin, debtflow_supervisor;
grant insert on import_intake to debtflow_agency_admin, debtflow_supervisor;

grant select, insert on file, import_batch, import_row to debtflow_kernel;
grant select, delete on import_intake to debtflow_kernel;
grant update (state, finished_at, reason, placed_on) on import_batch to debtflow_kernel;
grant update (cells, findings, parsed, ref, state, version, reason, account_id) on import_row to debtflow_kernel;

-- The counts of a batch follow its rows, whoever moves them.
create or replace function import_count() returns trigger language plpgsql security definer set search_path = pg_catalog, debtflow, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform import_count_by(batch_id, array_agg(state), array_agg(n)) from (select batch_id, state, count(*) as n from new_rows group by batch_id, state) x group by batch_id;
  else
    perform import_count_by(batch_id, array_agg(state), array_agg(n)) from (
      select batch_id, state, sum(n)::bigint as n from (select batch_id, state, 1 as n from new_rows union all select batch_id, state, -1 from old_rows) x
       group by batch_id, state having sum(n) <> 0) y group by batch_id;
  end if;
  return null;
end $$;

create or replace function import_count_by(batch bigint, states text[], by bigint[]) returns void language sql
  set search_path = pg_catalog, debtflow, pg_temp as $$
  update import_batch b
     set valid = b.valid + d.valid, warnings = b.warnings + d.warnings, errors = b.errors + d.errors, duplicates = b.duplicates + d.duplicates,
         excluded = b.excluded + d.excluded, released = b.released + d.released
    from (select coalesce(sum(n) filter (where state = 'valid'), 0) as valid, coalesce(sum(n) filter (where state = 'warning'), 0) as warnings,
                 coalesce(sum(n) filter (where state = 'error'), 0) as errors, coalesce(sum(n) filter (where state = 'duplicate'), 0) as duplicates,
                 coalesce(sum(n) filter (where state = 'excluded'), 0) as excluded, coalesce(sum(n) filter (where state = 'released'), 0) as released
            from unnest(states, by) as x(state, n)) d
   where b.id = batch $$;

create trigger count_insert after insert on import_row referencing new table as new_rows for each statement execute function import_count();
create trigger count_update after update on import_row referencing old table as old_rows new table as new_rows for each statement execute function import_count();

-- A batch is audited when it comes and when its state moves; its counts say how far it was.
create or replace function audit_import_batch() returns trigger language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp set enable_nestloop = off as $$
declare facts jsonb;
begin
  if tg_op = 'INSERT' then
    select jsonb_agg(jsonb_build_object('entity_id', b.id, 'entity_ref', b.id, 'after',
             jsonb_build_object('file', b.file_name, 'sha256', encode(f.sha256, 'hex'), 'client', c.code, 'rows', b.rows, 'state', b.state))) into facts
      from new_rows b join file f on f.id = b.file_id join client c on c.id = b.client_id;
  else
    select jsonb_agg(jsonb_build_object('entity_id', n.id, 'entity_ref', n.id,
             'before', jsonb_build_object('state', o.state, 'released', o.released), 'after', jsonb_build_object('state', n.state, 'released', n.released))) into facts
      from new_rows n join old_rows o using (id) where n.state <> o.state;
  end if;
  if facts is not null then perform audit_write(facts, 'batch', 'import_batch.' || lower(tg_op), '{}'); end if;
  return null;
end $$;
create trigger audit_insert after insert on import_batch referencing new table as new_rows for each statement execute function audit_import_batch();
create trigger audit_update after update on import_batch referencing old table as old_rows new table as new_rows for each statement execute function audit_import_batch();

-- What a person does to a row: cells corrected (each cell only as a commitment), rows left out and taken back.
create or replace function audit_import_row() returns trigger language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp set enable_nestloop = off as $$
declare
  facts jsonb;
  touched text[];
begin
  select jsonb_agg(jsonb_build_object('entity_id', n.batch_id, 'entity_ref', n.batch_id,
           'before', d.before || jsonb_build_object('row', n.row_no, 'state', o.state), 'after', d.after || jsonb_build_object('row', n.row_no, 'state', n.state)))
    into facts
    from new_rows n join old_rows o using (batch_id, row_no)
    cross join lateral (select jsonb_object_agg('cell ' || k.key, o.cells ->> k.key) as before, jsonb_object_agg('cell ' || k.key, n.cells ->> k.key) as after
                          from (select jsonb_object_keys(o.cells || n.cells) as key) k where o.cells ->> k.key is distinct from n.cells ->> k.key) d
   where n.cells <> o.cells;
  if facts is not null then
    select array_agg(distinct key) into touched from jsonb_array_elements(facts) f cross join jsonb_object_keys(f -> 'after') as key where key like 'cell %';
    perform audit_write(facts, 'batch', 'import_row.update', touched);
  end if;
  select jsonb_agg(x.fact) into facts from (
    select jsonb_build_object('entity_id', n.batch_id, 'entity_ref', n.batch_id, 'after',
             jsonb_build_object(case when n.state = 'excluded' then 'excluded' else 'included' end, jsonb_agg(n.row_no order by n.row_no))) as fact
      from new_rows n join old_rows o using (batch_id, row_no) where (n.state = 'excluded') <> (o.state = 'excluded')
     group by n.batch_id, n.state = 'excluded') x;
  if facts is not null then perform audit_write(facts, 'batch', 'import_row.update', '{}'); end if;
  return null;
end $$;
create trigger audit_update after update on import_row referencing old table as old_rows new table as new_rows for each statement execute function audit_import_row();

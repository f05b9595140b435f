-- What people change in a batch is kept as it was asked and row by row: whoever looks at the same batch is told, and it
-- can be undone. Every step takes the batch to its next version, and away from an approval it had.
set role debtflow_owner;

select supervisors_read(t), kernel_works(t, 'agency_id = (select (me()).agency_id)')
  from unnest(array['import_change', 'import_change_step', 'import_change_row']::regclass[]) t;
select guard_append_only('import_change_step');
-- Who changed which row, and when, stays for good; the cells are personal, and may have to be forgotten.
create trigger append_only
  before delete or truncate or update of id, agency_id, batch_id, kind, user_id, at, undoes on import_change
  for each statement execute function refuse_change();
alter table import_change enable always trigger append_only;
create trigger append_only
  before delete or truncate or update of change_id, row_no, agency_id, version on import_change_row
  for each statement execute function refuse_change();
alter table import_change_row enable always trigger append_only;
grant select on import_change_step to debtflow_agency_admin, debtflow_supervisor;
grant select (id, agency_id, batch_id, kind, user_id, at, undoes) on import_change
  to debtflow_agency_admin, debtflow_supervisor;
grant select (change_id, row_no, agency_id, version) on import_change_row
  to debtflow_agency_admin, debtflow_supervisor;
grant select, insert on import_change, import_change_step, import_change_row to debtflow_kernel;
grant update (version, approved_by, approved_at) on import_batch to debtflow_kernel;

set role debtflow_kernel;

create or replace function import_change_begin(
  b import_batch,
  kind text,
  what jsonb default '{}',
  undoes bigint default null
) returns bigint
  language sql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  insert into import_change (agency_id, batch_id, kind, what, user_id, at, undoes)
  select b.agency_id, b.id, kind, what, (me()).user_id, kernel_now(), undoes
  returning id
$$;

-- The version that the batch will have after the step under way.
create or replace function import_change_version(b import_batch) returns int
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select x.version + 1 from import_batch x where x.id = b.id
$$;

create or replace function import_change_end(change bigint, b import_batch, rows int) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  reached int;
begin
  if rows = 0 then
    return;
  end if;
  update import_batch x
     set version = x.version + 1, approved_by = null, approved_at = null
   where x.id = b.id
  returning version into reached;
  insert into import_change_step (change_id, version, agency_id, batch_id, rows)
  values (change, reached, b.agency_id, b.id, rows);
end $$;

-- Rows that are left out or taken back: their cells stay as they are.
create or replace function import_change_moved(change bigint, b import_batch, rows int[]) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  insert into import_change_row (change_id, row_no, agency_id, version)
  select change, n, b.agency_id, import_change_version(b) from unnest(rows) n;
  perform import_change_end(change, b, coalesce(cardinality(rows), 0));
end $$;

-- The cells that differ, as they were and as they are; null where a row had no such cell.
create or replace function import_cells_moved(was jsonb, now jsonb, out before jsonb, out after jsonb)
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select jsonb_object_agg(k, was -> k), jsonb_object_agg(k, now -> k)
    from jsonb_object_keys(was || now) k
   where was ->> k is distinct from now ->> k
$$;

-- Puts corrected rows in place of those that were looked at; rows that somebody has changed meanwhile, left out or
-- released stay as they are. Gives the numbers of those that were changed.
create or replace function import_correct(b import_batch, change bigint, items jsonb) returns int[]
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_custom_plan
as $$
declare
  wanted constant int[] := array(select (i ->> 'row')::int from jsonb_array_elements(items) i);
  step constant int := import_change_version(b);
  done int[];
  refs text[];
begin
  with item as materialized (
    select *
      from jsonb_to_recordset(items) as x("row" int, version int, cells jsonb, findings jsonb, parsed jsonb, ref text)
  ),
  standing as materialized (
    select r.row_no, r.cells as was, r.ref as old_ref, i.cells, i.findings, i.parsed, i.ref
      from (select * from import_row x where x.batch_id = b.id and x.row_no = any (wanted)) r
      join item i on i."row" = r.row_no and i.version = r.version
     where r.state not in ('excluded', 'released')
  ),
  noted as (
    insert into import_change_row (change_id, row_no, agency_id, version, before, after)
    select change, s.row_no, b.agency_id, step, coalesce(m.before, '{}'), coalesce(m.after, '{}')
      from standing s
     cross join lateral import_cells_moved(s.was, s.cells) m
  ),
  put as (
    update import_row r
       set cells = s.cells, findings = s.findings, parsed = s.parsed, ref = s.ref,
           verdict = null, difference = null,
           state = import_state_of(s.findings, s.parsed), version = r.version + 1
      from standing s
     where r.batch_id = b.id and r.row_no = s.row_no and r.row_no = any (wanted)
  )
  select array_agg(s.row_no order by s.row_no), array_agg(distinct x.ref) filter (where x.ref is not null)
    into done, refs
    from standing s
   cross join lateral unnest(array[s.old_ref, s.ref]) as x(ref);
  done := array(select distinct n from unnest(done) n order by n);
  if cardinality(refs) > 0 then
    perform import_compare(b.id, refs);
  end if;
  perform import_change_end(change, b, cardinality(done));
  return done;
end $$;

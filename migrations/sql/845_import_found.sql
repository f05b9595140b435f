-- What was found in a batch, as an index of its own that follows its rows, whoever moves them: a page of the rows behind
-- a rule is read in the order of the file however many there are, and how many there are is read, not counted.
set role debtflow_owner;

select supervisors_read(t), kernel_works(t, 'agency_id = (select (me()).agency_id)')
  from unnest(array['import_found', 'import_tally']::regclass[]) t;
grant select on import_found, import_tally to debtflow_agency_admin, debtflow_supervisor, debtflow_kernel;

-- Each rule once, at the first cell it names; rows that are left out are not looked at.
create or replace function import_found_in(findings jsonb, state text)
  returns table (rule text, severity text, col text)
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select distinct on (f ->> 'rule') f ->> 'rule', f ->> 'severity', f ->> 'column'
    from jsonb_array_elements(findings) with ordinality as x(f, ord)
   where state <> 'excluded'
   order by f ->> 'rule', ord
$$;

create or replace function import_found_insert() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  with come as (
    insert into import_found (batch_id, rule, row_no, agency_id, severity, col)
    select r.batch_id, f.rule, r.row_no, r.agency_id, f.severity, f.col
      from new_rows r
     cross join lateral import_found_in(r.findings, r.state) f
     where r.findings <> '[]'
    returning batch_id, rule, severity, col, agency_id
  )
  insert into import_tally (batch_id, rule, severity, col, agency_id, rows)
  select batch_id, rule, severity, col, agency_id, count(*)
    from come
   group by batch_id, rule, severity, col, agency_id
      on conflict (batch_id, rule, severity, col) do update set rows = import_tally.rows + excluded.rows;
  return null;
end $$;

-- Only what differs is touched, so a release, which leaves findings alone, costs next to nothing. What goes is taken away
-- before what comes: a rule may have moved to another cell of its row.
create or replace function import_found_update() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
declare
  moved jsonb;
begin
  select jsonb_agg(to_jsonb(d))
    into moved
    from (select x.batch_id, x.row_no, x.agency_id, f.rule, f.severity, f.col, sum(x.n) as n
            from (select batch_id, row_no, agency_id, findings, state, 1 as n from new_rows where findings <> '[]'
                  union all
                  select batch_id, row_no, agency_id, findings, state, -1 from old_rows where findings <> '[]') x
           cross join lateral import_found_in(x.findings, x.state) f
           group by x.batch_id, x.row_no, x.agency_id, f.rule, f.severity, f.col
          having sum(x.n) <> 0) d;
  if moved is null then
    return null;
  end if;
  delete from import_found f
   using jsonb_to_recordset(moved) as d(batch_id bigint, row_no int, rule text, n int)
   where d.n < 0 and f.batch_id = d.batch_id and f.rule = d.rule collate "C" and f.row_no = d.row_no;
  insert into import_found (batch_id, rule, row_no, agency_id, severity, col)
  select d.batch_id, d.rule, d.row_no, d.agency_id, d.severity, d.col
    from jsonb_to_recordset(moved) as d(
      batch_id bigint, row_no int, agency_id int, rule text, severity text, col text, n int)
   where d.n > 0;
  insert into import_tally (batch_id, rule, severity, col, agency_id, rows)
  select d.batch_id, d.rule, d.severity, d.col, d.agency_id, sum(d.n)
    from jsonb_to_recordset(moved) as d(batch_id bigint, agency_id int, rule text, severity text, col text, n int)
   group by d.batch_id, d.rule, d.severity, d.col, d.agency_id
      on conflict (batch_id, rule, severity, col) do update set rows = import_tally.rows + excluded.rows;
  return null;
end $$;

create trigger found_insert
  after insert on import_row referencing new table as new_rows
  for each statement execute function import_found_insert();
create trigger found_update
  after update on import_row referencing old table as old_rows new table as new_rows
  for each statement execute function import_found_update();

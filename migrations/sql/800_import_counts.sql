-- The counts of an import batch follow its rows, whoever moves them.
set role debtflow_owner;

create or replace function import_count() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if tg_op = 'INSERT' then
    perform import_count_by(x.batch_id, array_agg(x.state), array_agg(x.n))
       from (select r.batch_id, r.state, count(*) as n from new_rows r group by r.batch_id, r.state) x
      group by x.batch_id;
  else
    perform import_count_by(y.batch_id, array_agg(y.state), array_agg(y.n))
       from (select x.batch_id, x.state, sum(x.n)::bigint as n
               from (select r.batch_id, r.state, 1 as n from new_rows r
                     union all
                     select r.batch_id, r.state, -1 from old_rows r) x
              group by x.batch_id, x.state
             having sum(x.n) <> 0) y
      group by y.batch_id;
  end if;
  return null;
end $$;

create or replace function import_count_by(batch bigint, states text[], by bigint[]) returns void
  language sql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with delta as (
    select coalesce(sum(n) filter (where state = 'valid'), 0) as valid,
           coalesce(sum(n) filter (where state = 'warning'), 0) as warnings,
           coalesce(sum(n) filter (where state = 'error'), 0) as errors,
           coalesce(sum(n) filter (where state = 'duplicate'), 0) as duplicates,
           coalesce(sum(n) filter (where state = 'excluded'), 0) as excluded,
           coalesce(sum(n) filter (where state = 'released'), 0) as released,
           coalesce(sum(n) filter (where state = 'undone'), 0) as undone
      from unnest(states, by) as x(state, n)
  )
  update import_batch b
     set valid = b.valid + d.valid,
         warnings = b.warnings + d.warnings,
         errors = b.errors + d.errors,
         duplicates = b.duplicates + d.duplicates,
         excluded = b.excluded + d.excluded,
         released = b.released + d.released,
         undone = b.undone + d.undone
    from delta d
   where b.id = batch
$$;

create trigger count_insert
  after insert on import_row referencing new table as new_rows
  for each statement execute function import_count();
create trigger count_update
  after update on import_row referencing old table as old_rows new table as new_rows
  for each statement execute function import_count();

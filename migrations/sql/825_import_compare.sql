-- The comparison of a batch with its own rows and with the accounts, by its kind: at stage, after each correction, and
-- again at release.
set role debtflow_kernel;

create or replace function import_compared(b import_batch, refs text[])
  returns table (row_no int, found jsonb, difference jsonb)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_custom_plan
  set enable_nestloop = off
  set jit = off
as $$
begin
  case b.kind
    when 'placements' then return query select * from import_compare_placed(b, refs);
    when 'recalls' then return query select * from import_compare_recalls(b, refs);
    when 'contacts' then return query select * from import_compare_contacts(b, refs);
    else return query select * from import_compare_money(b, refs);
  end case;
end $$;

-- Compares the rows with these references, all by default, and writes what is new about them. Planned anew each time,
-- because "all" and "these" want different indexes, and without nested loops: a batch just staged is unknown to the
-- planner, who takes it for a row or two.
create or replace function import_compare(batch bigint, refs text[] default null) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_custom_plan
  set enable_nestloop = off
as $$
declare
  b import_batch;
  -- By number, so that a few rows of a million are read by their key and not by reading the million.
  named constant int[] := case when refs is not null then array(
    select x.row_no from import_row x where x.batch_id = batch and x.ref = any (refs)) end;
begin
  select * into b from import_batch x where x.id = batch;
  update import_row r
     set findings = v.findings, verdict = v.verdict, difference = v.difference,
         state = import_state_of(v.findings, v.parsed)
    from (select c.row_no, o.parsed, import_own_findings(o.findings) || c.found as findings,
                 import_verdict(c.found, c.difference) as verdict, c.difference
            from import_compared(b, refs) c
            join import_row o on o.batch_id = batch
                              and o.row_no = c.row_no
                              and (named is null or o.row_no = any (named))
           where c.found <> '[]' or c.difference is not null or o.findings <> '[]' or o.verdict is not null) v
   where r.batch_id = batch
     and r.row_no = v.row_no
     and (named is null or r.row_no = any (named))
     and (v.findings, v.verdict, v.difference) is distinct from (r.findings, r.verdict, r.difference);
end $$;

-- The same for the references that these rows have.
create or replace function import_compare_of(batch bigint, rows int[]) returns void
  language sql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select import_compare(batch, array(
    select r.ref from import_row r where r.batch_id = batch and r.row_no = any (rows) and r.ref is not null))
$$;

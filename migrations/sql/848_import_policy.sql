-- A release that nobody looks at: it begins only where the batch is what was agreed. Weighed and begun under one lock, so
-- nobody changes a row in between.
set role debtflow_kernel;

-- What the rows of a batch come to. The sum is that of every row that could be read, as a client's control total is, of
-- adjustments with the sign they have on the balance, and null where the kind has none; new is every row that would be
-- carried out, but for placements that change an account that is here.
create or replace function import_facts(
  b import_batch,
  out error_rate numeric,
  out fresh bigint,
  out total bigint,
  out conflicts bigint
)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  error_rate := b.errors::numeric / b.rows;
  fresh := b.valid + b.warnings
           - (select count(*)
                from import_found f
                join import_row r on r.batch_id = f.batch_id and r.row_no = f.row_no
               where f.batch_id = b.id and f.rule = 'account-changed' and r.state in ('valid', 'warning'));
  conflicts := b.duplicates
               + (select coalesce(sum(t.rows), 0)
                    from import_tally t
                   where t.batch_id = b.id
                     and t.rule in ('work-since', 'other-client', 'account-closed', 'account-unknown',
                                    'charge-under-way', 'over-balance'));
  if b.kind in ('placements', 'payments', 'adjustments') then
    total := (select coalesce(sum(case
                       when b.kind = 'placements' then sum4(placement_parts(r.parsed))
                       when r.parsed ->> 'adjustment' in ('correct_down', 'write_off')
                         then -(r.parsed ->> 'amount')::bigint
                       else (r.parsed ->> 'amount')::bigint
                     end), 0)
                from import_row r where r.batch_id = b.id and r.parsed is not null);
  end if;
end $$;

-- The conditions that do not hold, each with what was agreed and what is there; amounts in minor units. A condition that
-- is not named is none.
create or replace function import_unmet(b import_batch, policy jsonb)
  returns table (condition text, agreed text, found text)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  facts constant record := import_facts(b);
begin
  if policy ->> 'expect_sum' is not null and facts.total is null then
    perform fail('DF400', 'expect_sum', format('%s come to no sum', b.kind),
                 'leave --expect-sum out; --expect-count counts the rows', '{"field": "expect_sum"}');
  end if;
  return query
  select c.condition, c.agreed, c.found
    from (values
      ('max-error-rate', policy ->> 'max_error_rate', round(facts.error_rate, 6)::text,
       facts.error_rate > (policy ->> 'max_error_rate')::numeric),
      ('max-new', policy ->> 'max_new', facts.fresh::text, facts.fresh > (policy ->> 'max_new')::bigint),
      ('expect-count', policy ->> 'expect_count', b.rows::text, b.rows <> (policy ->> 'expect_count')::bigint),
      ('expect-sum', policy ->> 'expect_sum', facts.total::text, facts.total <> (policy ->> 'expect_sum')::bigint),
      ('no-conflicts', '0', facts.conflicts::text,
       coalesce((policy ->> 'no_conflicts')::boolean, false) and facts.conflicts > 0)
    ) as c(condition, agreed, found, unmet)
   where c.unmet;
end $$;

-- Begins a release where every condition holds, and says which do not. One that has begun goes on, whatever was agreed.
create or replace function import_release_if(batch bigint, policy jsonb, placed_on date default null)
  returns table (condition text, agreed text, found text)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  b constant import_batch := import_lock(batch, import_clerk('import.release'));
begin
  if b.state <> 'in_review' then
    return;
  end if;
  return query select * from import_unmet(b, policy);
  if not found then
    perform step_up_wanted('release'), act_begin('import.release');
    perform import_release_begin(b, true, placed_on);
  end if;
end $$;

select operators_may('execute on function import_release_if');

-- Adjustments: fees and costs added, debts written off, placements corrected. Who sees them, what counts to a limit.
set role debtflow_owner;

select office_reads('adjustment'),
       collectors_read('adjustment', 'exists (select from account a where a.id = account_id)'),
       kernel_works('adjustment', 'agency_id = (select (me()).agency_id)');
select guard_append_only('adjustment');
select operators_may('select on adjustment, adjustment_reason');
grant insert on adjustment to debtflow_kernel;

set role debtflow_kernel;

-- What one person did of one kind on one account within 24 hours and that still stands: several small ones are a large
-- one.
create or replace function adjusted_lately(account bigint, person int, kind text) returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce(sum(d.amount), 0)::bigint
    from adjustment d
   where d.account_id = account
     and d.user_id = person
     and d.kind = adjusted_lately.kind
     and d.reverses is null
     and d.recorded_at > kernel_now() - interval '24 hours'
     and not exists (select from transfer t where t.reverses = d.id)
$$;

-- Whether this kind makes the debt larger.
create or replace function adjustment_raises(kind text) returns boolean
  language sql immutable parallel safe
as $$
  select kind in ('fee', 'cost', 'correct_up')
$$;

-- Where an adjustment falls: on its own bucket, else on the one that was named, else in the contract's order.
create or replace function adjustment_parts(
  kind text,
  amount bigint,
  bucket int,
  due bigint[],
  bucket_order smallint[]
) returns bigint[]
  language sql immutable parallel safe
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select case
    when b.own is null then allocate(amount, due, coalesce(bucket_order, '{4,3,2,1}'))
    else (select array_agg(case when n = b.own then amount else 0 end order by n) from generate_series(1, 4) n)
  end
    from (select case kind
                   when 'fee' then 3
                   when 'cost' then 4
                   when 'write_off' then bucket
                   else coalesce(bucket, 1)
                 end as own) b
$$;

-- Adjustments: fees and costs added, debts written off, placements corrected. Who sees them, who may do how much.
set role debtflow_owner;

select office_reads('adjustment'),
       collectors_read('adjustment', 'exists (select from account a where a.id = account_id)'),
       kernel_works('adjustment', 'agency_id = (select (me()).agency_id)');
select operators_read('adjustment_limit'), kernel_works('adjustment_limit', 'agency_id = (select (me()).agency_id)');
select guard_append_only('adjustment');
select audit_table('adjustment_limit', 'agency', 'agency_id', '', '', 'agency_id');
select operators_may('select on adjustment, adjustment_reason, adjustment_limit');
grant insert on adjustment, adjustment_limit to debtflow_kernel;
grant update (most) on adjustment_limit to debtflow_kernel;

set role debtflow_kernel;

-- The most that somebody of this role may do of one kind on one account within 24 hours, in minor units, where the
-- agency has not said otherwise.
create or replace function adjustment_most(agency int, role text, kind text) returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce(
    (select l.most
       from adjustment_limit l
      where l.agency_id = agency and l.role = adjustment_most.role and l.kind = adjustment_most.kind),
    case adjustment_most.role
      when 'agency_admin' then 1000000000000000
      when 'supervisor' then case kind when 'fee' then 50000 else 500000 end
      when 'collector' then case kind when 'fee' then 2500 when 'cost' then 2500 when 'write_off' then 500 else 0 end
      else 0
    end)
$$;

create or replace function adjustment_limit_set(role text, kind text, most bigint) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  if who.role <> 'agency_admin' then
    perform fail('DF403', 'adjustment_limit_role', 'only an agency administrator sets limits', '',
                 '{"who_may": "agency_admin"}');
  elsif role is null or role not in ('collector', 'supervisor', 'agency_admin') then
    perform fail('DF400', 'role', format('%s adjusts nothing', role), 'collector, supervisor or agency_admin',
                 '{"field": "role"}');
  end if;
  perform act_begin('adjustment.limit');
  insert into adjustment_limit as l (agency_id, role, kind, most)
  values (who.agency_id, adjustment_limit_set.role, adjustment_limit_set.kind, adjustment_limit_set.most)
  on conflict on constraint adjustment_limit_pkey do update set most = excluded.most;
end $$;

create or replace function adjustment_limits() returns table (role text, kind text, most bigint, agreed boolean)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select r.role, k.kind, adjustment_most((me()).agency_id, r.role, k.kind),
         exists (select
                   from adjustment_limit l
                  where l.agency_id = (me()).agency_id and l.role = r.role and l.kind = k.kind)
    from unnest(array['collector', 'supervisor', 'agency_admin']) with ordinality as r(role, no)
    cross join unnest(array['fee', 'cost', 'write_off', 'correct_up', 'correct_down']) with ordinality as k(kind, no)
   order by r.no, k.no
$$;

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

select operators_may('execute on function adjustment_limit_set, adjustment_limits');

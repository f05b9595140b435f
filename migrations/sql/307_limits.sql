-- How much of an act: what a person was given goes before what their role was given, and that before what is shipped.
set role debtflow_owner;

select operators_read('office_limit'), kernel_works('office_limit', 'agency_id = (select (me()).agency_id)');
select operators_may('select on office_limit');
grant insert, delete on office_limit to debtflow_kernel;
grant update (most) on office_limit to debtflow_kernel;

-- Money in minor units of whatever it is spent on; a settlement in basis points of the balance below the client's floor;
-- an export in rows; what is revealed in times within 24 hours; accounts as many as somebody works at once. What is
-- given back freely is given back without the password again.
create or replace function limit_shipped(what text, role text) returns bigint
  language sql immutable parallel safe
as $$
  select case
    when what in ('payment', 'export', 'accounts') then 1000000000000000
    when what = 'settlement' then 10000
    when what = 'refund_freely' then 10000
    when what = 'reveal' then case when role in ('supervisor', 'agency_admin') then 50 else 20 end
    when role = 'agency_admin' then 1000000000000000
    when role = 'supervisor' then case what when 'fee' then 50000 else 500000 end
    when role = 'collector'
    then case what when 'fee' then 2500 when 'cost' then 2500 when 'write_off' then 500 else 0 end
    else 0
  end
$$;

create or replace function limits_known() returns text[]
  language sql immutable parallel safe
as $$
  select array['payment', 'fee', 'cost', 'write_off', 'correct_up', 'correct_down', 'settlement', 'export',
               'refund_freely', 'reveal', 'accounts']
$$;

create or replace function limit_of(who identity, what text) returns bigint
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  return coalesce(
    (select l.most
       from office_limit l
      where l.agency_id = who.agency_id
        and l.what = limit_of.what
        and (l.user_id = who.user_id or l.role = who.role)
      order by l.user_id nulls last
      limit 1),
    limit_shipped(what, who.role));
end $$;
grant execute on function limit_of, limit_shipped, limits_known to debtflow_kernel;

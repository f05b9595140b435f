-- The circuit breaker of an agency and its provider: one row that every operator and worker shares. While it is open
-- nobody calls; when its time is up exactly one caller goes first, as a probe with a lease. Only what says that the
-- provider does not answer counts as a failure: a declined card is an answer.
set role debtflow_owner;

select kernel_works('breaker', 'agency_id = (select (me()).agency_id)');
grant insert on breaker to debtflow_kernel;
grant update (state, failures, opened, cause, since, next_try_at, probe, probe_until) on breaker to debtflow_kernel;
select audit_table('breaker', 'agency', 'agency_id', 'gateway', '', 'agency_id,gateway,failures,probe,probe_until');

set role debtflow_kernel;

create or replace function breaker_limits(out failures int, out shortest interval, out longest interval,
                                          out probe interval)
  language sql immutable parallel safe
as $$
  select 5, interval '30 seconds', interval '5 minutes', interval '2 minutes'
$$;

create or replace function breaker_pause(opened int) returns interval
  language sql immutable parallel safe
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select least(l.shortest * 2 ^ least(opened, 10), l.longest) from breaker_limits() l
$$;

-- Asks to make one call. Who is not let in learns why and when to try again; who is let in says afterwards what came of
-- it (breaker_tell), with the probe it was given. The one update is atomic: of many callers at once, one is the probe.
create or replace function breaker_enter(gateway text)
  returns table (entered boolean, probe uuid, state text, cause text, next_try_at timestamptz)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
#variable_conflict use_column
declare
  agency constant int := (charge_clerk()).agency_id;
  wanted constant text := gateway;
begin
  perform act_begin('breaker.enter');
  if gateway is null or length(gateway) > 40 then
    perform fail('DF400', 'gateway', 'no provider is called that');
  end if;
  insert into breaker as b (agency_id, gateway, since)
  select agency, wanted, kernel_now()
   where not exists (select from breaker b where b.agency_id = agency and b.gateway = wanted)
  on conflict do nothing;
  return query
  update breaker b
     set state = case b.state when 'closed' then 'closed' else 'half_open' end,
         since = case b.state when 'open' then kernel_now() else b.since end,
         next_try_at = null,
         probe = case when b.state <> 'closed' then gen_random_uuid() end,
         probe_until = case when b.state <> 'closed' then kernel_now() + l.probe end
    from breaker_limits() l
   where b.agency_id = agency
     and b.gateway = wanted
     and (b.state = 'closed' or b.next_try_at <= kernel_now() or b.probe_until <= kernel_now())
  returning true, b.probe, b.state, b.cause, b.next_try_at;
  if not found then
    return query
    select false, null::uuid, b.state, b.cause, coalesce(b.next_try_at, b.probe_until)
      from breaker b
     where b.agency_id = agency and b.gateway = wanted;
  end if;
end $$;

-- What came of a call: the provider answered, or it did not and why. Only the probe's own word closes an open breaker
-- or opens it again for longer; a straggler from before changes nothing.
create or replace function breaker_tell(gateway text, answered boolean, cause text, probe uuid) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
#variable_conflict use_column
declare
  agency constant int := (charge_clerk()).agency_id;
  wanted constant text := gateway;
  said constant text := left(cause, 200);
  mine constant uuid := probe;
begin
  perform act_begin('breaker.tell');
  if answered then
    update breaker b
       set state = 'closed', failures = 0, opened = 0, cause = null, next_try_at = null, probe = null,
           probe_until = null, since = case b.state when 'closed' then b.since else kernel_now() end
     where b.agency_id = agency
       and b.gateway = wanted
       and ((b.state = 'closed' and b.failures > 0) or (b.state = 'half_open' and b.probe = mine));
  else
    perform from breaker b where b.agency_id = agency and b.gateway = wanted for no key update;
    update breaker b
       set failures = b.failures + 1,
           cause = said,
           state = case when f.opens then 'open' else b.state end,
           opened = b.opened + f.opens::int,
           since = case when f.opens then kernel_now() else b.since end,
           next_try_at = case when f.opens then kernel_now() + breaker_pause(b.opened) end,
           probe = null,
           probe_until = null
      from (select x.agency_id, x.gateway, x.state = 'half_open' or x.failures + 1 >= l.failures as opens
              from breaker x
              cross join breaker_limits() l) f
     where b.agency_id = agency
       and b.gateway = wanted
       and f.agency_id = b.agency_id
       and f.gateway = b.gateway
       and (b.state = 'closed' or (b.state = 'half_open' and b.probe = mine));
  end if;
end $$;

create or replace function breaker_seen(gateway text)
  returns table (state text, cause text, since timestamptz, next_try_at timestamptz)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select b.state, b.cause, b.since, coalesce(b.next_try_at, b.probe_until)
    from breaker b
   where b.agency_id = (me()).agency_id and b.gateway = breaker_seen.gateway
$$;

-- Whether a new charge need not even begin.
create or replace function breaker_blocks(agency int, gateway text) returns boolean
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select exists (select
                   from breaker b
                  where b.agency_id = agency
                    and b.gateway = breaker_blocks.gateway
                    and (b.next_try_at > kernel_now() or b.probe_until > kernel_now()))
$$;

select operators_may(f), worker_may(f)
  from (values ('execute on function breaker_enter, breaker_tell, breaker_seen')) x(f);

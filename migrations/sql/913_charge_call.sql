-- Between the acts: who may ask the provider about a charge now. A claim is a lease, so that two never ask at once and
-- a claim of somebody who died runs out. Nothing here holds a lock over the network.
set role debtflow_kernel;

-- The longest that one call with all its repeats takes, with room.
create or replace function charge_lease() returns interval
  language sql immutable parallel safe
as $$
  select interval '2 minutes'
$$;

-- How long the provider can be asked to do the same thing again under one key; after that one only asks.
create or replace function charge_key_lives() returns interval
  language sql immutable parallel safe
as $$
  select interval '12 hours'
$$;

create or replace function charge_patience(asks int) returns interval
  language sql immutable parallel safe
as $$
  select least(interval '5 seconds' * 2 ^ least(asks, 12), interval '1 hour')
$$;

-- The charge as the caller may see it, locked. What is not theirs is not found.
create or replace function charge_locked(wanted uuid) returns charge
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  c charge;
begin
  select x.* into c from charge x join account a on a.id = x.account_id where x.id = wanted for no key update of x;
  if not found then
    perform fail('DF404', 'charge', format('there is no charge %s', wanted), 'debtflow payment charges');
  end if;
  return c;
end $$;

-- Everything that the provider is told or asked about a charge.
create or replace function charge_order(wanted uuid) returns jsonb
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select jsonb_build_object(
           'id', c.id, 'kind', c.kind, 'state', c.state, 'amount', c.amount, 'currency', c.currency, 'save', c.save,
           'expires_at', c.expires_at, 'started_at', c.started_at, 'called', c.called_at is not null,
           'provider_id', c.provider_id, 'link_id', c.link_id, 'gateway', c.gateway, 'lease', c.lease,
           'account', a.number, 'agency', g.code, 'debtor', a.debtor_name,
           'customer', k.provider_id, 'customer_id', k.id, 'customer_key', k.key,
           'method', case when m.id is not null then jsonb_build_object(
             'provider_id', m.provider_id, 'kind', m.kind, 'brand', m.brand, 'last4', m.last4,
             'expires', m.expires) end)
    from charge c
    join account a on a.id = c.account_id
    join agency g on g.id = c.agency_id
    left join saved_method m on m.id = c.saved_method_id
    cross join lateral customer_of(a.debtor_id, c.agency_id, c.gateway) k
   where c.id = wanted
$$;

-- Asks to make the call. `outcome`: call (with a lease and, where one is needed, a probe), under_way (somebody else is
-- at it), decided (nothing to call for), ask (the key is too old to be sent again) or breaker_open.
create or replace function charge_enter(wanted uuid)
  returns table (outcome text, call_order jsonb, probe uuid, cause text, next_try_at timestamptz)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := charge_clerk();
  c charge := charge_locked(wanted);
  pass record;
begin
  perform act_begin('charge.call');
  outcome := case
    when c.state not in ('pending', 'unknown') or c.link_id is not null or c.reason = 'mismatch' then 'decided'
    when c.lease_until > kernel_now() then 'under_way'
    when c.called_at is not null and c.started_at < kernel_now() - charge_key_lives() then 'ask'
    else 'call'
  end;
  if outcome = 'call' then
    select * into pass from breaker_enter(c.gateway);
    probe := pass.probe; cause := pass.cause; next_try_at := pass.next_try_at;
    if pass.entered then
      update charge x
         set lease = gen_random_uuid(), lease_until = kernel_now() + charge_lease(), called_at = kernel_now(),
             next_ask_at = kernel_now() + charge_lease()
       where x.id = wanted;
    else
      outcome := 'breaker_open';
    end if;
  end if;
  call_order := charge_order(wanted) || jsonb_build_object('called', c.called_at is not null);
  return next;
end $$;

-- The next charge that somebody should ask about, claimed; null where there is none. Workers take different ones.
create or replace function charge_claim() returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := charge_clerk();
  claimed uuid;
begin
  perform act_begin('charge.ask');
  update charge x
     set lease = gen_random_uuid(), lease_until = kernel_now() + charge_lease()
   where x.id = (select c.id
                   from charge c
                  where c.agency_id = who.agency_id
                    and c.next_ask_at <= kernel_now()
                    and (c.lease_until is null or c.lease_until <= kernel_now())
                    and exists (select from account a where a.id = c.account_id)
                  order by c.next_ask_at
                  limit 1
                    for no key update skip locked)
  returning x.id into claimed;
  return charge_order(claimed);
end $$;

-- The same for one charge, whether it is due or not; null while somebody else asks.
create or replace function charge_claim_one(wanted uuid) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := charge_clerk();
  c constant charge := charge_locked(wanted);
begin
  if c.lease_until > kernel_now() then
    return null;
  end if;
  perform act_begin('charge.ask');
  update charge x
     set lease = gen_random_uuid(), lease_until = kernel_now() + charge_lease()
   where x.id = wanted;
  return charge_order(wanted);
end $$;

-- Gives a claim back without an answer: who holds it asks again at `later`.
create or replace function charge_release(wanted uuid, claim uuid, later timestamptz) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := charge_clerk();
  c constant charge := charge_locked(wanted);
begin
  perform act_begin('charge.ask');
  update charge x
     set lease = null, lease_until = null, asks = least(x.asks + 1, 1000),
         next_ask_at = least(greatest(later, kernel_now() + charge_patience(x.asks)),
                             kernel_now() + interval '1 hour')
   where x.id = c.id and x.lease = claim;
end $$;

-- A link was made: the page where the debtor pays.
create or replace function charge_linked(wanted uuid, claim uuid, link text, page text, until timestamptz) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := charge_clerk();
  c constant charge := charge_locked(wanted);
begin
  perform act_begin('charge.link');
  update charge x
     set link_id = link, url = page, expires_at = until,
         state = case c.state when 'unknown' then 'pending' else c.state end, reason = null,
         lease = null, lease_until = null, asks = 0, version = x.version + 1,
         next_ask_at = least(until, kernel_now() + interval '10 minutes')
   where x.id = wanted and c.kind = 'link' and (c.lease = claim or c.link_id is null);
end $$;

select operators_may(f), worker_may(f)
  from (values ('execute on function charge_enter, charge_claim, charge_claim_one, charge_release, '
                'charge_linked')) x(f);

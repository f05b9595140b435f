-- Refunds through a provider, in two acts with the call between them, as charges are.
set role debtflow_owner;

grant update (state, reason, provider_id, called_at, settled_at, next_ask_at, confirm_at, asks, lease, lease_until,
              posted_id)
  on refund to debtflow_kernel;
select operators_may('select (id, agency_id, account_id, charge_id, payment_id, user_id, origin, amount, currency, '
                     'state, reason, started_at, settled_at, next_ask_at, posted_id) on refund');
select audit_table('refund', 'account', 'account_id', '', '',
                   'agency_id,account_id,user_id,request_hash,called_at,next_ask_at,confirm_at,asks,lease,lease_until');

set role debtflow_kernel;

-- What of a payment is neither returned nor on its way back. Its account is locked.
create or replace function refundable(p payment) returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select p.amount - (returned_of(p)).amount - coalesce(
           (select sum(f.amount)
              from refund f
             where f.payment_id = p.id and f.state in ('pending', 'unknown')), 0)::bigint
$$;

-- The rule that refuses a refund, or null.
create or replace function refund_rule(p payment, amount bigint, gateway text) returns text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select case
    when p.reverses is not null then 'not_a_payment'
    when not exists (select from charge c where c.payment_id = p.id) then 'not_charged'
    when exists (select
                   from charge c
                   join dispute d on d.charge_id = c.id
                  where c.payment_id = p.id and d.state = 'open') then 'disputed'
    when refundable(p) <= 0 then 'nothing_left'
    when amount < 1 then 'amount_form'
    when amount > refundable(p) then 'refund_above_rest'
    when breaker_blocks(p.agency_id, gateway) then 'breaker_open'
  end
$$;

-- What somebody has given back within 24 hours, so that several small refunds are no way around a limit.
create or replace function refunded_lately(who identity) returns numeric
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce(sum(f.amount), 0)
    from refund f
   where f.agency_id = who.agency_id and f.user_id = who.user_id and f.origin = 'desk' and f.state <> 'failed'
     and f.started_at > kernel_now() - interval '24 hours'
$$;

-- Act 1. Form: {id, payment, amount?, currency?}; without an amount all that is left. The outcome is `begun`,
-- `replayed` or the rule that says no.
create or replace function refund_begin(form jsonb)
  returns table (outcome text, amount bigint, currency text, left_over bigint, state text)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
#variable_conflict use_column
declare
  who constant identity := me();
  hash constant bytea := sha256(convert_to(
    jsonb_build_array('refund', form -> 'payment', form -> 'amount', form -> 'currency')::text, 'UTF8'));
  p payment;
  c charge;
  old refund;
  wanted bigint;
begin
  perform only_who_may(who, 'refund.make');
  perform act_begin('refund.begin', 'refund');
  perform period_shared(who.agency_id);
  perform
     from account_balance b
    where b.account_id = (select x.account_id
                            from payment x
                            join account a on a.id = x.account_id
                           where x.id = (form ->> 'payment')::bigint)
      for no key update;
  select x.* into p from payment x join account a on a.id = x.account_id where x.id = (form ->> 'payment')::bigint;
  select * into c from charge x where x.payment_id = p.id;
  select * into old from refund f where f.id = (form ->> 'id')::uuid;
  wanted := coalesce((form ->> 'amount')::bigint, refundable(p));
  outcome := case
    when p.id is null then 'not_found'
    when old.id is not null then case when old.request_hash = hash then 'replayed' else 'conflict' end
    when form ->> 'currency' <> p.currency::text then 'currency'
    when exists (select from payment x where x.submission_id = (form ->> 'id')::uuid) then 'conflict'
    else coalesce(refund_rule(p, wanted, c.gateway), 'begun')
  end;
  if outcome = 'begun' then
    perform step_up_wanted('refund') where wanted + refunded_lately(who) > limit_of(who, 'refund_freely');
    perform two_persons(who, 'refund.make', format('give %s of %s back', in_words(wanted, p.currency),
                                                   receipt_number(p.id)),
                        jsonb_build_object('payment', p.id, 'amount', wanted));
    insert into refund (
      id, agency_id, account_id, charge_id, payment_id, user_id, origin, request_hash, amount, currency, state,
      started_at, next_ask_at
    )
    values ((form ->> 'id')::uuid, p.agency_id, p.account_id, c.id, p.id, who.user_id, 'desk', hash, wanted, p.currency,
            'pending', kernel_now(), kernel_now() + charge_lease())
    on conflict (id) do nothing;
    if not found then
      raise exception using errcode = '40001', message = 'this submission is being sent twice';
    end if;
  elsif outcome <> 'replayed' then
    perform security_note('refund.refused', outcome, 'account', p.account_id,
                          jsonb_build_object('payment', p.id, 'amount', wanted));
  end if;
  amount := coalesce(old.amount, wanted); currency := p.currency; left_over := refundable(p); state := old.state;
  return next;
end $$;

-- Who may say what became of a refund: those who may begin one, and the worker.
create or replace function refund_clerk() returns identity
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  if who.role <> 'worker' then
    perform only_who_may(who, 'refund.make');
  end if;
  return who;
end $$;

create or replace function refund_locked(wanted uuid) returns refund
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  f refund;
begin
  select x.* into f from refund x join account a on a.id = x.account_id where x.id = wanted for no key update of x;
  if not found then
    perform fail('DF404', 'refund', format('there is no refund %s', wanted));
  end if;
  return f;
end $$;

create or replace function refund_order(wanted uuid) returns jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select jsonb_build_object('id', f.id, 'amount', f.amount, 'currency', f.currency, 'state', f.state,
                            'called', f.called_at is not null, 'provider_id', c.provider_id, 'gateway', c.gateway,
                            'lease', f.lease, 'refund_id', f.provider_id, 'charge', c.id)
    from refund f
    join charge c on c.id = f.charge_id
   where f.id = wanted
$$;

create or replace function refund_enter(wanted uuid)
  returns table (outcome text, call_order jsonb, probe uuid, cause text, next_try_at timestamptz)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := refund_clerk();
  f refund := refund_locked(wanted);
  pass record;
begin
  perform act_begin('refund.call');
  outcome := case
    when f.state not in ('pending', 'unknown') or f.provider_id is not null or f.reason = 'mismatch' then 'decided'
    when f.lease_until > kernel_now() then 'under_way'
    when f.called_at is not null and f.started_at < kernel_now() - charge_key_lives() then 'ask'
    else 'call'
  end;
  if outcome = 'call' then
    select * into pass from breaker_enter((select c.gateway from charge c where c.id = f.charge_id));
    probe := pass.probe; cause := pass.cause; next_try_at := pass.next_try_at;
    if pass.entered then
      update refund x
         set lease = gen_random_uuid(), lease_until = kernel_now() + charge_lease(), called_at = kernel_now(),
             next_ask_at = kernel_now() + charge_lease()
       where x.id = wanted;
    else
      outcome := 'breaker_open';
    end if;
  end if;
  call_order := refund_order(wanted) || jsonb_build_object('called', f.called_at is not null);
  return next;
end $$;

create or replace function refund_claim() returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := refund_clerk();
  claimed uuid;
begin
  perform act_begin('refund.ask');
  update refund x
     set lease = gen_random_uuid(), lease_until = kernel_now() + charge_lease()
   where x.id = (select f.id
                   from refund f
                  where f.agency_id = who.agency_id
                    and f.next_ask_at <= kernel_now()
                    and (f.lease_until is null or f.lease_until <= kernel_now())
                    and exists (select from account a where a.id = f.account_id)
                  order by f.next_ask_at
                  limit 1
                    for no key update skip locked)
  returning x.id into claimed;
  return refund_order(claimed);
end $$;

create or replace function refund_release(wanted uuid, claim uuid, later timestamptz) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := refund_clerk();
  f constant refund := refund_locked(wanted);
begin
  perform act_begin('refund.ask');
  update refund x
     set lease = null, lease_until = null, asks = least(x.asks + 1, 1000),
         next_ask_at = least(greatest(later, kernel_now() + charge_patience(x.asks)),
                             kernel_now() + interval '1 hour')
   where x.id = f.id and x.lease = claim;
end $$;

create or replace function refund_step(f refund, to_state text, why text, again timestamptz) returns refund
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  update refund x
     set state = to_state, reason = left(why, 200), provider_id = f.provider_id, posted_id = f.posted_id,
         settled_at = case when to_state in ('posted', 'failed') then coalesce(x.settled_at, kernel_now()) end,
         next_ask_at = again, asks = case when again is null then 0 else least(x.asks + 1, 1000) end,
         lease = null, lease_until = null
   where x.id = f.id
  returning x.* into f;
  return f;
end $$;

-- The provider returned the money, so it is owed again.
create or replace function refund_post(f refund, heard jsonb, who identity) returns refund
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  by_whom identity := who;
  p payment;
begin
  if f.state = 'posted' then
    return f;
  end if;
  select * into strict p from payment x where x.id = f.payment_id;
  if (heard ->> 'amount')::bigint is distinct from f.amount
     or heard ->> 'currency' is distinct from f.currency::text
     or f.amount > p.amount then
    if f.reason is distinct from 'mismatch' then
      perform security_note('refund.mismatch', 'amount', 'account', f.account_id,
                            jsonb_build_object('refund', f.id, 'asked', f.amount, 'told', heard -> 'amount'));
    end if;
    return refund_step(f, case when f.state = 'failed' then 'failed' else 'unknown' end, 'mismatch', null);
  end if;
  by_whom.user_id := f.user_id;
  f.posted_id := give_back(p, f.amount, 'refund', f.id, by_whom);
  return refund_step(f, 'posted', case when f.state = 'failed' then 'late' end, null);
end $$;

-- The provider did not return it. One that had been posted comes back by the worker's own question only; an old
-- webhook, and whatever an operator says, only makes us ask.
create or replace function refund_failed(f refund, heard jsonb, who identity) returns refund
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if f.state = 'posted' and not heard_first_hand(who, heard) then
    return refund_step(f, 'posted', f.reason, kernel_now());
  elsif f.state = 'posted' then
    perform regain(f.posted_id, md5('regained ' || f.id)::uuid, who, 'payment.refund');
  elsif f.state = 'failed' then
    return f;
  end if;
  return refund_step(f, 'failed', coalesce(heard ->> 'code', 'failed'), null);
end $$;

create or replace function refund_not_there(f refund) returns refund
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  age constant interval := kernel_now() - coalesce(f.called_at, f.started_at);
  undecided constant boolean := f.state in ('pending', 'unknown');
begin
  if f.state = 'posted' or f.provider_id is not null then
    return refund_step(f, f.state, f.reason, case when undecided then kernel_now() + interval '1 hour' end);
  elsif undecided and age < interval '2 minutes' then
    return refund_step(f, 'unknown', f.reason, least(kernel_now() + charge_patience(f.asks),
                                                     kernel_now() - age + interval '2 minutes'));
  end if;
  return refund_step(f, 'failed', case when undecided then 'never_reached' else f.reason end,
                     case when age < interval '1 day' then kernel_now() + greatest(age, interval '5 minutes') end);
end $$;

-- As charge_answered.
create or replace function refund_answered(f refund, heard jsonb, who identity) returns refund
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if heard_first_hand(who, heard) and coalesce(heard ->> 'state', 'unknown') <> 'unknown'
     and f.state in ('posted', 'failed') and f.next_ask_at <= kernel_now() then
    update refund x
       set next_ask_at = null, asks = 0, lease = null, lease_until = null
     where x.id = f.id
    returning x.* into f;
  end if;
  return f;
end $$;

-- Heard: {source: call|ask|webhook, state: succeeded|pending|failed|not_found|unknown, provider_id?, amount?,
-- currency?, code?}. In any order, however often.
create or replace function refund_hear(wanted uuid, heard jsonb) returns table (changed boolean, was text, state text)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := refund_clerk();
  f refund;
  after refund;
begin
  perform act_begin('payment.refund', 'refund');
  perform period_shared(who.agency_id);
  perform
     from account_balance b
    where b.account_id = (select x.account_id from refund x join account a on a.id = x.account_id where x.id = wanted)
      for no key update;
  f := refund_locked(wanted);
  was := f.state;
  f.provider_id := coalesce(f.provider_id, heard ->> 'provider_id');
  after := case
    when heard ->> 'state' = 'succeeded' then refund_post(f, heard, who)
    when heard ->> 'state' = 'failed' then refund_failed(f, heard, who)
    when heard ->> 'state' = 'not_found' then refund_not_there(f)
    when f.state not in ('pending', 'unknown') or f.reason = 'mismatch' then f
    when heard ->> 'state' = 'pending' then refund_step(f, 'pending', null, kernel_now() + interval '1 hour')
    else refund_step(f, 'unknown', heard ->> 'code', kernel_now() + charge_patience(f.asks))
  end;
  after := refund_confirm(f, refund_answered(after, heard, who), heard, who);
  changed := (after.state, after.posted_id, after.reason) is distinct from (was, f.posted_id, f.reason);
  state := after.state;
  return next;
end $$;

-- A refund that somebody made at the provider, not here: noted, so that it can be posted as every other. Gives its id;
-- null where its charge was never posted here.
create or replace function refund_found(paid_by text, refund_id text, amount bigint, currency text) returns uuid
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := me();
  c charge;
  id constant uuid := md5('refund ' || who.agency_id || ' ' || refund_id)::uuid;
begin
  perform act_begin('refund.found', 'refund');
  select x.* into c
    from charge x
    join account a on a.id = x.account_id
   where x.agency_id = who.agency_id and x.provider_id = paid_by and x.payment_id is not null;
  if c.id is null then
    return null;
  end if;
  insert into refund (
    id, agency_id, account_id, charge_id, payment_id, user_id, origin, request_hash, amount, currency, state,
    provider_id, started_at, called_at
  )
  values (id, c.agency_id, c.account_id, c.id, c.payment_id, who.user_id, 'provider',
          sha256(convert_to(refund_id, 'UTF8')),
          refund_found.amount, refund_found.currency, 'pending', refund_id, kernel_now(), kernel_now())
  on conflict do nothing;
  return id;
end $$;

create or replace function refund_seen(wanted uuid) returns table (
  id uuid, of_payment bigint, posted bigint, amount bigint, currency text, left_over bigint, state text, reason text)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select f.id, f.payment_id, f.posted_id, f.amount, f.currency::text, refundable(p), f.state, f.reason
    from refund f
    join account a on a.id = f.account_id
    join payment p on p.id = f.payment_id
   where f.id = wanted and (me()).agency_id = f.agency_id
$$;

-- An account's refunds that are not decided, the newest first.
create or replace function refunds_under_way(number text) returns table (
  id uuid, of_payment bigint, amount bigint, currency text, method text, brand text, last4 text, state text,
  started_at timestamptz, login text)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select f.id, f.payment_id, f.amount, f.currency::text, c.method, m.brand, m.last4, f.state, f.started_at, u.login
    from refund f
    join charge c on c.id = f.charge_id
    left join saved_method m on m.id = c.saved_method_id
    left join users u on u.id = f.user_id
   where f.account_id = (select (account_seen(number)).id) and f.state in ('pending', 'unknown')
   order by f.started_at desc, f.id
$$;

select operators_may(f), worker_may(f)
  from (values ('execute on function refund_begin, refund_enter, refund_claim, refund_release, refund_hear, '
                'refund_seen, refunds_under_way')) x(f);
select worker_may('execute on function refund_found');

-- Act 3: what the provider said about a charge, whoever heard it, in any order, however often. One payment comes of it,
-- or none. Locks the period, the account, then the charge.
set role debtflow_kernel;

-- What was learned besides the outcome: the provider's name for the payment, how it was paid, a method left behind. A
-- method is kept by the worker's word only: it can be charged later.
create or replace function charge_learned(c charge, heard jsonb) returns charge
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if c.provider_id is null or heard ->> 'state' = 'succeeded' then
    c.provider_id := coalesce(heard ->> 'provider_id', c.provider_id);
  end if;
  if heard ->> 'kind' in ('card', 'us_bank_account') then
    c.method := heard ->> 'kind';
  end if;
  if c.save and jsonb_typeof(heard -> 'saved') = 'object' and (me()).role = 'worker' then
    perform method_keep(c.agency_id, a.debtor_id, c.gateway, heard -> 'saved') from account a where a.id = c.account_id;
  end if;
  return c;
end $$;

-- Writes a charge's next state; the hold follows from it. A charge that is decided is asked about no more, unless
-- `again` says when.
create or replace function charge_step(c charge, to_state text, why text, again timestamptz) returns charge
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  hold constant int := charge_is_open(to_state)::int;
  moves constant bigint := (hold - (select charge_is_open(x.state)::int from charge x where x.id = c.id)) * c.amount;
begin
  update charge x
     set state = to_state,
         reason = left(why, 200),
         late = c.late,
         told = c.told,
         told_currency = c.told_currency,
         told_id = c.told_id,
         provider_id = c.provider_id,
         method = c.method,
         payment_id = c.payment_id,
         url = case when hold = 1 then x.url end,
         settled_at = case when hold = 0 then case x.state when to_state then x.settled_at else kernel_now() end end,
         next_ask_at = again,
         asks = case when again is null then 0 else least(x.asks + 1, 1000) end,
         lease = null,
         lease_until = null,
         version = x.version + 1
   where x.id = c.id
  returning x.* into c;
  if moves <> 0 then
    perform account_hold_money(c.account_id, moves);
  end if;
  return c;
end $$;

-- The payment that a charge became, as of the day the money moved: for a saved method the day it was charged.
create or replace function charge_carry(c charge, who identity) returns bigint
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  by_whom identity := who;
  w weighed_payment;
begin
  by_whom.user_id := c.user_id;
  select x.* into w
    from account a
    join agency g on g.id = a.agency_id
    cross join unnest(payment_carry(jsonb_build_array(jsonb_build_object(
      'account', a.number, 'submission_id', c.id, 'amount', c.amount, 'currency', c.currency, 'method', c.method,
      'reference', c.provider_id,
      'effective_on', case when c.kind = 'saved' and c.method = 'card'
                           then (c.started_at at time zone g.zone)::date
                           else agency_today(a.agency_id) end)), by_whom, 'charge.settle', true)) x
   where a.id = c.account_id;
  if w.outcome is distinct from 'posted' then
    perform fail('DF422', 'charge_settle', format('charge %s cannot be posted: %s', c.id, w.outcome),
                 'the money is at the provider: tell a supervisor');
  end if;
  return w.payment_id;
end $$;

-- Money was taken, but not as it was asked for: nobody posts that silently, a person looks at it. A hold stays. What a
-- person has settled is news again only where the provider names yet another payment.
create or replace function charge_mismatch(c charge, why text, heard jsonb) returns charge
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if c.reason in (why, why || ' settled') and c.told_id is not distinct from heard ->> 'provider_id' then
    return c;
  end if;
  c.told := (heard ->> 'amount')::bigint;
  c.told_currency := left(heard ->> 'currency', 3);
  c.told_id := left(heard ->> 'provider_id', 100);
  perform security_note('charge.mismatch', why, 'account', c.account_id, jsonb_build_object(
    'charge', c.id, 'asked', c.amount, 'currency', c.currency, 'told', c.told, 'told_currency', c.told_currency));
  return charge_step(c, case when charge_is_open(c.state) then 'unknown' else c.state end, why, null);
end $$;

create or replace function charge_succeeded(c charge, heard jsonb, who identity) returns charge
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if (heard ->> 'amount')::bigint is distinct from c.amount
     or heard ->> 'currency' is distinct from c.currency::text then
    return charge_mismatch(c, 'mismatch', heard);
  elsif c.state = 'posted' and heard ->> 'provider_id' <> c.provider_id then
    return charge_mismatch(c, 'taken_twice', heard);
  elsif c.state = 'posted' then
    return case when heard ->> 'source' = 'ask' then charge_step(charge_learned(c, heard), 'posted', c.reason, null)
                else c end;
  end if;
  c.late := not charge_is_open(c.state);
  c := charge_learned(c, heard);
  c.payment_id := charge_carry(c, who);
  -- A webhook does not say what was paid with: where that is to be kept, the worker asks the provider once more.
  return charge_step(c, 'posted', case when c.late then 'late' end,
                     case when c.save and (who.role <> 'worker'
                                           or jsonb_typeof(heard -> 'saved') is distinct from 'object')
                          then kernel_now() end);
end $$;

-- A bank debit that was posted and came back afterwards.
create or replace function charge_returned(c charge, heard jsonb, who identity) returns charge
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  p payment;
  rest bigint;
begin
  select * into strict p from payment x where x.id = c.payment_id;
  rest := p.amount - (returned_of(p)).amount;
  if rest <= 0 then
    return c;
  end if;
  perform act_begin('charge.settle', 'nsf');
  perform give_back(p, rest, 'nsf', md5('returned ' || c.id)::uuid, who);
  return charge_step(c, 'posted', concat_ws(': ', 'returned', heard ->> 'code'), null);
end $$;

-- Nothing was taken. `source` ask is the provider's present state; a webhook's may be an old one, and on a link that is
-- still open it is about one try of several. What is posted goes back by the worker's own question only.
create or replace function charge_failed(c charge, heard jsonb, who identity) returns charge
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  old_news constant boolean := heard ->> 'source' = 'webhook';
begin
  if c.state = 'posted' then
    return case
      when c.method <> 'us_bank_account' or heard ->> 'state' <> 'failed' then c
      when old_news or not heard_first_hand(who, heard) then charge_step(c, 'posted', c.reason, kernel_now())
      else charge_returned(c, heard, who)
    end;
  elsif not charge_is_open(c.state) then
    return c;
  elsif old_news and c.kind = 'link' and c.state <> 'processing' and heard ->> 'state' = 'failed' then
    return charge_step(c, c.state, heard ->> 'code', kernel_now());
  end if;
  return charge_step(charge_learned(c, heard), heard ->> 'state', coalesce(heard ->> 'code', heard ->> 'message'),
                     case when heard ->> 'code' = 'not_sent' then kernel_now() + interval '5 minutes' end);
end $$;

-- The provider has it, and it is not decided. An old webhook never opens what is decided again; asking does.
create or replace function charge_under_way(c charge, heard jsonb) returns charge
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  debited constant boolean := heard ->> 'state' = 'processing';
begin
  if c.state = 'posted' or c.reason = 'mismatch' then
    return c;
  elsif not charge_is_open(c.state) then
    return case when debited and heard ->> 'source' = 'ask'
                then charge_step(c, 'processing', null, kernel_now() + interval '6 hours')
                when debited then charge_step(c, c.state, c.reason, kernel_now())
                else c end;
  elsif debited then
    return charge_step(charge_learned(c, heard), 'processing', null, kernel_now() + interval '6 hours');
  elsif c.state = 'processing' then
    return c;
  end if;
  return charge_step(c, case when c.link_id is null then c.state else 'pending' end, heard ->> 'code',
                     case when c.expires_at > kernel_now()
                          then least(c.expires_at, kernel_now() + interval '10 minutes')
                          else kernel_now() + interval '1 minute' end);
end $$;

-- The provider knows nothing of it. Two minutes after the last call that is an answer; until then it may be on its way.
-- One that never arrived is asked about for another day all the same, ever more seldom.
create or replace function charge_not_there(c charge) returns charge
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  age constant interval := kernel_now() - coalesce(c.called_at, c.started_at);
begin
  if c.state = 'posted' or c.reason = 'mismatch' then
    return c;
  elsif c.state = 'processing' then
    return charge_step(c, 'processing', 'not_found', kernel_now() + interval '1 hour');
  elsif age < interval '2 minutes' and charge_is_open(c.state) then
    return charge_step(c, 'unknown', c.reason, least(kernel_now() + charge_patience(c.asks),
                                                     kernel_now() - age + interval '2 minutes'));
  end if;
  return charge_step(c, case when charge_is_open(c.state) then 'failed' else c.state end,
                     case when charge_is_open(c.state) then 'never_reached' else c.reason end,
                     case when age < interval '1 day' then kernel_now() + greatest(age, interval '5 minutes') end);
end $$;

-- Old news about what is decided makes the worker ask. Its answer ends that question, unless it set another one.
create or replace function charge_answered(c charge, heard jsonb, who identity) returns charge
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if heard_first_hand(who, heard) and coalesce(heard ->> 'state', 'unknown') <> 'unknown'
     and not charge_is_open(c.state) and c.next_ask_at <= kernel_now() then
    update charge x
       set next_ask_at = null, asks = 0, lease = null, lease_until = null
     where x.id = c.id
    returning x.* into c;
  end if;
  return c;
end $$;

-- Heard: {source: call|ask|webhook, state: succeeded|processing|open|failed|canceled|expired|not_found|unknown,
-- provider_id?, amount?, currency?, kind?, code?, message?, saved?: {provider_id, kind, brand, last4, expires}}.
create or replace function charge_hear(wanted uuid, heard jsonb) returns table (changed boolean, was text, state text)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := charge_clerk();
  c charge;
  after charge;
begin
  perform act_begin('charge.settle', heard_code(heard));
  perform period_shared(who.agency_id);
  perform
     from account_balance b
    where b.account_id = (select x.account_id from charge x join account a on a.id = x.account_id where x.id = wanted)
      for no key update;
  c := charge_locked(wanted);
  was := c.state;
  after := case
    when heard ->> 'state' = 'succeeded' then charge_succeeded(c, heard, who)
    when heard ->> 'state' in ('failed', 'canceled', 'expired') then charge_failed(c, heard, who)
    when heard ->> 'state' in ('processing', 'open') then charge_under_way(c, heard)
    when heard ->> 'state' = 'not_found' then charge_not_there(c)
    when c.state in ('pending', 'unknown') and c.reason is distinct from 'mismatch'
    then charge_step(c, 'unknown', heard ->> 'code', kernel_now() + charge_patience(c.asks))
    else c
  end;
  after := charge_confirm(c, charge_answered(after, heard, who), heard, who);
  changed := (after.state, after.payment_id, after.reason) is distinct from (c.state, c.payment_id, c.reason);
  state := after.state;
  return next;
end $$;

-- Gives up a charge that was never sent, or one that the provider tells otherwise once somebody has settled it there.
create or replace function charge_cancel(wanted uuid) returns text
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := charge_clerk();
  c charge;
begin
  perform act_begin('charge.cancel');
  perform period_shared(who.agency_id);
  perform
     from account_balance b
    where b.account_id = (select x.account_id from charge x join account a on a.id = x.account_id where x.id = wanted)
      for no key update;
  c := charge_locked(wanted);
  if c.state = 'canceled' then
    return 'canceled';
  elsif c.reason = 'taken_twice' then
    perform only_who_may(who, 'charge.settle');
    perform charge_step(c, c.state, 'taken_twice settled', null);
    return 'settled';
  elsif not charge_is_open(c.state) then
    return 'decided';
  elsif c.state = 'processing' then
    return 'processing';
  elsif c.reason = 'mismatch' then
    perform only_who_may(who, 'charge.settle');
    perform charge_step(c, 'canceled', 'mismatch settled', null);
    return 'canceled';
  elsif c.link_id is not null then
    return 'link';
  elsif c.lease_until > kernel_now() or c.called_at is not null then
    return 'ask';
  end if;
  perform charge_step(c, 'canceled', 'by hand', null);
  return 'canceled';
end $$;

select operators_may(f), worker_may(f)
  from (values ('execute on function charge_hear, charge_cancel')) x(f);

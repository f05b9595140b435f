-- Whose word counts. An operator's own process hears the provider's answer and says it here, and so could a colleague
-- with psql who never asked; a webhook comes in by a login of its own. What they say is taken at once, and the worker
-- asks the provider after it. Where the provider tells it otherwise, that is kept on record and shown until it is
-- settled.
set role debtflow_kernel;

create or replace function confirm_after() returns interval
  language sql immutable parallel safe
as $$
  select interval '2 minutes'
$$;

-- Whether this was the provider's answer to a question of the worker's own.
create or replace function heard_first_hand(who identity, heard jsonb) returns boolean
  language sql immutable parallel safe
as $$
  select who.role = 'worker' and coalesce(heard ->> 'source', '') in ('ask', 'call')
$$;

-- What is said of a reason in the trail: a code, never somebody's own words.
create or replace function heard_code(heard jsonb) returns text
  language sql immutable parallel safe
as $$
  select case when heard ->> 'code' ~ '^[a-z0-9_]{1,60}$' then heard ->> 'code' end
$$;

-- Whether what the provider says fits what became of a charge here; null where it says nothing of that. What stands as
-- told otherwise waits for a person already, or was settled by one.
create or replace function charge_agrees(c charge, heard jsonb) returns boolean
  language sql immutable parallel safe
as $$
  select case
    when coalesce(heard ->> 'state', 'unknown') = 'unknown' then null
    when c.reason in ('mismatch', 'mismatch settled') then true
    when c.state = 'posted' then heard ->> 'state' = 'succeeded'
                                 or c.method = 'us_bank_account' and c.reason like 'returned%'
    else heard ->> 'state' in ('failed', 'canceled', 'expired', 'not_found')
  end
$$;

-- Part of every word about a charge, which is locked: `was` is the charge before it, `c` after.
create or replace function charge_confirm(was charge, c charge, heard jsonb, who identity) returns charge
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  moved constant boolean := (was.state, was.reason, was.payment_id) is distinct from (c.state, c.reason, c.payment_id);
  decided constant boolean := not charge_is_open(c.state) or c.reason is not distinct from 'mismatch';
  agrees constant boolean := charge_agrees(c, heard);
  after charge := c;
begin
  if not decided then
    return after;
  elsif not heard_first_hand(who, heard) then
    if moved and (c.called_at is not null or c.state = 'posted')
       or c.reason = 'contradicted' and who.role = 'worker' and agrees then
      update charge x set confirm_at = kernel_now() + confirm_after() where x.id = after.id returning x.* into after;
    end if;
  elsif was.confirm_at is not null or was.reason = 'contradicted' then
    if moved or agrees then
      update charge x
         set confirm_at = null, reason = nullif(x.reason, 'contradicted')
       where x.id = after.id
      returning x.* into after;
    elsif not agrees then
      perform security_note('charge.contradicted', heard ->> 'state', 'account', after.account_id, jsonb_build_object(
        'charge', after.id, 'here', after.state, 'provider', heard ->> 'state'));
      update charge x
         set confirm_at = null, reason = 'contradicted', version = x.version + 1
       where x.id = after.id
      returning x.* into after;
    end if;
  end if;
  return after;
end $$;

create or replace function refund_confirm(was refund, f refund, heard jsonb, who identity) returns refund
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  moved constant boolean := (was.state, was.reason, was.posted_id) is distinct from (f.state, f.reason, f.posted_id);
  agrees constant boolean := case
    when coalesce(heard ->> 'state', 'unknown') = 'unknown' then null
    when f.reason = 'mismatch' then true
    when f.state = 'posted' then heard ->> 'state' = 'succeeded'
    else heard ->> 'state' in ('failed', 'not_found')
  end;
  after refund := f;
begin
  if f.state not in ('posted', 'failed') then
    return after;
  elsif not heard_first_hand(who, heard) then
    if moved and (f.called_at is not null or f.state = 'posted')
       or f.reason = 'contradicted' and who.role = 'worker' and agrees then
      update refund x set confirm_at = kernel_now() + confirm_after() where x.id = after.id returning x.* into after;
    end if;
  elsif was.confirm_at is not null or was.reason = 'contradicted' then
    if moved or agrees then
      update refund x
         set confirm_at = null, reason = nullif(x.reason, 'contradicted')
       where x.id = after.id
      returning x.* into after;
    elsif not agrees then
      perform security_note('refund.contradicted', heard ->> 'state', 'account', after.account_id, jsonb_build_object(
        'refund', after.id, 'here', after.state, 'provider', heard ->> 'state'));
      update refund x set confirm_at = null, reason = 'contradicted' where x.id = after.id returning x.* into after;
    end if;
  end if;
  return after;
end $$;

-- The next one whose outcome the worker has only been told of, claimed to be asked about; null where there is none.
-- Whoever else holds a claim on it is not waited for: what is decided is asked about and nothing more.
create or replace function charge_unconfirmed() returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := me();
  claimed uuid;
begin
  perform act_begin('charge.confirm');
  update charge x
     set lease = gen_random_uuid(), lease_until = kernel_now() + charge_lease(),
         confirm_at = kernel_now() + confirm_after()
   where x.id = (select c.id
                   from charge c
                  where c.agency_id = who.agency_id and c.confirm_at <= kernel_now()
                  order by c.confirm_at
                  limit 1
                    for no key update skip locked)
  returning x.id into claimed;
  return charge_order(claimed) || '{"confirm": true}';
end $$;

create or replace function refund_unconfirmed() returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := me();
  claimed uuid;
begin
  perform act_begin('refund.confirm');
  update refund x
     set lease = gen_random_uuid(), lease_until = kernel_now() + charge_lease(),
         confirm_at = kernel_now() + confirm_after()
   where x.id = (select f.id
                   from refund f
                  where f.agency_id = who.agency_id and f.confirm_at <= kernel_now()
                  order by f.confirm_at
                  limit 1
                    for no key update skip locked)
  returning x.id into claimed;
  return refund_order(claimed) || '{"confirm": true}';
end $$;

select worker_may('execute on function charge_unconfirmed, refund_unconfirmed');

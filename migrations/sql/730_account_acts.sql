-- What people do on an account, and how every such act begins: notes, calls, follow-up dates, priority. One function,
-- one transaction.
set role debtflow_kernel;

-- The account with this number. What the caller may not see is not found; the two are never told apart.
create or replace function account_seen(number text) returns account
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  a account;
begin
  select * into a from account x where x.agency_id = who.agency_id and x.number = account_seen.number;
  if not found then
    perform fail('DF404', 'account', format('there is no account %s', number),
                 'look it up by name, phone or reference');
  end if;
  return a;
end $$;

-- Which right an act on an account takes: acts have finer names than rights.
create or replace function right_for(act text) returns text
  language sql immutable parallel safe
as $$
  select case split_part(act, '.', 1)
    when 'account' then case
      when act in ('account.contact', 'account.contact_remove') then 'account.contact'
      when act in ('account.status', 'account.flag', 'account.flag_lift') then 'account.status'
      else 'account.note'
    end
    when 'promise' then 'promise.make'
    when 'plan' then 'plan.make'
    when 'settlement' then 'settlement.offer'
    when 'interest' then 'interest.pause'
    when 'method' then 'method.remove'
  end
$$;

-- How every act on one account begins: who may write at all, which account, what the audit trail calls it.
create or replace function account_open(number text, act text, reason text default '') returns account
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a account;
begin
  perform only_who_may(me(), right_for(act));
  a := account_seen(number);
  if exists (select from debtor d where d.id = a.debtor_id and d.forgotten_at is not null) then
    perform fail('DF422', 'debtor-forgotten', format('the debtor of %s was forgotten', number),
                 'nothing is written about them any more');
  end if;
  perform act_begin(act, reason);
  return a;
end $$;

-- The same for acts that look at money or status: holds the balance row, as payments do, and reads the account after
-- the wait.
create or replace function account_hold(number text, act text, reason text default '') returns account
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a account := account_open(number, act, reason);
begin
  perform from account_balance b where b.account_id = a.id for no key update;
  return account_open(number, act, reason);
end $$;

create or replace function account_moved(account bigint) returns bigint
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  update account_balance b
     set version = b.version + 1
   where b.account_id = account
  returning b.version
$$;

create or replace function activity_add(
  a account,
  kind text,
  said text,
  outcome text default null,
  promised_on date default null,
  promised bigint default null
) returns bigint
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  insert into activity (agency_id, account_id, at, user_id, kind, text, outcome, promised_on, promised)
  values (a.agency_id, a.id, kernel_now(), (me()).user_id, kind, said, outcome, promised_on, promised)
  returning id
$$;

-- Claims a submission for this act: null for a new one, else the answer it was given. The same id with another request
-- is refused.
create or replace function submission_claim(submission uuid, act text, request jsonb) returns jsonb
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  hash constant bytea := sha256(convert_to(request::text, 'UTF8'));
  earlier idempotency_key;
begin
  if submission is null then return null; end if;
  insert into idempotency_key (key, act, request_hash, user_id, at)
  values (submission, act, hash, who.user_id, kernel_now())
  on conflict do nothing;
  if found then return null; end if;
  select * into strict earlier from idempotency_key k where k.key = submission;
  if (earlier.act, earlier.request_hash, earlier.user_id) is distinct from (act, hash, who.user_id) then
    perform fail('DF422', 'idempotency_conflict', 'this submission was used for something else before',
                 'begin a new form');
  end if;
  return earlier.answer;
end $$;

create or replace function submission_answer(submission uuid, answer jsonb) returns void
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  update idempotency_key k
     set answer = submission_answer.answer
   where k.key = submission
$$;

create or replace function account_note(number text, said text, submission uuid default null) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a account := account_open(number, 'account.note');
  replay constant jsonb := submission_claim(submission, 'account.note', jsonb_build_array(number, said));
  written bigint;
begin
  if replay is not null then
    return account_line(a.id, (replay ->> 'activity')::bigint);
  end if;
  written := activity_add(a, 'note', said);
  perform submission_answer(submission, jsonb_build_object('activity', written));
  return account_line(a.id, written);
end $$;

create or replace function account_reached(number text) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a account := account_hold(number, 'account.call');
begin
  if a.status = 'assigned' then
    update account x set status = 'in_contact' where x.id = a.id;
    perform activity_add(a, 'status', 'assigned → in_contact'), account_moved(a.id);
  end if;
end $$;

-- Reaching the debtor moves an assigned account on by itself.
create or replace function account_call(
  number text,
  outcome text,
  said text,
  promised_on date,
  promised bigint,
  currency text,
  submission uuid default null
) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a account := account_open(number, 'account.call');
  replay constant jsonb := submission_claim(
    submission, 'account.call', jsonb_build_array(number, outcome, said, promised_on, promised, currency));
  written bigint;
begin
  if replay is not null then
    return account_line(a.id, (replay ->> 'activity')::bigint);
  end if;
  if outcome is null or outcome <> all (array['promise_to_pay', 'contacted', 'left_message', 'no_answer', 'busy',
                                             'wrong_number', 'refused_to_pay', 'call_back']) then
    perform fail('DF400', 'outcome', 'a call does not end like that', 'promise_to_pay, contacted, left_message, no_answer …',
                 '{"field": "outcome"}');
  elsif promised not between 1 and 1000000000000000 then
    perform fail('DF400', 'promised', 'no such amount can be promised', 'type figures such as 100.00',
                 '{"field": "promised"}');
  elsif promised_on not between agency_today(a.agency_id) and '9999-12-31' then
    perform fail('DF400', 'promised_on', 'a promise is for a day to come', 'type +7, 5 Dec or 2026-12-05',
                 '{"field": "promised_on"}');
  end if;
  if promised is not null and currency is distinct from a.currency then
    perform fail('DF422', 'promise_currency', format('account %s owes %s, not %s', number, a.currency, currency));
  end if;
  written := activity_add(a, 'call', said, outcome, promised_on, promised);
  perform submission_answer(submission, jsonb_build_object('activity', written));
  if outcome in ('promise_to_pay', 'contacted', 'refused_to_pay', 'call_back') then
    perform account_reached(number);
  end if;
  if outcome = 'promise_to_pay' and promised_on is not null then
    perform promise_from_call(number, promised_on, promised);
  end if;
  return account_line(a.id, written);
end $$;

create or replace function account_follow_up(number text, on_day date) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a account := account_open(number, 'account.follow_up');
  written bigint;
begin
  if a.status in ('closed', 'settled') then
    perform fail('DF422', 'account_closed',
                 format('account %s is %s: there is nothing to follow up', number, a.status));
  elsif on_day not between agency_today(a.agency_id) and '9999-12-31' then
    perform fail('DF400', 'follow_up_on', 'a follow-up is for a day to come', 'type t, +7, 5 Dec or 2026-12-05',
                 '{"field": "follow_up_on"}');
  end if;
  update account x set follow_up_on = on_day where x.id = a.id;
  written := activity_add(a, 'follow_up', coalesce('follow up on ' || on_day, 'no follow-up date any more'));
  return account_line(a.id, written);
end $$;

create or replace function account_priority(number text, priority int) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a account := account_open(number, 'account.priority');
begin
  update account x set priority = account_priority.priority where x.id = a.id;
end $$;

select operators_may('execute on function account_note, account_call, account_follow_up, account_priority');

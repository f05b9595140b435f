-- What people do on an account: notes, calls, follow-up dates, contacts, priority, assignment. One function, one transaction.
set role debtflow_kernel;

-- How every act on one account begins: who may write at all, which account, what the audit trail calls it.
-- What the caller may not see is not found; the two are never told apart.
create or replace function account_open(number text, act text, reason text default '') returns account language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  who constant identity := me();
  a account;
begin
  if who.role = 'readonly' then
    perform fail('DF403', 'account_write', 'your role sees accounts but does not change them', 'ask a collector or a supervisor');
  end if;
  select * into a from account x where x.agency_id = who.agency_id and x.number = account_open.number;
  if not found then perform fail('DF404', 'account', format('there is no account %s', number), 'look it up by name, phone or reference'); end if;
  perform act_begin(act, reason);
  return a;
end $$;

-- The same for acts that look at money or status: holds the balance row, as payments do, and reads the account after the wait.
create or replace function account_hold(number text, act text, reason text default '') returns account language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp as $$
declare a account := account_open(number, act, reason);
begin
  perform from account_balance b where b.account_id = a.id for no key update;
  return account_open(number, act, reason);
end $$;

create or replace function account_moved(account bigint) returns bigint language sql volatile set search_path = pg_catalog, debtflow, pg_temp as $$
  update account_balance b set version = b.version + 1 where b.account_id = account returning b.version $$;

create or replace function activity_add(a account, kind text, said text, outcome text default null, promised_on date default null, promised bigint default null)
  returns bigint language sql volatile set search_path = pg_catalog, debtflow, pg_temp as $$
  insert into activity (agency_id, account_id, at, user_id, kind, text, outcome, promised_on, promised)
  values (a.agency_id, a.id, kernel_now(), (me()).user_id, kind, said, outcome, promised_on, promised) returning id $$;

-- Claims a submission for this act: null for a new one, else the answer it was given. The same id with another request is refused.
create or replace function submission_claim(submission uuid, act text, request jsonb) returns jsonb language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  who constant identity := me();
  hash constant bytea := sha256(convert_to(request::text, 'UTF8'));
  earlier idempotency_key;
begin
  if submission is null then return null; end if;
  insert into idempotency_key (key, act, request_hash, user_id, at) values (submission, act, hash, who.user_id, kernel_now()) on conflict do nothing;
  if found then return null; end if;
  select * into strict earlier from idempotency_key k where k.key = submission;
  if (earlier.act, earlier.request_hash, earlier.user_id) is distinct from (act, hash, who.user_id) then
    perform fail('DF422', 'idempotency_conflict', 'this submission was used for something else before', 'begin a new form');
  end if;
  return earlier.answer;
end $$;

create or replace function submission_answer(submission uuid, answer jsonb) returns void language sql volatile set search_path = pg_catalog, debtflow, pg_temp as $$
  update idempotency_key k set answer = submission_answer.answer where k.key = submission $$;

create or replace function account_note(number text, said text, submission uuid default null) returns jsonb language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  a account := account_open(number, 'account.note');
  replay constant jsonb := submission_claim(submission, 'account.note', jsonb_build_array(number, said));
  written bigint;
begin
  if replay is not null then return account_line(a.id, (replay ->> 'activity')::bigint); end if;
  written := activity_add(a, 'note', said);
  perform submission_answer(submission, jsonb_build_object('activity', written));
  return account_line(a.id, written);
end $$;

-- Reaching the debtor moves an assigned account on by itself.
create or replace function account_call(number text, outcome text, said text, promised_on date, promised bigint, currency text, submission uuid default null)
  returns jsonb language plpgsql security definer set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  a account := account_open(number, 'account.call');
  replay constant jsonb := submission_claim(submission, 'account.call', jsonb_build_array(number, outcome, said, promised_on, promised, currency));
  written bigint;
begin
  if replay is not null then return account_line(a.id, (replay ->> 'activity')::bigint); end if;
  if promised_on < agency_today(a.agency_id) then
    perform fail('DF400', 'promised_on', 'a promise is for a day to come', 'type +7, 5 Dec or 2026-12-05', '{"field": "promised_on"}');
  end if;
  if promised is not null and currency is distinct from a.currency then
    perform fail('DF422', 'promise_currency', format('account %s owes %s, not %s', number, a.currency, currency));
  end if;
  written := activity_add(a, 'call', said, outcome, promised_on, promised);
  perform submission_answer(submission, jsonb_build_object('activity', written));
  if outcome in ('promise_to_pay', 'contacted', 'refused_to_pay', 'call_back') then perform account_reached(number); end if;
  return account_line(a.id, written);
end $$;

create or replace function account_reached(number text) returns void language plpgsql set search_path = pg_catalog, debtflow, pg_temp as $$
declare a account := account_hold(number, 'account.call');
begin
  if a.status = 'assigned' then
    update account x set status = 'in_contact' where x.id = a.id;
    perform activity_add(a, 'status', 'assigned → in_contact'), account_moved(a.id);
  end if;
end $$;

create or replace function account_follow_up(number text, on_day date) returns jsonb language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  a account := account_open(number, 'account.follow_up');
  written bigint;
begin
  if a.status in ('closed', 'settled') then
    perform fail('DF422', 'account_closed', format('account %s is %s: there is nothing to follow up', number, a.status));
  elsif on_day < agency_today(a.agency_id) then
    perform fail('DF400', 'follow_up_on', 'a follow-up is for a day to come', 'type t, +7, 5 Dec or 2026-12-05', '{"field": "follow_up_on"}');
  end if;
  update account x set follow_up_on = on_day where x.id = a.id;
  written := activity_add(a, 'follow_up', coalesce('follow up on ' || on_day, 'no follow-up date any more'));
  return account_line(a.id, written);
end $$;

create or replace function account_priority(number text, priority int) returns void language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp as $$
declare a account := account_open(number, 'account.priority');
begin
  update account x set priority = account_priority.priority where x.id = a.id;
end $$;

-- Adds a contact, or changes the one that `contact` names. One of a kind is primary.
create or replace function account_contact_save(number text, kind text, value text, label text, is_primary boolean, contact bigint default null) returns jsonb
  language plpgsql security definer set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  a account := account_open(number, 'account.contact');
  saved bigint := contact;
begin
  perform from debtor d where d.id = a.debtor_id for no key update;
  if exists (select from debtor_contact c where c.debtor_id = a.debtor_id and c.kind = account_contact_save.kind and c.value = account_contact_save.value
                and c.removed_at is null and c.id is distinct from contact) then
    perform fail('DF422', 'contact_known', 'this contact is on the account already', 'change its label instead');
  end if;
  if is_primary then
    update debtor_contact c set is_primary = false where c.debtor_id = a.debtor_id and c.kind = account_contact_save.kind and c.is_primary and c.id is distinct from contact;
  end if;
  if contact is null then
    insert into debtor_contact (agency_id, debtor_id, kind, value, label, is_primary)
    values (a.agency_id, a.debtor_id, account_contact_save.kind, account_contact_save.value, account_contact_save.label, account_contact_save.is_primary) returning id into saved;
  else
    update debtor_contact c set value = account_contact_save.value, label = account_contact_save.label, is_primary = account_contact_save.is_primary
     where c.id = contact and c.debtor_id = a.debtor_id and c.kind = account_contact_save.kind and c.removed_at is null;
    if not found then perform fail('DF404', 'contact', format('account %s has no such %s', number, kind), 'look at the account again'); end if;
  end if;
  perform account_index(array[a.id]), activity_add(a, 'contact', account_contact_save.kind || case when contact is null then ' added' else ' changed' end);
  return (select c from contacts_of(a.debtor_id) c where (c ->> 'id')::bigint = saved);
end $$;

create or replace function account_contact_remove(number text, contact bigint) returns void language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  a account := account_open(number, 'account.contact_remove');
  gone text;
begin
  update debtor_contact c set removed_at = kernel_now(), is_primary = false where c.id = contact and c.debtor_id = a.debtor_id and c.removed_at is null returning kind into gone;
  if not found then perform fail('DF404', 'contact', format('account %s has no such contact', number), 'look at the account again'); end if;
  perform account_index(array[a.id]), activity_add(a, 'contact', gone || ' removed');
end $$;

-- Gives 1..n accounts to one person, all or none; new ones become assigned. Locks the accounts by id.
create or replace function account_assign(numbers text[], login text) returns int language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  who constant identity := me();
  receiver int;
  missing text;
begin
  if who.role not in ('supervisor', 'agency_admin') then
    perform fail('DF403', 'account_assign', 'your role does not assign accounts', 'ask a supervisor', '{"who_may": "supervisor"}');
  end if;
  perform act_begin('account.assign');
  select u.id into receiver from users u join user_roles r on r.user_id = u.id
   where u.login = account_assign.login and u.agency_id = who.agency_id and u.disabled_at is null and r.role in ('collector', 'supervisor', 'agency_admin');
  if not found then perform fail('DF404', 'collector', format('%s is not somebody accounts can be assigned to', login), 'debtflow user list'); end if;
  perform from account a join account_balance b on b.account_id = a.id
    where a.agency_id = who.agency_id and a.number = any (numbers) order by a.id for no key update of b;
  select string_agg(n, ', ' order by n) into missing from (select distinct unnest(numbers) as n) x
   where not exists (select from account a where a.agency_id = who.agency_id and a.number = n);
  if missing is not null then perform fail('DF404', 'account', format('there is no account %s: nothing was assigned', missing)); end if;
  perform account_hand_over(array(select a.id from account a where a.agency_id = who.agency_id and a.number = any (numbers)
                                     and (a.collector_id is distinct from receiver or a.status = 'new')), receiver, who);
  return (select count(distinct n) from unnest(numbers) n);
end $$;

create or replace function account_hand_over(accounts bigint[], receiver int, who identity) returns void language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp as $$
  update account_balance b set version = b.version + 1 from account a where b.account_id = any (accounts) and a.id = b.account_id and a.status = 'new';
  insert into activity (agency_id, account_id, at, user_id, kind, text)
  select a.agency_id, a.id, kernel_now(), who.user_id, 'assignment', coalesce(old.login, 'nobody') || ' → ' || new.login
    from account a join users new on new.id = receiver left join users old on old.id = a.collector_id where a.id = any (accounts);
  insert into activity (agency_id, account_id, at, user_id, kind, text)
  select a.agency_id, a.id, kernel_now(), who.user_id, 'status', 'new → assigned' from account a where a.id = any (accounts) and a.status = 'new';
  update account a set collector_id = receiver, status = case a.status when 'new' then 'assigned' else a.status end where a.id = any (accounts) $$;

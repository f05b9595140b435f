-- The acts: legal holds, how long records are kept, what there is of a person, and forgetting them.
set role debtflow_kernel;

create or replace function pii_hold(number text, reason text) returns bigint
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a constant account := pii_account(number, 'pii.hold');
  hold bigint;
begin
  if length(btrim(coalesce(reason, ''))) not between 1 and 400 then
    perform fail('DF400', 'reason', 'a hold needs a reason of at most 400 characters', 'the case, or who asked for it',
                 '{"field": "reason"}');
  end if;
  perform from debtor d where d.id = a.debtor_id for no key update;
  if exists (select from legal_hold h where h.debtor_id = a.debtor_id and h.lifted_at is null) then
    perform fail('DF422', 'hold-standing', format('there is a legal hold on %s already', number),
                 'debtflow pii holds');
  elsif exists (select from debtor d where d.id = a.debtor_id and d.forgotten_at is not null) then
    perform fail('DF422', 'debtor-forgotten', format('the debtor of %s is forgotten: there is nothing to hold', number));
  end if;
  perform act_begin('pii.hold');
  insert into legal_hold (agency_id, debtor_id, reason, placed_by, placed_at)
  values (a.agency_id, a.debtor_id, pii_hold.reason, (me()).user_id, kernel_now())
  returning id into hold;
  return hold;
end $$;

create or replace function pii_release(number text) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a constant account := pii_account(number, 'pii.release');
begin
  perform from debtor d where d.id = a.debtor_id for no key update;
  if not exists (select from legal_hold h where h.debtor_id = a.debtor_id and h.lifted_at is null) then
    perform fail('DF404', 'hold', format('there is no legal hold on %s', number), 'debtflow pii holds');
  end if;
  perform two_persons(me(), 'pii.release', format('lift the legal hold on %s', a.number),
                      jsonb_build_object('account', a.number));
  perform act_begin('pii.release');
  update legal_hold h
     set lifted_by = (me()).user_id, lifted_at = kernel_now()
   where h.debtor_id = a.debtor_id and h.lifted_at is null;
end $$;

create or replace function pii_holds(old boolean default false) returns table (
  account text,
  reason text,
  placed_by text,
  placed_at timestamptz,
  lifted_by text,
  lifted_at timestamptz
)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'pii.see');
  return query
  select (select min(a.number) from account a where a.debtor_id = h.debtor_id), h.reason, p.login, h.placed_at, l.login,
         h.lifted_at
    from legal_hold h
    join users p on p.id = h.placed_by
    left join users l on l.id = h.lifted_by
   where h.agency_id = who.agency_id and (old or h.lifted_at is null)
   order by h.id desc
   limit 1000;
end $$;

-- For how many days after the last work on a debt its records are kept.
create or replace function pii_retention() returns int
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'pii.see');
  return retention_days(who.agency_id);
end $$;

create or replace function pii_retention_set(days int) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'pii.retention');
  if coalesce(days, -1) not between 0 and 36500 then
    perform fail('DF400', 'days', format('%s is no number of days', days), '0 to 36500', '{"field": "days"}');
  end if;
  perform act_begin('pii.retention');
  insert into retention as r (agency_id, days) values (who.agency_id, pii_retention_set.days)
  on conflict on constraint retention_pkey do update set days = excluded.days where r.days <> excluded.days;
end $$;

-- Who is asked to forget them as well: a provider's own name for a customer stays, for that.
create or replace function pii_providers(debtors bigint[]) returns jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce(jsonb_agg(jsonb_build_object('gateway', g.gateway, 'customer', g.provider_id) order by g.id), '[]')
    from gateway_customer g
   where g.debtor_id = any (debtors) and g.provider_id is not null
$$;

-- Where things of theirs are, in numbers, and what stands in the way.
create or replace function pii_status(number text) returns jsonb
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a constant account := pii_account(number, 'pii.see');
  who constant identity := me();
  debtors constant bigint[] := pii_debtors(a);
  accounts constant bigint[] := array(select x.id from pii_accounts(debtors) x);
begin
  return jsonb_build_object(
    'accounts', (select jsonb_agg(x.number order by x.id) from account x where x.id = any (accounts)),
    'forgotten_at', (select min(d.forgotten_at) from debtor d where d.id = any (debtors)),
    'last_work', pii_last_work(debtors),
    'kept_days', retention_days(who.agency_id),
    'blocks', (select coalesce(jsonb_agg(to_jsonb(b)), '[]') from pii_blocks(who, debtors) b),
    'contacts', (select count(*) from debtor_contact c where c.debtor_id = any (debtors)),
    'lines', (select count(*) from activity v where v.account_id = any (accounts) and v.text <> ''
                 and v.kind not in ('assignment', 'follow_up', 'contact')),
    'references', (select count(*) from payment p where p.account_id = any (accounts) and p.reference is not null),
    'rows', (select count(*) from pii_rows(debtors)),
    'files', (select count(distinct r.file_id) from pii_rows(debtors) r),
    'providers', pii_providers(debtors));
end $$;

create or replace function pii_refuse_blocked(who identity, debtors bigint[]) returns void
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  b record;
begin
  select * into b from pii_blocks(who, debtors) limit 1;
  if found then
    perform fail('DF422', b.rule, b.said, b.what,
                 jsonb_build_object('blocks', (select jsonb_agg(to_jsonb(x)) from pii_blocks(who, debtors) x)));
  end if;
end $$;

-- Whether they could be forgotten now; refuses as `pii_forget` would, before anybody reads a file.
create or replace function pii_check(number text) returns void
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a constant account := pii_account(number, 'pii.forget');
begin
  perform pii_refuse_blocked(me(), pii_debtors(a));
end $$;

-- Takes the locks in their order: batches of files, batches of payments, plans, debtors, balances.
create or replace function pii_lock(debtors bigint[], accounts bigint[], batches bigint[]) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  perform from import_batch b where b.id = any (batches) order by b.id for no key update;
  perform
     from payment_batch b
    where b.id in (select l.batch_id
                     from account a
                     join payment_batch_line l on l.agency_id = a.agency_id and l.account = a.number
                    where a.id = any (accounts))
    order by b.id
      for no key update;
  perform from plan p where p.account_id = any (accounts) order by p.id for no key update;
  perform from debtor d where d.id = any (debtors) order by d.id for no key update;
  perform from account_balance b where b.account_id = any (accounts) order by b.account_id for no key update;
end $$;

-- Forgets the person behind an account. `copies` are the redacted files that this transaction has sent. What is done is
-- told in numbers; the trail says who did it and why, by a word.
create or replace function pii_forget(number text, reason text, copies jsonb default '{}') returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a constant account := pii_account(number, 'pii.forget');
  who constant identity := me();
  debtors constant bigint[] := pii_debtors(a);
  accounts constant bigint[] := array(select x.id from pii_accounts(debtors) x);
  numbers constant text[] := array(select x.number from pii_accounts(debtors) x);
  batches bigint[];
  rows int[];
  files bigint[];
  words text[];
  names text[];
  known text[];
  done jsonb;
begin
  if reason is null or reason not in ('request', 'retention', 'order', 'mistake') then
    perform fail('DF400', 'reason', 'this is no reason to forget somebody', 'request, retention, order or mistake',
                 '{"field": "reason"}');
  end if;
  perform pii_lock(debtors, accounts, array(select distinct r.batch_id from pii_rows(debtors) r order by 1));
  if debtors <> pii_debtors(a) then
    perform fail('DF409', 'debtors-moved', 'who is the same person has changed meanwhile', 'begin again');
  end if;
  perform pii_refuse_blocked(who, debtors);
  perform two_persons(who, 'pii.forget', format('forget the debtor of %s: %s', array_to_string(numbers, ', '), reason),
                      jsonb_build_object('accounts', numbers, 'reason', reason));
  perform act_begin('pii.forget', reason);
  select array_agg(r.batch_id), array_agg(r.row_no), array_agg(distinct r.file_id)
    into batches, rows, files
    from pii_rows(debtors) r;
  words := array(select distinct split_part(s.key, ' ', 1)
                   from search_key s
                  where s.account_id = any (accounts) and s.kind = 'name');
  names := array(select provider_names(debtors, accounts));
  known := pii_words(debtors);
  done := jsonb_build_object(
    'files', pii_redact_all(coalesce(files, '{}'), copies),
    'rows', coalesce(cardinality(rows), 0),
    'webhooks', erase_webhooks(who.agency_id, names));
  perform erase_rows(coalesce(batches, '{}'), coalesce(rows, '{}'), known), erase_claims(accounts),
          erase_filters(who.agency_id, known);
  done := done || (select jsonb_build_object('lines', e.lines, 'references', e.payments) from erase_accounts(accounts) e)
               || jsonb_build_object('contacts', erase_debtors(debtors));
  perform account_index(accounts), erase_words(who.agency_id, words);
  perform account_moved(x) from unnest(accounts) x;
  insert into activity (agency_id, account_id, at, user_id, kind, text)
  select a.agency_id, x, kernel_now(), who.user_id, 'contact', 'the debtor was forgotten: ' || reason
    from unnest(accounts) x;
  done := done || jsonb_build_object(
    'trail', erase_trail(debtors, accounts, coalesce(batches, '{}'), coalesce(rows, '{}'))
             + erase_archived(who.agency_id, debtors, accounts, coalesce(batches, '{}'), known));
  insert into forgetting (agency_id, accounts, reason, at, user_id, done)
  values (who.agency_id, numbers, pii_forget.reason, kernel_now(), who.user_id, done);
  perform security_note('pii.forget', pii_forget.reason, 'account', a.id, done || jsonb_build_object('accounts', numbers));
  return jsonb_build_object('accounts', numbers, 'done', done, 'providers', pii_providers(debtors));
end $$;

-- Who was forgotten, by number, newest first.
create or replace function pii_list() returns table (
  accounts text[],
  reason text,
  at timestamptz,
  login text,
  done jsonb
)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'pii.see');
  return query
  select f.accounts, f.reason, f.at, u.login, f.done
    from forgetting f
    join users u on u.id = f.user_id
   where f.agency_id = who.agency_id
   order by f.id desc;
end $$;

select operators_may('execute on function pii_status, pii_hold, pii_holds, pii_retention, pii_retention_set, pii_list'),
       operators_may('execute on function pii_forget, pii_check, pii_release');

-- What happens to offers by itself: paid ones are completed, those whose day is over expire, and a payment that bounces
-- brings back what was given up for it.
set role debtflow_kernel;

-- One transfer an account: what is left of each bucket is given up, debit written off, credit receivable.
create or replace function write_offs(accounts bigint[], today date) returns jsonb
  language sql stable
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
           'kind', 'write_off', 'effective_on', today,
           'legs', jsonb_build_array(jsonb_build_object(
             'debit', c.book_id * 16 + 8, 'credit', c.book_id * 16 + 2, 'account_id', a.id, 'amount', sum4(b.due),
             'parts', b.due))) order by a.id), '[]')
    from account a
    join account_balance b on b.account_id = a.id
    join client c on c.id = a.client_id
   where a.id = any (accounts) and sum4(b.due) > 0
$$;

-- Open offers that are decided: what was agreed is paid and no charge is under way, or the day is over. Locks their
-- accounts by id.
create or replace function settlements_ripe(agency int, today date, size int) returns bigint[]
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  found bigint[];
begin
  found := array(
    select s.account_id
      from settlement s
      join account_balance b on b.account_id = s.account_id
     where s.agency_id = agency and s.state = 'open'
       and (settlement_paid(s) >= s.amount and b.held = 0 or today > s.expires_on)
     order by s.id
     limit size);
  return array(
    select b.account_id
      from account_balance b
     where b.account_id = any (found)
     order by b.account_id
       for no key update);
end $$;

-- Gives up what is left of accounts that are locked and whose offers are met, and calls them settled.
create or replace function settlements_complete(accounts bigint[], who identity, today date) returns int
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  met constant bigint[] := array(
    select s.account_id
      from settlement s
      join account_balance b on b.account_id = s.account_id
     where s.account_id = any (accounts) and s.state = 'open' and settlement_paid(s) >= s.amount and b.held = 0
     order by s.account_id);
  giving constant bigint[] := array(
    select a.id
      from account a
      join account_balance b on b.account_id = a.id
     where a.id = any (met) and a.status <> 'closed' and sum4(b.due) > 0
     order by a.id);
  ids bigint[];
begin
  perform act_begin('settlement.complete');
  ids := ledger_post(write_offs(giving, today));
  update settlement s
     set state = 'paid', write_off_id = g.transfer, written_off = coalesce(l.amount, 0)
    from unnest(met) m
    left join unnest(giving, ids) as g(account, transfer) on g.account = m
    left join leg l on l.transfer_id = g.transfer
   where s.account_id = m and s.state = 'open';
  update account a set status_before = a.status, status = 'settled' where a.id = any (giving);
  insert into activity (agency_id, account_id, at, user_id, kind, text)
  select a.agency_id, a.id, kernel_now(), who.user_id, 'settlement',
         a.status_before || ' → settled: ' || in_words(s.written_off, s.currency) || ' written off'
    from settlement s
    join account a on a.id = s.account_id
   where s.write_off_id = any (ids);
  return cardinality(met);
end $$;

create or replace function settlements_run(size int) returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  today constant date := agency_today(who.agency_id);
  ripe bigint[];
  done int;
  over int;
begin
  perform clockwork_only(who), period_shared(who.agency_id);
  ripe := settlements_ripe(who.agency_id, today, size);
  done := settlements_complete(ripe, who, today);
  perform act_begin('settlement.expire');
  with expired as (
    update settlement s
       set state = 'expired'
     where s.account_id = any (ripe) and s.state = 'open' and today > s.expires_on and settlement_paid(s) < s.amount
    returning s.agency_id, s.account_id
  ),
  moved as (
    update account_balance b set version = b.version + 1 from expired x where b.account_id = x.account_id
  ),
  told as (
    insert into activity (agency_id, account_id, at, user_id, kind, text)
    select x.agency_id, x.account_id, kernel_now(), who.user_id, 'settlement',
           'offer expired: everything is owed as before'
      from expired x
  )
  select count(*) into over from expired;
  return done + over;
end $$;

-- Part of every reversal, its accounts being locked: an offer that is no longer met gives back what was given up.
create or replace function settlements_follow(accounts bigint[], who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  broken settlement[] := array(
    select s
      from settlement s
     where s.account_id = any (accounts) and s.state = 'paid' and settlement_paid(s) < s.amount
     order by s.account_id);
begin
  if cardinality(broken) = 0 then return; end if;
  perform ledger_post((
    select coalesce(jsonb_agg(jsonb_build_object(
             'kind', 'reversal', 'effective_on', agency_today(who.agency_id), 'family_id', l.transfer_id,
             'reverses', l.transfer_id,
             'legs', jsonb_build_array(jsonb_build_object(
               'debit', l.credit, 'credit', l.debit, 'account_id', l.account_id, 'amount', l.amount,
               'parts', l.parts))) order by l.account_id), '[]')
      from unnest(broken) s
      join leg l on l.transfer_id = s.write_off_id));
  update settlement s
     set state = 'open', write_off_id = null, written_off = 0
   where s.id in (select x.id from unnest(broken) x);
  with reopened as (
    update account a
       set status = coalesce(a.status_before, 'assigned'), status_before = null
     where a.id in (select x.account_id from unnest(broken) x) and a.status = 'settled'
    returning a.agency_id, a.id, a.status
  )
  insert into activity (agency_id, account_id, at, user_id, kind, text)
  select r.agency_id, r.id, kernel_now(), who.user_id, 'status',
         'settled → ' || r.status || ': settlement payment taken back'
    from reopened r;
end $$;

select operators_may(f), worker_may(f) from (values ('execute on function settlements_run')) x(f);

-- Posting: lock, weigh, write. One payment is the case n = 1. The inner functions run under the settings of the outer
-- one.
set role debtflow_kernel;

-- Locks what the items will move, accounts by id. Held to the end of the transaction. The accounts are looked up one by
-- one, so that no plan made while the table was empty can read them all.
create or replace function payment_lock(agency int, items jsonb) returns void
  language plpgsql
as $$
begin
  perform
     from account_balance b
    where b.account_id = any (array(
            select (select a.id from account a where a.agency_id = agency and a.number = x.account)
              from jsonb_to_recordset(items) as x(account text)))
    order by b.account_id
      for no key update;
end $$;

-- Writes what was weighed as `posted`, one statement for all tables; book stripes are touched last.
create or replace function payment_write(weighed weighed_payment[], who identity) returns void
  language plpgsql
as $$
begin
  with posted as materialized (
    select w.* from unnest(weighed) w where w.outcome = 'posted'
  ),
  wrote_payment as (
    insert into payment (
      id, agency_id, account_id, submission_id, request_hash, amount, currency, method, reference, payer,
      parts, over, due_before, bucket_order, effective_on, recorded_at, user_id
    )
    select payment_id, who.agency_id, account_id, submission_id, request_hash, amount, currency, method, reference,
           payer, parts, over, due_before, bucket_order, effective_on, recorded_at, who.user_id
      from posted
  ),
  wrote_transfer as (
    insert into transfer (id, agency_id, kind, family_id, effective_on, recorded_at, user_id)
    overriding system value
    select payment_id, who.agency_id, 'payment', payment_id, effective_on, recorded_at, who.user_id from posted
  ),
  wrote_legs as (
    insert into leg (transfer_id, no, debit, credit, account_id, amount, currency, parts)
    select p.payment_id, l.no, p.book_id * 16 + l.debit, p.book_id * 16 + l.credit, p.account_id, l.amount,
           p.currency, l.parts
      from posted p
      cross join lateral (values
        (1, case when p.in_trust then 1 else 4 end, 2, p.amount - p.over, p.parts),
        (2, 1, 3, p.over, null),
        (3, 4, 5, case when p.in_trust then p.amount - p.over - p.commission else 0 end, null),
        (4, case when p.in_trust then 4 else 5 end, 6, p.commission, null)) as l(no, debit, credit, amount, parts)
     where l.amount > 0
  ),
  wrote_event as (
    insert into ledger_event (agency_id, aggregatetype, aggregateid, type, payload)
    select who.agency_id, 'account', account_id::text, 'TransferRecorded',
           jsonb_build_object('transfer', payment_id, 'kind', 'payment', 'amount', amount, 'currency', currency,
                              'effective_on', effective_on, 'owing', sum4(due))
      from posted
  ),
  last_state as (
    select distinct on (account_id) * from posted order by account_id, ord desc
  ),
  wrote_balance as (
    update account_balance b
       set due = s.due, unapplied = s.unapplied, version = s.version,
           last_payment_on = s.last_payment_on, last_posted_at = s.recorded_at
      from last_state s
     where b.account_id = s.account_id
  ),
  delta as (
    select book_id,
           coalesce(sum(amount) filter (where in_trust), 0) as trust,
           sum(amount - over) as applied,
           sum(over) as over,
           sum(case when in_trust then amount - over - commission else -commission end) as client_due,
           sum(commission) as commission
      from posted
     group by book_id
  ),
  mine as materialized (
    select b.book_id, b.stripe,
           array[d.trust, -d.applied, -d.over, d.applied, -d.client_due, -d.commission, 0, 0]::bigint[] as by_slot
      from delta d
      join book_balance b on b.book_id = d.book_id and b.stripe = (pg_backend_pid() & 15)
     order by b.book_id
       for no key update of b
  )
  update book_balance b
     set balances = plus8(b.balances, m.by_slot)
    from mine m
   where b.book_id = m.book_id and b.stripe = m.stripe;
end $$;

-- A debt that reached zero is closed as paid in full; the status before is kept for the day the payment bounces.
create or replace function account_paid_in_full(accounts bigint[], who identity) returns void
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with closed as (
    update account
       set status_before = status, status = 'closed', closed_reason = 'paid_in_full'
     where id = any (accounts) and status not in ('closed', 'settled')
    returning id, status_before
  )
  insert into activity (agency_id, account_id, at, user_id, kind, text)
  select who.agency_id, id, kernel_now(), who.user_id, 'status', status_before || ' → closed: paid in full'
    from closed
$$;

-- Weighs the items and writes what may be written, all in one act: who may was asked before. Locks the period, then the
-- accounts by id; whatever stands before those in the lock order must be held already. Its callers carry the settings of
-- payment_post.
create or replace function payment_carry(
  items jsonb,
  who identity,
  act text,
  received boolean default false
) returns weighed_payment[]
  language plpgsql
as $$
declare
  weighed weighed_payment[];
  paid_off bigint[] := '{}';
  refused boolean := false;
begin
  perform act_begin(act);
  perform pg_advisory_xact_lock_shared(4627100, who.agency_id); -- period_shared, without the cost of a call
  if clock_timestamp() > statement_timestamp() + statement_lasts() then
    perform statement_is_fresh();
  end if;
  perform payment_lock(who.agency_id, items);
  weighed := payment_weigh(items, who, received, case when act = any ('{payment.post,payment.batch,payment.spread}')
                                                      then limit_of(who, 'payment') end);
  for n in 1 .. coalesce(cardinality(weighed), 0) loop
    if weighed[n].outcome = 'posted' then
      weighed[n].payment_id := nextval('debtflow.transfer_id_seq');
      if sum4(weighed[n].due) = 0 then paid_off := paid_off || weighed[n].account_id; end if;
    elsif weighed[n].outcome <> 'replayed' then
      refused := true;
    end if;
  end loop;
  perform payment_write(weighed, who);
  if cardinality(paid_off) > 0 then
    perform account_paid_in_full(paid_off, who);
  end if;
  if refused then
    perform security_note('payment.refused', w.outcome, 'account', w.account_id,
                          jsonb_build_object('amount', w.amount, 'account',
                                             case when w.number ~ '^[0-9]{1,12}-?[0-9]?$' then w.number end))
       from unnest(weighed) w
      where w.outcome not in ('posted', 'replayed', 'stale');
  end if;
  return weighed;
end $$;

-- The plans inside are made once and kept: the settings keep a plan that was made on an empty table from scanning a
-- full one.
create or replace function payment_post(items jsonb, token text default null) returns setof weighed_payment
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
declare
  who identity;
begin
  if token is not null then
    perform set_config('debtflow.session', token, true);
  end if;
  who := me();
  perform only_who_may(who, 'payment.post');
  return query select * from unnest(payment_carry(items, who, 'payment.post'));
end $$;

select operators_may('execute on function payment_preview, payment_post, allocate');

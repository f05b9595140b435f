-- What must hold of an agency's books and accounts at any time: one function a rule, the count of what breaks it.
set role debtflow_kernel;

create or replace function books_out_of_balance(agency int) returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select count(*)
    from (select
            from ledger_balance lb
           where lb.agency_id = agency
           group by lb.book_id
          having sum(lb.balance) filter (
                   where lb.kind in ('trust', 'client_due', 'commission', 'escrow', 'unapplied')) <> 0) x
$$;

create or replace function currencies_not_zero(agency int) returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select count(*)
    from (select
            from transfer t
            join posting p on p.transfer_id = t.id
           where t.agency_id = agency
           group by p.currency
          having sum(p.amount) <> 0) x
$$;

create or replace function payments_without_transfer(agency int) returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with moved as (
    select t.id
      from transfer t
     where t.agency_id = agency
       and (t.kind in ('payment', 'refund')
            or t.kind = 'reversal'
               and exists (select from transfer o where o.id = t.family_id and o.kind = 'payment'))
  )
  select count(*)
    from payment p
    full join moved t on t.id = p.id
   where (p.agency_id = agency or p.id is null) and (p.id is null or t.id is null)
$$;

create or replace function transfers_not_whole(agency int) returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select count(*)
    from transfer t
    left join leg l on l.transfer_id = t.id
    left join book d on d.id = l.debit / 16
    left join book c on c.id = l.credit / 16
   where t.agency_id = agency
     and (l.transfer_id is null
          or d.agency_id is distinct from t.agency_id
          or c.agency_id is distinct from t.agency_id)
$$;

-- Rows that carry another collector or agency than their account: it would be shown to the wrong person.
create or replace function collectors_not_copied() returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select (select count(*)
            from account a
            join account_balance b on b.account_id = a.id
           where b.collector_id is distinct from a.collector_id or b.agency_id <> a.agency_id)
       + (select count(*)
            from account a
            join search_key k on k.account_id = a.id
           where k.collector_id is distinct from a.collector_id or k.agency_id <> a.agency_id)
$$;

create or replace function paid_in_full_but_owing() returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select count(*)
    from account a
    join account_balance b on b.account_id = a.id
   where a.closed_reason = 'paid_in_full' and sum4(b.due) <> 0
$$;

-- Events of transactions that ended before the sequencer last looked, and still have no position; and positions that
-- are missing in their row.
create or replace function events_out_of_order(agency int) returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select (select count(*)
            from ledger_event e
            join event_head h on h.agency_id = e.agency_id and h.cluster = cluster_identity()
           where e.agency_id = agency
             and e.xid < h.horizon
             and not exists (select
                               from event_position p
                              where p.agency_id = e.agency_id and p.xid = e.xid and p.event_id = e.id))
       + (select coalesce(max(h.position), 0) from event_head h where h.agency_id = agency)
       - (select count(*) from event_position p where p.agency_id = agency)
$$;

-- Events that somebody waits for, recorded more than five minutes ago and not placed yet.
create or replace function events_late(agency int) returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select count(*)
    from event_head h
    join ledger_event e on e.agency_id = h.agency_id and e.xid >= h.horizon
    join transfer t on t.id = (e.payload ->> 'transfer')::bigint
   where h.agency_id = agency
     and t.recorded_at < kernel_now() - interval '5 minutes'
     and exists (select from event_consumer c where c.agency_id = agency)
     and not exists (select
                       from event_position p
                      where p.agency_id = e.agency_id and p.xid = e.xid and p.event_id = e.id)
$$;

create or replace function ledger_health() returns table (name text, broken bigint, what text)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'house.examine');
  return query values
    ('trust-equation', books_out_of_balance(who.agency_id),
     'trust cash = due to clients + commission not drawn + escrow + unapplied, per client'),
    ('postings-zero', currencies_not_zero(who.agency_id),
     'postings of every currency sum to zero'),
    ('payments-transfers', payments_without_transfer(who.agency_id),
     'every payment has its transfer, every payment transfer its payment'),
    ('legs-whole', transfers_not_whole(who.agency_id),
     'every transfer has legs, every leg a ledger account of its agency'),
    ('collector-copies', collectors_not_copied(),
     'the collector on the account is the one on its balance and in the lookup'),
    ('closed-zero', paid_in_full_but_owing(),
     'paid in full means nothing owed'),
    ('event-positions', events_out_of_order(who.agency_id),
     'every event of an ended transaction has its position, and no position is missing'),
    ('event-lag', events_late(who.agency_id),
     'events that a consumer waits for are placed within five minutes: debtflow worker does it');
end $$;

select operators_may('execute on function ledger_health');

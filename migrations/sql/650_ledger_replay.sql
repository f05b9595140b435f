-- The ledger proves itself: every balance rebuilt from the legs, compared to the minor unit. Bound by the caller's
-- policies on accounts and books.
set role debtflow_kernel;

create or replace function replay_buckets(agency int)
  returns table (what text, currency text, stored bigint, replayed bigint)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with bucket as (
    select l.account_id, b.no, sum(case when l.debit % 16 = 2 then b.part else -b.part end)::bigint as amount
      from transfer t
      join leg l on l.transfer_id = t.id
      cross join lateral unnest(l.parts) with ordinality as b(part, no)
     where t.agency_id = agency and l.parts is not null
     group by l.account_id, b.no
  )
  select 'account ' || a.number || ' ' || (array['principal', 'interest', 'fees', 'costs'])[n],
         b.currency::text, b.due[n], coalesce(r.amount, 0)
    from account a
    join account_balance b on b.account_id = a.id
    cross join generate_series(1, 4) n
    left join bucket r on r.account_id = a.id and r.no = n
   where b.due[n] <> coalesce(r.amount, 0)
$$;

create or replace function replay_unapplied(agency int)
  returns table (what text, currency text, stored bigint, replayed bigint)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with held as (
    select l.account_id, sum(case when l.credit % 16 = 3 then l.amount else -l.amount end)::bigint as amount
      from transfer t
      join leg l on l.transfer_id = t.id
     where t.agency_id = agency and (l.debit % 16 = 3 or l.credit % 16 = 3)
     group by l.account_id
  )
  select 'account ' || a.number || ' unapplied', b.currency::text, b.unapplied, coalesce(h.amount, 0)
    from account a
    join account_balance b on b.account_id = a.id
    left join held h on h.account_id = a.id
   where b.unapplied <> coalesce(h.amount, 0)
$$;

create or replace function replay_books(agency int)
  returns table (what text, currency text, stored bigint, replayed bigint)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with rebuilt as (
    select p.ledger_account, sum(p.amount)::bigint as amount
      from transfer t
      join posting p on p.transfer_id = t.id
     where t.agency_id = agency
     group by p.ledger_account
  )
  select 'book ' || coalesce(c.code, lb.book_id::text) || ' ' || lb.kind,
         lb.currency::text, lb.balance, coalesce(r.amount, 0)
    from ledger_balance lb
    left join rebuilt r on r.ledger_account = lb.book_id * 16 + lb.slot
    left join client c on c.book_id = lb.book_id
   where lb.agency_id = agency and lb.balance <> coalesce(r.amount, 0)
$$;

create or replace function ledger_replay()
  returns table (what text, currency text, stored bigint, replayed bigint)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform supervisor_only(who, 'ledger_replay_role', 'the replay covers the whole agency');
  return query select * from replay_buckets(who.agency_id);
  return query select * from replay_unapplied(who.agency_id);
  return query select * from replay_books(who.agency_id);
end $$;

create or replace function ledger_transfers() returns bigint
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select count(*) from transfer where agency_id = (me()).agency_id
$$;

select operators_may('execute on function ledger_replay, ledger_transfers');

-- The ledger proves itself: every balance rebuilt from the legs, compared to the minor unit. Bound by the caller's
-- policies on accounts and books.
set role debtflow_kernel;

-- Where a stored balance and its postings part: `parts_at` is the first posting that the stored balance does not hold,
-- where it ever was what the postings said; `last` is the last one that touched it. Of a bucket, of what is held for a
-- debt (bucket null), or of a ledger account (account null).
create or replace function replay_parting(
  account bigint,
  bucket int,
  ledger int,
  stored bigint,
  out parts_at bigint,
  out parts_leg int,
  out last bigint
)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with line as (
    select l.transfer_id, l.no, case when l.debit % 16 = 2 then 1 else -1 end * l.parts[bucket] as amount
      from leg l
     where l.account_id = account and bucket is not null and l.parts is not null and l.parts[bucket] > 0
    union all
    select l.transfer_id, l.no, case when l.credit % 16 = 3 then l.amount else -l.amount end
      from leg l
     where l.account_id = account and bucket is null and (l.debit % 16 = 3 or l.credit % 16 = 3)
    union all
    select l.transfer_id, l.no, case when l.debit = ledger then l.amount else -l.amount end
      from leg l
     where account is null and (l.debit = ledger or l.credit = ledger)
  ),
  walked as materialized (
    select x.*, sum(x.amount) over (order by x.transfer_id, x.no) as running from line x
  ),
  met as (
    select transfer_id, no
      from (select transfer_id, no from walked where running = stored
            union all
            select 0, 0 where stored = 0) m
     order by transfer_id desc, no desc
     limit 1
  ),
  parted as (
    select w.transfer_id, w.no
      from walked w
      join met m on (w.transfer_id, w.no) > (m.transfer_id, m.no)
     order by w.transfer_id, w.no
     limit 1
  )
  select (select transfer_id from parted), (select no::int from parted), (select max(transfer_id) from walked)
$$;

create or replace function replay_buckets(agency int)
  returns table (what text, currency text, stored bigint, replayed bigint, account bigint, bucket int, ledger int)
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
         b.currency::text, b.due[n], coalesce(r.amount, 0), a.id, n, null::int
    from account a
    join account_balance b on b.account_id = a.id
    cross join generate_series(1, 4) n
    left join bucket r on r.account_id = a.id and r.no = n
   where b.due[n] <> coalesce(r.amount, 0)
$$;

create or replace function replay_unapplied(agency int)
  returns table (what text, currency text, stored bigint, replayed bigint, account bigint, bucket int, ledger int)
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
  select 'account ' || a.number || ' unapplied', b.currency::text, b.unapplied, coalesce(h.amount, 0), a.id, null::int,
         null::int
    from account a
    join account_balance b on b.account_id = a.id
    left join held h on h.account_id = a.id
   where b.unapplied <> coalesce(h.amount, 0)
$$;

create or replace function replay_books(agency int)
  returns table (what text, currency text, stored bigint, replayed bigint, account bigint, bucket int, ledger int)
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
         lb.currency::text, lb.balance, coalesce(r.amount, 0), null::bigint, null::int, lb.book_id * 16 + lb.slot
    from ledger_balance lb
    left join rebuilt r on r.ledger_account = lb.book_id * 16 + lb.slot
    left join client c on c.book_id = lb.book_id
   where lb.agency_id = agency and lb.balance <> coalesce(r.amount, 0)
$$;

create or replace function ledger_replay() returns table (
  what text,
  currency text,
  stored bigint,
  replayed bigint,
  parts_at bigint,
  parts_leg int,
  last_transfer bigint
)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'books.replay');
  return query
    select d.what, d.currency, d.stored, d.replayed, x.parts_at, x.parts_leg, x.last
      from (select * from replay_buckets(who.agency_id)
            union all
            select * from replay_unapplied(who.agency_id)
            union all
            select * from replay_books(who.agency_id)) d
      cross join lateral replay_parting(d.account, d.bucket, d.ledger, d.stored) x
     order by x.parts_at nulls last, x.parts_leg, d.what;
end $$;

create or replace function ledger_transfers() returns bigint
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'books.replay');
  return (select count(*) from transfer t where t.agency_id = who.agency_id);
end $$;

select operators_may('execute on function ledger_replay, ledger_transfers');

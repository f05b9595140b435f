-- The ledger: transfers of legs. A leg debits one ledger account and credits another by one positive amount, so nothing
-- can be unbalanced. A ledger account is book * 16 + slot; a book's balances are one array a stripe, debit positive.
set role debtflow_owner;

create or replace view posting with (security_invoker = true) as
  select transfer_id, no, debit as ledger_account, account_id, amount, currency, parts
    from leg
  union all
  select transfer_id, no, credit, account_id, -amount, currency, parts
    from leg;

create or replace view ledger_balance with (security_invoker = true) as
  select b.agency_id, b.id as book_id, k.slot, k.name as kind, b.currency, sum(x.balances[k.slot])::bigint as balance
    from book b
    join book_balance x on x.book_id = b.id
    cross join ledger_kind k
   group by b.agency_id, b.id, k.slot, k.name, b.currency;

create or replace function book_open(agency int, currency text) returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  opened int;
begin
  insert into book (agency_id, currency) values (agency, book_open.currency) returning id into opened;
  insert into ledger_account (book_id, slot)
  select opened, slot
    from ledger_kind;
  insert into book_balance (book_id, stripe, balances)
  select opened, s, array_fill(0::bigint, array[8])
    from generate_series(0, 15) s;
  return opened;
end $$;
grant execute on function book_open to debtflow_useradmin, debtflow_kernel;

set role debtflow_kernel;

create or replace function plus4(a bigint[], b bigint[], sign bigint default 1) returns bigint[]
  language sql immutable parallel safe
as $$
  select array[a[1] + sign * b[1], a[2] + sign * b[2], a[3] + sign * b[3], a[4] + sign * b[4]]
$$;

create or replace function plus8(a bigint[], b bigint[]) returns bigint[]
  language sql immutable parallel safe
as $$
  select array[a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4], a[5] + b[5], a[6] + b[6], a[7] + b[7], a[8] + b[8]]
$$;

create or replace function sum4(a bigint[]) returns bigint
  language sql immutable parallel safe
as $$
  select a[1] + a[2] + a[3] + a[4]
$$;

select operators_may('execute on function plus4, plus8, sum4');
grant execute on function sum4 to debtflow_owner;

-- Moves the books by the legs of these transfers. Each backend keeps to one of 16 stripes, so deposits do not queue;
-- stripes are locked last, in order.
create or replace function books_follow(transfers bigint[]) returns void
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with side as (
    select l.debit as ledger, l.amount
      from leg l
     where l.transfer_id = any (transfers)
    union all
    select l.credit, -l.amount
      from leg l
     where l.transfer_id = any (transfers)
  ),
  filled as (
    select books.book, slot,
           (select coalesce(sum(s.amount), 0)::bigint from side s where s.ledger = books.book * 16 + slot) as amount
      from (select distinct ledger / 16 as book from side) books
      cross join generate_series(1, 8) slot
  ),
  delta as (
    select f.book as book_id, array_agg(f.amount order by f.slot) as by_slot
      from filled f
     group by f.book
  ),
  mine as materialized (
    select b.book_id, b.stripe, d.by_slot
      from delta d
      join book_balance b on b.book_id = d.book_id and b.stripe = (pg_backend_pid() & 15)
     order by b.book_id
       for no key update of b
  )
  update book_balance b
     set balances = plus8(b.balances, m.by_slot)
    from mine m
   where b.book_id = m.book_id and b.stripe = m.stripe
$$;

-- Moves the debtors' buckets by the legs that split over them: a debit of the receivable raises what is owed, a credit
-- lowers it.
create or replace function buckets_follow(transfers bigint[]) returns void
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with movement as (
    select l.account_id,
           sum(s.sign * l.parts[1])::bigint as p,
           sum(s.sign * l.parts[2])::bigint as i,
           sum(s.sign * l.parts[3])::bigint as f,
           sum(s.sign * l.parts[4])::bigint as c
      from leg l
      cross join lateral (select case when l.debit % 16 = 2 then 1 else -1 end as sign) s
     where l.transfer_id = any (transfers) and l.parts is not null
     group by l.account_id
  ),
  locked as materialized (
    select b.account_id, m.p, m.i, m.f, m.c
      from movement m
      join account_balance b using (account_id)
     order by b.account_id
       for no key update of b
  )
  update account_balance b
     set due = plus4(b.due, array[m.p, m.i, m.f, m.c]), version = b.version + 1
    from locked m
   where b.account_id = m.account_id
$$;

-- A refund and a write-off have names of their own; every other transfer is recorded under the name it is given. The
-- amount is what moved for the debtor: commission and what is due to the client follow from it.
create or replace function events_follow(transfers bigint[], event_type text) returns void
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with moved as (
    select l.transfer_id, min(l.account_id) as account_id, min(l.debit) as debit, min(l.currency) as currency,
           coalesce(sum(l.amount) filter (where l.debit % 16 in (2, 3) or l.credit % 16 in (2, 3)),
                    sum(l.amount)) as amount
      from leg l
     where l.transfer_id = any (transfers)
     group by l.transfer_id
  )
  insert into ledger_event (agency_id, aggregatetype, aggregateid, type, payload)
  select t.agency_id, case when m.account_id is null then 'ledger_account' else 'account' end,
         coalesce(m.account_id, m.debit)::text,
         case t.kind when 'refund' then 'RefundRecorded' when 'write_off' then 'WriteOffRecorded' else event_type end,
         jsonb_strip_nulls(jsonb_build_object(
           'transfer', t.id, 'kind', t.kind, 'family', t.family_id, 'reverses', t.reverses,
           'reason', case when t.family_id <> t.id then (select p.reason from payment p where p.id = t.id) end,
           'amount', m.amount, 'currency', m.currency, 'effective_on', t.effective_on))
    from transfer t
    join moved m on m.transfer_id = t.id
   where t.id = any (transfers)
   order by t.id
$$;

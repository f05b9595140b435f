-- The ledger: transfers of legs. A leg debits one ledger account and credits another by one positive amount, so nothing can be unbalanced.
-- A ledger account is book * 16 + slot; a book's balances are one array a stripe, debit positive.
set role debtflow_owner;

create or replace view posting with (security_invoker = true) as
  select transfer_id, no, debit as ledger_account, account_id, amount, currency, parts from leg
  union all
  select transfer_id, no, credit, account_id, -amount, currency, parts from leg;

create or replace view ledger_balance with (security_invoker = true) as
  select b.agency_id, b.id as book_id, k.slot, k.name as kind, b.currency, sum(x.balances[k.slot])::bigint as balance
    from book b join book_balance x on x.book_id = b.id cross join ledger_kind k group by b.agency_id, b.id, k.slot, k.name, b.currency;

create or replace function book_open(agency int, currency text) returns int language plpgsql security definer set search_path = pg_catalog, debtflow, pg_temp as $$
declare opened int;
begin
  insert into book (agency_id, currency) values (agency, book_open.currency) returning id into opened;
  insert into ledger_account (book_id, slot) select opened, slot from ledger_kind;
  insert into book_balance (book_id, stripe, balances) select opened, s, array_fill(0::bigint, array[8]) from generate_series(0, 15) s;
  return opened;
end $$;
grant execute on function book_open to debtflow_useradmin, debtflow_kernel;

set role debtflow_kernel;

create or replace function plus4(a bigint[], b bigint[], sign bigint default 1) returns bigint[] language sql immutable parallel safe as
  'select array[a[1] + sign * b[1], a[2] + sign * b[2], a[3] + sign * b[3], a[4] + sign * b[4]]';
create or replace function plus8(a bigint[], b bigint[]) returns bigint[] language sql immutable parallel safe as
  'select array[a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4], a[5] + b[5], a[6] + b[6], a[7] + b[7], a[8] + b[8]]';
create or replace function sum4(a bigint[]) returns bigint language sql immutable parallel safe as 'select a[1] + a[2] + a[3] + a[4]';

-- Moves the books by the legs of these transfers. Each backend keeps to one of 16 stripes, so deposits do not queue; stripes are locked last, in order.
create or replace function books_follow(transfers bigint[]) returns void language sql volatile set search_path = pg_catalog, debtflow, pg_temp as $$
  with side as (
    select l.debit as ledger, l.amount from leg l where l.transfer_id = any (transfers)
    union all
    select l.credit, -l.amount from leg l where l.transfer_id = any (transfers)),
  delta as (
    select ledger / 16 as book_id, array_agg(amount order by slot) as by_slot
      from (select slot + (book * 16) as ledger, slot, (select coalesce(sum(s.amount), 0)::bigint from side s where s.ledger = book * 16 + slot) as amount
              from (select distinct ledger / 16 as book from side) books cross join generate_series(1, 8) slot) filled
     group by ledger / 16),
  mine as materialized (
    select b.book_id, b.stripe, d.by_slot from delta d join book_balance b on b.book_id = d.book_id and b.stripe = (pg_backend_pid() & 15)
     order by b.book_id for no key update of b)
  update book_balance b set balances = plus8(b.balances, m.by_slot) from mine m where b.book_id = m.book_id and b.stripe = m.stripe $$;

-- Posts 1..n transfers: [{kind, effective_on, import_batch_id?, legs: [{debit, credit, account_id?, amount, parts?}]}].
-- Locks balances of the accounts by id, then the books. Internal: the acts around it decide who may. Returns the ids in the order of the items.
create or replace function ledger_post(transfers jsonb) returns bigint[] language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
  who constant identity := me();
  ids bigint[];
begin
  select array_agg(nextval('debtflow.transfer_id_seq') order by ord) into ids from generate_series(1, jsonb_array_length(transfers)) ord;
  if exists (select from jsonb_array_elements(transfers) t cross join jsonb_to_recordset(t -> 'legs') as l(debit int, credit int)
              where not exists (select from book b where b.id = l.debit / 16 and b.agency_id = who.agency_id)
                 or not exists (select from book b where b.id = l.credit / 16 and b.agency_id = who.agency_id)) then
    perform fail('DF404', 'ledger_account', 'no such ledger account');
  end if;
  insert into transfer (id, agency_id, kind, family_id, effective_on, recorded_at, user_id, import_batch_id) overriding system value
  select ids[t.ord], who.agency_id, t.kind, ids[t.ord], t.effective_on, kernel_now(), who.user_id, t.import_batch_id
    from rows from (jsonb_to_recordset(transfers) as (kind text, effective_on date, import_batch_id bigint)) with ordinality as t(kind, effective_on, import_batch_id, ord);
  insert into leg (transfer_id, no, debit, credit, account_id, amount, currency, parts)
  select ids[t.ord], l.no, l.debit, l.credit, l.account_id, l.amount, b.currency, l.parts
    from jsonb_array_elements(transfers) with ordinality as t(item, ord)
    cross join rows from (jsonb_to_recordset(t.item -> 'legs') as (debit int, credit int, account_id bigint, amount bigint, parts bigint[])) with ordinality as l(debit, credit, account_id, amount, parts, no)
    join book b on b.id = l.debit / 16;
  perform buckets_follow(ids);
  perform events_follow(ids, 'TransferRecorded');
  perform books_follow(ids);
  return ids;
end $$;

-- Moves the debtors' buckets by the legs that split over them: a debit of the receivable raises what is owed, a credit lowers it.
create or replace function buckets_follow(transfers bigint[]) returns void language sql volatile set search_path = pg_catalog, debtflow, pg_temp as $$
  with movement as (
    select l.account_id, sum(s.sign * l.parts[1])::bigint as p, sum(s.sign * l.parts[2])::bigint as i,
           sum(s.sign * l.parts[3])::bigint as f, sum(s.sign * l.parts[4])::bigint as c
      from leg l cross join lateral (select case when l.debit % 16 = 2 then 1 else -1 end as sign) s
     where l.transfer_id = any (transfers) and l.parts is not null group by l.account_id),
  locked as materialized (
    select b.account_id, m.p, m.i, m.f, m.c from movement m join account_balance b using (account_id) order by b.account_id for no key update of b)
  update account_balance b set due = plus4(b.due, array[m.p, m.i, m.f, m.c]), version = b.version + 1 from locked m where b.account_id = m.account_id $$;

create or replace function events_follow(transfers bigint[], event_type text) returns void language sql volatile set search_path = pg_catalog, debtflow, pg_temp as $$
  insert into ledger_event (aggregatetype, aggregateid, type, payload)
  select 'account', l.account_id::text, event_type,
         jsonb_build_object('transfer', t.id, 'kind', t.kind, 'family', t.family_id, 'amount', l.amount, 'currency', l.currency, 'effective_on', t.effective_on)
    from transfer t join leg l on l.transfer_id = t.id and l.no = 1 where t.id = any (transfers) $$;

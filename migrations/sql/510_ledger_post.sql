-- Posting transfers to the ledger: legs first, then what follows them (buckets, events, books).
set role debtflow_kernel;

-- Every ledger account that a leg names belongs to this agency, or nothing is posted.
create or replace function ledger_accounts_known(transfers jsonb, agency int) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_generic_plan
as $$
begin
  if exists (
    select
      from jsonb_array_elements(transfers) t
      cross join jsonb_to_recordset(t -> 'legs') as l(debit int, credit int)
     where not exists (select from book b where b.id = l.debit / 16 and b.agency_id = agency)
        or not exists (select from book b where b.id = l.credit / 16 and b.agency_id = agency)
  ) then
    perform fail('DF404', 'ledger_account', 'no such ledger account');
  end if;
end $$;

-- Posts 1..n transfers: [{kind, effective_on, family_id?, reverses?, import_batch_id?,
-- legs: [{debit, credit, account_id?, amount, parts?}]}]. Locks the period, balances of the accounts by id, the books. Internal: the acts around it decide who may. Returns the ids in
-- the order of the items.
create or replace function ledger_post(transfers jsonb) returns bigint[]
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_generic_plan
as $$
declare
  who constant identity := me();
  ids bigint[];
begin
  perform period_shared(who.agency_id);
  perform ledger_accounts_known(transfers, who.agency_id);
  select array_agg(nextval('debtflow.transfer_id_seq') order by ord)
    into ids
    from generate_series(1, jsonb_array_length(transfers)) ord;
  insert into transfer (
    id, agency_id, kind, family_id, reverses, effective_on, recorded_at, user_id, import_batch_id
  )
  overriding system value
  select ids[t.ord], who.agency_id, t.kind, coalesce(t.family_id, ids[t.ord]), t.reverses, t.effective_on,
         kernel_now(), who.user_id, t.import_batch_id
    from rows from (
           jsonb_to_recordset(transfers) as (
             kind text, effective_on date, family_id bigint, reverses bigint, import_batch_id bigint)
         ) with ordinality as t(kind, effective_on, family_id, reverses, import_batch_id, ord);
  insert into leg (transfer_id, no, debit, credit, account_id, amount, currency, parts)
  select ids[t.ord], l.no, l.debit, l.credit, l.account_id, l.amount, b.currency, l.parts
    from jsonb_array_elements(transfers) with ordinality as t(item, ord)
    cross join rows from (
           jsonb_to_recordset(t.item -> 'legs')
             as (debit int, credit int, account_id bigint, amount bigint, parts bigint[])
         ) with ordinality as l(debit, credit, account_id, amount, parts, no)
    join book b on b.id = l.debit / 16;
  perform buckets_follow(ids);
  perform events_follow(ids, 'TransferRecorded');
  perform books_follow(ids);
  return ids;
end $$;

-- The day's accrual: every account of the agency that bears interest, in pages, each exactly once however often it is
-- asked for. Days on which nothing ran are caught up by the next that does.
set role debtflow_kernel;

-- Takes the day's run in hand; a second worker waits here.
create or replace function interest_run_claim(agency int, today date) returns interest_run
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  r interest_run;
begin
  insert into interest_run (agency_id, day) values (agency, today) on conflict do nothing;
  select * into strict r from interest_run x where x.agency_id = agency and x.day = today for update;
  return r;
end $$;

-- The next page of accounts that may bear interest, in the order of their locks.
create or replace function interest_page(agency int, after bigint, size int) returns bigint[]
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce(array_agg(x.id order by x.id), '{}')
    from (select a.id
            from account a
           where a.agency_id = agency
             and a.id > after
             and interest_runs_in(a.status)
             and a.client_id = any (array(select k.client_id
                                            from contract k
                                           where k.agency_id = agency and k.interest_bp > 0))
           order by a.id
           limit size) x
$$;

-- The transfers that bring what was posted to what is due. What was posted too much is given back as far as interest is
-- still owed and not held; the rest is made up for by the days to come.
create or replace function interest_transfers(accounts bigint[], today date) returns jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with found as (
    select i.account_id, c.book_id * 16 as book,
           greatest(interest_rounded(i.basis) - i.posted, -least(b.due[2], greatest(sum4(b.due) - b.held, 0))) as amount
      from interest_basis(accounts, today) i
      join account a on a.id = i.account_id
      join client c on c.id = a.client_id
      join account_balance b on b.account_id = a.id
     where interest_runs_in(a.status)
  )
  select jsonb_agg(jsonb_build_object(
           'kind', 'interest', 'effective_on', today,
           'legs', jsonb_build_array(jsonb_build_object(
             'debit', f.book + case when f.amount > 0 then 2 else 4 end,
             'credit', f.book + case when f.amount > 0 then 4 else 2 end,
             'account_id', f.account_id, 'amount', abs(f.amount), 'parts', array[0, abs(f.amount), 0, 0])))
           order by f.account_id)
    from found f
   where f.amount <> 0
$$;

-- One page of today's accrual. Locks the period, the run, the accounts by id, the books. Gives what the page did and
-- whether it was the last.
create or replace function interest_accrue(size int, out looked bigint, out posted bigint, out done boolean)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := me();
  today constant date := agency_today(who.agency_id);
  run interest_run;
  page bigint[];
  transfers jsonb;
begin
  perform only_who_may(who, 'interest.accrue');
  perform act_begin('interest.accrue'), period_shared(who.agency_id);
  run := interest_run_claim(who.agency_id, today);
  page := case when run.done_at is null then interest_page(who.agency_id, run.after_account, size) else '{}' end;
  perform from account_balance b where b.account_id = any (page) order by b.account_id for no key update;
  transfers := interest_transfers(page, today);
  if transfers is not null then
    perform ledger_post(transfers);
    perform account_paid_in_full(array(
      select b.account_id from account_balance b where b.account_id = any (page) and sum4(b.due) = 0), who);
  end if;
  looked := cardinality(page);
  posted := coalesce(jsonb_array_length(transfers), 0);
  done := looked < size;
  update interest_run x
     set after_account = coalesce(page[looked], x.after_account), accounts = x.accounts + looked,
         posted = x.posted + interest_accrue.posted,
         done_at = case when done then coalesce(x.done_at, kernel_now()) end
   where x.agency_id = who.agency_id and x.day = today;
end $$;

select operators_may('execute on function interest_accrue'), worker_may('execute on function interest_accrue');

-- Who holds an account, and since when. Asked after a lock timeout, in a new transaction.
set role debtflow_monitor;

create or replace function backend_of(holder int) returns table (login name, since timestamptz)
  language sql security definer
  set search_path = pg_catalog, pg_temp
as $$
  select a.usename, a.xact_start
    from pg_stat_activity a
   where a.pid = holder
$$;
grant execute on function backend_of to debtflow_kernel;

set role debtflow_kernel;

-- xmax of the balance row is the locker, visible before it commits.
create or replace function lock_holder(account_number text) returns table (login name, since timestamptz)
  language sql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select h.login, h.since
    from account a
    join account_balance b on b.account_id = a.id
    join pg_locks l on l.locktype = 'transactionid' and l.transactionid = b.xmax
                       and l.granted and l.mode = 'ExclusiveLock'
    cross join lateral backend_of(l.pid) h
   where a.agency_id = (me()).agency_id and a.number = account_number
$$;

select operators_may('execute on function lock_holder');

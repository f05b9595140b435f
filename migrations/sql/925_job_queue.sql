-- The queue of background work. One queue an agency: a worker's login sees and takes the jobs of its own agency only,
-- and whatever else is in the queue's schema is nobody's but its owner's.
set role debtflow_owner;

-- The jobs of an agency stand in one queue, by this name.
create or replace function agency_queue(agency int) returns text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select 'agency-' || a.code from agency a where a.id = agency
$$;

-- The queue of a worker's login, or null. Its connections carry no session: the queue comes before any of its acts.
create or replace function my_queue() returns text
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select agency_queue(u.agency_id)
    from users u
    join user_roles r on r.user_id = u.id
   where u.login = session_user and u.disabled_at is null and r.role = 'worker'
$$;
select worker_may('execute on function my_queue');

-- The next job is the first in the index, whatever a plan says that was made while the queue was empty: it comes six
-- times as fast out of five thousand.
alter function procrastinate.procrastinate_fetch_job_v2
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
  set enable_sort = off;

revoke all on schema procrastinate from public, debtflow_worker, debtflow_kernel;
revoke all on all tables in schema procrastinate from public, debtflow_worker, debtflow_kernel;
revoke all on all sequences in schema procrastinate from public, debtflow_worker, debtflow_kernel;
revoke all on all functions in schema procrastinate from public, debtflow_worker, debtflow_kernel;

select worker_may('usage on schema procrastinate'),
       worker_may('select, insert, update, delete on all tables in schema procrastinate'),
       worker_may('usage on all sequences in schema procrastinate'),
       worker_may('execute on all functions in schema procrastinate');

alter table procrastinate.procrastinate_workers alter column queue_name set default debtflow.my_queue();

create or replace function queue_policy(t regclass, rows text) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  execute format('drop policy if exists worker on %s', t);
  perform row_policy('worker', t, format('to debtflow_worker using (%s)', rows));
end $$;

select queue_policy('procrastinate.procrastinate_jobs', 'queue_name = (select debtflow.my_queue())'),
       queue_policy('procrastinate.procrastinate_workers', 'queue_name = (select debtflow.my_queue())'),
       queue_policy('procrastinate.procrastinate_periodic_defers', 'periodic_id = (select debtflow.my_queue())'),
       queue_policy('procrastinate.procrastinate_events',
                    'exists (select from procrastinate.procrastinate_jobs j where j.id = job_id)');

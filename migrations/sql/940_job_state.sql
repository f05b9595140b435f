-- What the queue is doing, for those who oversee an agency, and what a worker says of its chores. These functions look
-- into the queue's schema as its owner, so each looks at the caller's queue only.
set role debtflow_owner;

select office_reads('chore_run'), kernel_works('chore_run', 'agency_id = (select (me()).agency_id)');
grant select on chore_run to debtflow_agency_admin, debtflow_supervisor, debtflow_readonly;
grant insert, update on chore_run to debtflow_kernel;

create or replace function office_may(privilege text) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  execute format('grant %s to debtflow_agency_admin, debtflow_supervisor, debtflow_readonly', privilege);
end $$;

-- The caller's jobs. A worker is taken for dead when it has not been heard of for half a minute; `lost` is a job whose
-- worker is dead.
create or replace function job_rows() returns table (
  id bigint,
  task text,
  event bigint,
  state text,
  attempts int,
  due_at timestamptz,
  since timestamptz,
  worker bigint
)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select j.id, j.task_name, (j.args ->> 'event')::bigint,
         case
           when j.status = 'todo' and j.scheduled_at > now() then 'scheduled'
           when j.status = 'todo' then 'waiting'
           when j.status = 'doing' and (w.id is null or w.last_heartbeat < now() - interval '30 seconds') then 'lost'
           when j.status = 'doing' then 'running'
           when j.status = 'succeeded' then 'done'
           else 'failed'
         end,
         j.attempts, j.scheduled_at,
         (select max(v.at) from procrastinate.procrastinate_events v where v.job_id = j.id and v.type <> 'scheduled'),
         j.worker_id
    from procrastinate.procrastinate_jobs j
    left join procrastinate.procrastinate_workers w on w.id = j.worker_id
   where j.queue_name = agency_queue((me()).agency_id)
$$;

create or replace function job_list(wanted text default null, after bigint default null, up_to int default 50)
  returns table (
    id bigint,
    task text,
    subject text,
    webhook bigint,
    state text,
    attempts int,
    due_at timestamptz,
    since timestamptz,
    worker bigint,
    reason text
  )
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select j.id, j.task, coalesce(e.provider || ' ' || e.type, c.chore, j.task), e.id, j.state, j.attempts, j.due_at,
         j.since, j.worker, coalesce(e.reason, c.error)
    from job_rows() j
    left join webhook_event e on e.id = j.event and e.agency_id = (me()).agency_id
    left join chore_run c on c.agency_id = (me()).agency_id and j.task = 'chore:' || c.chore
   where (wanted is null or j.state = wanted) and (after is null or j.id < after)
   order by j.id desc
   limit least(up_to, 500)
$$;

create or replace function job_workers() returns table (
  id bigint,
  login text,
  started_at timestamptz,
  last_heartbeat timestamptz,
  alive boolean,
  running int
)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select w.id, w.login::text, w.started_at, w.last_heartbeat, w.last_heartbeat >= now() - interval '30 seconds',
         (select count(*) from procrastinate.procrastinate_jobs j where j.worker_id = w.id and j.status = 'doing')::int
    from procrastinate.procrastinate_workers w
   where w.queue_name = agency_queue((me()).agency_id)
   order by w.id
$$;

create or replace function job_counts() returns table (state text, jobs bigint, oldest timestamptz)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select s.state, count(j.id), min(j.since)
    from unnest(array['waiting', 'scheduled', 'running', 'lost', 'failed']) with ordinality as s(state, place)
    left join job_rows() j using (state)
   group by s.state, s.place
   order by s.place
$$;
select office_may('execute on function job_list, job_workers, job_counts');

-- ---- the worker's own ------------------------------------------------------------------------------------------------

-- Partitions of the trail for the months to come; how many were made.
create or replace function audit_partitions_ahead() returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  month date;
  made int := 0;
begin
  for month in
    select (date_trunc('month', now() at time zone 'UTC') + make_interval(months => ahead))::date
      from generate_series(0, 6) ahead
  loop
    if to_regclass('debtflow.audit_log_' || to_char(month, 'YYYYMM')) is null then
      perform audit_partition(month);
      made := made + 1;
    end if;
  end loop;
  return made;
end $$;

-- Events that wait without a job, as after a queue was emptied by hand: they get one. What came a moment ago has its
-- own.
create or replace function webhook_requeue_lost() returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  lost bigint[];
begin
  select array_agg(e.id)
    into lost
    from webhook_event e
   where e.agency_id = who.agency_id
     and e.state = 'queued'
     and e.received_at < kernel_now() - interval '5 minutes'
     and not exists (select
                       from procrastinate.procrastinate_jobs j
                      where j.queue_name = agency_queue(who.agency_id)
                        and j.queueing_lock = agency_queue(who.agency_id) || ':webhook-' || e.id
                        and j.status in ('todo', 'doing'));
  perform webhook_defer(who.agency_id, lost) where lost is not null;
  return coalesce(cardinality(lost), 0);
end $$;
-- Jobs whose worker died in the middle of them, or whose worker knows that it has let go of them (`abandoned`): the
-- library leaves them running for ever. A chore comes again by itself; anything else is tried again, up to five times.
-- Two that rescue at once do not rescue one job twice: the row is locked, and looked at again under the lock.
create or replace function job_rescue(abandoned bigint[] default '{}') returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  j record;
  rescued int := 0;
begin
  for j in
    select x.id, x.task_name, x.attempts, (x.args ->> 'event')::bigint as event,
           exists (select
                     from procrastinate.procrastinate_jobs twin
                    where twin.queueing_lock = x.queueing_lock and twin.status = 'todo') as comes_again
      from procrastinate.procrastinate_jobs x
     where x.queue_name = agency_queue(who.agency_id)
       and x.status = 'doing'
       and (x.id = any (abandoned)
            or not exists (select
                             from procrastinate.procrastinate_workers w
                            where w.id = x.worker_id and w.last_heartbeat >= now() - interval '30 seconds'))
     order by x.id
       for update of x skip locked
  loop
    rescued := rescued + 1;
    if j.comes_again or j.task_name like 'chore:%' then
      perform procrastinate.procrastinate_finish_job_v1(j.id, 'failed', true);
    elsif j.attempts < 4 then
      perform procrastinate.procrastinate_retry_job_v2(j.id, now(), null, null, null);
    else
      perform procrastinate.procrastinate_finish_job_v1(j.id, 'failed', false);
      perform act_begin('webhook.process');
      update webhook_event e
         set state = 'failed', reason = 'five workers died in the middle of it', settled_at = kernel_now()
       where e.id = j.event and e.agency_id = who.agency_id and e.state = 'queued';
    end if;
  end loop;
  return rescued;
end $$;

-- Jobs that failed for good are kept for a month.
create or replace function job_forget() returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  gone int;
begin
  delete from procrastinate.procrastinate_jobs j
   where j.queue_name = agency_queue(who.agency_id)
     and j.status not in ('todo', 'doing')
     and not exists (select
                       from procrastinate.procrastinate_events v
                      where v.job_id = j.id and v.at > now() - interval '30 days');
  get diagnostics gone = row_count;
  delete from procrastinate.procrastinate_workers w
   where w.queue_name = agency_queue(who.agency_id) and w.last_heartbeat < now() - interval '1 day';
  return gone;
end $$;
select worker_may('execute on function audit_partitions_ahead, webhook_requeue_lost, job_rescue, job_forget');

set role debtflow_kernel;

create or replace function chore_ran(
  chore text,
  every interval,
  started timestamptz,
  done bigint,
  error text default null
) returns void
  language sql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  insert into chore_run as r (agency_id, chore, every, started_at, finished_at, done, error, failures)
  select (me()).agency_id, chore_ran.chore, chore_ran.every, started, kernel_now(),
         case when e.said is null then coalesce(chore_ran.done, 0) end, e.said, (e.said is not null)::int
    from (select left(nullif(chore_ran.error, ''), 400) as said) e
  on conflict (agency_id, chore) do update
     set every = excluded.every,
         started_at = excluded.started_at,
         finished_at = excluded.finished_at,
         done = excluded.done,
         error = excluded.error,
         runs = r.runs + 1,
         failures = case when excluded.error is null then 0 else r.failures + 1 end
$$;

-- Answers of acts that were begun and never ended; completed ones are kept for good.
create or replace function idempotency_expire() returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  gone int;
begin
  delete from idempotency_key k
   using users u
   where u.id = k.user_id
     and u.agency_id = who.agency_id
     and k.answer is null
     and k.at < kernel_now() - interval '24 hours';
  get diagnostics gone = row_count;
  return gone;
end $$;

select worker_may('execute on function chore_ran, idempotency_expire');

set role debtflow_owner;
grant delete on idempotency_key to debtflow_kernel;

-- What providers send comes in through one table: its login may insert, and nothing else. The row and the job that
-- will look at it are one transaction.
set role debtflow_owner;

select office_reads('webhook_event'), kernel_works('webhook_event', 'agency_id = (select (me()).agency_id)');

-- The agency that a webhook login takes events in for; it has no session, only its name.
create or replace function webhook_agency() returns int
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select u.agency_id
    from users u
    join user_roles r on r.user_id = u.id
   where u.login = session_user and u.disabled_at is null and r.role = 'webhook'
$$;
grant execute on function webhook_agency to debtflow_webhook;

select row_policy('intake', 'webhook_event',
                  'for insert to debtflow_webhook with check (agency_id = (select webhook_agency()))');
grant insert (provider, event_id, type, created_at, headers, signature, body, size, sha256, reason)
  on webhook_event to debtflow_webhook;

-- An event that is already here is counted, not kept again. Deliveries of one event come one at a time, so that each
-- is counted; the unique index would catch what slipped through.
create or replace function webhook_received() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  home constant int := webhook_agency();
begin
  if home is null then
    perform fail('DF403', 'webhook_login', format('%s is not a login that webhooks come in by', session_user),
                 'make one: debtflow user add LOGIN --role webhook');
  end if;
  new.agency_id := home;
  new.received_at := kernel_now();
  new.last_delivery_at := new.received_at;
  if new.reason is not null then
    new.state := 'refused';
    new.settled_at := new.received_at;
    return new;
  end if;
  new.state := 'queued';
  new.size := length(new.body);
  new.sha256 := sha256(new.body);
  perform pg_advisory_xact_lock(4627200, hashtext(home || new.provider || new.event_id));
  update webhook_event e
     set deliveries = e.deliveries + 1, last_delivery_at = new.received_at
   where e.agency_id = home and e.provider = new.provider and e.event_id = new.event_id and e.state <> 'refused';
  return case when found then null else new end;
end $$;
create trigger received before insert on webhook_event for each row execute function webhook_received();

-- What was received is kept as it was, or forgotten as a whole; only what became of it changes. Only what was never
-- accepted may be deleted.
create trigger append_only
  before update of id, agency_id, provider, event_id, type, created_at, received_at, size, sha256
  on webhook_event for each statement execute function refuse_change();
create trigger append_only_received
  before update of headers, signature, body
  on webhook_event for each row when (new.forgotten_at is null) execute function refuse_change();
create trigger append_only_forgotten
  before update of forgotten_at
  on webhook_event for each row when (old.forgotten_at is not null) execute function refuse_change();
create trigger append_only_accepted
  before delete on webhook_event for each row when (old.state <> 'refused') execute function refuse_change();
create trigger append_only_rows
  before truncate on webhook_event for each statement execute function refuse_change();
alter table webhook_event
  enable always trigger append_only,
  enable always trigger append_only_received,
  enable always trigger append_only_forgotten,
  enable always trigger append_only_accepted,
  enable always trigger append_only_rows;

-- The arrival is its own record; what the trail keeps is who moved it on.
create trigger audit_update
  after update on webhook_event referencing old table as old_rows new table as new_rows
  for each statement
  execute function audit('webhook', 'id', 'event_id', '',
                         'deliveries,last_delivery_at,attempts,settled_at,headers,signature,body');

-- Queued means: there is a job that will look at it. A statement defers the jobs of all its rows at once. They carry no
-- lock to run under: what two looks at one event do is decided under the locks of what it is about, and the library
-- compares every waiting lock with every other.
create or replace function webhook_defer(home int, events bigint[]) returns void
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select procrastinate.procrastinate_defer_jobs_v1(array_agg(row(
           w.queue, 'webhook', 0, null, w.name, jsonb_build_object('event', w.id), null
         )::procrastinate.procrastinate_job_to_defer_v1 order by w.id))
    from (select e.id, queue.name as queue, queue.name || ':webhook-' || e.id as name
            from unnest(events) as e(id)
            cross join agency_queue(home) as queue(name)) w
   where not exists (select
                       from procrastinate.procrastinate_jobs j
                      where j.queueing_lock = w.name and j.status = 'todo')
  having count(*) > 0
$$;

create or replace function webhook_queued() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  perform webhook_defer(n.agency_id, array_agg(n.id))
     from new_rows n
    where n.state = 'queued'
    group by n.agency_id;
  return null;
end $$;
create trigger queued
  after insert on webhook_event referencing new table as new_rows
  for each statement execute function webhook_queued();

-- Looked at again, it has no failed job any more.
create or replace function webhook_queued_again() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  delete from procrastinate.procrastinate_jobs j
   where j.queue_name = agency_queue(new.agency_id)
     and j.queueing_lock = j.queue_name || ':webhook-' || new.id
     and j.status = 'failed';
  perform webhook_defer(new.agency_id, array[new.id]);
  return null;
end $$;
create trigger queued_again
  after update of state on webhook_event
  for each row when (new.state = 'queued' and old.state <> 'queued') execute function webhook_queued_again();

-- Bodies and headers hold payers' names and addresses: they are shown one at a time, to supervisors, on record.
grant select (id, agency_id, provider, event_id, type, created_at, received_at, size, sha256, state, reason, deliveries,
  last_delivery_at, attempts, settled_at)
  on webhook_event to debtflow_agency_admin, debtflow_supervisor, debtflow_readonly;
grant update (state, reason, attempts, settled_at) on webhook_event to debtflow_kernel;
grant delete on webhook_event to debtflow_kernel;

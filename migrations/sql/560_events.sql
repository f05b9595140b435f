-- The order of events. `ledger_event` is an outbox: a row is written in the transaction that moves the money, so its id
-- says nothing about when it became visible. The sequencer gives every visible event the next position, one after the
-- other and without a gap, each agency by itself; consumers store positions and nothing else.
set role debtflow_owner;

select kernel_works(t, 'agency_id = (select (me()).agency_id)')
  from unnest(array['event_head', 'event_position', 'event_consumer']::regclass[]) t;
select guard_append_only('event_position');
grant insert on event_head, event_position, event_consumer to debtflow_kernel;
grant update (position, horizon, cluster, told, told_at) on event_head to debtflow_kernel;
grant update (position, holder, held_by, held_since, lease_until, moved_at) on event_consumer to debtflow_kernel;

set role debtflow_kernel;

create or replace function event_record(agency int, aggregate text, aggregate_id text, type text, payload jsonb)
  returns void
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  insert into ledger_event (agency_id, aggregatetype, aggregateid, type, payload)
  values (agency, aggregate, aggregate_id, type, payload)
$$;

create or replace function events_reader() returns identity
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'events.see');
  return who;
end $$;

-- Those who move something of the stream: its order, or how far a consumer has read.
create or replace function events_keeper() returns identity
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'events.consume');
  return who;
end $$;

-- Which PostgreSQL cluster this is: in another one, after a restore from a dump, transactions count from anew.
create or replace function cluster_identity() returns bigint
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select case
    when has_function_privilege('pg_control_system()', 'execute')
    then (select system_identifier from pg_control_system())
    else 0
  end
$$;

-- Places what has none yet, in the order of the ids: what waited for a lock has a higher id than what held it, so cause
-- comes before effect. `horizon` only bounds the search. Every transaction below it has ended, so what it wrote was
-- placed or never was; one that is still in flight is at or above it, and is found whenever it commits. After a restore
-- into another cluster the bounds mean nothing, and all are compared once.
create or replace function events_place(head event_head, here bigint, most int)
  returns table (placed bigint, horizon xid8)
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_seqscan = off
as $$
  with moment as materialized (
    select pg_snapshot_xmin(pg_current_snapshot()) as oldest,
           case when head.cluster = here then head.horizon else '0'::xid8 end as low,
           case when head.cluster = here then pg_snapshot_xmax(pg_current_snapshot())
                else '18446744073709551615'::xid8 end as high
  ),
  fresh as materialized (
    select e.xid, e.id
      from moment m
      join ledger_event e on e.agency_id = head.agency_id and e.xid >= m.low and e.xid < m.high
     where not exists (select
                         from event_position p
                        where p.agency_id = e.agency_id and p.xid = e.xid and p.event_id = e.id)
     order by e.id
     limit most
  ),
  wrote as (
    insert into event_position (agency_id, position, xid, event_id)
    select head.agency_id, head.position + row_number() over (order by f.id), f.xid, f.id
      from fresh f
  )
  select n.placed, case when n.placed < most then m.oldest else m.low end
    from moment m
    cross join (select count(*) as placed from fresh) n
$$;

-- Wakes whoever listens: an empty word, at most every 200 ms, owed where it could not be said at once.
create or replace function events_tell(head event_head) returns event_head
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if head.told < head.position and head.told_at <= kernel_now() - interval '200 milliseconds' then
    perform pg_notify('debtflow_events', '');
    head.told := head.position;
    head.told_at := kernel_now();
  end if;
  return head;
end $$;

-- Gives positions to at most so many events of the caller's agency, and says to how many. One at a time: a second
-- caller is told none at once. Writes nothing where there is nothing to place.
create or replace function events_sequence(most int default 10000) returns bigint
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := events_keeper();
  here constant bigint := cluster_identity();
  before event_head;
  head event_head;
  done record;
begin
  if not pg_try_advisory_xact_lock(4627101, who.agency_id) then
    return 0;
  end if;
  select * into head from event_head h where h.agency_id = who.agency_id;
  if not found then
    insert into event_head (agency_id) values (who.agency_id) returning * into head;
  end if;
  before := head;
  select * into done from events_place(head, here, greatest(most, 1));
  if done.placed > 0 or head.cluster <> here then
    head.position := head.position + done.placed;
    head.horizon := done.horizon;
    head.cluster := case when done.placed < greatest(most, 1) then here else head.cluster end;
  end if;
  head := events_tell(head);
  if head is distinct from before then
    update event_head h
       set position = head.position, horizon = head.horizon, cluster = head.cluster, told = head.told,
           told_at = head.told_at
     where h.agency_id = who.agency_id;
  end if;
  return done.placed;
end $$;

-- A page of the stream after a position. The account's number stands in place of its internal id.
create or replace function events_after(after bigint, most int) returns table (
  "position" bigint,
  id bigint,
  type text,
  aggregate text,
  subject text,
  recorded_at timestamptz,
  payload jsonb
)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
declare
  who constant identity := events_reader();
begin
  return query
    select p.position, e.id, e.type, e.aggregatetype, coalesce(a.number::text, e.aggregateid), t.recorded_at, e.payload
      from event_position p
      join ledger_event e on e.agency_id = p.agency_id and e.xid = p.xid and e.id = p.event_id
      left join account a on a.id = case when e.aggregatetype = 'account' then e.aggregateid::bigint end
      left join transfer t on t.id = (e.payload ->> 'transfer')::bigint
     where p.agency_id = who.agency_id and p.position > after
     order by p.position
     limit most;
end $$;

-- How far the stream goes: the last position, and how many events wait for one.
create or replace function events_state(out "position" bigint, out waiting bigint)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := events_reader();
begin
  select coalesce(max(h.position), 0) into events_state.position from event_head h where h.agency_id = who.agency_id;
  waiting := events_waiting(who.agency_id);
end $$;

create or replace function events_waiting(agency int) returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select count(*)
    from ledger_event e
   where e.agency_id = agency
     and e.xid >= coalesce((select h.horizon
                              from event_head h
                             where h.agency_id = agency and h.cluster = cluster_identity()), '0')
     and not exists (select
                       from event_position p
                      where p.agency_id = e.agency_id and p.xid = e.xid and p.event_id = e.id)
$$;

create or replace function event_consumers()
  returns table (
    name text, "position" bigint, behind bigint, held_by text, held_since timestamptz, moved_at timestamptz)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := events_reader();
  head constant bigint := coalesce((select h.position from event_head h where h.agency_id = who.agency_id), 0);
begin
  return query
    select c.name::text, c.position, head - c.position, case when c.lease_until > kernel_now() then u.login end,
           case when c.lease_until > kernel_now() then c.held_since end, c.moved_at
      from event_consumer c
      left join users u on u.id = c.held_by
     where c.agency_id = who.agency_id
     order by c.name;
end $$;

-- Takes or keeps a consumer for 30 seconds. Two processes of one name exclude each other: the second is told who holds
-- it. `start` puts the consumer back, or forward, so that this position is the next one it is given.
create or replace function event_consumer_take(
  name text,
  holder uuid,
  start bigint default null,
  out taken boolean,
  out "position" bigint,
  out held_by text,
  out held_since timestamptz
)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := events_keeper();
  c event_consumer;
begin
  insert into event_consumer (agency_id, name)
  values (who.agency_id, event_consumer_take.name)
  on conflict do nothing;
  select * into c
    from event_consumer x
   where x.agency_id = who.agency_id and x.name = event_consumer_take.name
     for update;
  taken := c.holder is null or c.holder = event_consumer_take.holder or c.lease_until <= kernel_now();
  if taken then
    update event_consumer x
       set holder = event_consumer_take.holder, held_by = who.user_id,
           held_since = case when c.holder = event_consumer_take.holder then c.held_since else kernel_now() end,
           lease_until = kernel_now() + interval '30 seconds', position = greatest(coalesce(start - 1, c.position), 0)
     where x.agency_id = who.agency_id and x.name = c.name
    returning x.position into event_consumer_take.position;
  else
    select c.position, u.login, c.held_since
      into event_consumer_take.position, event_consumer_take.held_by, event_consumer_take.held_since
      from users u
     where u.id = c.held_by;
  end if;
end $$;

-- Says that everything up to this position was dealt with. Only by the process that holds the consumer.
create or replace function event_consumer_commit(name text, holder uuid, "position" bigint) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := events_keeper();
begin
  if event_consumer_commit.position > (select max(h.position) from event_head h where h.agency_id = who.agency_id) then
    perform fail('DF400', 'position', format('there is no event %s yet', event_consumer_commit.position), '',
                 '{"field": "position"}');
  end if;
  update event_consumer x
     set position = event_consumer_commit.position, moved_at = kernel_now(),
         lease_until = kernel_now() + interval '30 seconds'
   where x.agency_id = who.agency_id
     and x.name = event_consumer_commit.name
     and x.holder = event_consumer_commit.holder;
  if not found then
    perform fail('DF409', 'consumer_lost', format('consumer %s was taken by another process', name),
                 'start again: it goes on where the offset stands');
  end if;
end $$;

create or replace function event_consumer_leave(name text, holder uuid) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := events_keeper();
begin
  update event_consumer x
     set holder = null, held_by = null, held_since = null, lease_until = null
   where x.agency_id = who.agency_id
     and x.name = event_consumer_leave.name
     and x.holder = event_consumer_leave.holder;
end $$;

select operators_may('execute on function events_sequence, events_after, events_state, event_consumers, '
                     'event_consumer_take, event_consumer_commit, event_consumer_leave');
select worker_may('execute on function events_sequence, events_after, events_state, event_consumers, '
                  'event_consumer_take, event_consumer_commit, event_consumer_leave');

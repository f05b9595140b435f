-- Who is signed in, from where, doing what, in whose way; and ending a session at once, connections and all.
set role debtflow_monitor;

-- A session's connections carry its number in their name. Whoever gives theirs another name belongs to no session, and
-- goes with the first of their login that is ended.
create or replace function session_named(program text) returns bigint
  language sql immutable parallel safe
as $$
  select substring(program from '^debtflow #([0-9]{1,18})$')::bigint
$$;

-- What the connections of these logins do now. Never the statement itself: it may hold a name or a number that is
-- nobody's business. `rows` are the balances that somebody waits for, as the first who waits holds their place.
create or replace function backends_of(logins name[]) returns table (
  pid int,
  login name,
  named bigint,
  act text,
  since timestamptz,
  waits boolean,
  writes text[],
  in_way_of name[],
  rows tid[]
)
  language sql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select a.pid, a.usename, session_named(a.application_name),
         case when a.state <> 'idle' then substring(a.query from 'debtflow\.([a-z_0-9]{1,60})\s*\(') end,
         case when a.state <> 'idle' then a.xact_start end,
         coalesce(a.wait_event_type = 'Lock', false),
         array(select distinct c.relname::text
                 from pg_locks l
                 join pg_class c on c.oid = l.relation
                where l.pid = a.pid and l.granted and l.mode in ('RowExclusiveLock', 'ExclusiveLock',
                                                                 'ShareRowExclusiveLock', 'AccessExclusiveLock')
                  and c.relnamespace = 'debtflow'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
                order by 1),
         array(select distinct w.usename from pg_stat_activity w where a.pid = any (pg_blocking_pids(w.pid))),
         array(select distinct format('(%s,%s)', l.page, l.tuple)::tid
                 from pg_locks l
                where l.locktype = 'tuple' and l.granted and l.relation = 'debtflow.account_balance'::regclass
                  and a.pid = any (pg_blocking_pids(l.pid)))
    from pg_stat_activity a
   where a.datname = current_database() and a.backend_type = 'client backend' and a.usename = any (logins)
$$;

-- Ends the connections of a session, and those of its login that belong to none of the others; null where this database
-- may not end connections.
create or replace function backends_end(login name, others bigint[]) returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  return (
    select count(*) filter (where pg_terminate_backend(a.pid))
      from pg_stat_activity a
     where a.datname = current_database() and a.backend_type = 'client backend' and a.usename = login
       and a.pid <> pg_backend_pid()
       and coalesce(session_named(a.application_name) <> all (others), true));
exception when insufficient_privilege then
  return null;
end $$;
grant execute on function backends_of, backends_end, session_named to debtflow_owner;
grant execute on function backends_end to debtflow_useradmin; -- who leaves, or gets another role

set role debtflow_owner;

-- What the caller's session is at; a screen's name or a command, never what was typed. Nothing said changes nothing.
create or replace function session_doing(what text) returns void
  language sql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  update session x
     set doing = left(session_doing.what, 120)
   where x.id = (me()).session_id
     and session_doing.what <> ''
     and x.doing is distinct from left(session_doing.what, 120)
$$;

-- One's own sessions, and for who may see them those of the whole agency, the latest first. `seen_at` is when a person
-- last did something, to the minute; a service has nobody who does.
create or replace function session_list() returns table (
  id bigint,
  login text,
  full_name text,
  role text,
  origin text,
  address text,
  opened_at timestamptz,
  seen_at timestamptz,
  expires_at timestamptz,
  doing text,
  connections int,
  act text,
  act_since timestamptz,
  waits boolean,
  writes text[],
  accounts text[],
  in_way_of text[],
  mine boolean,
  current boolean
)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
#variable_conflict use_column
declare
  who constant identity := me();
  all_of_them constant boolean := may(who, 'session.see');
begin
  return query
  with live as materialized (
    select s.*, u.full_name
      from session s
      join users u on u.id = s.user_id
     where s.agency_id = who.agency_id and s.ended_at is null and s.expires_at > kernel_now()
       and (all_of_them or s.user_id = who.user_id)
  ),
  backends as materialized (
    select b.* from backends_of(array(select distinct l.login::name from live l)) b
  )
  select l.id, l.login, l.full_name, l.role, l.origin, host(l.address), l.opened_at,
         case when l.role <> 'worker' then l.expires_at - session_lasts(l.role) end,
         case when l.role <> 'worker' then l.expires_at end,
         l.doing, b.connections::int, b.act, b.since, coalesce(b.waits, false), b.writes, b.accounts, b.in_way_of,
         l.user_id = who.user_id, l.id = who.session_id
    from live l
    cross join lateral (
      select count(*) as connections,
             (array_agg(x.act order by x.since)
                filter (where x.act is not null and x.pid <> pg_backend_pid()))[1] as act,
             min(x.since) filter (where x.pid <> pg_backend_pid()) as since, bool_or(x.waits) as waits,
             array(select distinct w from backends y, unnest(y.writes) w
                    where y.login = l.login and y.named = l.id order by 1) as writes,
             array(select distinct a.number
                     from backends y
                     cross join unnest(y.rows) r
                     join account_balance k on k.ctid = r
                     join account a on a.id = k.account_id
                    where y.login = l.login and y.named = l.id and a.agency_id = who.agency_id order by 1) as accounts,
             array(select distinct w::text from backends y, unnest(y.in_way_of) w
                    where y.login = l.login and y.named = l.id order by 1) as in_way_of
        from backends x
       where x.login = l.login and x.named = l.id) b
   order by l.opened_at desc, l.id desc;
end $$;

-- Ends a session now: one's own, or anybody's of the agency for who may. What it was in the middle of is rolled back.
-- Gives how many connections went, null where this database may not end connections: then they find out at their next
-- question.
create or replace function session_end(session bigint) returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  s session;
  gone int;
begin
  select * into s from session x where x.id = session_end.session and x.agency_id = who.agency_id;
  if s.user_id is distinct from who.user_id then
    perform only_who_may(who, 'session.end');
  end if;
  if s.id is null or s.ended_at is not null or s.expires_at <= kernel_now() then
    perform fail('DF404', 'session', format('session %s is not live', session), 'debtflow session list');
  end if;
  perform security_note('session.end', null, 'session', s.id, jsonb_build_object('login', s.login));
  update session x set ended_at = kernel_now() where x.id = s.id;
  delete from account_viewer v where v.session_id = s.id;
  gone := backends_end(s.login::name, array(
    select x.id
      from session x
     where x.login = s.login and x.id <> s.id and x.ended_at is null and x.expires_at > kernel_now()));
  return gone;
end $$;

select operators_may('execute on function session_list, session_end'),
       operators_may('execute on function session_doing'), worker_may('execute on function session_doing');

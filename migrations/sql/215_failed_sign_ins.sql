-- Failed sign-ins leave nothing in SQL: the server's log has them, the worker reads it, and what it finds becomes
-- security events here. Whoever fails too often may not sign in any more until somebody says so.
set role debtflow_owner;

alter table signin_log enable row level security;
create policy useradmin on signin_log to debtflow_useradmin using (true);
grant select, insert, update on signin_log to debtflow_useradmin;

create or replace function signin_failures_most() returns int
  language sql immutable parallel safe
as $$
  select 10
$$;

create or replace function signin_failures_within() returns interval
  language sql immutable parallel safe
as $$
  select interval '15 minutes'
$$;

-- The event is about who was tried, not about who read it in the log.
create or replace function signin_note(
  at timestamptz,
  agency int,
  person int,
  login text,
  kind text,
  detail jsonb default '{}'
) returns void
  language sql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  insert into security_event (at, agency_id, user_id, login, kind, rule, entity, entity_id, detail)
  values (at, agency, person, login, kind, 'sign_in', case when person is not null then 'user' end, person, detail)
$$;

-- How often a login failed of late; what was before it was let in again does not count.
create or replace function signin_failures_of(agency int, person int) returns int
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select count(*)::int
    from security_event e
   where e.agency_id = agency and e.at > kernel_now() - signin_failures_within()
     and e.kind = 'signin.failed' and e.user_id = person
     and e.id > coalesce((select max(x.id)
                            from security_event x
                           where x.agency_id = agency and x.at > kernel_now() - signin_failures_within()
                             and x.kind = 'user.unlock' and x.entity_id = person), 0)
$$;

grant execute on function signin_failures_most, signin_note, signin_failures_of to debtflow_useradmin;

set role debtflow_useradmin;

create or replace function signin_reader() returns identity
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  if who.role <> 'worker' then
    perform fail('DF403', 'signin_reader', 'only a worker reads the server''s log');
  end if;
  return who;
end $$;

create or replace function signin_log_place(out file text, out place bigint)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := signin_reader();
begin
  select l.file, l.place into file, place from signin_log l where l.agency_id = who.agency_id;
end $$;

-- Whether the agency has somebody else who can let people in again.
create or replace function signin_others_unlock(agency int, person int) returns boolean
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  return exists (select
                   from users u
                   join user_roles r on r.user_id = u.id
                  where u.agency_id = agency and u.id <> person and u.disabled_at is null and u.locked_at is null
                    and role_may(agency, r.role, 'user.unlock'));
end $$;

-- Shuts a person out. Services are never shut out, nor is the last who lets others in again: whoever can reach the
-- server could stop the agency's work by it, with one wrong password after the other.
create or replace function signin_lock(agency int, person int) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  locked text;
begin
  update users u
     set locked_at = kernel_now()
   where u.id = person and u.agency_id = agency and u.locked_at is null and u.disabled_at is null
     and not exists (select
                       from user_roles r
                      where r.user_id = u.id
                        and (r.role in ('worker', 'webhook')
                             or role_may(agency, r.role, 'user.unlock') and not signin_others_unlock(agency, person)))
  returning u.login into locked;
  if found then
    execute format('alter role %I nologin', locked);
    perform signin_note(kernel_now(), agency, person, locked, 'signin.locked',
                        jsonb_build_object('failures', signin_failures_of(agency, person)));
  end if;
end $$;

-- What was found in the log from one place of it to the next: [{"at", "login", "host"}, …], `at` null where the log does
-- not say it in UTC. Gives how many were of this agency; none where somebody else has read on from there. Logins that
-- are nobody's are counted, not named: people type passwords into the wrong field.
create or replace function signin_failures_take(
  from_file text,
  from_place bigint,
  to_file text,
  to_place bigint,
  failures jsonb
) returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := signin_reader();
  taken int;
begin
  insert into signin_log (agency_id) values (who.agency_id) on conflict (agency_id) do nothing;
  update signin_log l
     set file = to_file, place = to_place, read_at = kernel_now(), trouble = null
   where l.agency_id = who.agency_id and l.file is not distinct from from_file and l.place = from_place;
  if not found then
    return 0;
  end if;
  perform act_begin('signin.read');
  perform signin_note(least(coalesce(f.at, kernel_now()), kernel_now()), who.agency_id, u.id, u.login, 'signin.failed',
                      jsonb_build_object('host', left(f.host, 100)))
     from jsonb_to_recordset(failures) as f(at timestamptz, login text, host text)
     join users u on u.login = f.login and u.agency_id = who.agency_id;
  get diagnostics taken = row_count;
  perform signin_note(kernel_now(), who.agency_id, null, '(nobody)', 'signin.unknown',
                      jsonb_build_object('host', left(f.host, 100), 'tries', count(*)))
     from jsonb_to_recordset(failures) as f(login text, host text)
    where not exists (select from users u where u.login = f.login)
    group by left(f.host, 100);
  perform signin_lock(who.agency_id, p.id)
     from (select distinct u.id
             from jsonb_to_recordset(failures) as f(login text)
             join users u on u.login = f.login and u.agency_id = who.agency_id) p
    where signin_failures_of(who.agency_id, p.id) >= signin_failures_most();
  return taken;
end $$;

-- Why the log could not be read, for the doctor.
create or replace function signin_log_trouble(told text) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := signin_reader();
begin
  perform act_begin('signin.read');
  insert into signin_log as l (agency_id, read_at, trouble) values (who.agency_id, kernel_now(), left(told, 300))
  on conflict (agency_id) do update set read_at = excluded.read_at, trouble = excluded.trouble;
end $$;

-- Lets somebody in again who failed too often.
create or replace function user_unlock(login text) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  uid int;
  u users;
begin
  if not is_installer() then
    perform only_who_may(me(), 'user.unlock');
  end if;
  uid := user_to_administer(login);
  select * into u from users x where x.id = uid for no key update;
  if u.disabled_at is not null then
    perform fail('DF422', 'user_disabled', format('%s is disabled', login), 'a disabled user stays out');
  elsif u.locked_at is null then
    perform fail('DF422', 'user_not_locked', format('%s is not shut out', login), 'debtflow user list');
  elsif login = session_user then
    perform fail('DF422', 'unlock_self', 'nobody lets themselves in again', 'ask a colleague');
  end if;
  perform act_begin('user.unlock');
  update users x set locked_at = null where x.id = uid;
  perform security_note('user.unlock', null, 'user', uid);
  execute format('alter role %I login', login);
end $$;

set role debtflow_owner;

-- Whether anybody sees failed sign-ins, and whether they are slowed down. A log that was never named is not a fault:
-- who rents a database cannot name one.
create or replace function signin_health(agency int, out ok boolean, out detail text)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  l signin_log;
  delay constant text := current_setting('auth_delay.milliseconds', true);
begin
  select * into l from signin_log x where x.agency_id = agency;
  ok := l.trouble is null and (l.file is null or l.read_at > kernel_now() - interval '1 hour');
  detail := case
    when l.trouble is not null then 'failed sign-ins are not seen: ' || l.trouble
    when l.read_at is null then 'failed sign-ins are not seen: no worker has read the server''s log'
    when not ok then format('failed sign-ins are not seen since %s: no worker reads the server''s log',
                            to_char(l.read_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI UTC'))
    when l.file is null then 'failed sign-ins are not seen: [database] log does not name the server''s log'
    else 'failed sign-ins are read from the server''s log'
  end || case
    when delay ~ '^[1-9]' then format('; each is slowed by %s', delay)
    else '; they are not slowed: auth_delay is not loaded'
  end;
end $$;

set role debtflow_useradmin;
select worker_may('execute on function signin_log_place, signin_failures_take, signin_log_trouble');
select operators_may('execute on function user_unlock');
grant execute on function user_unlock to debtflow_owner;

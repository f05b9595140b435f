-- Who is asking. Everything starts at session_user: inside a definer function current_user is its owner, and a setting
-- or a parameter can be forged.
set role debtflow_owner;

do $$
begin
  if to_regtype('debtflow.identity') is null then
    create type debtflow.identity as (user_id int, agency_id int, role text, session_id bigint);
  end if;
end $$;

-- Raises instead of returning null, so an expired session is an error and never an empty list. A session counts from the
-- transaction after the one that opened it: nobody looks around in one that is rolled back and was never there.
create or replace function me() returns identity
  language plpgsql stable parallel safe security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  who debtflow.identity;
begin
  select s.user_id, s.agency_id, s.role, s.id
    into who
    from debtflow.session s
   where s.token_hash = sha256(convert_to(current_setting('debtflow.session', true), 'UTF8'))
     and s.login = session_user
     and s.ended_at is null
     and s.expires_at > debtflow.kernel_now()
     and s.begun_in is distinct from pg_current_xact_id_if_assigned();
  if not found then
    raise exception using
      errcode = 'DF440', constraint = 'session_live', message = 'no live session', hint = 'sign in again';
  end if;
  return who;
end $$;

-- For the audit trail only: null instead of an error, because installers have no session (their login is recorded all
-- the same).
create or replace function me_if_any() returns identity
  language sql stable security definer
  set search_path = pg_catalog, pg_temp
as $$
  select row(s.user_id, s.agency_id, s.role, s.id)::debtflow.identity
    from debtflow.session s
   where s.token_hash = sha256(convert_to(current_setting('debtflow.session', true), 'UTF8'))
     and s.login = session_user
     and s.ended_at is null
$$;

create or replace function agency_today(agency int) returns date
  language sql stable security definer
  set search_path = pg_catalog, pg_temp
as $$
  select (debtflow.kernel_now() at time zone a.zone)::date
    from debtflow.agency a
   where a.id = agency
$$;

-- Today where the caller works.
create or replace function today() returns date
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select agency_today((me()).agency_id)
$$;

create or replace function is_installer() returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select pg_has_role(session_user, 'debtflow_owner', 'member')
$$;

create or replace function security_note(
  kind text,
  rule text default null,
  entity text default null,
  entity_id bigint default null,
  detail jsonb default '{}'
) returns void
  language sql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  insert into security_event (at, agency_id, user_id, session_id, login, kind, rule, entity, entity_id, detail)
  select kernel_now(), m.agency_id, m.user_id, m.session_id, session_user, kind, rule, entity, entity_id, detail
    from (select (x).* from (select me_if_any() x) y) m
$$;

-- Whether what put this row there has ended: nobody can take it back any more. `made` is the row's xmin, which is a
-- savepoint's own within one; numbers of transactions go round after 32 bits.
create or replace function on_record(made xid) returns boolean
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $$
  select coalesce(pg_xact_status((n.now + (m.ahead % 4294967296 + 4294967296) % 4294967296 - 2147483648)::text::xid8),
                  'committed') <> 'in progress'
    from (select pg_current_xact_id()::text::bigint as now) n
    cross join lateral (select made::text::bigint - n.now + 2147483648 as ahead) m
$$;

create or replace function note_lasts() returns interval
  language sql immutable parallel safe
as $$
  select interval '5 minutes'
$$;

-- What is shown on record is on record before it is shown: who rolls back would have seen it and left no trace. So the
-- first call notes it, in a transaction of its own, and shows nothing; this gives whether the session has noted it.
create or replace function noted(kind text, entity text, entity_id bigint, detail jsonb default '{}') returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  if exists (select
               from security_event e
              where e.agency_id = who.agency_id and e.at > kernel_now() - note_lasts()
                and e.session_id = who.session_id and e.kind = noted.kind and e.detail = noted.detail
                and (e.entity, e.entity_id) = (noted.entity, noted.entity_id) and on_record(e.xmin)) then
    return true;
  end if;
  perform security_note(kind, null, entity, entity_id, detail);
  return false;
end $$;

-- Nobody sits in front of a service: its session ends when its login is disabled.
create or replace function session_lasts(role text) returns interval
  language sql immutable parallel safe
as $$
  select case role when 'worker' then interval '10 years' else interval '15 minutes' end
$$;

-- 244 random bits from two UUIDs: pgcrypto is not everywhere. Only the hash is kept. Who has signed in this moment has
-- just proved who they are: a session that begins on a new connection begins stepped up.
create or replace function session_open(origin text default null, doing text default null)
  returns table (token text, expires_at timestamptz, session bigint)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  u record;
  secret constant text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
  until timestamptz;
  made constant timestamptz := connection_made_now();
  opened bigint;
begin
  select x.id, x.agency_id, r.role
    into u
    from users x
    join user_roles r on r.user_id = x.id
   where x.login = session_user and x.disabled_at is null;
  if not found then
    perform fail('DF403', 'user_active',
                 format('%s is not an active user of DebtFlow', session_user),
                 'ask an agency administrator');
  end if;
  if not pg_has_role(session_user, 'debtflow_' || u.role, 'member') then
    perform fail('DF403', 'user_group',
                 format('%s is recorded as %s but is not in that group', session_user, u.role),
                 'run debtflow doctor');
  end if;
  until := kernel_now() + session_lasts(u.role);
  insert into session (
    token_hash, user_id, agency_id, role, login, opened_at, expires_at, origin, address, doing, proved_at, proved_by
  )
  values (sha256(convert_to(secret, 'UTF8')), u.id, u.agency_id, u.role, session_user, kernel_now(), until,
          left(origin, 200), inet_client_addr(), nullif(left(doing, 120), ''),
          case when made is not null then kernel_now() end, made)
  returning id into opened;
  perform set_config('debtflow.session', secret, true), set_config('application_name', 'debtflow #' || opened, false);
  perform security_note('session.open', detail => jsonb_build_object('origin', left(origin, 200)));
  return query select secret, until, opened;
end $$;

create or replace function session_renew() returns timestamptz
  language sql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  update session
     set expires_at = kernel_now() + session_lasts(role)
   where id = (me()).session_id
  returning expires_at
$$;

create or replace function session_close(why text default 'sign-out') returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  m identity := me();
begin
  perform security_note('session.close', detail => jsonb_build_object('why', left(why, 40)));
  update session set ended_at = kernel_now() where id = m.session_id;
  delete from account_viewer where session_id = m.session_id;
end $$;

create or replace function session_whoami() returns table (
  login text,
  full_name text,
  role text,
  agency text,
  agency_name text,
  zone text,
  currency text,
  today date,
  opened_at timestamptz,
  expires_at timestamptz,
  user_id int,
  agency_id int
)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select u.login, u.full_name, s.role, a.code, a.name, a.zone, a.currency::text, agency_today(a.id),
         s.opened_at, s.expires_at, u.id, a.id
    from session s
    join users u on u.id = s.user_id
    join agency a on a.id = s.agency_id
   where s.id = (me()).session_id
$$;

grant execute on function me, me_if_any, agency_today, security_note, on_record, noted, is_installer
  to debtflow_kernel, debtflow_useradmin;
select operators_may(f), worker_may(f)
  from (values ('execute on function me, today, session_open, session_renew, session_close, session_whoami')) x(f);

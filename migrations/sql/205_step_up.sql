-- Stepping up: what must not be done from a desk that somebody left is done only for some minutes after the person has
-- proved once more who they are. PostgreSQL knows of one proof, a connection that has just been let in; a new connection
-- says which session it speaks for. Nothing that can be said on an older connection makes it younger.
set role debtflow_monitor;

create or replace function backend_started() returns timestamptz
  language sql security definer
  set search_path = pg_catalog, pg_temp
as $$
  select a.backend_start from pg_stat_get_activity(pg_backend_pid()) a
$$;
grant execute on function backend_started to debtflow_owner;

set role debtflow_owner;

create or replace function step_up_lasts() returns interval
  language sql immutable parallel safe
as $$
  select interval '5 minutes'
$$;

-- How old a connection may be and still count as made this moment: the sign-in of a slow line fits, a person who left
-- the desk does not.
create or replace function connection_is_new() returns interval
  language sql immutable parallel safe
as $$
  select interval '15 seconds'
$$;

-- When this connection was made, null where that is a while ago. By the clock on the wall: a statement's own time stands
-- still for as long as it runs.
create or replace function connection_made_now() returns timestamptz
  language plpgsql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  made constant timestamptz := backend_started();
begin
  return case when made > clock_timestamp() - connection_is_new() then made end;
end $$;

-- How the server knows who is there: scram-sha-256, peer, cert, ldap …; null where it does not say (before 16).
create or replace function proved_how() returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  said text;
begin
  if current_setting('server_version_num')::int >= 160000 then
    execute 'select split_part(system_user, '':'', 1)' into said;
  end if;
  return said;
end $$;

-- Called on a connection made for nothing else, with the session's token. One connection proves it once.
create or replace function step_up(token text) returns timestamptz
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  made constant timestamptz := connection_made_now();
  s session;
begin
  perform set_config('debtflow.session', coalesce(token, ''), true);
  select * into s from session x where x.id = (me()).session_id;
  if backend_started() is null then
    perform fail('DF403', 'step_up_blind', 'this database cannot tell how old a connection is',
                 'run debtflow db bootstrap as a superuser');
  elsif made is null or made <= s.proved_by then
    perform fail('DF403', 'step_up_stale', 'this connection proves nothing: it was not made for this',
                 'behind a pooler, set direct_url in [database]');
  end if;
  update session x set proved_at = kernel_now(), proved_by = made where x.id = s.id returning * into s;
  perform security_note('session.step_up', detail => jsonb_strip_nulls(jsonb_build_object('how', proved_how())));
  return s.proved_at + step_up_lasts();
end $$;

create or replace function stepped_up(who identity) returns boolean
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  return who.role = 'worker' -- a service has nobody to ask
      or exists (select from session s where s.id = who.session_id and s.proved_at > kernel_now() - step_up_lasts());
end $$;

-- Stops an act that wants the password again: `release`, `refund`, `reveal`, `export`.
create or replace function step_up_wanted(act text) returns void
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if not stepped_up(me()) then
    perform fail('DF403', 'step_up',
                 format('%s wants your password again',
                        case act
                          when 'release' then 'releasing a file'
                          when 'refund' then 'giving this much back'
                          when 'reveal' then 'showing what is hidden'
                          when 'export' then 'taking data out'
                          else act
                        end),
                 'sign in again and repeat within five minutes', jsonb_build_object('act', act));
  end if;
end $$;

grant execute on function stepped_up, step_up_wanted to debtflow_kernel, debtflow_useradmin;
select operators_may('execute on function step_up');

-- Users and their PostgreSQL logins. The client sends a SCRAM verifier, so no password ever reaches a log or
-- pg_stat_statements.
set role debtflow_useradmin;

create or replace function scram_check(scram text) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  form constant text :=
    '^SCRAM-SHA-256\$[0-9]{4,7}:[A-Za-z0-9+/=]{20,}\$[A-Za-z0-9+/=]{44}:[A-Za-z0-9+/=]{44}$';
begin
  if scram is null or scram !~ form then
    perform fail('DF400', 'password', 'send a SCRAM verifier, not a password', '', '{"field": "password"}');
  end if;
end $$;

-- Refuses a login that cannot be a user's name, or is somebody's already.
create or replace function login_check(login text) returns void
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if login is null
     or login !~ '^[a-z][a-z0-9_.-]{1,40}$'
     or login ~ '^(pg_|debtflow)'
     or login in ('postgres', 'public', 'none') then
    perform fail('DF400', 'login', format('%s is not a login name', login),
                 'small letters, digits, dot, dash; not starting with pg_ or debtflow', '{"field": "login"}');
  end if;
  if exists (select from users u where u.login = login_check.login) then
    perform fail('DF422', 'users_login_key', format('there is already a user %s', login));
  end if;
end $$;

create or replace function user_create(
  agency_code text,
  login text,
  full_name text,
  role text,
  scram text
) returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  home constant int := agency_to_administer(agency_code);
  uid int;
begin
  if not exists (select from roles r where r.name = user_create.role) then
    perform fail('DF400', 'role', format('%s is not a role', role),
                 'agency_admin, supervisor, collector or readonly; worker or webhook for a service',
                 '{"field": "role"}');
  end if;
  perform login_check(login);
  perform scram_check(scram);
  if exists (select from pg_roles r where r.rolname = user_create.login) then
    perform fail('DF422', 'login_taken',
                 format('the database already has a login %s that is not a user of DebtFlow', login),
                 'choose another name');
  end if;
  perform act_begin('user.add');
  insert into users (agency_id, login, full_name) values (home, login, full_name) returning id into uid;
  insert into user_roles (user_id, role) values (uid, user_create.role);
  execute format('create role %I login in role %I password %L connection limit 20', login, 'debtflow_' || role, scram);
  execute format('alter role %I set idle_in_transaction_session_timeout = %L', login, '2min');
  return uid;
end $$;

create or replace function user_to_administer(login text) returns int
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  u users;
begin
  select * into u from users x where x.login = user_to_administer.login;
  if not found or (not is_installer() and u.agency_id <> (me()).agency_id) then
    perform fail('DF404', 'user', format('there is no user %s', login), 'debtflow user list');
  end if;
  return u.id;
end $$;

-- Ends somebody's sessions and lets them sign in no more. What they leave open goes to `takers` or to a team in the same
-- act, as much of it as one step takes; with `leave` it stays where it is, and without either there must be none. An
-- installer sees no accounts, and takes away the login alone.
create or replace function user_disable(
  login text,
  takers text[] default null,
  team text default null,
  leave boolean default false
) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  u constant users := other_to_administer(login, 'disable');
  handed jsonb := '{}';
begin
  if is_installer() then
    perform administrators_hold(u.agency_id, u.id);
  elsif takers is null and team is null then
    perform administrators_hold(u.agency_id, u.id),
            administrator_remains(u.agency_id, u.id),
            case when coalesce(leave, false) then null else work_must_be_done(u.id) end;
  else
    perform administrators_hold(u.agency_id, variadic u.id || work_takers(u.id, takers, team)),
            administrator_remains(u.agency_id, u.id);
    handed := work_hand_over(login, takers, team);
  end if;
  perform act_begin('user.disable');
  update users x set disabled_at = kernel_now() where x.id = u.id and x.disabled_at is null;
  update session set ended_at = kernel_now() where user_id = u.id and ended_at is null;
  delete from team_member m where m.user_id = u.id;
  execute format('alter role %I nologin', login);
  perform backends_end(login::name, '{}');
  return handed;
end $$;

-- Anybody changes their own password; others are set by an administrator.
create or replace function user_password(login text, scram text) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  uid int;
begin
  if login <> session_user and not is_installer() then
    perform agency_to_administer(null);
  end if;
  uid := user_to_administer(login);
  perform scram_check(scram);
  perform act_begin('user.password');
  perform security_note('user.password', null, 'user', uid);
  execute format('alter role %I password %L', login, scram);
end $$;

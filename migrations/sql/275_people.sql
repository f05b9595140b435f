-- People after they have come: another role, coming back, and the lock under which work changes hands.
set role debtflow_useradmin;

-- Whoever gives work to people, or takes them away from it, holds them first, in the order of their ids and before
-- anything else: clients, batches, accounts.
create or replace function people_hold(people int[]) returns void
  language sql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select from users u where u.id = any (people) order by u.id for no key update
$$;
grant execute on function people_hold to debtflow_kernel;

-- The last administrator stays one. All of them are held, so that two cannot put each other out of office at once.
create or replace function administrator_remains(agency int, leaver int) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if not exists (select
                   from users u
                   join user_roles r on r.user_id = u.id
                  where u.agency_id = agency and u.id <> leaver and u.disabled_at is null
                    and r.role = 'agency_admin') then
    perform fail('DF422', 'last_administrator', 'this is the last agency administrator',
                 'make somebody else one first: debtflow user role LOGIN agency_admin');
  end if;
end $$;

create or replace function administrators_hold(agency int, variadic people int[]) returns void
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select people_hold(array(
    select u.id
      from users u
      join user_roles r on r.user_id = u.id
     where u.id = any (people) or u.agency_id = agency and u.disabled_at is null and r.role = 'agency_admin'))
$$;

-- The person of a login, whom the caller administers and who is not the caller.
create or replace function other_to_administer(login text, act text) returns users
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  u users;
begin
  perform agency_to_administer(null) where not is_installer();
  select * into u from users x where x.id = user_to_administer(other_to_administer.login);
  if u.login = session_user then
    perform fail('DF422', act || '_self', format('nobody %ss themselves', act), 'ask another administrator');
  end if;
  return u;
end $$;

-- Another role of people: the group in the database follows, and who is signed in signs in again.
create or replace function user_role(login text, role text) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  u constant users := other_to_administer(login, 'promote');
  old text;
begin
  perform administrators_hold(u.agency_id, u.id);
  select r.role into old from user_roles r where r.user_id = u.id;
  if role is null or role not in ('agency_admin', 'supervisor', 'collector', 'readonly')
     or old not in ('agency_admin', 'supervisor', 'collector', 'readonly') then
    perform fail('DF400', 'role', format('%s cannot become %s', login, coalesce(role, 'nothing')),
                 'agency_admin, supervisor, collector or readonly; services keep theirs', '{"field": "role"}');
  elsif role = old then
    return;
  elsif not is_installer() then
    perform administrator_remains(u.agency_id, u.id);
  end if;
  if role = 'readonly' and not is_installer() then
    perform work_must_be_done(u.id);
  end if;
  perform act_begin('user.role');
  update user_roles r set role = user_role.role where r.user_id = u.id;
  update session set ended_at = kernel_now() where user_id = u.id and ended_at is null;
  execute format('revoke %I from %I', 'debtflow_' || old, login);
  execute format('grant %I to %I', 'debtflow_' || role, login);
  perform backends_end(login::name, '{}');
end $$;

-- Somebody who left comes back, in the role they had, with a password of today.
create or replace function user_enable(login text, scram text) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  u constant users := other_to_administer(login, 'enable');
begin
  perform scram_check(scram);
  perform people_hold(array[u.id]);
  if exists (select from users x where x.id = u.id and x.disabled_at is null) then
    perform fail('DF422', 'user_enabled', format('%s is not disabled', login), 'debtflow user password sets a password');
  end if;
  perform act_begin('user.enable');
  update users x set disabled_at = null, locked_at = null where x.id = u.id;
  execute format('alter role %I login password %L', login, scram);
end $$;

grant execute on function user_role, user_enable to debtflow_agency_admin, debtflow_owner;

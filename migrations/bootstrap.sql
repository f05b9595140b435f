-- Cluster-wide roles. Not a migration: roles belong to the cluster, not to a database. Safe to repeat, and to run twice at
-- once. Needs CREATEROLE, not superuser. Nobody logs in as any of these.
--   debtflow_owner      owns schema and tables; migrations run as it; no operator is a member
--   debtflow_kernel     owns the definer functions; owns no table and has no BYPASSRLS, so policies and column grants
--                       bind them too
--   debtflow_useradmin  owns the functions that make logins: the one place that holds CREATEROLE
--   debtflow_monitor    owns the few functions that look at other people's backends, or end them
--   the others          groups; an operator or service login is a member of exactly one
do $$
declare
  name text;
  groups constant text[] := array[
    'debtflow_agency_admin', 'debtflow_supervisor', 'debtflow_collector', 'debtflow_readonly', 'debtflow_worker',
    'debtflow_webhook'];
  owners constant text[] := array[
    'debtflow_owner', 'debtflow_kernel', 'debtflow_useradmin', 'debtflow_monitor'];
begin
  foreach name in array owners || groups loop
    begin
      execute format('create role %I nologin', name);
    exception when duplicate_object or unique_violation then null;
    end;
  end loop;
  if not (select rolcreaterole from pg_roles where rolname = 'debtflow_useradmin') then
    begin
      alter role debtflow_useradmin createrole;
    exception when internal_error then null; -- somebody else has just done it
    end;
  end if;
  foreach name in array groups loop
    if not exists (
      select
        from pg_auth_members m
       where m.roleid = name::regrole and m.member = 'debtflow_useradmin'::regrole and m.admin_option
    ) then
      execute format('grant %I to debtflow_useradmin with admin option', name);
    end if;
  end loop;
  if not (select rolsuper from pg_roles where rolname = current_user) then
    foreach name in array owners loop
      if current_setting('server_version_num')::int >= 160000
        then execute format('grant %I to current_user with set true, inherit true', name);
        else execute format('grant %I to current_user', name);
      end if;
    end loop;
  end if;
  begin
    grant pg_read_all_stats to debtflow_monitor;
  exception when insufficient_privilege then
    raise warning 'pg_read_all_stats could not be granted: a busy account will name its holder but not since when, and nobody can prove again who they are';
  end;
  begin
    grant pg_signal_backend to debtflow_monitor;
  exception when insufficient_privilege then
    raise warning 'pg_signal_backend could not be granted: a session that is ended keeps its connections, powerless';
  end;
end $$;

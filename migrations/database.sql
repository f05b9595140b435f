-- What a database needs before its first migration. Run in it, once or often, by its owner or a superuser.
do $$
begin
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect on database %I to debtflow_owner, debtflow_kernel, debtflow_agency_admin, '
                 'debtflow_supervisor, debtflow_collector, debtflow_readonly, debtflow_worker, debtflow_webhook',
                 current_database());
  execute format('grant create on database %I to debtflow_owner', current_database());
  begin
    execute format('alter database %I set jit = off', current_database());
  exception when insufficient_privilege then
    raise warning 'jit could not be switched off for this database';
  end;
end $$;
revoke create on schema public from public;
create extension if not exists pg_trgm with schema public;
create extension if not exists fuzzystrmatch with schema public;

-- An operator with psql could hold an advisory lock of ours for hours, or fill the disk with large objects and log
-- messages.
do $$
declare
  f regprocedure;
begin
  for f in
    select oid::regprocedure
      from pg_proc
     where pronamespace = 'pg_catalog'::regnamespace
       and (proname like 'pg\_%advisory%' or proname ~ '^(lo_|lowrite|loread|pg_logical_emit_message)')
  loop
    execute format('revoke execute on function %s from public', f);
    if f::text like '%advisory%' then
      execute format('grant execute on function %s to debtflow_owner, debtflow_kernel, debtflow_worker', f);
    end if;
  end loop;
exception when insufficient_privilege then
  raise warning 'advisory-lock and large-object functions stay open to everyone: only a superuser can close them';
end $$;

-- A DO block is one statement: it could write into the server's log, or stop the clock of everything posted inside it.
do $$
begin
  revoke usage on language plpgsql from public;
  grant usage on language plpgsql to debtflow_owner, debtflow_kernel, debtflow_useradmin, debtflow_monitor;
exception when insufficient_privilege then
  raise warning 'the language plpgsql stays open to everyone: only a superuser can close it';
end $$;

create schema if not exists debtflow authorization debtflow_owner;

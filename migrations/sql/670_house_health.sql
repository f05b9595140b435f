-- What must hold of the installation itself: clock, logins, guards, row security, partitions, write rights.
set role debtflow_owner;

-- Logins of the agency that are not in exactly the group on record, or not as enabled as it says.
create or replace function logins_off_record(agency int) returns setof text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select u.login
    from users u
    join user_roles r on r.user_id = u.id
    left join pg_roles l on l.rolname = u.login
   where u.agency_id = agency
     and (u.disabled_at is null or l.rolcanlogin)
     and ((u.disabled_at is not null and l.rolcanlogin)
          or l.rolname is null
          or array[('debtflow_' || r.role)::name] is distinct from
             array(select g.rolname
                     from pg_auth_members m
                     join pg_roles g on g.oid = m.roleid
                    where m.member = l.oid
                    order by 1))
$$;

create or replace function tables_without_guard() returns setof text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select c.relname::text
    from pg_class c
   where c.relnamespace = 'debtflow'::regnamespace
     and c.relkind in ('r', 'p')
     and (c.relname in ('transfer', 'leg', 'ledger_event', 'security_event', 'audit_log', 'payment',
                        'receipt', 'receipt_part', 'adjustment', 'event_position')
          or c.relname like 'audit\_log\_%')
     and not exists (select
                       from pg_trigger t
                      where t.tgrelid = c.oid and t.tgname = 'append_only' and t.tgenabled = 'A')
$$;

create or replace function tables_without_row_security() returns setof text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select c.relname::text
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'agency_id' and not a.attisdropped
   where c.relnamespace = 'debtflow'::regnamespace
     and c.relkind in ('r', 'p')
     and not c.relispartition
     and not c.relrowsecurity
$$;

create or replace function audit_months_ahead() returns setof date
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select m.first
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    cross join lateral (select to_date(right(c.relname, 6), 'YYYYMM') as first) m
   where i.inhparent = 'debtflow.audit_log'::regclass
     and m.first >= date_trunc('month', kernel_now() at time zone 'UTC')
$$;

create or replace function tables_open_to_writing() returns setof text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select distinct x.table_name::text
    from information_schema.table_privileges x
   where x.table_schema = 'debtflow'
     and x.privilege_type in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
     and x.grantee in ('PUBLIC', 'debtflow_agency_admin', 'debtflow_supervisor', 'debtflow_collector',
                       'debtflow_readonly')
     and x.table_name not like '%intake'
$$;

create or replace function house_health() returns table (name text, ok boolean, detail text)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  return query
    select 'clock', p.prosrc = 'select pg_catalog.statement_timestamp()', 'kernel_now() is the shipped one'
      from pg_proc p
     where p.oid = 'debtflow.kernel_now()'::regprocedure;
  return query
    select 'roles', count(*) = 0,
           coalesce('differ from the record: ' || string_agg(x, ', '),
                    'every login is in exactly the group that is recorded')
      from logins_off_record(who.agency_id) x;
  return query
    select 'append-only', count(*) = 0,
           coalesce('without a guard: ' || string_agg(x, ', '),
                    'payments, transfers, legs, events and audit rows are guarded')
      from tables_without_guard() x;
  return query
    select 'row-security', count(*) = 0,
           coalesce('off for: ' || string_agg(x, ', '), 'on for every table that holds an agency''s rows')
      from tables_without_row_security() x;
  return query
    select 'partitions', count(*) >= 2, format('the audit trail has partitions up to %s', max(x))
      from audit_months_ahead() x;
  return query
    select 'writes', count(*) = 0,
           coalesce('may be written directly: ' || string_agg(x, ', '), 'no operator may write a table directly')
      from tables_open_to_writing() x;
  return query select 'sign-ins', h.ok, h.detail from signin_health(who.agency_id) h;
end $$;

grant execute on function house_health to debtflow_agency_admin, debtflow_supervisor;

-- Who sees which row. One policy a group, each one comparison of a column on the row itself with a once-a-statement
-- value. A table that is named here has row security; what no policy lets through is not there.
set role debtflow_owner;

create or replace function may_see(who identity, agency int, collector int) returns boolean
  language sql immutable parallel safe
as $$
  select who.agency_id = agency and (who.role <> 'collector' or who.user_id = collector)
$$;
grant execute on function may_see to debtflow_kernel;

create or replace function row_policy(name text, t regclass, clauses text) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  execute format('alter table %s enable row level security', t);
  execute format('create policy %I on %s %s', name, t, clauses);
end $$;

-- Those who see a whole agency.
create or replace function office_reads(
  t regclass,
  rows text default 'agency_id = (select (me()).agency_id)'
) returns void
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select row_policy('agency', t, format(
    'for select to debtflow_supervisor, debtflow_agency_admin, debtflow_readonly using (%s)', rows))
$$;

create or replace function supervisors_read(
  t regclass,
  rows text default 'agency_id = (select (me()).agency_id)'
) returns void
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select row_policy('agency', t, format(
    'for select to debtflow_supervisor, debtflow_agency_admin using (%s)', rows))
$$;

create or replace function collectors_read(t regclass, rows text) returns void
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select row_policy('collector', t, format('for select to debtflow_collector using (%s)', rows))
$$;

create or replace function operators_read(
  t regclass,
  rows text default 'agency_id = (select (me()).agency_id)'
) returns void
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select row_policy('everyone', t, format(
    'for select to debtflow_supervisor, debtflow_agency_admin, debtflow_readonly, debtflow_collector using (%s)',
    rows))
$$;

-- Without a second condition, what may be written is what may be seen.
create or replace function kernel_works(t regclass, rows text default 'true', written text default null) returns void
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select row_policy('kernel', t, 'to debtflow_kernel using (' || rows || ')'
                                 || coalesce(' with check (' || written || ')', ''))
$$;

create or replace function useradmin_works(t regclass) returns void
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select row_policy('useradmin', t, 'to debtflow_useradmin using (true)')
$$;

-- Rows with a collector of their own. The kernel is bound as well: a check forgotten inside a function cannot reach a
-- row that its caller could not see. Balances and search keys are reached only by joining `account`; a second check
-- there would cost time and add nothing.
select office_reads(t), collectors_read(t, 'collector_id = (select (me()).user_id)')
  from unnest(array['account', 'account_balance', 'search_key']::regclass[]) t;
select kernel_works('account', 'may_see((select me()), agency_id, collector_id)'),
       kernel_works('account_balance'),
       kernel_works('search_key');

-- Rows that hang on an account, always asked for by account.
select office_reads(t), collectors_read(t, 'exists (select from account a where a.id = account_id)'), kernel_works(t)
  from unnest(array['payment', 'activity', 'account_flag']::regclass[]) t;
select office_reads('leg', 'exists (select from transfer x where x.id = transfer_id)'),
       collectors_read('leg', 'exists (select from account a where a.id = account_id)'),
       kernel_works('leg'),
       kernel_works('account_viewer');

-- The agency, its people and its clients.
select operators_read(t) from unnest(array['client', 'contract', 'users']::regclass[]) t;
select operators_read('agency', 'id = (select (me()).agency_id)'),
       operators_read('user_roles', 'exists (select from users u where u.id = user_id)'),
       operators_read('client_collector', 'exists (select from client c where c.id = client_id)');
select kernel_works('users', 'agency_id = (select (me()).agency_id)', 'true'),
       kernel_works('agency', 'id = (select (me()).agency_id)', 'true');
select kernel_works(t) from unnest(array['client', 'contract', 'user_roles', 'client_collector']::regclass[]) t;
select useradmin_works(t)
  from unnest(array['users', 'user_roles', 'agency', 'client', 'client_collector', 'contract']::regclass[]) t;
select useradmin_works('session'); -- to end those of a disabled user

-- Debtors and their persons; contacts are read by functions only.
select office_reads(t) from unnest(array['debtor', 'person']::regclass[]) t;
select collectors_read('debtor', 'exists (select from account a where a.debtor_id = debtor.id)');
select kernel_works(t, 'agency_id = (select (me()).agency_id)', 'true')
  from unnest(array['debtor', 'debtor_contact', 'person']::regclass[]) t;

-- The books.
select office_reads('transfer'),
       office_reads('book'),
       office_reads('book_balance', 'exists (select from book b where b.id = book_id)'),
       office_reads('ledger_account', 'exists (select from book b where b.id = book_id)');
select kernel_works(t)
  from unnest(array['transfer', 'book', 'book_balance', 'ledger_account', 'ledger_event']::regclass[]) t;
select useradmin_works('book');

-- Import files. Rows are personal through and through: only those who review them may read them.
select office_reads('file'), office_reads('import_batch'), supervisors_read('import_row');
select kernel_works(t, 'agency_id = (select (me()).agency_id)')
  from unnest(array['file', 'import_batch', 'import_row']::regclass[]) t;

-- The audit trail: supervisors their agency; a collector their own acts, and those on an account they hold.
select office_reads('audit_log'),
       collectors_read('audit_log', $$
         agency_id = (select (me()).agency_id)
         and (user_id = (select (me()).user_id)
              or (entity = 'account' and exists (select from account a where a.id = entity_id)))$$),
       kernel_works('audit_log', 'agency_id = (select (me()).agency_id)'),
       kernel_works('audit_personal'),
       supervisors_read('security_event');

-- What only the kernel looks into.
select kernel_works('idempotency_key'), kernel_works('name_token');

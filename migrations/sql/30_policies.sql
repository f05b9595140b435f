-- Who sees which row. One policy a group, each one comparison of a column on the row itself with a once-a-statement value.
set role debtflow_owner;

create or replace function may_see(who identity, agency int, collector int) returns boolean language sql immutable parallel safe as
  'select who.agency_id = agency and (who.role <> ''collector'' or who.user_id = collector)';
grant execute on function may_see to debtflow_kernel;

-- Rows with a collector of their own.
do $$ declare t text; begin
  foreach t in array array['account', 'account_balance', 'search_key'] loop
    execute format('alter table %I enable row level security', t);
    execute format('create policy collector on %I for select to debtflow_collector using (collector_id = (select (me()).user_id))', t);
    execute format('create policy agency on %I for select to debtflow_supervisor, debtflow_agency_admin, debtflow_readonly
                    using (agency_id = (select (me()).agency_id))', t);
  end loop;
end $$;
-- The kernel is bound as well: a check forgotten inside a function cannot reach a row that its caller could not see. Balances and
-- search keys are reached only by joining `account`; a second check there would cost time and add nothing.
create policy kernel on account to debtflow_kernel using (may_see((select me()), agency_id, collector_id));
create policy kernel on account_balance to debtflow_kernel using (true);
create policy kernel on search_key to debtflow_kernel using (true);

-- Rows that hang on an account, always asked for by account.
do $$ declare t text; begin
  foreach t in array array['payment', 'leg', 'activity', 'account_flag', 'account_viewer'] loop
    execute format('alter table %I enable row level security', t);
    if t <> 'account_viewer' then
      execute format('create policy agency on %I for select to debtflow_supervisor, debtflow_agency_admin, debtflow_readonly
                      using (%s)', t, case t when 'leg' then 'exists (select from transfer x where x.id = transfer_id)' else 'agency_id = (select (me()).agency_id)' end);
      execute format('create policy collector on %I for select to debtflow_collector
                      using (exists (select from account a where a.id = account_id))', t);
    end if;
    execute format('create policy kernel on %I to debtflow_kernel using (true) with check (true)', t);
  end loop;
end $$;

-- Rows of the agency.
do $$ declare t text; begin
  foreach t in array array['transfer', 'client', 'users', 'contract', 'client_collector', 'user_roles', 'agency', 'debtor', 'debtor_contact', 'person'] loop
    execute format('alter table %I enable row level security', t);
  end loop;
  foreach t in array array['client', 'contract', 'users'] loop
    execute format('create policy everyone on %I for select to debtflow_supervisor, debtflow_agency_admin, debtflow_readonly, debtflow_collector
                    using (agency_id = (select (me()).agency_id))', t);
  end loop;
  foreach t in array array['transfer', 'debtor', 'person'] loop
    execute format('create policy agency on %I for select to debtflow_supervisor, debtflow_agency_admin, debtflow_readonly
                    using (agency_id = (select (me()).agency_id))', t);
  end loop;
end $$;
create policy collector on debtor for select to debtflow_collector using (exists (select from account a where a.debtor_id = debtor.id));
create policy everyone on agency for select to debtflow_supervisor, debtflow_agency_admin, debtflow_readonly, debtflow_collector
  using (id = (select (me()).agency_id));
create policy everyone on user_roles for select to debtflow_supervisor, debtflow_agency_admin, debtflow_readonly, debtflow_collector
  using (exists (select from users u where u.id = user_id));
create policy everyone on client_collector for select to debtflow_supervisor, debtflow_agency_admin, debtflow_readonly, debtflow_collector
  using (exists (select from client c where c.id = client_id));
do $$ declare t text; begin
  foreach t in array array['users', 'agency', 'debtor', 'debtor_contact', 'person'] loop
    execute format('create policy kernel on %I to debtflow_kernel using (%s = (select (me()).agency_id)) with check (true)', t, case t when 'agency' then 'id' else 'agency_id' end);
  end loop;
  foreach t in array array['transfer', 'client', 'contract', 'user_roles', 'client_collector'] loop
    execute format('create policy kernel on %I to debtflow_kernel using (true) with check (true)', t);
  end loop;
  foreach t in array array['users', 'user_roles', 'agency', 'client', 'client_collector', 'contract'] loop
    execute format('create policy useradmin on %I to debtflow_useradmin using (true) with check (true)', t);
  end loop;
end $$;

-- The audit trail: supervisors their agency; a collector their own acts, and those on an account they hold.
alter table audit_log enable row level security;
create policy agency on audit_log for select to debtflow_supervisor, debtflow_agency_admin, debtflow_readonly using (agency_id = (select (me()).agency_id));
create policy collector on audit_log for select to debtflow_collector
  using (agency_id = (select (me()).agency_id) and (user_id = (select (me()).user_id)
         or (entity = 'account' and exists (select from account a where a.id = entity_id))));
create policy kernel on audit_log to debtflow_kernel using (agency_id = (select (me()).agency_id));
alter table audit_personal enable row level security;
create policy kernel on audit_personal to debtflow_kernel using (true);
alter table security_event enable row level security;
create policy agency on security_event for select to debtflow_supervisor, debtflow_agency_admin using (agency_id = (select (me()).agency_id));

alter table session enable row level security;
create policy useradmin on session to debtflow_useradmin using (true); -- to end those of a disabled user
alter table idempotency_key enable row level security;
create policy kernel on idempotency_key to debtflow_kernel using (true) with check (true);
alter table ledger_event enable row level security;
create policy kernel on ledger_event to debtflow_kernel using (true) with check (true);
alter table book_balance enable row level security;
create policy kernel on book_balance to debtflow_kernel using (true) with check (true);
create policy agency on book_balance for select to debtflow_supervisor, debtflow_agency_admin, debtflow_readonly
  using (exists (select from book b where b.id = book_id));
alter table book enable row level security;
create policy kernel on book to debtflow_kernel using (true) with check (true);
create policy useradmin on book to debtflow_useradmin using (true) with check (true);
create policy agency on book for select to debtflow_supervisor, debtflow_agency_admin, debtflow_readonly using (agency_id = (select (me()).agency_id));
alter table ledger_account enable row level security;
create policy kernel on ledger_account to debtflow_kernel using (true) with check (true);
create policy agency on ledger_account for select to debtflow_supervisor, debtflow_agency_admin, debtflow_readonly
  using (exists (select from book b where b.id = book_id));
alter table name_token enable row level security;
create policy kernel on name_token to debtflow_kernel using (true) with check (true);

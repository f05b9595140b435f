-- What each role may do with each table, and who calls the office's functions; the others are granted beside their
-- functions. Everything was revoked before the first file ran: what is granted nowhere is not granted.
set role debtflow_owner;
grant usage on schema debtflow
  to debtflow_kernel, debtflow_useradmin, debtflow_monitor, debtflow_worker, debtflow_webhook;
select operators_may('usage on schema debtflow');

-- Operators read, under their policies. Personal columns are in no grant, nor are the bytes of a file.
select operators_may('select on agency, client, contract, client_collector, users, user_roles, roles'),
       operators_may('select on account, account_balance, account_flag, activity, status_move, closing_reason'),
       operators_may('select on payment_method, payment_processor, reversal_reason, leg, posting, ledger_kind'),
       operators_may('select on audit_log, import_batch'),
       operators_may('select (id, agency_id, sha256, size, place, bucket, key, stored_at) on file'),
       operators_may('select (id, agency_id, person_id, name, first_norm, last_norm) on debtor'),
       operators_may('select (id, agency_id, account_id, submission_id, amount, currency, method, payer, parts, over, '
                     'due_before, bucket_order, effective_on, recorded_at, user_id, reverses, reason) on payment');
grant select on transfer, book, book_balance, ledger_account, ledger_balance
  to debtflow_agency_admin, debtflow_supervisor, debtflow_readonly;
grant select on security_event to debtflow_agency_admin, debtflow_supervisor;
grant select (batch_id, row_no, agency_id, line, ref, state, version, reason, account_id, verdict, byte_at, byte_count)
  on import_row to debtflow_agency_admin, debtflow_supervisor;
grant insert on import_intake to debtflow_agency_admin, debtflow_supervisor;

-- The kernel writes, column by column; it can delete almost nothing.
grant usage on all sequences in schema debtflow to debtflow_kernel;
grant select on all tables in schema debtflow to debtflow_kernel;
revoke select on session from debtflow_kernel;
grant insert on payment, transfer, leg, ledger_event, activity, account_flag, idempotency_key, account, account_balance,
  debtor, debtor_contact, person, search_key, name_token, file, import_batch, import_row
  to debtflow_kernel;
grant insert, update, delete on account_viewer to debtflow_kernel;
grant delete on search_key, import_intake to debtflow_kernel;

grant update (due, unapplied, version, last_payment_on, last_posted_at, collector_id) on account_balance
  to debtflow_kernel;
grant update (collector_id, status, status_before, closed_reason, priority, follow_up_on) on account
  to debtflow_kernel;
grant update (balances) on book_balance to debtflow_kernel;
grant update (lifted_at, lifted_by) on account_flag to debtflow_kernel;
grant update (person_id) on debtor to debtflow_kernel;
grant update (value, label, is_primary, removed_at) on debtor_contact to debtflow_kernel;
grant update (answer) on idempotency_key to debtflow_kernel;
grant update (next_number) on agency to debtflow_kernel;
grant update (turn) on client to debtflow_kernel;
grant update (collector_id) on search_key to debtflow_kernel;
grant update (state, finished_at, reason, placed_on) on import_batch to debtflow_kernel;
grant update (cells, findings, parsed, ref, state, version, reason, account_id) on import_row to debtflow_kernel;

-- Those that make logins: people, clients, contracts, and the end of a session.
grant usage on all sequences in schema debtflow to debtflow_useradmin;
grant select, insert, update on agency, users, user_roles, client, client_collector, contract to debtflow_useradmin;
grant delete on client_collector to debtflow_useradmin;
grant select on book, ledger_kind, roles to debtflow_useradmin;
grant select (id, user_id, agency_id, ended_at) on session to debtflow_useradmin;
grant update (ended_at) on session to debtflow_useradmin;

set role debtflow_useradmin;
grant execute on function agency_create, client_create, client_edit, user_create, user_disable, user_password,
  agency_list, user_list, client_list
  to debtflow_agency_admin, debtflow_owner;
select operators_may('execute on function agency_list, user_list, client_list, user_password');

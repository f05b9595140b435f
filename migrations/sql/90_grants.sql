-- What each role may do with each table and function. Everything was revoked before this file ran: what is not here is not granted.
set role debtflow_owner;
grant usage on schema debtflow to debtflow_kernel, debtflow_useradmin, debtflow_monitor, debtflow_agency_admin, debtflow_supervisor,
  debtflow_collector, debtflow_readonly, debtflow_worker, debtflow_webhook;

-- Operators read, under their policies. Personal columns are in no grant.
grant select on agency, client, contract, client_collector, users, user_roles, roles, status_move, closing_reason, account, account_balance, activity,
  account_flag, payment_method, payment_processor, reversal_reason, leg, posting, ledger_kind
  to debtflow_agency_admin, debtflow_supervisor, debtflow_collector, debtflow_readonly;
grant select (id, agency_id, account_id, submission_id, amount, currency, method, payer, parts, over, due_before, bucket_order, effective_on, recorded_at,
  user_id, reverses, reason) on payment to debtflow_agency_admin, debtflow_supervisor, debtflow_collector, debtflow_readonly;
grant select (id, agency_id, person_id, name, first_norm, last_norm) on debtor to debtflow_agency_admin, debtflow_supervisor, debtflow_collector, debtflow_readonly;
grant select on transfer, book, book_balance, ledger_account, ledger_balance to debtflow_agency_admin, debtflow_supervisor, debtflow_readonly;
grant select on audit_log to debtflow_agency_admin, debtflow_supervisor, debtflow_collector, debtflow_readonly;
grant select on security_event to debtflow_agency_admin, debtflow_supervisor;

-- The kernel writes, column by column; it can delete almost nothing.
grant select on all tables in schema debtflow to debtflow_kernel;
revoke select on session from debtflow_kernel;
grant insert on payment, transfer, leg, ledger_event, activity, account_flag, idempotency_key, account, account_balance, debtor, debtor_contact, person,
  search_key, name_token to debtflow_kernel;
grant insert, update, delete on account_viewer to debtflow_kernel;
grant update (due, unapplied, version, last_payment_on, last_posted_at, collector_id) on account_balance to debtflow_kernel;
grant update (balances) on book_balance to debtflow_kernel;
grant update (collector_id, status, status_before, closed_reason, priority, follow_up_on) on account to debtflow_kernel;
grant update (lifted_at, lifted_by) on account_flag to debtflow_kernel;
grant update (person_id) on debtor to debtflow_kernel;
grant update (value, label, is_primary, removed_at) on debtor_contact to debtflow_kernel;
grant update (answer) on idempotency_key to debtflow_kernel;
grant update (next_number) on agency to debtflow_kernel;
grant update (turn) on client to debtflow_kernel;
grant update (collector_id) on search_key to debtflow_kernel;
grant delete on search_key to debtflow_kernel;
grant usage on all sequences in schema debtflow to debtflow_kernel;

grant select, insert, update on agency, users, user_roles, client, client_collector, contract to debtflow_useradmin;
grant delete on client_collector to debtflow_useradmin;
grant select on book to debtflow_useradmin;
grant select on ledger_kind to debtflow_useradmin;
grant select on roles to debtflow_useradmin;
grant update (ended_at) on session to debtflow_useradmin;
grant select (id, user_id, agency_id, ended_at) on session to debtflow_useradmin;
grant usage on all sequences in schema debtflow to debtflow_useradmin;

set role debtflow_useradmin;
grant execute on function agency_create, client_create, client_edit, user_create, user_disable, user_password, agency_list, user_list, client_list to debtflow_agency_admin, debtflow_owner;
grant execute on function agency_list, user_list, client_list, user_password to debtflow_supervisor, debtflow_collector, debtflow_readonly;

set role debtflow_kernel;
grant execute on function payment_preview, payment_post, payment_reference, lock_holder to debtflow_agency_admin, debtflow_supervisor, debtflow_collector, debtflow_readonly;
grant execute on function payment_reverse to debtflow_agency_admin, debtflow_supervisor, debtflow_collector, debtflow_readonly;
grant execute on function plus4, plus8, sum4, allocate to debtflow_agency_admin, debtflow_supervisor, debtflow_collector, debtflow_readonly;

-- Accounts: lookup, picture, acts. Search keys and contacts are read by these functions only.
set role debtflow_kernel;
grant execute on function account_find, account_picture, account_activities, account_version, account_postings, account_look, account_leave,
  account_note, account_call, account_follow_up, account_priority, account_contact_save, account_contact_remove, account_assign, account_status,
  account_flag_raise, account_flag_lift to debtflow_agency_admin, debtflow_supervisor, debtflow_collector, debtflow_readonly;
grant execute on function sum4 to debtflow_owner;

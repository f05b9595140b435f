"""Rows as each revision could hold them: what an upgrade must bring through."""

from __future__ import annotations

ROWS: dict[str, tuple[str, ...]] = {
    "0001": (
        "insert into agency (code, name, zone, currency) values ('OLD', 'Old Agency', 'America/New_York', 'USD')",
        "insert into users (agency_id, login, full_name) values (1, 'cora', 'Cora Collector')",
        "insert into user_roles values (1, 'collector')",
        "insert into session (token_hash, user_id, agency_id, role, login, opened_at, expires_at) values "
        "('\\x01', 1, 1, 'collector', 'cora', now(), now())",
        "insert into security_event (at, agency_id, login, kind) values (now(), 1, 'cora', 'session.open')",
        "insert into idempotency_key values (gen_random_uuid(), 'x', '\\x01', 1, '{}', now())",
    ),
    "0002": (
        "insert into book (agency_id, currency) values (1, 'USD')",
        "insert into client (agency_id, book_id, code, name, assignment_rule) values (1, 1, 'ACME', 'Acme', "
        "'one_collector')",
        "insert into client_collector values (1, 1, 1)",
        "insert into contract (agency_id, client_id, starts_on, commission_bp, bucket_order) values (1, 1, "
        "'2020-01-01', 2500, '{4,3,2,1}')",
        "insert into person (agency_id) values (1)",
        "insert into debtor (agency_id, person_id, name, first_norm, last_norm, ssn_last4) values (1, 1, "
        "'Quill Oye', 'quill', 'oye', '4821')",
        "insert into debtor_contact (agency_id, debtor_id, kind, value) values (1, 1, 'phone', '+13125550143')",
        "insert into account (agency_id, client_id, collector_id, debtor_id, number, external_ref, "
        "debtor_name, last_norm, first_norm, status, currency, "
        "original_amount, placed_on) values (1, 1, 1, 1, '10023-0', 'A-1', 'Quill Oye', 'oye', 'quill', "
        "'assigned', 'USD', 10000000, '2024-02-29')",
        "insert into account_balance (account_id, agency_id, collector_id, currency, due) values (1, 1, 1, "
        "'USD', '{10000000,0,0,0}')",
        "insert into activity (agency_id, account_id, at, user_id, kind, text) values (1, 1, now(), 1, "
        "'note', 'ä note')",
        "insert into account_flag (agency_id, account_id, kind, raised_at, raised_by) values (1, 1, "
        "'attorney', now(), 1)",
        "insert into account_viewer values (1, 1, 1, now(), now())",
        "insert into search_key values (1, 1, 1, 'phone', '3125550143')",
        "insert into name_token values (1, 'oye')",
    ),
    "0003": (
        "insert into ledger_account (book_id, slot) select 1, slot from ledger_kind",
        "insert into book_balance select 1, s, '{0,0,0,0,0,0,0,0}' from generate_series(0, 15) s",
        "update book_balance set balances = '{0,10000000,0,-10000000,0,0,0,0}' where stripe = 3",
        "insert into transfer (agency_id, kind, family_id, effective_on, recorded_at, user_id) values (1, "
        "'placement', 1, '2024-02-29', now(), 1)",
        "insert into leg values (1, 1, 18, 20, 1, 10000000, 'USD', '{10000000,0,0,0}')",
        "insert into ledger_event (aggregatetype, aggregateid, type, payload) values ('account', '1', "
        "'TransferRecorded', '{}')",
        "insert into transfer (agency_id, kind, family_id, effective_on, recorded_at, user_id) values (1, "
        "'payment', 2, '2024-03-01', now(), 1), "
        "(1, 'reversal', 2, '2024-03-02', now(), 1)",
        "insert into payment values (2, 1, 1, gen_random_uuid(), '\\x01', 700, 'USD', 'cash', 'slip', "
        "'debtor', '{700,0,0,0}', 0, '{10000000,0,0,0}', "
        "'{4,3,2,1}', '2024-03-01', now(), 1, null, null), (3, 1, 1, gen_random_uuid(), '\\x02', 700, 'USD', "
        "'cash', null, 'debtor', '{700,0,0,0}', 0, "
        "'{9999300,0,0,0}', '{4,3,2,1}', '2024-03-02', now(), 1, 2, 'nsf')",
    ),
    "0004": (
        "set role debtflow_owner",
        "create table audit_log_202402 partition of audit_log for values from ('2024-02-01 00:00+00') to "
        "('2024-03-01 00:00+00')",
        "reset role",
        "insert into audit_log (at, agency_id, user_id, login, act, entity, entity_id, before, after) "
        "values ('2024-02-29 12:00+00', 1, 1, 'cora', 'payment.post', 'account', 1, '{}', '{}')",
        "insert into audit_personal values (1, 'after.name', '\\x01', 'Quill Oye')",
    ),
    "0005": (
        "insert into file (agency_id, sha256, bytes, stored_at) values (1, sha256('x'), 'x', now())",
        "insert into import_batch (agency_id, client_id, file_id, file_name, encoding, delimiter, rows, "
        "errors, staged_by, staged_at) "
        "values (1, 1, 1, 'old.csv', 'utf-8', ',', 1, 1, 1, now())",
        "insert into import_row (batch_id, row_no, agency_id, line, raw, cells, findings, state) values (1, "
        "1, 1, 2, 'x', '{}', '[]', 'error')",
    ),
    "0006": (),
    "0007": (
        "update account_balance set held = 100 where account_id = 1",
        "insert into closed_period values (1, '2024-02-01', now(), 1)",
    ),
    "0008": (
        "insert into gateway_customer (agency_id, debtor_id, gateway, key, provider_id, made_at) values (1, 1, "
        "'stripe', gen_random_uuid(), 'cus_1', now())",
        "insert into saved_method (agency_id, debtor_id, gateway, provider_id, kind, brand, last4, added_at) values "
        "(1, 1, 'stripe', 'pm_1', 'card', 'visa', '4242', now())",
        "insert into charge (id, agency_id, account_id, user_id, gateway, kind, method, saved_method_id, request_hash, "
        "amount, currency, state, started_at, payment_id) values ('7c6e0fb8-51c5-4e92-9a3f-5a6bb8f1d1a1', 1, 1, 1, "
        "'stripe', 'saved', 'card', 1, '\\x01', 700, 'USD', 'posted', now(), 2)",
        "insert into refund (id, agency_id, account_id, charge_id, payment_id, user_id, origin, request_hash, amount, "
        "currency, state, started_at) values (gen_random_uuid(), 1, 1, '7c6e0fb8-51c5-4e92-9a3f-5a6bb8f1d1a1', 2, 1, "
        "'desk', '\\x01', 100, 'USD', 'failed', now())",
        "insert into dispute (agency_id, account_id, charge_id, gateway, provider_id, amount, currency, state, reason, "
        "opened_at, heard_at) values (1, 1, '7c6e0fb8-51c5-4e92-9a3f-5a6bb8f1d1a1', 'stripe', 'du_1', 700, 'USD', "
        "'open', 'fraudulent', now(), now())",
        "insert into breaker (agency_id, gateway, since) values (1, 'stripe', now())",
    ),
    "0009": (
        "insert into webhook_event (agency_id, provider, event_id, type, received_at, headers, body, size, sha256, "
        "state, last_delivery_at) values (1, 'stripe', 'evt_1', 'charge.succeeded', now(), '[]', '{}', 2, "
        "sha256('{}'), 'queued', now())",
    ),
    "0010": (
        "insert into chore_run (agency_id, chore, every, started_at, finished_at, done) values (1, 'look', "
        "'1 minute', now(), now(), 1)",
        "insert into procrastinate.procrastinate_jobs (queue_name, task_name) values ('agency-OLD', 'webhook')",
    ),
    "0011": (
        "insert into promise (agency_id, account_id, amount, currency, every, times, first_on, grace_days, after_id, "
        "look_on, made_at, made_by, judged_at, seen) values (1, 1, 5000, 'USD', 'monthly', 3, '2026-01-31', 2, 0, "
        "'2026-02-03', now(), 1, now(), 1)",
        "insert into plan (agency_id, account_id, key, currency, every, grace_days, after_id, made_at, made_by) values "
        "(1, 1, gen_random_uuid(), 'USD', 'monthly', 3, 0, now(), 1)",
        "insert into plan_instalment (plan_id, agency_id, account_id, due_on, wanted) values (1, 1, 1, '2026-01-31', "
        "5000)",
        "update contract set settlement_floor_bp = 6000",
        "insert into settlement (agency_id, account_id, amount, currency, owing, floor_bp, expires_on, after_id, "
        "offered_at, offered_by) values (1, 1, 6000000, 'USD', 9999300, 6000, '2026-12-31', 0, now(), 1)",
    ),
    "0012": (
        "insert into payment_batch (agency_id, submission_id, request_hash, currency, expected_count, expected_sum, "
        "second_keying, opened_by, opened_at) values (1, gen_random_uuid(), '\\x00', 'USD', 1, 5, false, 1, now())",
        "insert into payment_batch_posting (batch_id, agency_id, submission_id, user_id, at, posted, refused, answer) "
        "values (1, 1, gen_random_uuid(), 1, now(), 0, 1, '[]')",
        "insert into payment_batch_line (batch_id, agency_id, pass, no, submission_id, account, amount, method, payer, "
        "effective_on, allow_duplicate, overpayment, keyed_by, keyed_at) values (1, 1, 1, 1, gen_random_uuid(), "
        "'10023-0', 5, 'cash', 'debtor', '2024-03-01', false, 'refuse', 1, now())",
    ),
    "0013": (
        "update contract set spread_rule = 'proportional', interest_bp = 600",
        "insert into receipt (id, agency_id, account_id, submission_id, request_hash, amount, currency, basis, rule, "
        "rules_agree, effective_on, recorded_at, user_id) values (90, 1, 1, gen_random_uuid(), '\\x01', 700, 'USD', "
        "'policy', 'oldest_first', true, '2024-03-01', now(), 1)",
        "insert into receipt_part values (90, 1, 1, 1, 2, null)",
        "insert into adjustment_limit values (1, 'collector', 'fee', 100)",
        "insert into adjustment (id, agency_id, account_id, submission_id, request_hash, kind, reason, amount, "
        "currency, parts, due_before, effective_on, recorded_at, user_id) values (91, 1, 1, gen_random_uuid(), "
        "'\\x01', 'fee', 'agreed', 5, 'USD', '{0,0,5,0}', '{7,0,0,0}', '2024-03-01', now(), 1)",
        "insert into interest_pause (agency_id, account_id, from_on, note, paused_by) values (1, 1, '2024-03-01', "
        "'asked for', 1)",
        "insert into interest_off (agency_id, account_id, from_on) values (1, 1, '2024-03-01')",
        "insert into interest_run (agency_id, day) values (1, '2024-03-01')",
    ),
    "0014": (
        "insert into event_head (agency_id, position) values (1, 1)",
        "insert into event_position select agency_id, 1, xid, id from ledger_event where id = 1",
        "insert into event_consumer (agency_id, name) values (1, 'warehouse')",
        "insert into period_reopened (agency_id, month, closed_at, closed_by, reopened_at, reopened_by, reason) "
        "values (1, '2024-02-01', now(), 1, now(), 1, 'late file')",
    ),
    "0015": (
        "begin",
        "insert into file (agency_id, sha256, size, place, stored_at) values (1, sha256('xy'), 2, 'chunks', now())",
        "insert into file_chunk (file_id, seq, agency_id, bytes) select id, 0, 1, 'xy' from file "
        "where place = 'chunks'",
        "commit",
        "insert into file (agency_id, sha256, size, place, bucket, key, pieces, stored_at) values (1, sha256('z'), 1, "
        "'bucket', 'files', 'debtflow/HOUSE/' || encode(sha256('z'), 'hex'), array[sha256('z')], now())",
    ),
    "0016": (
        "insert into import_profile (agency_id, client_id, kind, version, body, note, made_by, made_at) "
        "values (1, 1, 'placements', 1, '{\"kind\": \"placements\"}', 'as ever', 1, now())",
        "update import_batch set profile_id = 1, control = '{\"findings\": []}'",
    ),
    "0017": (
        "insert into file (agency_id, sha256, size, bytes, stored_at) values (1, sha256('y'), 1, 'y', now())",
        "insert into import_batch (agency_id, client_id, kind, file_id, file_name, encoding, delimiter, rows, "
        "undone, undone_at, undone_by, undo_reason, state, staged_by, staged_at, finished_at) select 1, 1, "
        "'payments', max(id), 'paid.csv', 'utf-8', ',', 1, 1, now(), 1, 'twice', 'undone', 1, now(), now() from file",
        "insert into import_row (batch_id, row_no, agency_id, line, raw, cells, findings, parsed, ref, state, "
        "account_id, verdict, difference, effect) select max(id), 1, 1, 2, 'x', '{}', '[]', '{}', 'A-1', 'undone', 1, "
        "'changed', '{}', '{}' from import_batch",
    ),
    "0018": (
        "insert into import_found values (1, 'name-long', 1, 1, 'error', 'debtor_name')",
        "insert into import_tally values (1, 'name-long', 'error', 'debtor_name', 1, 1)",
        "update agency set import_four_eyes = true",
        "update import_batch set version = 2, approved_by = 1, approved_at = now()",
        "insert into import_change (agency_id, batch_id, kind, what, user_id, at) values (1, 1, 'alike', "
        '\'{"change": "x"}\', 1, now())',
        "insert into import_change_step values (1, 2, 1, 1, 1)",
        'insert into import_change_row values (1, 1, 1, 2, \'{"a": "b"}\', \'{"a": "c"}\')',
    ),
    "0019": (
        "insert into pull_client (client_id, agency_id, looked_at, next_at) values (1, 1, now(), now())",
        "insert into pull_file (agency_id, client_id, name, size, modified_at, first_seen_at, still_since, since) "
        "values (1, 1, 'ä list.csv', 7, now(), now(), now(), now())",
        "update pull_file set state = 'staged', sha256 = '\\x" + "00" * 32 + "', batch_id = 1, verdict = 'left', "
        "policy = '{}', why = '[{}]', decided_at = now()",
    ),
    "0020": (
        "insert into audit_seal values (1, 1, decode(repeat('00', 32), 'hex'), 1, 1, sha256('a'), now(), now(), 1, "
        "now(), 1, now(), '10', null, '9', 0, false, sha256('b'))",
        "insert into audit_sealed values (1, 1, sha256('a'), '{1}', array[now()], '{1}', '{null}', '{1}', '{2}', "
        "'{3}', '{1}', '{null}', '{null}', '{4}', '{null}', '{9}')",
        "insert into audit_digest values (1, 1, now(), '{}')",
        "insert into audit_check (agency_id, chain, first, last, findings, checked_at, user_id) "
        "values (1, 0, 1, 1, 0, now(), 1)",
    ),
    "0021": (
        "insert into permission values (1, 'payment.reverse', 'supervisor', false)",
        "insert into office_limit (agency_id, what, user_id, most) values (1, 'fee', 1, 500)",
        "insert into two_person values (1, 'refund.make', true)",
        "insert into approval (agency_id, act, what, facts, asked_by, asked_at) values (1, 'refund.make', 'give back', "
        "'{}', 1, now())",
    ),
    "0022": (
        "update session set proved_at = now(), proved_by = now(), address = '10.0.0.9', doing = 'debtflow'",
        "update users set locked_at = now()",
        "insert into office_limit (agency_id, what, user_id, most) values (1, 'refund_freely', 1, 500)",
        "insert into signin_log values (1, 'postgresql.json', 7, now(), 'gone')",
    ),
    "0023": (
        "insert into reveal (agency_id, account_id, user_id, field, reason, shown, at) values (1, 1, 1, 'ssn', 'asked "
        "who is calling', 1, now())",
    ),
    "0024": ("insert into audit_filter values (1, 1, 'refunds', 'text:refund', now())",),
    "0025": (
        "insert into team (agency_id, name, most_accounts) values (1, 'north', 400)",
        "insert into team_member values (1, 1, 1)",
        "insert into office_limit (agency_id, what, role, most) values (1, 'accounts', 'collector', 300)",
    ),
    "0026": (
        "insert into legal_hold (agency_id, debtor_id, reason, placed_by, placed_at) values (1, 1, 'a case', 1, now())",
        "insert into retention values (1, 400)",
        "insert into forgetting (agency_id, accounts, reason, at, user_id, done) values (1, '{10023-0}', 'request', "
        "now(), 1, '{}')",
        "insert into file_doomed (agency_id, bucket, key, pieces, since) values (1, 'files', 'x', 1, now())",
        "insert into file (agency_id, sha256, size, place, redacted_as, stored_at) select 1, sha256('gone'), 4, "
        "'redacted', id, now() from file where sha256 = sha256('z')",
    ),
    "0027": (
        "insert into audit_online (months) values (36)",
        "insert into audit_archive select 1, '2022-01-01', 1, 1, 1, 1, sha256('a'), max(id), now(), 1 from file",
        "insert into audit_archive_check values (1, '2022-01-01', 1, now(), 1)",
        "insert into audit_archive_dropped (month, rows, dropped_at) values ('2022-01-01', 1, now())",
    ),
}

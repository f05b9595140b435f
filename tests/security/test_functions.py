"""Who may call which function: a function that is not listed here is a finding."""

from __future__ import annotations

import pytest

from tests.security.conftest import World

OPERATORS = ("debtflow_agency_admin", "debtflow_collector", "debtflow_readonly", "debtflow_supervisor")
OFFICE = ("debtflow_agency_admin", "debtflow_readonly", "debtflow_supervisor")
WORKER = "debtflow_worker"
KERNEL, OWNER, USERADMIN, MONITOR = "debtflow_kernel", "debtflow_owner", "debtflow_useradmin", "debtflow_monitor"

# Owner, who may call besides the owner, names. A new function gets a row here, or the test below says its name.
EXPECTED: tuple[tuple[str, tuple[str, ...], str], ...] = (
    # the owner's: they look behind row security, so each looks only at what its caller is
    (OWNER, OPERATORS, "audit_origins audit_values audit_proofs audit_texts security_proofs"),
    (OWNER, (KERNEL,), "text_question text_plain text_month"),
    (
        OWNER,
        OPERATORS,
        "acts_like trail_at trail_by_act trail_by_entity trail_by_kind trail_by_person trail_by_person_act "
        "trail_by_time trail_page transaction_span",
    ),
    (
        OWNER,
        (),
        "text_marked reasons_found texts_back texts_begin texts_between "
        "texts_by_code texts_indexed texts_of_entities texts_walked",
    ),
    (KERNEL, OPERATORS, "audit_filter_save audit_filter_drop audit_export_begin audit_export_done"),
    (KERNEL, (), "audit_query_bare"),
    (OWNER, (*OPERATORS, WORKER), "session_open session_renew session_close session_whoami today"),
    (
        OWNER,
        (*OPERATORS, WORKER, KERNEL, USERADMIN),
        "kernel_now fail damm_digit account_number receipt_number",
    ),
    (OWNER, (KERNEL, USERADMIN), "act_begin operators_may worker_may statement_lasts statement_is_fresh"),
    (OWNER, (*OPERATORS, WORKER, KERNEL, USERADMIN), "me"),
    (OWNER, (), "session_lasts note_lasts step_up_lasts connection_is_new connection_made_now proved_how"),
    (OWNER, OPERATORS, "step_up session_list session_end"),
    (OWNER, (*OPERATORS, WORKER), "session_doing"),
    (OWNER, (KERNEL, USERADMIN), "stepped_up step_up_wanted"),
    (MONITOR, (OWNER,), "backend_started backends_of session_named"),
    (MONITOR, (OWNER, USERADMIN), "backends_end"),
    (
        OWNER,
        (KERNEL, USERADMIN),
        "agency_today assignable_user me_if_any security_note on_record noted is_installer book_open",
    ),
    (OWNER, (KERNEL,), "may_see person_debts import_tell_planner question_seal"),
    (OWNER, (), "account_collector_follow account_status_guard"),
    (OWNER, (USERADMIN,), "client_accounts"),
    (OWNER, ("debtflow_agency_admin", "debtflow_supervisor"), "house_health seal_health archive_health"),
    # the trail's months that have left
    (
        OWNER,
        (WORKER,),
        "audit_archive_next audit_archive_rows audit_archive_seals audit_archive_keep audit_archive_checked "
        "audit_archive_sealed audit_archive_drop audit_archive_due",
    ),
    (OWNER, (*OFFICE, WORKER), "audit_archive_parts audit_archive_chunk"),
    (
        OWNER,
        OFFICE,
        "audit_archive_digest audit_archive_leaves audit_archive_kept_wrong audit_archive_values security_wrong",
    ),
    (OWNER, (), "security_leaf security_events_of security_listed"),
    (
        OWNER,
        (),
        "audit_online_months audit_online_set month_begins audit_month_table audit_months_due archive_keeper "
        "audit_archive_lock audit_archive_tell audit_listed audit_month_weigh audit_month_left archive_reader",
    ),
    # the trail's seals
    (
        OWNER,
        ("debtflow_agency_admin", "debtflow_supervisor", WORKER),
        "audit_seal_next audit_digest_keep security_seal",
    ),
    (OWNER, (*OFFICE, WORKER), "audit_seal_state"),
    (OWNER, OFFICE, "audit_added audit_leaves audit_named audit_kept_wrong audit_checked"),
    (
        OWNER,
        (),
        "audit_canonical audit_root audit_head seal_reader seal_keeper chain_of seal_cluster audit_last_seal "
        "audit_written_since audit_seal_draft audit_take audit_sealed_since audit_seal_since audit_seal_fill "
        "audit_waits audit_unsealed audit_noted audit_differs",
    ),
    (
        OWNER,
        (),
        "audit audit_activity audit_balance configuration_note audit_partition audit_table audit_write commitment "
        "guard_append_only refuse_change",
    ),
    (OWNER, (), "import_found_in import_found_insert import_found_update"),
    (OWNER, (), "audit_import_batch audit_import_profile audit_import_row import_count import_count_by file_is_whole"),
    (
        OWNER,
        (),
        "row_policy office_reads supervisors_read collectors_read operators_read kernel_works useradmin_works",
    ),
    (
        OWNER,
        (),
        "logins_off_record tables_without_guard tables_without_row_security audit_months_ahead tables_open_to_writing",
    ),
    # who may do what, how much, and what takes two
    (OWNER, (KERNEL, USERADMIN), "role_may may roles_that_may roles_in_words only_who_may"),
    (OWNER, (KERNEL,), "limit_of limit_shipped limits_known"),
    (OWNER, (), "act_ships"),
    # what of a person is masked, and showing it
    (OWNER, (KERNEL,), "personal_families sight masked hides seen_as seen_reference value_family column_family"),
    (OWNER, (), "audit_family"),
    (KERNEL, (), "import_batch_to_open import_noted import_only_on_record"),
    (KERNEL, OPERATORS, "account_reveal account_revealed"),
    (
        KERNEL,
        OPERATORS,
        "import_rows_seen import_rows_open import_rows_picked import_touched import_change_said import_change_open "
        "import_returned import_opening",
    ),
    (
        KERNEL,
        (),
        "import_secrets veiled cells_seen findings_seen difference_seen raw_seen import_batch_seen",
    ),
    (KERNEL, (), "reveal_window bank_references personal_values reveals_left"),
    (KERNEL, (*OPERATORS, WORKER), "session_rights"),
    (
        KERNEL,
        OPERATORS,
        "rights_table permission_set two_person_set limit_set limits_table approval_ask approval_decide approvals",
    ),
    (KERNEL, (), "act_known approval_lasts takes_two two_persons may_answer"),
    # forgetting
    (
        OWNER,
        (KERNEL,),
        "forgotten erase_debtors erase_accounts erase_claims erase_words erase_rows erase_webhooks "
        "erase_filters erase_trail erase_archived provider_names",
    ),
    (OWNER, (), "import_findings_bare import_parsed_bare file_chunk_stays"),
    (
        KERNEL,
        OPERATORS,
        "pii_status pii_hold pii_holds pii_retention pii_retention_set pii_list pii_forget pii_check pii_release "
        "pii_files pii_file_read pii_copy_begin pii_copy_chunk pii_doomed pii_doomed_gone",
    ),
    (
        KERNEL,
        (),
        "pii_account pii_debtors pii_accounts retention_days pii_last_work pii_known pii_words pii_row_tells pii_rows "
        "pii_money_moves pii_blocks pii_redact pii_redact_all pii_providers pii_refuse_blocked pii_lock file_bytes",
    ),
    # who failed to sign in
    (OWNER, (), "signin_failures_within signin_health"),
    (OWNER, (USERADMIN,), "signin_failures_most signin_failures_of signin_note"),
    (USERADMIN, (WORKER,), "signin_log_place signin_failures_take signin_log_trouble"),
    (USERADMIN, (), "signin_reader signin_lock signin_others_unlock"),
    (USERADMIN, (*OPERATORS, OWNER), "user_unlock"),
    # those that make logins
    (
        USERADMIN,
        ("debtflow_agency_admin", OWNER),
        "agency_create client_create client_edit user_create user_disable user_enable user_role",
    ),
    (USERADMIN, (KERNEL,), "people_hold client_collectors_hand_over"),
    (USERADMIN, (), "administrator_remains administrators_hold other_to_administer"),
    (USERADMIN, (*OPERATORS, OWNER), "agency_list user_list client_list user_password"),
    (USERADMIN, (), "agency_to_administer client_collectors_set code_check contract_renew currency_check"),
    (USERADMIN, (), "login_check scram_check user_to_administer"),
    (MONITOR, (KERNEL,), "backend_of"),
    # the kernel's: bound by policies and column grants
    (
        KERNEL,
        OPERATORS,
        "payment_preview payment_post payment_reverse payment_reference lock_holder "
        "ledger_replay ledger_transfers ledger_health",
    ),
    (KERNEL, OPERATORS, "client_currency"),
    (KERNEL, OPERATORS, "plus4 plus8 allocate"),
    (KERNEL, (*OPERATORS, OWNER), "sum4"),
    (
        KERNEL,
        (),
        "account_follow_balance account_paid_in_full books_follow buckets_follow events_follow ledger_post "
        "payment_earlier payment_lock "
        "payment_reverse_weigh payment_reverse_write payment_weigh payment_write client_collectors",
    ),
    (KERNEL, (), "payment_replay commission_on last_standing_payment payment_candidates reversal_candidates"),
    (KERNEL, (), "payment_form_rule payment_debt_rule payment_day_rule ledger_accounts_known payment_carry"),
    (KERNEL, (), "period_shared period_closed period_check right_for"),
    (KERNEL, (), "replay_buckets replay_unapplied replay_books"),
    (
        KERNEL,
        (),
        "books_out_of_balance currencies_not_zero payments_without_transfer transfers_not_whole "
        "collectors_not_copied paid_in_full_but_owing",
    ),
    (KERNEL, OPERATORS, "debts_health imports_health"),
    (
        KERNEL,
        (),
        "imports_not_counted imports_not_posted imports_not_once imports_not_undone import_moves files_not_whole",
    ),
    (
        KERNEL,
        (),
        "health_words payments_not_moved receipts_not_whole adjustments_not_posted interest_not_posted "
        "settlements_not_posted instalments_not_charged refunds_unexplained",
    ),
    # the books: statements, closed months, the order of events
    (
        KERNEL,
        OPERATORS,
        "ledger_chart debt_balance debt_statement book_statement transfer_picture "
        "period_close period_reopen ledger_periods",
    ),
    (
        KERNEL,
        (*OPERATORS, WORKER),
        "events_sequence events_after events_state event_consumers event_consumer_take event_consumer_commit "
        "event_consumer_leave",
    ),
    (
        KERNEL,
        (),
        "books_reader balances_moved balances_at ledgers_of ledger_named legs_of family_of source_of payment_came_by "
        "period_lock period_next period_close_check event_record events_reader events_keeper cluster_identity "
        "events_place events_tell events_waiting events_out_of_order events_late replay_parting",
    ),
    # accounts: what people do on one, how it is found, how it is shown
    (
        KERNEL,
        OPERATORS,
        "account_activities account_assign account_call account_contact_remove account_contact_save "
        "account_find account_flag_lift "
        "account_flag_raise account_follow_up account_leave account_look account_note account_picture account_postings "
        "account_priority account_status account_version",
    ),
    (
        KERNEL,
        (),
        "account_hand_over account_hold account_index account_keys account_line account_lines account_moved "
        "account_move_check account_moves account_open flags_of receipts_of "
        "account_reached account_rows account_seen account_step account_timeline activity_add contacts_of "
        "lookup_follow_agency lookup_texts_agency lookup_texts_collector note_place note_place_at note_place_id "
        "lookup_notes_walked_agency lookup_notes_walked_collector lookup_notes_indexed_agency "
        "lookup_notes_indexed_collector "
        "lookup_follow_collector lookup_keys_agency lookup_keys_collector lookup_numbers_agency "
        "lookup_numbers_collector "
        "lookup_pairs_agency lookup_pairs_collector lookup_tier lookup_tier_agency lookup_tier_collector "
        "lookup_typos_agency "
        "lookup_typos_collector lookup_whole masked_of name_typo_ranges name_words payments_of "
        "phone_digits prefix_end "
        "submission_answer submission_claim word_typos",
    ),
    # who works what, and how it changes hands
    (OWNER, (KERNEL,), "payment_batch_keyed_by"),
    (
        KERNEL,
        OPERATORS,
        "people_list team_set team_limit team_remove team_list accounts_give accounts_to_give rebalance_plan "
        "rebalance_step work_open",
    ),
    (KERNEL, ("debtflow_agency_admin", USERADMIN), "work_hand_over"),
    (KERNEL, (USERADMIN,), "work_must_be_done work_takers"),
    (
        KERNEL,
        (),
        "is_work works_accounts accounts_most accounts_held caseloads caseload_check caseload_targets team_found "
        "team_people account_ties step_check accounts_deal places_of room_of takers_of accounts_of giver_of "
        "nobodys_accounts batches_of batches_hand_over work_of",
    ),
    # one receipt over several debts, adjustments, interest
    (
        KERNEL,
        OPERATORS,
        "payment_spread payment_spread_preview receipt_show adjustment_post adjustment_preview adjustment_reverse "
        "adjustment_limits adjustments_of interest_payoff interest_pause interest_resume",
    ),
    (KERNEL, (*OPERATORS, WORKER), "interest_accrue"),
    (
        KERNEL,
        (),
        "spread_amounts spread_accounts spread_skips spread_submission spread_hash spread_lines spread_items "
        "spread_outcome spread_weigh spread_form receipt_picture receipt_write",
    ),
    (
        KERNEL,
        (),
        "adjusted_lately adjustment_raises adjustment_parts adjustment_candidates adjustment_replay "
        "adjustment_rule adjustment_weigh adjustment_transfers adjustment_write account_adjusted_away "
        "adjustment_refusals adjustment_reverse_weigh account_follow_adjustment",
    ),
    (KERNEL, (), "interest_rounded interest_basis interest_run_claim interest_page interest_transfers"),
    (OWNER, (KERNEL,), "interest_runs_in"),
    (OWNER, (), "account_interest_follow"),
    # what providers send, and the queue
    (OWNER, ("debtflow_webhook",), "webhook_agency"),
    (OWNER, (WORKER,), "my_queue audit_partitions_ahead webhook_requeue_lost job_rescue job_forget"),
    (OWNER, OFFICE, "job_list job_workers job_counts"),
    (
        OWNER,
        (),
        "agency_queue job_rows office_may queue_policy webhook_defer webhook_queued webhook_queued_again "
        "webhook_received",
    ),
    (KERNEL, (WORKER,), "webhook_take webhook_settle webhook_forget chore_ran idempotency_expire"),
    (KERNEL, OPERATORS, "webhook_redrive webhook_reveal"),
    (KERNEL, (), "webhook_known"),
    # batches of payments
    (OWNER, (*OPERATORS, KERNEL), "payment_batch_seen_by"),
    (OWNER, (), "payment_batch_line_guard"),
    (
        KERNEL,
        OPERATORS,
        "payment_batch_amend payment_batch_cancel payment_batch_compare payment_batch_compared payment_batch_drop "
        "payment_batch_enter payment_batch_expect payment_batch_hand_over payment_batch_key payment_batch_list "
        "payment_batch_open payment_batch_post payment_batch_settle payment_batch_show payment_batch_take",
    ),
    (
        KERNEL,
        (),
        "payment_batch_add payment_batch_agrees payment_batch_answer payment_batch_carry payment_batch_check "
        "payment_batch_clerk payment_batch_differences payment_batch_document payment_batch_find payment_batch_head "
        "payment_batch_hold payment_batch_in_state payment_batch_items payment_batch_line_at payment_batch_lines "
        "payment_batch_may_settle payment_batch_moved payment_batch_must_agree payment_batch_opened payment_batch_pass "
        "payment_batch_postable payment_batch_posted_before payment_batch_settle_line payment_batch_settle_state "
        "payment_batch_side payment_batch_step payment_batch_totals payment_batch_typed payment_batch_unfinished "
        "payment_batch_weigh",
    ),
    # promises, plans, settlement offers
    (
        KERNEL,
        OPERATORS,
        "account_outlook plan_cancel plan_change plan_make plan_pause plan_propose plan_release promise_cancel "
        "promise_make settlement_accept settlement_cancel settlement_offer settlements_of",
    ),
    (KERNEL, (*OPERATORS, WORKER), "plan_claim plan_outcomes promises_judge promises_of settlements_run"),
    (USERADMIN, ("debtflow_agency_admin", OWNER), "client_settlement_floor"),
    (USERADMIN, (*OPERATORS, OWNER), "client_settlement_floors"),
    (
        KERNEL,
        (),
        "account_ahead account_unmoved account_wants_a_look clockwork_only due_day in_words instalment_key "
        "instalments_due money_since owed_on payment_latest plan_add plan_ahead plan_amounts_fix plan_answer "
        "plan_check plan_day_check plan_days plan_drop plan_hold_open plan_line_open plan_lines plan_live "
        "plan_method_check plan_moved plan_picture plan_said plan_set_amount plan_set_day plan_set_method plan_stop "
        "plan_verdicts plan_version promise_ahead promise_check promise_from_call promise_line promise_look_on "
        "promise_said promise_settle promise_state promise_times promise_write promises_on settlement_ahead "
        "settlement_check settlement_floor settlement_floor_check settlement_is_met settlement_line settlement_open "
        "settlement_paid settlement_state settlements_complete settlements_follow settlements_on "
        "settlements_ripe write_offs",
    ),
    # charges: the calls' two acts, what asks between them, and how they are read
    (
        KERNEL,
        (*OPERATORS, WORKER),
        "breaker_enter breaker_tell breaker_seen methods_of customer_known charge_begin charge_enter charge_claim "
        "charge_claim_one charge_release charge_linked charge_hear charge_cancel charge_show charges_of "
        "charges_waiting charge_named links_overdue refund_begin refund_enter refund_claim refund_release "
        "refund_hear refund_seen refunds_under_way",
    ),
    (KERNEL, OPERATORS, "method_remove charge_health"),
    (KERNEL, (WORKER,), "dispute_hear refund_found charge_unconfirmed refund_unconfirmed"),
    (
        KERNEL,
        (),
        "breaker_limits breaker_pause breaker_blocks customer_of method_keep charge_is_open charge_clerk "
        "charge_may_begin_again "
        "account_hold_money charge_rule charge_hash charge_write charge_lease charge_key_lives charge_patience "
        "charge_locked charge_order charge_learned charge_step charge_carry charge_mismatch charge_succeeded "
        "charge_returned charge_failed charge_under_way charge_not_there charge_rows transfer_stands returned_of "
        "commission_returned give_back_parts give_back regain refundable refund_rule refund_locked refund_order "
        "refunded_lately "
        "refund_step refund_post refund_failed refund_not_there dispute_fee dispute_opened holds_not_covered "
        "charges_not_posted card_payments_unexplained refunds_not_posted confirm_after heard_first_hand heard_code "
        "charge_agrees charge_confirm refund_confirm charge_answered refund_answered refund_clerk "
        "charges_contradicted charges_confirmed",
    ),
    # imports
    (
        KERNEL,
        OPERATORS,
        "import_alike_begin import_alike_step import_approve import_four_eyes import_four_eyes_set "
        "import_release_if "
        "import_exclude import_fix import_include import_reject import_file_read "
        "import_profile_keep import_control_accept import_undo_chunk",
    ),
    (
        KERNEL,
        (*OPERATORS, WORKER),
        "import_release_chunk import_stage_begin import_stage_close import_profile_bound file_keep file_chunk_keep "
        "file_place file_keep_outside",
    ),
    # files fetched from clients' servers
    (
        KERNEL,
        (*OPERATORS, WORKER),
        "pull_claim pull_due pull_look pull_looked pull_fetched pull_staging pull_staged pull_refused pull_moving "
        "pull_moved pull_troubled pull_undecided pull_decide pull_rejected pull_put_aside",
    ),
    (
        KERNEL,
        (),
        "pull_at pull_clerk pull_client_id pull_compared pull_ended pull_settle pull_doubts pull_is_theirs "
        "pull_released pull_release_begin",
    ),
    (
        KERNEL,
        (),
        "import_cells_moved import_change_begin import_change_end import_change_moved import_change_version "
        "import_changed_by import_correct import_facts import_second_eyes import_unmet "
        "import_change_known import_step_known file_part "
        "import_clerk import_stager import_stage_key import_finding import_lock import_own_findings "
        "import_profile_client import_profile_newest import_profile_for import_control_agrees "
        "import_ready import_reason import_release_next import_releaser "
        "import_refuse_known import_release_begin import_review import_row_at import_rows_known "
        "import_state_of person_roots persons_link "
        "placement_claim placement_parts placement_post placement_new placement_write",
    ),
    # kinds of files: compared with the accounts, released, undone
    (
        KERNEL,
        (),
        "import_compared_rules import_key import_elsewhere import_standing import_account_finding import_twin_finding "
        "import_verdict import_said import_moved import_placed_difference import_placed_here import_fit "
        "import_change_findings import_stranger import_shown import_placed_elsewhere import_compare_placed "
        "import_fit_step "
        "import_payment_known import_adjustment_known import_over_balance import_past_finding import_compare_money "
        "import_recall_finding import_compare_recalls import_contact_difference import_contact_removed "
        "import_compare_contacts import_compared import_compare import_compare_of import_landed import_refused "
        "import_payment_items import_pay import_adjust_post import_adjustment_items import_adjust import_recall "
        "contact_first import_reach placement_change_items placement_change_write placement_change "
        "import_release_lock import_accounts import_release_do import_release_try",
    ),
    (
        KERNEL,
        (),
        "import_worked_since import_undo_begin import_undo_refs import_undo_left import_taken_back import_undo_rows "
        "import_undo_next import_hold import_pay_undo import_adjust_back import_adjust_undo import_recall_undo "
        "import_reach_undo placement_undo placement_change_undo recalled_words recalled_reason reason_before_recall "
        "agreements_told agreements_end agreements_back",
    ),
)

CATALOG = """
  select p.proname, pg_get_userbyid(p.proowner), p.prosecdef, p.proconfig, p.oid::regprocedure::text,
         array(select case x.grantee when 0 then 'PUBLIC' else pg_get_userbyid(x.grantee) end
                 from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x where x.grantee <> p.proowner
                 order by 1)
    from pg_proc p where p.pronamespace = 'debtflow'::regnamespace"""


def test_every_function_is_granted_to_exactly_those_who_need_it(world: World) -> None:
    expected = {name: (owner, sorted(callers)) for owner, callers, names in EXPECTED for name in names.split()}
    found = {row[0]: (row[1], sorted(row[5])) for row in world.su.execute(CATALOG).fetchall()}
    assert found == expected


def test_no_function_is_anybodys(world: World) -> None:
    assert [row[4] for row in world.su.execute(CATALOG).fetchall() if "PUBLIC" in row[5]] == []


def test_the_rights_of_an_owner_come_with_a_closed_search_path(world: World) -> None:
    """With pg_temp last, a temporary table shadows nothing."""
    for _, _, definer, settings, signature, _ in world.su.execute(CATALOG).fetchall():
        paths = [setting.split("=", 1)[1] for setting in settings or () if setting.startswith("search_path=")]
        if definer:
            assert paths, f"{signature} runs with its owner's rights and the caller's search path"
        for path in paths:
            schemas = path.split(", ")
            assert (schemas[0], schemas[-1]) == ("pg_catalog", "pg_temp"), signature
            assert set(schemas) <= {"pg_catalog", "debtflow", "public", "pg_temp"}, signature


def test_the_kernel_owns_no_table_and_walks_around_no_policy(world: World) -> None:
    owned = world.su.execute(
        "select distinct pg_get_userbyid(relowner) from pg_class where relnamespace = 'debtflow'::regnamespace"
    ).fetchall()
    assert owned == [(OWNER,)]
    attributes = (
        "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin from pg_roles where rolname = %s"
    )
    for role, creates in ((KERNEL, False), (OWNER, False), (MONITOR, False), (USERADMIN, True)):
        assert world.su.execute(attributes, [role]).fetchone() == (False, False, creates, False, False), role


def test_a_login_is_in_exactly_one_group(world: World) -> None:
    query = """select l.rolname, array_agg(g.rolname order by 1) from pg_auth_members m join pg_roles l on l.oid =
        m.member join pg_roles g on g.oid = m.roleid
                where l.rolname in (select login from debtflow.users) group by l.rolname having count(*) <> 1"""
    assert world.su.execute(query).fetchall() == []
    outsiders = """select m.member::regrole::text from pg_auth_members m where m.roleid = any
        (array['debtflow_owner', 'debtflow_kernel',
                   'debtflow_useradmin', 'debtflow_monitor']::regrole[])"""
    assert world.su.execute(outsiders).fetchall() == []


@pytest.mark.parametrize("schema", ["debtflow", "public"])
def test_nobody_makes_anything_in_a_schema_that_functions_read(world: World, schema: str) -> None:
    query = (
        "select rolname from pg_roles where has_schema_privilege(oid, %s, 'create') and not rolsuper and "
        "rolname not like 'pg\\_%%'"
    )
    assert {name for (name,) in world.su.execute(query, [schema]).fetchall()} <= {OWNER}

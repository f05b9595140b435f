"""Who may do what through plain SQL, generated from the permission table.

Every function that people may call, for every role: as shipped, with everything taken away, and with all given that can
be given; every account, whoever asks for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import psycopg
import pytest

from services.domain.money import Money
from services.payments import PaymentForm, Payments
from tests.security.conftest import World
from tests.support.rights import shipped

LOGINS: Final = {"ada": "agency_admin", "bea": "supervisor", "ana": "collector", "rex": "readonly"}

NOTHING: Final = "nothing"
ASKS: Final = {
    # about oneself, or only the caller's rows, whatever they are
    NOTHING: "session_open session_renew session_close session_whoami session_rights session_list session_doing "
    "step_up today me kernel_now fail "
    "damm_digit account_number receipt_number sum4 plus4 plus8 allocate lock_holder rights_table limits_table "
    "adjustment_limits approvals approval_decide approval_ask import_four_eyes payment_preview payment_reference "
    "client_currency account_activities account_find account_leave account_look account_picture account_postings "
    "account_version payment_spread_preview receipt_show adjustment_preview adjustments_of interest_payoff "
    "account_outlook settlements_of promises_of plan_propose debt_balance debt_statement methods_of breaker_seen "
    "charge_show charges_of charges_waiting charge_named links_overdue refund_seen refunds_under_way "
    "payment_batch_list payment_batch_show payment_batch_compared payment_batch_seen_by import_profile_bound "
    "audit_origins audit_values audit_proofs audit_texts audit_filter_save audit_filter_drop "
    "acts_like trail_at trail_by_act trail_by_entity trail_by_kind trail_by_person trail_by_person_act trail_by_time "
    "trail_page transaction_span security_proofs "
    "agency_list user_list client_list client_settlement_floors user_password "
    "customer_known account_reveal account_revealed",
    "account.note": "account_note account_call account_follow_up account_priority",
    "account.contact": "account_contact_save account_contact_remove",
    "account.status": "account_status account_flag_raise account_flag_lift",
    "account.assign": "account_assign accounts_give accounts_to_give rebalance_step",
    "team.manage": "team_set team_limit team_remove",
    "people.see": "people_list team_list rebalance_plan work_open",
    "promise.make": "promise_make promise_cancel",
    "plan.make": "plan_make plan_change plan_pause plan_release plan_cancel",
    "settlement.offer": "settlement_offer settlement_accept settlement_cancel",
    "interest.pause": "interest_pause interest_resume",
    "method.remove": "method_remove",
    "payment.post": "payment_post",
    "payment.spread": "payment_spread",
    "payment.batch": "payment_batch_amend payment_batch_cancel payment_batch_compare payment_batch_drop "
    "payment_batch_enter payment_batch_expect payment_batch_hand_over payment_batch_key payment_batch_open "
    "payment_batch_post payment_batch_settle payment_batch_take",
    "charge.make": "breaker_enter breaker_tell charge_begin charge_cancel charge_claim charge_claim_one charge_enter "
    "charge_hear charge_linked charge_release",
    "adjustment.post": "adjustment_post",
    "adjustment.reverse": "adjustment_reverse",
    "payment.reverse": "payment_reverse",
    "refund.make": "refund_begin refund_claim refund_enter refund_hear refund_release",
    "import.work": "file_chunk_keep file_keep file_keep_outside file_place import_alike_begin import_alike_step "
    "import_control_accept import_exclude import_fix import_include import_profile_keep import_reject "
    "import_stage_begin import_stage_close import_rows_open import_change_open import_opening",
    "import.see": "import_rows_seen import_rows_picked import_touched import_change_said import_returned",
    "import.fetch": "pull_claim pull_decide pull_due pull_fetched pull_look pull_looked pull_moved pull_moving "
    "pull_put_aside pull_refused pull_rejected pull_staged pull_staging pull_troubled pull_undecided",
    "import.approve": "import_approve",
    "import.release": "import_release_chunk import_release_if",
    "import.undo": "import_undo_chunk",
    "import.raw": "import_file_read",
    "import.rules": "import_four_eyes_set",
    "webhook.redrive": "webhook_redrive",
    "webhook.reveal": "webhook_reveal",
    "clock.run": "plan_claim plan_outcomes promises_judge settlements_run",
    "interest.accrue": "interest_accrue",
    "events.see": "event_consumers events_after events_state",
    "events.consume": "event_consumer_commit event_consumer_leave event_consumer_take events_sequence",
    "pii.see": "pii_status pii_holds pii_retention pii_list",
    "pii.retention": "pii_retention_set",
    "pii.hold": "pii_hold",
    "pii.release": "pii_release",
    "pii.forget": "pii_forget pii_check pii_files pii_file_read pii_copy_begin pii_copy_chunk pii_doomed "
    "pii_doomed_gone",
    "books.see": "book_statement ledger_chart ledger_periods transfer_picture",
    "seal.check": "audit_seal_state audit_added audit_leaves audit_named audit_kept_wrong audit_checked "
    "audit_archive_parts audit_archive_chunk audit_archive_leaves audit_archive_kept_wrong audit_archive_values "
    "audit_archive_digest security_wrong",
    "seal.make": "audit_seal_next audit_digest_keep security_seal",
    "audit.export": "audit_export_begin audit_export_done",
    "books.replay": "ledger_replay ledger_transfers",
    "house.examine": "charge_health debts_health imports_health ledger_health",
    "period.close": "period_close",
    "period.reopen": "period_reopen",
    "limit.set": "limit_set",
    "session.end": "session_end",
    "user.unlock": "user_unlock",
    "rights.set": "permission_set two_person_set",
    "office.administer": "client_create client_edit client_settlement_floor user_create user_disable "
    "user_enable user_role work_hand_over",
    # its own question: only the installation's owner passes it
    "installer": "agency_create",
}
# Asked in the middle of an act that another right began.
BESIDE: Final = {
    "session.see",
    "user.unlock",
    "settlement.below",
    "payment.late",
    "payment_batch.oversee",
    "charge.settle",
    *(f"{verb}.{family}" for verb in ("see", "reveal") for family in ("phone", "email", "address", "ssn", "bank")),
}
# Granted to some groups of people only, beside what the permission table says.
GRANTED: Final = {"house_health", "seal_health", "archive_health", "job_list", "job_workers", "job_counts"}

# Asks once there is a row to show.
LAZY: Final = {"audit_kept_wrong", "audit_leaves"}
# Gives no rows for an account that is not seen, and none for one that has none.
SILENT: Final = {"refunds_under_way"}

FUNCTIONS = """
  select p.proname, array(select format_type(t, null) from unnest(p.proargtypes) t), p.proargnames,
         has_function_privilege(%s, p.oid, 'execute')
    from pg_proc p
   where p.pronamespace = 'debtflow'::regnamespace
     and (select bool_or(has_function_privilege('debtflow_' || r, p.oid, 'execute'))
            from unnest(array['agency_admin', 'supervisor', 'collector', 'readonly']) r)
   order by 1"""
ASKED = {name: act for act, names in ASKS.items() for name in names.split()}

STATES = {
    "shipped": "delete from debtflow.permission",
    "nothing": "insert into debtflow.permission select g.id, a.name, r, false from debtflow.agency g, "
    "debtflow.office_act a, unnest(array['agency_admin', 'supervisor', 'collector', 'readonly']) r",
    "everything": "insert into debtflow.permission select g.id, a.name, r, true from debtflow.agency g, "
    "debtflow.office_act a, unnest(array['agency_admin', 'supervisor', 'collector', 'readonly']) r",
}


@pytest.fixture(params=STATES)
def state(world: World, request: pytest.FixtureRequest) -> Iterator[str]:
    world.su.execute("delete from debtflow.permission")
    world.su.execute(STATES[request.param])
    yield request.param
    world.su.execute("delete from debtflow.permission")


@pytest.fixture(scope="module")
def stranger(furnished: World) -> str:
    """An account of another agency whose number is nobody's here."""
    furnished.su.execute("update debtflow.agency set next_number = 90001 where code = 'NORTHBY'")
    number = furnished.place("Zita Owing", principal=500_00, client="ZEN", collector="zoe", by="zack")
    Payments(furnished.store("zoe")).post(PaymentForm(number, Money(10_00, "EUR"), "cash"))
    return number


def refusal(psql: psycopg.Connection, call: str, *values: object) -> psycopg.Error | None:
    """What the database says to a call that leaves nothing behind."""
    try:
        with psql.transaction(force_rollback=True):
            psql.execute("set local lock_timeout = '2s'")
            psql.execute(call.encode(), values).fetchall()
    except psycopg.Error as error:
        return error
    return None


def roles_by_act(world: World, state: str) -> dict[str, list[str]]:
    """The roles that the table lets do each act, the nearest to the desk first."""
    column = {"shipped": "shipped", "nothing": "'{}'::text[]", "everything": "possible"}[state]
    query = f"""
      select name, array(select r from unnest(array['collector', 'supervisor', 'agency_admin', 'readonly']) r
                          where r = any ({column})) from debtflow.office_act"""
    return dict(world.su.execute(query.encode()).fetchall())


def test_the_matrix_names_every_function_and_every_act(world: World) -> None:
    found = {row[0] for row in world.su.execute(FUNCTIONS, ["debtflow_readonly"]).fetchall()}
    assert found == set(ASKED) | GRANTED
    acts = {name for (name,) in world.su.execute("select name from debtflow.office_act").fetchall()}
    assert acts == (set(ASKS) | BESIDE) - {NOTHING, "installer"}


@pytest.mark.parametrize("login", LOGINS)
def test_a_function_lets_through_whom_the_table_names(world: World, state: str, login: str) -> None:
    """Called with nothing at all: who may not is told so before anything else, and who may is told something else."""
    role, psql = LOGINS[login], world.psql(login)
    may, could = roles_by_act(world, state), roles_by_act(world, "everything")
    for name, types, _, granted in world.su.execute(FUNCTIONS, [f"debtflow_{LOGINS[login]}"]).fetchall():
        if name.startswith("session_") or name in GRANTED | LAZY:
            continue
        error = refusal(psql, f"select debtflow.{name}({', '.join(f'null::{each}' for each in types)})")
        act, state_of = ASKED[name], error.sqlstate if error else None
        if not granted:
            assert (state_of, role in could.get(act, ())) == ("42501", False), name
        elif act == NOTHING or role in may.get(act, ()):
            assert state_of != "DF403", (name, error)
        else:
            assert error, name
            assert state_of == "DF403", (name, error)
            told = json.loads(error.diag.message_detail or "{}")
            asked = {"act": act, "who_may": next(iter(may[act]), None)} if act in may else {}
            assert told == asked, name


# Functions of one account by its number: with everything else left out, who sees it is told what is missing, and who
# does not, that there is no such account.
@pytest.mark.parametrize("login", LOGINS)
def test_an_account_is_there_for_those_who_see_it(world: World, stranger: str, login: str) -> None:
    psql, role = world.psql(login), LOGINS[login]
    theirs = {world.mine: True, world.bens: role != "collector", world.nobodys: role != "collector", stranger: False}
    looked = 0
    for name, types, arguments, granted in world.su.execute(FUNCTIONS, [f"debtflow_{role}"]).fetchall():
        act = ASKED.get(name, "")
        if not granted or (arguments or [""])[0] != "number" or (act not in shipped() and act != NOTHING):
            continue
        if name in SILENT or (act != NOTHING and role not in shipped()[act]):
            continue
        looked += 1
        for number, visible in theirs.items():
            call = f"select debtflow.{name}({', '.join(['%s', *(f'null::{each}' for each in types[1:])])})"
            error = refusal(psql, call, number)
            hidden = error is not None and error.sqlstate == "DF404" and error.diag.constraint_name == "account"
            assert hidden is not visible, (name, number, error)
    assert looked >= (10 if role == "readonly" else 25)


ITEMS = {
    "payment_preview": ("select outcome from debtflow.payment_preview(%s)", "payment.post"),
    "payment_post": ("select outcome from debtflow.payment_post(%s)", "payment.post"),
    "adjustment_preview": ("select outcome from debtflow.adjustment_preview(%s)", "adjustment.post"),
    "adjustment_post": ("select outcome from debtflow.adjustment_post(%s)", "adjustment.post"),
    "payment_reverse": ("select outcome from debtflow.payment_reverse(%s)", "payment.reverse"),
}


@pytest.mark.parametrize("login", LOGINS)
def test_money_is_moved_where_it_is_seen(world: World, stranger: str, login: str) -> None:
    psql, role = world.psql(login), LOGINS[login]
    theirs = {world.mine: True, world.bens: role != "collector", stranger: False}
    for name, (call, act) in ITEMS.items():
        for number, visible in theirs.items():
            agency = "NORTHBY" if number == stranger else "HARBOR"
            paid = "select max(id) from debtflow.payment where account_id = %s"
            item = {
                "account": number, "amount": 1, "currency": "EUR" if number == stranger else "USD", "kind": "fee",
                "method": "cash", "submission_id": "5f0c9a52-4f8d-4c5b-8f5e-0d8f2f6f5a11",
                "reason": "nsf" if name == "payment_reverse" else "agreed",
                "payment": world.one(paid, world.account_id(number, agency)),
            }  # fmt: skip
            with psql.transaction(force_rollback=True):
                if not name.endswith("_preview") and role not in shipped()[act]:
                    with pytest.raises(psycopg.Error) as refused:
                        psql.execute(call.encode(), [json.dumps([item])])
                    assert refused.value.sqlstate == "DF403", name
                    continue
                row = psql.execute(call.encode(), [json.dumps([item])]).fetchone()
                assert row, name
                assert (row[0] == "not_found") is not visible, (name, number, row)


def test_the_screens_tests_know_the_table_as_it_is_shipped(world: World) -> None:
    rows = world.su.execute("select name, shipped from debtflow.office_act").fetchall()
    assert {name: tuple(roles) for name, roles in rows} == shipped()

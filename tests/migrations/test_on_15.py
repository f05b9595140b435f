"""The oldest PostgreSQL that is supported: migration, posting and row security, the same tests on another server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kernel.test_payments import (
    test_a_payment_is_reversed_once,
    test_a_rule_that_refuses_says_its_name_and_is_on_record,
    test_an_overpayment_is_kept_apart_only_by_explicit_choice,
    test_money_falls_in_the_order_of_the_contract,
    test_one_call_takes_many_and_answers_each,
    test_the_last_cent_closes_the_account_and_a_reversal_opens_it_as_it_was,
    test_the_same_submission_gives_the_same_receipt_and_does_nothing,
    test_who_may_not,
)
from tests.kernel.test_races import (
    test_two_operators_pay_the_last_cent,
    test_who_keeps_an_account_is_named_with_the_time,
)
from tests.migrations.test_declared import test_a_database_made_from_the_declaration_is_the_migrated_one
from tests.migrations.test_upgrades import test_rows_of_an_earlier_revision_come_through
from tests.migrations.versions import programs_of_15
from tests.security.conftest import furnished, world
from tests.security.test_attacks import test_somebody_elses_token_is_worthless
from tests.security.test_crafted import test_an_administrator_rules_at_home_only
from tests.security.test_functions import test_every_function_is_granted_to_exactly_those_who_need_it
from tests.security.test_immutable import test_no_posting_event_or_trail_changes
from tests.security.test_rows import test_a_login_sees_its_own_rows_and_no_others, test_no_login_writes_a_table
from tests.support.cluster import Cluster, home_of_run

pytestmark = pytest.mark.pg15

__all__ = [
    "furnished",
    "test_a_database_made_from_the_declaration_is_the_migrated_one",
    "test_a_login_sees_its_own_rows_and_no_others",
    "test_a_payment_is_reversed_once",
    "test_a_rule_that_refuses_says_its_name_and_is_on_record",
    "test_an_administrator_rules_at_home_only",
    "test_an_overpayment_is_kept_apart_only_by_explicit_choice",
    "test_every_function_is_granted_to_exactly_those_who_need_it",
    "test_money_falls_in_the_order_of_the_contract",
    "test_no_login_writes_a_table",
    "test_no_posting_event_or_trail_changes",
    "test_one_call_takes_many_and_answers_each",
    "test_rows_of_an_earlier_revision_come_through",
    "test_somebody_elses_token_is_worthless",
    "test_the_last_cent_closes_the_account_and_a_reversal_opens_it_as_it_was",
    "test_the_same_submission_gives_the_same_receipt_and_does_nothing",
    "test_two_operators_pay_the_last_cent",
    "test_who_keeps_an_account_is_named_with_the_time",
    "test_who_may_not",
    "world",
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """PostgreSQL 15 in the place of the run's own server, shared by the workers like it."""
    programs = programs_of_15()
    home = home_of_run()
    assert home is not None
    joined = Cluster(_folder(home / "pg15"), programs)
    yield joined
    joined.close()


def _folder(home):
    home.mkdir(mode=0o711, exist_ok=True)
    return home


def test_it_is_15(cluster: Cluster) -> None:
    with cluster.superuser("postgres") as connection:
        assert connection.info.server_version // 10000 == 15

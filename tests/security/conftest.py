"""One database with rows of two agencies in every table, for tests that only look and are refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.audit.sealing import Sealing
from services.audit.verifying import Verifying
from services.domain.money import Money
from services.payments import PaymentForm, Payments
from tests.support.cluster import Cluster
from tests.support.house import House


class World(House):
    """HARBOR's accounts of ana, of ben and of nobody, and NORTHBY's of zoe, each with everything that can hang on
    one."""

    def furnish(self) -> World:
        self.mine = self.place("Ana Owing", principal=500_00, fees=20_00)
        self.bens = self.place("Ben Owing", principal=500_00, client="MED", collector="ben")
        self.nobodys = self.place("Nobody Owing", principal=500_00, collector=None)
        self.far = self.place("Zoe Owing", principal=500_00, client="ZEN", collector="zoe", by="zack")
        for login, number, currency in (("ana", self.mine, "USD"), ("ben", self.bens, "USD"), ("zoe", self.far, "EUR")):
            Payments(self.store(login)).post(PaymentForm(number, Money(10_00, currency), "cash", reference="slip 7"))
        for statement in EXTRAS:
            self.su.execute(statement)
        self.all_over()
        for login in ("bea", "zack"):
            sealing = Sealing(self.store(login))
            sealing.seal()
            sealing.publish()
            Verifying(self.store(login)).verify()
        for statement in ARCHIVED:
            self.su.execute(statement)
        return self

    def disconnect(self) -> None:
        while self._connections:
            self._connections.pop().close()

    def account_id(self, number: str, agency: str = "HARBOR") -> int:
        query = (
            "select a.id from debtflow.account a join debtflow.agency g on g.id = a.agency_id where "
            "number = %s and code = %s"
        )
        return int(self.one(query, number, agency))


# As if a month had left the database.
ARCHIVED = (
    "insert into debtflow.audit_archive select f.agency_id, '2022-01-01', 1, 1, 1, 1, sha256('a'), min(f.id), now(), "
    "(select min(u.id) from debtflow.users u where u.agency_id = f.agency_id) from debtflow.file f group by 1",
    "insert into debtflow.audit_archive_check select agency_id, month, part, now(), made_by "
    "from debtflow.audit_archive",
    "insert into debtflow.audit_archive_dropped (month, rows, dropped_at) values ('2022-01-01', 2, now())",
    "insert into debtflow.audit_online (months) values (24)",
)
# What accounts gather in a year, put there at once. Agency 0 stands for rows made by no person.
EXTRAS = (
    "set search_path = debtflow, public",
    "insert into person (agency_id) select agency_id from debtor",
    "update debtor d set ssn_last4 = '4321', person_id = (select max(p.id) from person p where p.agency_id = "
    "d.agency_id)",
    "insert into debtor_contact (agency_id, debtor_id, kind, value) select agency_id, id, 'phone', "
    "'+13125550143' from debtor",
    "insert into activity (agency_id, account_id, at, user_id, kind, text) "
    "select agency_id, id, now(), collector_id, 'note', 'called at noon' from account",
    "insert into account_flag (agency_id, account_id, kind, note, raised_at, raised_by) "
    "select a.agency_id, a.id, 'attorney', 'Ms Ito', now(), (select min(u.id) from users u where u.agency_id "
    "= a.agency_id) from account a",
    "insert into account_viewer (account_id, user_id, session_id, since, seen_at) "
    "select a.id, s.user_id, s.id, now(), now() from account a join session s on s.agency_id = a.agency_id",
    "insert into search_key (account_id, agency_id, collector_id, kind, key) "
    "select id, agency_id, collector_id, 'phone', '3125550143' from account on conflict do nothing",
    "insert into name_token (agency_id, token) select id, 'owing' from agency on conflict do nothing",
    "insert into audit_filter (agency_id, user_id, name, text, saved_at) select agency_id, id, 'mine', 'text:noon', "
    "now() from users",
    "insert into idempotency_key (key, act, request_hash, user_id, at) select gen_random_uuid(), 'test', "
    "'\\x00', id, now() from users",
    "insert into file (agency_id, sha256, size, bytes, stored_at) select id, sha256(code::bytea), length(code), "
    "code::bytea, now() from agency",
    "begin",
    "insert into file (agency_id, sha256, size, place, stored_at) select id, sha256(name::bytea), length(name::bytea), "
    "'chunks', now() from agency",
    "insert into file_chunk (file_id, seq, agency_id, bytes) select f.id, 0, a.id, a.name::bytea from agency a "
    "join file f on f.sha256 = sha256(a.name::bytea)",
    "commit",
    "insert into import_profile (agency_id, client_id, kind, version, body, made_by, made_at) "
    "select c.agency_id, c.id, 'placements', 1, '{}', (select min(u.id) from users u where u.agency_id = c.agency_id), "
    "now() from client c",
    "insert into import_batch (agency_id, client_id, file_id, file_name, encoding, delimiter, rows, "
    "staged_by, staged_at) "
    "select c.agency_id, c.id, f.id, 'list.csv', 'utf-8', ',', 1, (select min(u.id) from users u where "
    "u.agency_id = c.agency_id), now() "
    "from (select distinct on (agency_id) * from client order by agency_id, id) c join file f using (agency_id)",
    "insert into import_row (batch_id, row_no, agency_id, line, raw, cells, findings, state) "
    "select id, 1, agency_id, 2, 'raw', '{}', '[]', 'error' from import_batch",
    "insert into import_found select batch_id, 'x', row_no, agency_id, 'error', 'a' from import_row",
    "insert into import_tally select batch_id, 'x', 'error', 'a', agency_id, 1 from import_row",
    "insert into import_change (agency_id, batch_id, kind, what, user_id, at) select agency_id, id, 'alike', '{}', "
    "staged_by, now() from import_batch",
    "insert into import_change_step select id, 2, agency_id, batch_id, 1 from import_change",
    "insert into import_change_row select id, 1, agency_id, 2, '{}', '{}' from import_change",
    "insert into import_intake (upload, row_no, line, raw, cells, findings) values (gen_random_uuid(), 1, 2, "
    "'raw', '{}', '[]')",
    "insert into pull_client (client_id, agency_id, looked_at, next_at) select id, agency_id, now(), now() from client",
    "insert into pull_file (agency_id, client_id, name, size, modified_at, first_seen_at, still_since, since) "
    "select agency_id, id, 'list.csv', 1, now(), now(), now(), now() from client",
    "insert into closed_period select a.id, '2019-12-01', now(), min(u.id) from agency a join users u on u.agency_id = "
    "a.id group by a.id",
    "insert into receipt (id, agency_id, account_id, submission_id, request_hash, amount, currency, basis, rule, "
    "rules_agree, effective_on, recorded_at, user_id) select 1000 + id, agency_id, id, gen_random_uuid(), '\\x01', 1, "
    "'USD', 'policy', 'oldest_first', true, '2025-11-01', now(), 1 from account",
    "insert into receipt_part (receipt_id, no, agency_id, account_id, skipped) select 1000 + id, 1, agency_id, id, "
    "'closed' from account",
    "insert into adjustment (id, agency_id, account_id, submission_id, request_hash, kind, reason, amount, currency, "
    "parts, due_before, effective_on, recorded_at, user_id) select 2000 + id, agency_id, id, gen_random_uuid(), "
    "'\\x01', 'fee', 'agreed', 1, 'USD', '{0,0,1,0}', '{0,0,0,0}', '2025-11-01', now(), 1 from account",
    "insert into permission select id, 'payment.batch', 'collector', true from agency",
    "insert into office_limit (agency_id, what, role, most) select id, 'fee', 'collector', 100 from agency",
    "insert into two_person select id, 'refund.make', false from agency",
    "insert into approval (agency_id, act, what, facts, asked_by, asked_at) select agency_id, 'refund.make', 'x', "
    "'{}', min(id), now() from users group by agency_id",
    "insert into reveal (agency_id, account_id, user_id, field, reason, shown, at) select agency_id, id, "
    "collector_id, 'ssn', 'asked who is calling', 1, now() from account where collector_id is not null",
    "insert into team (agency_id, name) select id, 'desk' from agency",
    "insert into team_member select min(u.id), t.id, t.agency_id from team t join users u using (agency_id) group by "
    "t.id",
    "insert into interest_pause (agency_id, account_id, from_on, note, paused_by) select agency_id, id, "
    "'2025-11-01', 'asked for', 1 from account",
    "insert into interest_off (agency_id, account_id, from_on) select agency_id, id, '2025-11-01' from account",
    "insert into interest_run (agency_id, day) select id, '2025-11-01' from agency",
    "insert into chore_run (agency_id, chore, every, started_at, finished_at, done) "
    "select id, 'look', '1 minute', now(), now(), 1 from agency",
    "set session authorization hook",
    "insert into webhook_event (provider, event_id, type, headers, body, size) "
    "values ('stripe', 'evt_1', 'charge.succeeded', '[]', '{}', 2)",
    "set session authorization hanna",
    "insert into webhook_event (provider, event_id, type, headers, body, size) "
    "values ('stripe', 'evt_1', 'charge.succeeded', '[]', '{}', 2)",
    "reset session authorization",
    "insert into payment_batch (agency_id, submission_id, request_hash, currency, expected_count, expected_sum, "
    "second_keying, opened_by, opened_at) select agency_id, gen_random_uuid(), '\\x00', 'USD', 1, 5, false, "
    "collector_id, now() from account where collector_id is not null",
    "insert into payment_batch_posting (batch_id, agency_id, submission_id, user_id, at, posted, refused, answer) "
    "select id, agency_id, gen_random_uuid(), opened_by, now(), 0, 1, '[]' from payment_batch",
    "insert into payment_batch_line (batch_id, agency_id, pass, no, submission_id, account, amount, method, payer, "
    "effective_on, allow_duplicate, overpayment, keyed_by, keyed_at) select id, agency_id, 1, 1, gen_random_uuid(), "
    "'10023-3', 5, 'cash', 'debtor', current_date, false, 'refuse', opened_by, now() from payment_batch",
    "insert into promise (agency_id, account_id, currency, every, times, first_on, grace_days, after_id, look_on, "
    "made_at, made_by, judged_at, seen) select b.agency_id, b.account_id, b.currency, 'once', 1, current_date, 0, 0, "
    "current_date, now(), s.user_id, now(), 1 from account_balance b join lateral (select * from session s where "
    "s.agency_id = b.agency_id limit 1) s on true",
    "insert into plan (agency_id, account_id, key, currency, every, grace_days, after_id, made_at, made_by) select "
    "agency_id, account_id, gen_random_uuid(), currency, every, 0, 0, now(), made_by from promise",
    "insert into plan_instalment (plan_id, agency_id, account_id, due_on, wanted) select id, agency_id, account_id, "
    "current_date, 100 from plan",
    "insert into settlement (agency_id, account_id, amount, currency, owing, expires_on, after_id, offered_at, "
    "offered_by) select agency_id, account_id, 1, currency, 2, current_date, 0, now(), made_by from promise",
    "insert into gateway_customer (agency_id, debtor_id, gateway, key, provider_id, made_at) select agency_id, id, "
    "'stripe', gen_random_uuid(), 'cus_' || id, now() from debtor",
    "insert into saved_method (agency_id, debtor_id, gateway, provider_id, kind, brand, last4, added_at) select "
    "agency_id, id, 'stripe', 'pm_' || id, 'card', 'visa', '4242', now() from debtor",
    "insert into charge (id, agency_id, account_id, user_id, gateway, kind, method, request_hash, amount, currency, "
    "state, started_at) select gen_random_uuid(), a.agency_id, a.id, (select min(u.id) from users u where u."
    "agency_id = a.agency_id), 'stripe', 'link', 'card', '\\x01', 100, a.currency, 'expired', now() from account a",
    "insert into refund (id, agency_id, account_id, charge_id, payment_id, user_id, origin, request_hash, amount, "
    "currency, state, started_at) select gen_random_uuid(), agency_id, account_id, id, 0, user_id, 'desk', '\\x01', 1, "
    "currency, 'failed', now() from charge",
    "insert into dispute (agency_id, account_id, charge_id, gateway, provider_id, amount, currency, state, reason, "
    "opened_at, heard_at) select agency_id, account_id, id, 'stripe', 'du_' || account_id, 1, currency, 'lost', "
    "'general', now(), now() from charge",
    "insert into breaker (agency_id, gateway, since) select id, 'stripe', now() from agency",
    "insert into retention select id, 400 from agency",
    "insert into legal_hold (agency_id, debtor_id, reason, placed_by, placed_at) select agency_id, id, 'a case', 1, "
    "now() from debtor",
    "insert into forgetting (agency_id, accounts, reason, at, user_id, done) select id, '{1-2}', 'request', now(), 1, "
    "'{}' from agency",
    "insert into file_doomed (agency_id, bucket, key, pieces, since) select id, 'files', 'x', 1, now() from agency",
    "reset search_path",
)


@pytest.fixture
def world(furnished: World) -> Iterator[World]:
    """The same for all tests of a module; the connections are each test's own."""
    yield furnished
    furnished.disconnect()


@pytest.fixture(scope="module")
def furnished(cluster: Cluster) -> Iterator[World]:
    with cluster.clone() as database:
        opened = World(cluster, database)
        yield opened.furnish()
        opened.close()

"""A plan made while the tables were empty must not read them all once they are full."""

from __future__ import annotations

from sqlalchemy import Connection

from services.domain.money import Money
from services.payments import PaymentForm, Payments
from services.payments.service import REHEARSE, as_items
from tests.support.house import House

READ = "select relname, idx_tup_fetch + seq_tup_read from pg_stat_xact_user_tables where relname = any(%s)"
TABLES = ["account", "account_balance", "payment", "transfer", "book_balance"]

# What an import would add, without its ledger: only the number of rows matters here.
MANY = """
  with made as (
    insert into debtflow.debtor (agency_id, name, first_norm, last_norm)
    select agency_id, 'N', 'n', 'n' from debtflow.account cross join generate_series(1, 2000) limit 2000
    returning id, agency_id),
  placed as (
    insert into debtflow.account (agency_id, client_id, collector_id, debtor_id, number, external_ref, debtor_name,
      last_norm, first_norm, status, currency, original_amount, placed_on)
    select d.agency_id, a.client_id, a.collector_id, d.id, debtflow.account_number(500000 + d.id), 'X' || d.id, 'N',
      'n', 'n', 'assigned', 'USD', 100, '2025-01-01' from made d cross join (select * from debtflow.account limit 1) a
    returning id, agency_id, collector_id)
  insert into debtflow.account_balance (account_id, agency_id, collector_id, currency, due)
  select id, agency_id, collector_id, 'USD', '{100,0,0,0}' from placed"""


def test_posting_reads_a_handful_of_rows_however_many_there_are(house: House) -> None:
    house.su.execute("analyze debtflow.account, debtflow.account_balance, debtflow.payment, debtflow.transfer")
    numbers = [house.place(principal=100_00) for _ in range(3)]
    store = house.store("ana", size=1)
    payments = Payments(store)
    for minor in range(1, 9):  # the plans are made and kept now
        payments.post(PaymentForm(numbers[0], Money(minor, "USD"), "cash"))
    house.su.execute("alter table debtflow.account set (autovacuum_enabled = off)")
    house.su.execute(MANY)
    item = PaymentForm(numbers[1], Money(1_00, "USD"), "cash")

    def read_by_posting(connection: Connection) -> dict[str, int]:
        connection.exec_driver_sql(REHEARSE, (as_items([item]),)).all()
        return {row[0]: row[1] for row in connection.exec_driver_sql(READ, (TABLES,))}

    assert {table: rows for table, rows in store.rehearse(read_by_posting).items() if rows > 200} == {}

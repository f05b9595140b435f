"""A plain transfer between two ledger accounts through ``ledger_post``, beside the same written statement by statement.

Both from pgbench, twenty clients, so that no client of ours is measured. The naive way is the one of the textbooks: one
row an account, lock both, write transfer, postings and event, move both balances, one statement after the other.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.report import Row
from benchmarks.server import Bench

CLIENTS: Final = 20
BOOKS: Final = 16
HOT: Final = 2

OURS = """\\set a random(1, {books})
\\set b random(1, {books})
select debtflow.bench_transfer(:a, :b, 101);
"""

DOOR = """
  grant create on schema debtflow to debtflow_kernel;
  set role debtflow_kernel;
  create function debtflow.bench_transfer(a int, b int, minor bigint) returns bigint[]
    language sql volatile security definer
    set search_path = pg_catalog, debtflow, pg_temp
    set plan_cache_mode = force_generic_plan
  as $$
    select ledger_post(jsonb_build_array(jsonb_build_object(
      'kind', 'transfer', 'effective_on', current_date, 'legs', jsonb_build_array(jsonb_build_object(
        'debit', a * 16 + 1, 'credit', b * 16 + 7, 'amount', minor)))))
  $$;
  reset role;
  revoke create on schema debtflow from debtflow_kernel;
  grant execute on function debtflow.bench_transfer to debtflow_supervisor"""

NAIVE_TABLES = """
  create schema naive;
  create table naive.account (id int primary key, balance bigint not null);
  create table naive.transfer (id bigint generated always as identity primary key, effective_on date not null,
    recorded_at timestamptz not null, login text not null);
  create table naive.posting (transfer_id bigint not null references naive.transfer, account_id int not null
    references naive.account, amount bigint not null, primary key (transfer_id, account_id));
  create table naive.event (id bigint generated always as identity primary key, type text not null,
    payload jsonb not null);
  insert into naive.account select n, 0 from generate_series(1, {accounts}) n"""

# The two accounts differ, and are locked in the order of their numbers: naive, not foolish.
NAIVE = """\\set a random(1, {accounts})
\\set b :a % {accounts} + 1
begin;
select balance from naive.account where id = least(:a::int, :b::int) for update;
select balance from naive.account where id = greatest(:a::int, :b::int) for update;
insert into naive.transfer (effective_on, recorded_at, login) values (current_date, now(), session_user)
  returning id \\gset
insert into naive.posting values (:id, :a, 101);
insert into naive.posting values (:id, :b, -101);
update naive.account set balance = balance + 101 where id = :a;
update naive.account set balance = balance - 101 where id = :b;
insert into naive.event (type, payload) values ('TransferRecorded', jsonb_build_object('transfer', :id::bigint));
commit;
"""


def measure(bench: Bench, *, seconds: float, rounds: int) -> list[Row]:
    """One row for spread accounts, one for a hot pair; the median over rounds of ours / naive."""
    _furnish(bench)
    wide = _case(bench, "plain transfer beside statement by statement", BOOKS, 2 * BOOKS, seconds, rounds)
    hot = _case(bench, "the same, one book / two hot accounts", 1, HOT, seconds, rounds)
    return [wide, hot]


def _furnish(bench: Bench) -> None:
    with bench.superuser() as connection:
        run = connection.execute
        run("select debtflow.agency_create('BOOKS', 'Books', 'UTC', 'USD')")
        bench.login("BOOKS", "keeper", "supervisor")
        run("select debtflow.book_open((select id from debtflow.agency where code = 'BOOKS'), 'USD') "
            f"from generate_series(1, {BOOKS})")  # fmt: skip
        run(DOOR)
        run(NAIVE_TABLES.format(accounts=2 * BOOKS))


def _case(bench: Bench, name: str, books: int, accounts: int, seconds: float, rounds: int) -> Row:
    with bench.superuser() as connection:
        row = connection.execute("select min(id) - 1 from debtflow.book where agency_id = "
                                 "(select id from debtflow.agency where code = 'BOOKS')").fetchone()  # fmt: skip
        token = bench.token("keeper")
    first = int(row[0]) if row else 0
    ours_script = OURS.format(books=books).replace("(:a, :b,", f"(:a + {first}, :b + {first},")
    ratios, ours, theirs = [], [], []
    for _ in range(rounds):
        theirs.append(_run(bench, NAIVE.format(accounts=accounts), seconds))
        ours.append(_run(bench, ours_script, seconds, session=token))
        ratios.append(ours[-1] / theirs[-1])
    middle = statistics.median
    return Row("transfer", name, CLIENTS, middle(ratios), middle(ours), middle(theirs))


def _run(bench: Bench, script: str, seconds: float, session: str | None = None) -> float:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "transfer.sql"
        file.write_text(script)
        words = ("-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(max(1, round(seconds))))
        return bench.script(file, *words, login="keeper" if session else None, session=session)

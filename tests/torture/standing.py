"""All that can be seen of a house after imports, without the numbers and times that differ from run to run: two houses
that were done the same to stand the same."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from tests.support.house import House

Seen = dict[str, list[str]]
DAY: Final = "(t.recorded_at at time zone 'America/Chicago')::date"
SEEN: Final = {
    "ledger": f"""
      with numbered as (select t.*, row_number() over (order by t.id) as no from debtflow.transfer t)
      select t.no, t.kind, t.effective_on - {DAY} as late, b.file_name, r.no as reverses, f.no as family,
             u.login, l.no as leg, l.debit, l.credit, a.number, l.amount, l.currency, l.parts
        from numbered t
        join debtflow.leg l on l.transfer_id = t.id
        join debtflow.users u on u.id = t.user_id
        left join debtflow.account a on a.id = l.account_id
        left join debtflow.import_batch b on b.id = t.import_batch_id
        left join numbered r on r.id = t.reverses
        left join numbered f on f.id = t.family_id
       order by t.no, l.no""",
    "events": """
      select e.aggregatetype, e.type, count(*) from debtflow.ledger_event e group by 1, 2 order by 1, 2""",
    "books": """
      select book_id, kind, balance from debtflow.ledger_balance order by book_id, slot""",
    "accounts": """
      select a.number, a.external_ref, u.login, a.status, a.status_before, a.closed_reason, a.debtor_name,
             a.original_amount, a.due_on, b.file_name, a.import_row, k.due, k.unapplied, k.held, k.version,
             d.name, d.last_norm, d.first_norm, d.ssn_last4,
             (select min(o.id) - d.id from debtflow.debtor o where o.person_id = d.person_id) is not null as linked,
             (select min(x.number) from debtflow.account x join debtflow.debtor o on o.id = x.debtor_id
               where o.person_id = d.person_id) as person
        from debtflow.account a
        join debtflow.account_balance k on k.account_id = a.id
        join debtflow.debtor d on d.id = a.debtor_id
        left join debtflow.users u on u.id = a.collector_id
        left join debtflow.import_batch b on b.id = a.import_batch_id
       order by a.number""",
    "activities": """
      select a.number, u.login, v.kind, v.text
        from debtflow.activity v
        join debtflow.account a on a.id = v.account_id
        left join debtflow.users u on u.id = v.user_id
       order by a.number, v.id""",
    "contacts": """
      select a.number, c.kind, c.value, c.label, c.is_primary, c.removed_at is null as stands
        from debtflow.debtor_contact c join debtflow.account a on a.debtor_id = c.debtor_id order by a.number, c.id""",
    "keys": """
      select a.number, k.kind, k.key from debtflow.search_key k join debtflow.account a on a.id = k.account_id
       order by 1, 2, 3""",
    "papers": """
      select 'payment', a.number, p.method, p.amount, p.over, p.parts, p.reference, p.reverses is not null, p.reason
        from debtflow.payment p join debtflow.account a on a.id = p.account_id
      union all
      select 'adjustment', a.number, d.kind, d.amount, 0, d.parts, null, d.reverses is not null, d.reason
        from debtflow.adjustment d join debtflow.account a on a.id = d.account_id
       order by 2, 1, 3, 4, 5, 6, 7, 8, 9""",
    "batches": """
      select b.file_name, b.kind, b.state, u.login, b.rows, b.valid, b.warnings, b.errors, b.duplicates, b.excluded,
             b.released, b.undone, b.undo_reason, encode(f.sha256, 'hex'), f.size
        from debtflow.import_batch b
        join debtflow.users u on u.id = b.staged_by
        join debtflow.file f on f.id = b.file_id
       order by b.id""",
    "rows": """
      select b.file_name, r.row_no, r.state, r.version, r.cells, r.findings, r.reason, r.verdict, a.number,
             r.effect - '{transfer,transfers,activity,reversals,contacts,flag}'::text[]
        from debtflow.import_row r
        join debtflow.import_batch b on b.id = r.batch_id
        left join debtflow.account a on a.id = r.account_id
       order by b.id, r.row_no""",
    "changes of rows": """
      select b.file_name, m.row_no, c.kind, m.before, m.after
        from debtflow.import_change_row m
        join debtflow.import_change c on c.id = m.change_id
        join debtflow.import_batch b on b.id = c.batch_id
       order by b.id, m.row_no, c.id""",
    "files": """
      select p.name, p.size, p.state, b.file_name, p.rule, p.moved_to, p.verdict, p.why, p.trouble,
             encode(p.sha256, 'hex')
        from debtflow.pull_file p left join debtflow.import_batch b on b.id = p.batch_id order by p.name, p.id""",
    "under way": """
      select (select count(*) from debtflow.import_intake), (select count(*) from debtflow.pull_file
               where finished_at is null), (select count(*) from debtflow.account_balance where held <> 0)""",
}


def standing(house: House) -> Seen:
    """Each table as it can be told, line by line."""
    return {name: [str(row) for row in house.su.execute(query).fetchall()] for name, query in SEEN.items()}


def ledger_hash(seen: Seen) -> str:
    return sha256("\n".join(seen["ledger"]).encode()).hexdigest()


def difference(one: Seen, other: Seen) -> Seen:
    """The first lines that differ, by table."""
    found = {}
    for name, lines in one.items():
        if lines != other[name]:
            ours, theirs = set(lines), set(other[name])
            found[name] = [f"{len(lines)} / {len(other[name])}", *(f"- {each}" for each in sorted(ours - theirs)[:3]),
                           *(f"+ {each}" for each in sorted(theirs - ours)[:3])]  # fmt: skip
    return found

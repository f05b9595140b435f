"""A superuser changes, removes, adds and swaps rows: the check names each of them. `make torture` does it at length."""

from __future__ import annotations

from random import Random

import pytest

from services.audit.verifying import HEADERS, header_of
from services.domain import merkle
from tests.audit.mutants import mutate, unnamed
from tests.audit.sealed import busy_day, trail, unguarded, verify
from tests.support.house import House


def seal_small(house: House, most: int) -> None:
    bea = house.psql("bea")
    while bea.execute("select from debtflow.audit_seal_next(false, %s)", [most]).fetchone() is not None:
        pass


def test_every_mutant_is_named(house: House) -> None:
    busy_day(house, 14)
    seal_small(house, 9)
    assert verify(house).ok
    with unguarded(house):
        expected = mutate(house, Random(20), trail(house))
    found = verify(house)
    assert unnamed(expected, found.chains[0].findings) == []
    assert len(found.chains[0].findings) == len(expected)
    assert found.chains[0].rows == house.one("select sum(rows) from debtflow.audit_seal where agency_id = 1")


# What is done to the seals, and what is said: a seal is bound by its head, its list by its root.
FORGERIES = {
    "update debtflow.audit_seal set rows = rows + 1, total = total + 1 where number = 2": "seal 2 was changed",
    "update debtflow.audit_seal set sealed_at = sealed_at + interval '1 s' where number = 2": "seal 2 was changed",
    "update debtflow.audit_seal set root = sha256('x') where number = 2": "seal 2 was changed",
    "update debtflow.audit_seal set low = '1' where number = 2": "seal 2 was changed",
    "delete from debtflow.audit_sealed where number = 2; delete from debtflow.audit_seal where number = 2":
        "seal 2 is missing",
    "delete from debtflow.audit_sealed where number = 2": "the list of the rows of seal 2 is gone or was changed",
    "update debtflow.audit_sealed set ids = ids[2:] where number = 2":
        "the list of the rows of seal 2 is gone or was changed",
}  # fmt: skip


def test_forged_seals_are_named(house: House) -> None:
    busy_day(house, 8)
    seal_small(house, 9)
    with unguarded(house):
        for forgery, words in FORGERIES.items():
            house.su.execute("create temp table s as table debtflow.audit_seal")
            house.su.execute("create temp table d as table debtflow.audit_sealed")
            house.su.execute("set session_replication_role = replica; " + forgery)
            assert words in {finding.message for finding in verify(house).findings}, forgery
            house.su.execute(
                "truncate debtflow.audit_seal, debtflow.audit_sealed, debtflow.audit_digest; "
                "insert into debtflow.audit_seal table s; insert into debtflow.audit_sealed table d; "
                "drop table s, d; reset session_replication_role"
            )
    assert verify(house).chains[0].ok


def test_a_forger_who_changes_the_list_as_well_is_found(house: House) -> None:
    busy_day(house, 4)
    seal_small(house, 9)
    key = trail(house)[3]
    with unguarded(house):
        house.su.execute("update debtflow.audit_log set act = 'forged' where id = %s and at = %s", key)
        house.su.execute(
            """
            update debtflow.audit_sealed d
               set acts[array_position(d.ids, l.id)] = hashtext('forged'),
                   leaves = overlay(d.leaves placing sha256(debtflow.audit_canonical(l.id, l.at, l.agency_id, l.user_id,
                     l.session_id, l.login, l.act, l.entity, l.entity_id, l.entity_ref, l.before::text, l.after::text,
                     l.reason, l.xid)) from (array_position(d.ids, l.id) - 1) * 32 + 1)
              from debtflow.audit_log l where l.id = %s and l.at = %s and l.id = any (d.ids)""",
            key,
        )
    (found,) = verify(house).findings
    assert found.message == "the rows of seal 1 are not those that were sealed"


@pytest.mark.parametrize("span", [("-1d", None), (None, "-1d")])
def test_a_span_is_compared_alone(house: House, span: tuple[str | None, str | None]) -> None:
    busy_day(house, 1)
    seal_small(house, 9)
    with unguarded(house):
        house.su.execute("update debtflow.audit_log set act = 'x' where id = %s and at = %s", trail(house)[0])
    found = verify(house, since=span[0], until=span[1])
    assert found.ok == (span[0] is None)
    assert (found.chains[0].rows > 0) == (span[0] is not None)


def test_the_chain_is_read_as_it_stands(house: House) -> None:
    busy_day(house, 2)
    seal_small(house, 9)
    rows = house.store("bea").ask(lambda c: c.exec_driver_sql(HEADERS, (1,)).all())
    heads = [merkle.GENESIS, *(merkle.head(header_of(row, 1)) for row in rows)]
    assert [row.previous for row in rows] == heads[:-1]

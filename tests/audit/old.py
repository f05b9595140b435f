"""A trail that is two and a half years old: its months are past their time."""

from __future__ import annotations

from dataclasses import replace

from services.audit.archiving import Archiving, Outcome
from services.audit.sealing import Sealing
from services.imports.vault import IN_DATABASE, Vault
from tests.audit.sealed import busy_day, unguarded
from tests.support.house import House

AGES = ("30 months", "27 months", "26 months")


def grow_old(house: House) -> None:
    """What was written so far is moved into the past, before anybody has sealed it; a second day stays where it is."""
    with unguarded(house):
        house.su.execute("set role debtflow_owner")
        for age in AGES:
            house.su.execute(
                "select debtflow.audit_partition((date_trunc('month', now() at time zone 'UTC') - %s::interval)::date)",
                [age],
            )
        house.su.execute("reset role")
        house.su.execute(
            "update debtflow.audit_log set at = at - (array[%s, %s, %s]::interval[])[1 + id %% 3]", [*AGES]
        )


def old_trail(house: House, accounts: int = 6) -> None:
    """Three old months and today, sealed."""
    busy_day(house, accounts)
    grow_old(house)
    busy_day(house, 1)
    Sealing(house.store("bea")).seal()


def archived(house: House, vault: Vault = IN_DATABASE, *, seals_a_part: int = 64) -> Outcome:
    """What both agencies' workers do of a night; a month is as the last of them left it."""
    done = [
        Archiving(house.store(login), vault, seals_a_part=seals_a_part).run() for login in ("wally", "wim", "wally")
    ]
    months = {month.month: month for each in done for month in each.months}
    return replace(done[0], months=tuple(months.values()))


def live(house: House, _what: str = "sealed") -> int:
    """How many rows of HARBOR are in the database still, of those that were sealed when the months left."""
    query = "select count(*) from debtflow.audit_log where agency_id = 1 and entity <> 'archive'"
    return int(house.one(query))

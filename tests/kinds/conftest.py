from __future__ import annotations

import pytest

from services.domain.kinds import kind_of
from services.imports import Batch, Imports
from services.ledger import Ledger
from tests.support.house import House


class Desk:
    """A client's files at the desk of bea, a supervisor."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.imports = Imports(house.store("bea"))
        self._sent = 0

    def stage(self, kind: str, *rows: dict[str, str], client: str = "HXL") -> Batch:
        """A file of that kind, every row by column name; blank lines make each file another one."""
        columns = kind_of(kind).layout.columns
        lines = [",".join(columns), *(",".join(row.get(column, "") for column in columns) for row in rows)]
        self._sent += 1
        data = "\r\n".join(lines) + "\r\n" * self._sent
        return self.imports.stage(data.encode(), f"{kind}-{self._sent}.csv", client, kind=kind)

    def rules(self, batch: Batch) -> list[tuple[str, ...]]:
        """The rules that found something, row by row."""
        return [tuple(finding.rule for finding in row.findings) for row in self.imports.rows(batch.id).rows]

    def verdicts(self, batch: Batch) -> list[str | None]:
        return [row.verdict for row in self.imports.rows(batch.id).rows]

    def release(self, kind: str, *rows: dict[str, str]) -> Batch:
        return self.imports.release(self.stage(kind, *rows).id)

    def due(self, number: str) -> list[int]:
        """Principal, interest, fees and costs, in minor units."""
        query = """
        select b.due from debtflow.account_balance b join debtflow.account a on a.id = b.account_id where a.number = %s
        """
        found = self.house.one(query, number)
        assert isinstance(found, list)
        return found

    def account(self, number: str) -> tuple[str, str | None]:
        """Status and the reason it was closed for."""
        query = "select status, closed_reason from debtflow.account where number = %s"
        found = self.house.su.execute(query, [number]).fetchone()
        assert found is not None
        return found[0], found[1]

    def proved(self) -> bool:
        """The books are what their postings say, and papers say what their transfers say."""
        bea = self.house.store("bea")
        query = "select name from debtflow.ledger_health() where broken <> 0 union all "
        query += "select name from debtflow.debts_health() where not ok union all "
        query += "select name from debtflow.imports_health() where not ok"
        broken = bea.ask(lambda c: c.exec_driver_sql(query).fetchall())
        assert broken == []
        return Ledger(bea).replay_check().ok


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house)

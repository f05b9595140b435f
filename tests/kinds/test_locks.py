"""Releases of every kind and their undoing take locks in the one order, and people at the same accounts and the same
batches never wait for each other in a circle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from graphlib import TopologicalSorter
from itertools import count
from random import Random
from zoneinfo import ZoneInfo

import pytest

from services.accounts import Accounts
from services.domain.money import Money
from services.errors import Busy, DebtFlowError, Refused, Stale
from services.imports import Batch, Imports, release, undo
from services.payments import PaymentForm, Payments
from tests.kernel.test_races import deadlocks, together
from tests.kinds.conftest import Desk
from tests.kinds.test_payments import paid
from tests.support.house import House
from tests.torture.lock_order import PERIOD, Lock, Watch

Row = dict[str, str]
KINDS = ("placements", "payments", "adjustments", "contacts", "recalls")
TABLES = (
    ("import_batch", 1), ("client", 1), ("agency", 1), ("plan", 4), ("debtor", 5), ("book_balance", 7), ("account", 8)
)  # fmt: skip
"""An account's own row moves only while its balance is held: last, as where a payment closes it."""
FIRST, SECOND, BATCH = (5, "account 0"), (5, "account 1"), (1, "import_batch")
SERIAL = count(1)
TODAY = str(datetime.now(ZoneInfo("America/Chicago")).date())


def person(ref: str, n: int, amount: str = "100.00") -> Row:
    """The same person whatever the reference."""
    return {"external_ref": ref, "debtor_name": f"Quill{n} Oyelaran", "debtor_ssn_last4": f"{4000 + n}",
            "debtor_phone": f"312 555 {100 + n:04}", "original_amount": amount}  # fmt: skip


def rows_of(kind: str, ref: str, n: int) -> list[Row]:
    """Of a placed account; each time something else."""
    fresh = next(SERIAL)
    match kind:
        case "placements":
            return [person(ref, n, f"{100 + fresh}.00"), person(f"N-{fresh}", n)]
        case "payments":
            return [paid(ref, "1.00", TODAY, reference=f"C-{fresh}")]
        case "adjustments":
            return [{"external_ref": ref, "amount": "1.00", "reference": f"C-{fresh}"}]
        case "contacts":
            return [{"external_ref": ref, "debtor_phone": f"312 444 {fresh:04}"}]
    return [{"external_ref": ref}]


def staged(desk: Desk, kind: str, refs: list[str], client: str = "HXL") -> Batch:
    rows = [row for ref in refs for row in rows_of(kind, ref, int(ref.partition("-")[2]))]
    return desk.stage(kind, *rows, client=client)


@pytest.fixture
def watch(house: House, desk: Desk) -> Iterator[Watch]:
    desk.release("placements", person("A-0", 0), person("A-1", 1))
    watch = Watch(house, TABLES)
    yield watch
    watch.close()


def in_order(desk: Desk, watch: Watch, kinds: tuple[str, ...]) -> set[Lock]:
    """Let every act wait for every lock; gives those that were waited for."""
    graph: dict[Lock, set[Lock]] = {}
    wrong = []
    for kind in kinds:
        for lock in watch.locks:
            batch = staged(desk, kind, ["A-1", "A-0"]).id
            acts: tuple[Callable[[], object], ...] = (
                partial(desk.imports.release, batch), partial(desk.imports.undo, batch, "to be released again")
            )  # fmt: skip
            for act in acts:
                if (had := watch.had(lock, act)) is not None:
                    graph.setdefault(lock, set()).update(had)
                    wrong += [f"{kind} {act} has {has} and waits for {lock}" for has in had if has[0] > lock[0]]
    assert wrong == []
    TopologicalSorter(graph).prepare()
    assert {(BATCH, FIRST), (FIRST, SECOND), (PERIOD, FIRST)} <= {(has, lock) for lock in graph for has in graph[lock]}
    return set(graph)


def test_placements_take_locks_in_one_order(desk: Desk, watch: Watch) -> None:
    assert in_order(desk, watch, ("placements",)) == set(watch.locks) - {(4, "plan")}


@pytest.mark.torture
def test_every_kind_takes_locks_in_one_order(desk: Desk, watch: Watch) -> None:
    in_order(desk, watch, KINDS)


def storm(house: House, desk: Desk, seed: int, accounts: int) -> None:
    """Batches about the same accounts and the same persons, released, taken back and changed by two people at once,
    beside people who take payments and telephone numbers."""
    dice = Random(seed)
    refs = [f"A-{n}" for n in range(accounts)]
    first = desk.release("placements", *(person(ref, n) for n, ref in enumerate(refs)))
    numbers = [row.account or "" for row in desk.imports.rows(first.id).rows]
    batches = [
        staged(desk, kind, dice.sample(refs, accounts), client)
        for kind, client in (
            ("placements", "HXL"), ("contacts", "HXL"), ("payments", "HXL"), ("adjustments", "HXL"),
            ("recalls", "HXL"), ("contacts", "HXL"),
        )
    ]  # fmt: skip
    others = [desk.stage("placements", *(person(f"M-{n}", n) for n in dice.sample(range(accounts), accounts)),
                         client="MED")]  # fmt: skip
    both = [Imports(house.store(login)) for login in ("bea", "ada")]
    ana = house.store("ana", size=2)

    def at_the_counter() -> None:
        for number in dice.sample(numbers, accounts):
            with suppress(Refused):
                Payments(ana).post(PaymentForm(number, Money(1_00, "USD"), "cash", allow_duplicate=True))

    def on_the_phone() -> None:
        for n, number in enumerate(dice.sample(numbers, accounts)):
            Accounts(ana).save_contact(number, kind="phone", value=f"+1312333{n:04}", primary=True)

    def through(imports: Imports, batch: int) -> list[DebtFlowError]:
        """Changed, released and taken back, as far as the other one lets it be."""
        said: list[DebtFlowError] = []
        for act in (
            partial(imports.exclude, batch, [1], "asked for"), partial(imports.include, batch, [1]),
            partial(imports.release, batch, leave_errors=True), partial(imports.undo, batch, "not yet"),
        ):  # fmt: skip
            try:
                act()
            except DebtFlowError as error:
                said.append(error)
        return said

    acts: list[Callable[[], object]] = [
        partial(through, imports, batch.id) for imports in both for batch in (*batches, *others)
    ]
    dice.shuffle(acts)
    answers = together([*acts, at_the_counter, on_the_phone])
    said = [each for answer in answers for each in (answer if isinstance(answer, list) else [answer]) if each]
    assert [each for each in said if not isinstance(each, (Refused, Stale, Busy))] == []
    assert deadlocks(house) == 0
    for batch in (*batches, *others):
        with suppress(Refused):
            desk.imports.undo(batch.id, "at last")
        assert desk.imports.show(batch.id).state in ("in_review", "released", "undone")
    assert desk.proved()


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "CHUNK", 3)
    monkeypatch.setattr(undo, "CHUNK", 3)


@pytest.mark.usefixtures("small_chunks")
def test_people_at_the_same_batches_and_accounts(house: House, desk: Desk) -> None:
    storm(house, desk, 1, 6)


@pytest.mark.torture
@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("seed", range(2, 12))
def test_many_storms(house: House, desk: Desk, seed: int) -> None:
    storm(house, desk, seed, 12)

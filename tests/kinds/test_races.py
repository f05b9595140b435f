"""Releases and undos beside each other, beside people, and killed: every row once, every cent where it belongs."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from services.domain.money import Money
from services.errors import DebtFlowError, Refused
from services.imports import Batch, Imports, release, undo
from services.payments import PaymentForm, Payments
from tests.kinds.conftest import Desk
from tests.kinds.test_payments import paid
from tests.support.house import House
from tests.support.office import password_of


def together(*acts: Callable[[], object]) -> list[object]:
    """What each act gave, all let go at once; an act's error is its answer."""
    barrier = threading.Barrier(len(acts))
    answers: dict[int, object] = {}

    def run(place: int, act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            answers[place] = act()
        except DebtFlowError as error:
            answers[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answers[place] for place in range(len(acts))]


def payments_of_two_accounts(house: House, desk: Desk, rows: int) -> tuple[Batch, list[str]]:
    numbers = [house.place(ref=ref, principal=rows * 100) for ref in ("A-1", "A-2")]
    batch = desk.stage("payments", *(paid(f"A-{n % 2 + 1}", "1.00", reference=f"C-{n}") for n in range(rows)))
    assert batch.valid == rows
    return batch, numbers


def test_two_releases_and_then_two_undos_at_once(house: House, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "CHUNK", 7)
    monkeypatch.setattr(undo, "CHUNK", 3)
    batch, numbers = payments_of_two_accounts(house, desk, 60)
    both = [Imports(house.store(login)) for login in ("bea", "ada")]
    answers = together(*(lambda one=one: one.release(batch.id) for one in both))
    assert answers[0] == answers[1]
    assert house.one("select count(*) from debtflow.payment") == 60
    assert [sum(desk.due(number)) for number in numbers] == [30_00, 30_00]
    assert desk.proved()
    together(*(lambda one=one: one.undo(batch.id, "twice") for one in both))
    undone = desk.imports.show(batch.id)
    assert (undone.state, undone.undone) == ("undone", 60)
    assert house.one("select count(*) from debtflow.payment where reverses is not null") == 60
    assert [sum(desk.due(number)) for number in numbers] == [60_00, 60_00]
    assert desk.proved()


def test_a_release_beside_payments_on_the_same_account_never_overpays(
    house: House, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "CHUNK", 5)
    number = house.place(ref="A-1", principal=30_00)
    batch = desk.stage("payments", *(paid("A-1", "1.00", reference=f"C-{n}") for n in range(30)))
    counter = Payments(house.store("ana"))

    def at_the_counter() -> int:
        taken = 0
        for _ in range(12):
            with contextlib.suppress(Refused):
                counter.post(PaymentForm(number, Money(1_00, "USD"), "cash", allow_duplicate=True))
                taken += 1
        return taken

    released, taken = together(lambda: desk.imports.release(batch.id), at_the_counter)
    assert isinstance(released, Batch)
    assert isinstance(taken, int)
    assert released.released + taken == 30
    assert released.released + released.errors == 30
    assert (sum(desk.due(number)), desk.account(number)) == (0, ("closed", "paid_in_full"))
    assert desk.proved()


def test_an_undo_beside_work_takes_back_all_or_leaves_what_was_worked_on(
    house: House, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo, "CHUNK", 1)
    numbers = [house.place(ref=f"A-{n}", principal=10_00) for n in range(12)]
    batch = desk.release("payments", *(paid(f"A-{n}", "1.00") for n in range(12)))
    counter = Payments(house.store("ana"))
    work = [PaymentForm(number, Money(2_00, "USD"), "cash") for number in numbers[:4]]
    answer, _receipts = together(
        lambda: desk.imports.undo(batch.id, "beside"), lambda: [counter.post(form) for form in work]
    )
    after = desk.imports.show(batch.id)
    if isinstance(answer, Refused):
        assert (answer.rule, after.undone) == ("undo-worked", 0)
    else:
        left = desk.imports.rows(batch.id, rule="undo-worked").rows
        assert after.released == len(left)
        assert after.state == ("released" if left else "undone")
    assert sum(sum(desk.due(number)) for number in numbers) == 10_00 * 12 - 2_00 * 4 - 1_00 * after.released
    assert desk.proved()


KILLED = """
import sys
from services.imports import Imports, release, undo
from services.store import Store

url, user, password, batch, what = sys.argv[1:]
release.CHUNK = undo.CHUNK = 10
store = Store(url, user=user, password=password)
store.open_session("victim")
tell = lambda step: print(step.done, flush=True)
imports = Imports(store)
imports.release(int(batch), progress=tell) if what == "release" else imports.undo(int(batch), "killed", progress=tell)
"""


def kill_midway(house: House, batch: Batch, what: str) -> None:
    command = [sys.executable, "-c", KILLED, house.url, "bea", password_of("bea"), str(batch.id), what]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        for said in victim.stdout:
            if int(said) >= 40:
                victim.send_signal(signal.SIGKILL)
                break
        victim.wait()


def test_a_killed_release_and_a_killed_undo_are_finished_by_the_next(house: House, desk: Desk) -> None:
    batch, numbers = payments_of_two_accounts(house, desk, 200)
    kill_midway(house, batch, "release")
    assert 40 <= desk.imports.show(batch.id).released <= 200
    assert desk.imports.release(batch.id).released == 200
    assert [sum(desk.due(number)) for number in numbers] == [100_00, 100_00]
    single = desk.release(
        "placements",
        *({"external_ref": f"B-{n}", "debtor_name": f"Quill{n} Oye", "original_amount": "5.00"} for n in range(120)),
    )
    kill_midway(house, single, "undo")
    stopped = desk.imports.show(single.id)
    assert stopped.state in ("undoing", "undone")
    finished = desk.imports.undo(single.id, "killed")
    assert (finished.state, finished.undone) == ("undone", 120)
    assert house.one("select count(*) from debtflow.transfer where kind = 'reversal'") == 120
    assert house.one("select count(*) from debtflow.account where closed_reason = 'placement_undone'") == 120
    assert desk.proved()

"""Killing tellers, and what must be true afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from services.ledger import Ledger
from services.payments import PaymentForm, Payments, Receipt
from tests.support.house import House
from tests.torture import teller


def kill_and_check(house: House, seed: int, accounts: Sequence[str]) -> int:
    """Kill one teller at a moment that the seed chooses, check the books, finish what it began; gives the payments
    kept."""
    tried, posted = _killed(house, seed, accounts)
    assert len(tried) - len(posted) <= 1
    for keys in posted:
        assert _present(house, keys) == len(keys), "an acknowledged payment is missing"
    for keys in tried[len(posted) :]:
        assert _present(house, keys) in (0, len(keys)), "half a batch was posted"
    assert Ledger(house.store("bea")).replay_check().ok
    _resume(house, seed, accounts, tried)
    return sum(len(keys) for keys in tried)


def _killed(house: House, seed: int, accounts: Sequence[str]) -> tuple[list[list[str]], list[list[str]]]:
    dice = Random(seed * 7919)
    command = [sys.executable, str(Path(teller.__file__)), house.url, "ana", str(seed), *accounts]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(2 * dice.randint(1, 12) - 1)]
    time.sleep(dice.uniform(0, 0.004))
    process.kill()
    rest, _ = process.communicate()
    said = [json.loads(line) for line in (*lines, *rest.splitlines())]
    return [line["tries"] for line in said if "tries" in line], [line["posted"] for line in said if "posted" in line]


def _resume(house: House, seed: int, accounts: Sequence[str], tried: list[list[str]]) -> None:
    """The same submissions again, as a person would after a crash: every one of them is there once."""
    store = house.store("ana")
    desk = Payments(store)
    last = tried[-1]
    for forms in _until(seed, accounts, last)[-2:]:
        receipts = desk.post_many(forms)
        assert all(isinstance(receipt, Receipt) for receipt in receipts), receipts
    keys = [key for batch in tried for key in batch]
    assert _present(house, keys) == len(keys)
    store.close()


def _until(seed: int, accounts: Sequence[str], last: list[str]) -> Sequence[list[PaymentForm]]:
    found = []
    for forms in teller.stream(seed, accounts):
        found.append(forms)
        if [str(form.submission_id) for form in forms] == last:
            return found
    raise AssertionError("unreachable: the stream has no end")


def _present(house: House, keys: Sequence[str]) -> int:
    query = (
        "select count(*) from debtflow.payment p join debtflow.transfer t using (id) where "
        "p.submission_id = any (%s::uuid[])"
    )
    return int(house.one(query, list(keys)))

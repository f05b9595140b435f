"""A desk that posts payments until somebody kills it: says what it is about to send, and what was acknowledged.

Run as a program: teller.py URL LOGIN SEED ACCOUNT…; one JSON line each for ``tries`` and ``posted``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from uuid import UUID

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from services.domain.money import Money
from services.payments import METHODS, PaymentForm, Payments, Receipt
from services.store import Store
from tests.support.office import password_of


def stream(seed: int, accounts: Sequence[str]) -> Iterator[list[PaymentForm]]:
    """The same payments for the same seed, keys included: single ones and batches over several accounts."""
    dice = Random(seed)
    while True:
        yield [
            PaymentForm(
                dice.choice(accounts),
                Money(dice.randint(1, 500), "USD"),
                dice.choice(METHODS),
                allow_duplicate=True,
                submission_id=UUID(int=dice.getrandbits(128)),
            )
            for _ in range(dice.choice((1, 1, 1, 7, 40)))
        ]


def say(word: str, forms: Sequence[PaymentForm]) -> None:
    os.write(1, json.dumps({word: [str(form.submission_id) for form in forms]}).encode() + b"\n")


def main(url: str, login: str, seed: int, accounts: Sequence[str]) -> None:
    store = Store(url, user=login, password=password_of(login))
    store.open_session("teller")
    desk = Payments(store)
    for forms in stream(seed, accounts):
        say("tries", forms)
        answers = desk.post_many(forms)
        assert all(isinstance(answer, Receipt) for answer in answers), answers
        say("posted", forms)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:])

"""Who is signed in, as a screen is told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from services.access import Ended, SignedIn
from tests.screens.fakes import NOW, Fake


def signed_in(**changed: Any) -> SignedIn:
    made = SignedIn(
        41, "bea", "Bea Overton", "supervisor", "office-1", "/dev/pts/2", "10.20.0.7", None, NOW - timedelta(hours=2),
        NOW - timedelta(seconds=20), NOW + timedelta(minutes=14), "Signed in", 1, None, None, False, (), (), (), True,
        True,
    )  # fmt: skip
    return replace(made, **changed)


def everybody() -> tuple[SignedIn, ...]:
    other = {"mine": False, "current": False}
    return (
        signed_in(),
        signed_in(
            id=40, user="ana", full_name="Ana Collins", role="collector", host="desk-7", ssh=None, address="10.20.0.31",
            doing="Payment 10023-3", connections=2, act="payment_post", act_since=NOW - timedelta(minutes=1),
            writes=("account_balance", "payment"), accounts=("10023-3",), in_way_of=("ben",), **other,
        ),
        signed_in(
            id=39, user="ben", full_name="Ben Ortiz", role="collector", host="desk-9", ssh=None, doing="10023-3",
            act="account_note", act_since=NOW, waits=True, seen=NOW - timedelta(minutes=1), **other,
        ),
        signed_in(
            id=12, user="wally", full_name="The worker", role="worker", host="srv", tty=None, ssh=None, seen=None,
            expires=None, doing="debtflow worker", connections=5, **other,
        ),
        signed_in(id=38, host="laptop", ssh=None, doing="Accounts", seen=NOW - timedelta(minutes=12), current=False),
    )  # fmt: skip


@dataclass
class FakeSessions(Fake):
    """The sessions of the agency."""

    found: tuple[SignedIn, ...] = field(default_factory=everybody)
    ended: Ended = field(default_factory=lambda: Ended(40, 2))

    def list(self) -> tuple[SignedIn, ...]:
        self.enter("list")
        return self.found

    def end(self, session: int) -> Ended:
        self.enter("end", session)
        self.found = tuple(each for each in self.found if each.id != session)
        return self.ended

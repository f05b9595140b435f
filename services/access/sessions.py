"""Who else is signed in, and ending it."""

from __future__ import annotations

from typing import Any, Final

from services.access.results import Ended, SignedIn
from services.store import Store

LIST: Final = "select * from debtflow.session_list()"
END: Final = "select debtflow.session_end(%s)"


class Sessions:
    """Everybody sees and ends their own; those of the whole agency, supervisors and administrators."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self) -> tuple[SignedIn, ...]:
        """Live sessions, the latest first: one's own, or all of the agency for who may see them."""
        # It looks at connections, whose state no snapshot holds still; nothing is written.
        rows = self._store.act(lambda c: c.exec_driver_sql(LIST).all())
        return tuple(map(_signed_in, rows))

    def end(self, session: int) -> Ended:
        """End a session and its connections at once; what it was in the middle of is rolled back.

        Raises NotFound where it is not live any more, NotAllowed for somebody else's without the right to it.
        """
        gone = self._store.act(lambda c: c.exec_driver_sql(END, (session,)).scalar_one())
        return Ended(session, gone)


def _signed_in(row: Any) -> SignedIn:
    host, tty, ssh = _places(row.origin or "")
    return SignedIn(
        row.id, row.login, row.full_name, row.role, host, tty, ssh, row.address, row.opened_at, row.seen_at,
        row.expires_at, row.doing, row.connections, row.act, row.act_since, row.waits, tuple(row.writes),
        tuple(row.accounts), tuple(row.in_way_of), row.mine, row.current,
    )  # fmt: skip


def _places(origin: str) -> tuple[str, str | None, str | None]:
    """The machine, the terminal and the other end of SSH, as the program wrote them into one line."""
    before, _, ssh = origin.partition(" ssh ")
    host, _, tty = before.partition(" ")
    return host, tty or None, ssh or None

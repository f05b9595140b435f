"""Sealing: rows of the trail become seals, and what a chain has come to is given out, signed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from services.audit.shelves import INSTALLATION, Shelf, name_of
from services.audit.signing import FORMAT, Digest, SigningKey, read_digest
from services.store import Store

NEXT: Final = "select rows, more from debtflow.audit_seal_next(%s, 4096, 16)"
EVENTS: Final = "select debtflow.security_seal(%s, %s)"
EVENTS_A_LIST: Final = 200
STATE: Final = "select * from debtflow.audit_seal_state(%s)"
AGENCY: Final = "select agency from debtflow.session_whoami()"
KEEP: Final = "select debtflow.audit_digest_keep(%s, %s, %s)"
KEPT: Final = """
  select document from debtflow.audit_digest where agency_id = %s order by number desc, made_at desc limit %s"""
CHAINS: Final = (False, True)
"""That of the agency, and that of the installation, which any agency's worker keeps."""


@dataclass(frozen=True, slots=True)
class ChainState:
    """How far a chain reaches, and what waits for its next seal; ``chain`` is the agency's code or "installation"."""

    chain: str
    seals: int
    rows: int
    head: str | None
    sealed_at: datetime | None
    waiting: int
    waiting_since: datetime | None
    digests: tuple[Digest, ...]


class Sealing:
    """The seals of the caller's agency and of the installation.

    Anyone may run it at any time: one at a time seals a chain, a second one is told of nothing to do.
    """

    def __init__(
        self,
        store: Store,
        key: Callable[[], SigningKey | None] = lambda: None,
        shelves: Callable[[], Sequence[Shelf]] = tuple,
        *,
        must_sign: bool = False,
    ) -> None:
        self._store = store
        self._key = key
        self.shelves: Final = shelves
        self._must_sign = must_sign

    def seal(self) -> int:
        """Seal every row whose transaction, and all before it, has ended; how many rows that were."""
        return sum(self._seal(installation) for installation in CHAINS)

    def seal_events(self) -> int:
        """List security events in the trail by their hashes, to be sealed with it; how many that were."""
        done = 0
        for installation in CHAINS:
            while listed := self._store.act(partial(_listed, installation)):
                done += listed
                if listed < EVENTS_A_LIST:
                    break
        return done

    def publish(self) -> tuple[Digest, ...]:
        """Sign what each chain has come to since its last digest, and put it where digests go; gives the new ones.

        Without a key they are not signed, or, where keys are known, not given: somebody else's machine signs them.
        Raises Misconfigured where there is no such place after all, Unreachable where it does not answer.
        """
        key = self._key()
        if key is None and self._must_sign:
            return ()
        found = [self._publish(installation, key) for installation in CHAINS]
        return tuple(digest for digest in found if digest is not None)

    def states(self, limit: int = 10) -> tuple[ChainState, ...]:
        """Both chains with their latest digests; supervisors, administrators and readonly."""
        return tuple(self._state(installation, limit) for installation in CHAINS)

    def _seal(self, installation: bool) -> int:
        done = 0
        # Only what was full may be followed by another at once: what comes meanwhile is for the next time.
        while steps := self._store.act(lambda c: c.exec_driver_sql(NEXT, (installation,)).all()):
            done += sum(step.rows for step in steps)
            if not steps[-1].more:
                break
        return done

    def _publish(self, installation: bool, key: SigningKey | None) -> Digest | None:
        state, code = self._store.ask(lambda c: (c.exec_driver_sql(STATE, (installation,)).one(), _code(c)))
        if state.number == 0 or state.digested == state.number:
            return None
        folder = INSTALLATION if installation else code
        plain = _digest(state, folder)
        digest = key.signed(plain) if key is not None else {**plain, "key": None, "signature": None}
        document = json.dumps(digest, sort_keys=True)
        for shelf in self.shelves():
            shelf.put(name_of(folder, state.number), document)
        # Last, so that one that could not be put anywhere is tried again.
        self._store.act(lambda c: c.exec_driver_sql(KEEP, (installation, state.number, document)))
        return digest

    def _state(self, installation: bool, limit: int) -> ChainState:
        def work(connection: Any) -> ChainState:
            state = connection.exec_driver_sql(STATE, (installation,)).one()
            kept = connection.exec_driver_sql(KEPT, (state.chain, limit)).scalars().all()
            return ChainState(
                INSTALLATION if installation else _code(connection),
                state.number,
                state.total,
                state.head.hex() if state.head else None,
                state.sealed_at,
                state.waiting,
                state.waiting_since,
                tuple(read_digest(document) for document in kept),
            )

        return self._store.ask(work)


def _listed(installation: bool, connection: Any) -> int:
    return int(connection.exec_driver_sql(EVENTS, (installation, EVENTS_A_LIST)).scalar_one())


def _code(connection: Any) -> str:
    return str(connection.exec_driver_sql(AGENCY).scalar_one())


def _digest(state: Any, folder: str) -> dict[str, Any]:
    return {
        "format": FORMAT, "chain": folder, "agency_id": state.chain, "number": state.number, "total": state.total,
        "head": state.head.hex(), "sealed_at": state.sealed_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip

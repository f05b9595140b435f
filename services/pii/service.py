"""Forgetting a person: what there is of them, what stands in the way, and the act itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import groupby
from typing import Any, BinaryIO, Final

from sqlalchemy import Connection

from services.domain.files.reading import Reading
from services.domain.numbers import parse_account_number
from services.domain.prose import prose
from services.errors import Misconfigured, Unreachable
from services.imports.filestore import fetched
from services.imports.spool import Sent, scratch, spooled
from services.imports.vault import IN_DATABASE, Vault
from services.pii.redaction import redacted
from services.pii.results import AtProvider, Block, Done, Forgetting, Forgotten, Hold, Traces
from services.store import Store, shown

_AT_ONCE: Final = 8 << 20
_FILES: Final = "select file, size, reading, lines from debtflow.pii_files(%s)"
_READ: Final = "select bytes, bucket, key, size, pieces from debtflow.pii_file_read(%s, %s, %s, %s)"
_COPY: Final = "select copy, wanted from debtflow.pii_copy_begin(%s, %s, %s, %s, %s)"
_CHUNK: Final = "select debtflow.pii_copy_chunk(%s, %s, %b)"
_FORGET: Final = "select debtflow.pii_forget(%s, %s, %s::jsonb)"


class Pii:
    """For supervisors and agency administrators; others get NotAllowed. NotFound for an account that is not seen."""

    def __init__(self, store: Store, vault: Vault = IN_DATABASE) -> None:
        self._store = store
        self._vault = vault

    def status(self, number: str) -> Traces:
        """Where the data of an account's debtor are, in numbers, and everything that keeps them."""
        query, account = "select debtflow.pii_status(%s)", parse_account_number(number)
        found = self._store.ask(lambda c: c.exec_driver_sql(query, (account,)).scalar_one())
        at, last = found.pop("forgotten_at"), found.pop("last_work")
        return Traces(
            accounts=tuple(found.pop("accounts")),
            forgotten_at=datetime.fromisoformat(at) if at else None,
            last_work=datetime.fromisoformat(last) if last else None,
            blocks=tuple(Block(**each) for each in found.pop("blocks")),
            providers=tuple(AtProvider(**each) for each in found.pop("providers")),
            **found,
        )

    def forget(self, number: str, reason: str) -> Forgotten:
        """Forget the person behind an account: request, retention, order or mistake.

        Everybody who is linked as the same person is meant. Files that hold rows of theirs are kept as redacted copies.
        Raises Refused by the first rule that stands in the way (``legal-hold``, ``account-open``, ``account-money``,
        ``import-open``, ``retention``, ``webhook-open``), Stale where something of theirs came meanwhile, TwoPersons
        where the agency wants a second one. Once done it may be repeated, for what a client sent since.
        """
        number = parse_account_number(number)
        self._store.ask(lambda c: c.exec_driver_sql("select debtflow.pii_check(%s)", (number,)))
        with self._copies(number) as copies:
            told = self._store.act(lambda c: _forget(c, number, reason, copies, self._vault))
        providers = tuple(AtProvider(**each) for each in told["providers"])
        return Forgotten(tuple(told["accounts"]), Done(**told["done"]), providers, self.sweep())

    def list(self) -> tuple[Forgetting, ...]:
        """Who was forgotten, by account numbers, newest first: what has to be done again after an old backup."""
        query = "select accounts, reason, at, login, done from debtflow.pii_list()"
        rows = self._store.ask(lambda c: c.exec_driver_sql(query).all())
        return tuple(Forgetting(tuple(r.accounts), r.reason, r.at, r.login, Done(**r.done)) for r in rows)

    def sweep(self) -> int:
        """Remove from buckets what redacted copies have replaced; how many files could not be removed now."""
        doomed = self._store.ask(lambda c: c.exec_driver_sql("select * from debtflow.pii_doomed()").all())
        return sum(not self._removed(*each) for each in doomed)

    def hold(self, number: str, reason: str) -> None:
        """Place a legal hold on an account's debtor; Refused (``hold-standing``) where there is one."""
        why = prose(reason, "reason", 400, required=True)
        account = parse_account_number(number)
        self._store.act(lambda c: c.exec_driver_sql("select debtflow.pii_hold(%s, %s)", (account, why)))

    def release(self, number: str) -> None:
        """Lift the hold on an account's debtor; NotFound where there is none, TwoPersons where it takes a second."""
        account = parse_account_number(number)
        self._store.act(lambda c: c.exec_driver_sql("select debtflow.pii_release(%s)", (account,)))

    def holds(self, *, old: bool = False) -> tuple[Hold, ...]:
        """The legal holds that stand, newest first; lifted ones as well with ``old``."""
        rows = self._store.ask(lambda c: c.exec_driver_sql("select * from debtflow.pii_holds(%s)", (old,)).all())
        return tuple(Hold(*row) for row in rows)

    def retention(self) -> int:
        """For how many days after the last work on a debt its records are kept."""
        query = "select debtflow.pii_retention()"
        return int(self._store.ask(lambda c: c.exec_driver_sql(query).scalar_one()))

    def set_retention(self, days: int) -> None:
        """Keep records for so many days, 0 to 36,500; for agency administrators."""
        self._store.act(lambda c: c.exec_driver_sql("select debtflow.pii_retention_set(%s)", (days,)))

    # ---- files

    @contextmanager
    def _copies(self, number: str) -> Iterator[dict[int, Sent]]:
        """A redacted copy of every file that holds rows of theirs, by the file's id."""
        rows = self._store.ask(lambda c: c.exec_driver_sql(_FILES, (number,)).all())
        with ExitStack() as open_files:
            copies = {}
            for (file, size), batches in groupby(rows, key=lambda row: (row.file, row.size)):
                lines = [(Reading.of(each.reading), each.lines) for each in batches]
                with scratch() as whole:
                    self._read(number, file, size, whole)
                    copy = open_files.enter_context(redacted(whole, size, lines))
                copies[file] = open_files.enter_context(spooled(copy))
            yield copies

    def _read(self, number: str, file: int, size: int, to: BinaryIO) -> None:
        at = 0
        while at < size:
            found = shown(self._store, _READ, (number, file, at, _AT_ONCE))
            at += to.write(fetched(self._vault, found, at, _AT_ONCE))

    def _removed(self, doomed: int, bucket: str, key: str, pieces: int) -> bool:
        try:
            self._vault.drop(bucket, key, pieces)
        except (Unreachable, Misconfigured):
            return False
        self._store.act(lambda c: c.exec_driver_sql("select debtflow.pii_doomed_gone(%s)", (doomed,)))
        return True


def _forget(
    connection: Connection, number: str, reason: str, copies: Mapping[int, Sent], vault: Vault
) -> dict[str, Any]:
    kept = {file: _keep(connection, copy, vault) for file, copy in copies.items()}
    told: dict[str, Any] = connection.exec_driver_sql(_FORGET, (number, reason, json.dumps(kept))).scalar_one()
    return told


def _keep(connection: Connection, copy: Sent, vault: Vault) -> int:
    where: tuple[object, ...]
    if vault.bucket is not None:
        agency = connection.exec_driver_sql("select code from debtflow.agency").scalar_one()
        put = vault.put(copy, agency)
        where = (copy.sha256, copy.size, put.bucket, put.key, list(put.pieces))
    else:
        where = (copy.sha256, copy.size, None, None, None)
    found, wanted = connection.exec_driver_sql(_COPY, where).one()
    if wanted:
        for seq, piece in enumerate(copy.pieces()):
            connection.exec_driver_sql(_CHUNK, (found, seq, piece))
    return int(found)

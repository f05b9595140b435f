"""Accounts under the rights of the signed-in person; every act is one kernel function in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date
from typing import Any
from uuid import UUID

from services.accounts import acts, lookup, picture, revealing
from services.accounts.results import BUCKETS, Account, AccountPage, Activity, Contact, Posting, Revealed, Viewer
from services.domain.lookup import LookupQuery
from services.domain.money import Money
from services.domain.numbers import parse_account_number
from services.domain.prose import prose
from services.errors import BadInput
from services.store import Store

SHOW = "select debtflow.account_picture(%s, %s)"
VERSION = "select debtflow.account_version(%s)"
ACTIVITIES = "select debtflow.account_activities(%s, %s, %s)"
POSTINGS = "select * from debtflow.account_postings(%s)"
LOOK = "select login, since from debtflow.account_look(%s)"
LEAVE = "select debtflow.account_leave(%s)"

TIMELINE = 100


class Accounts:
    """Accounts, by their numbers as people type them.

    Every method raises BadInput for a wrong check digit and NotFound for an account that the caller may not see; acts
    raise NotAllowed for those who only read.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    # ---- questions

    def find(self, query: LookupQuery, *, limit: int = 50, after: str | None = None) -> AccountPage:
        """A page of accounts: exact matches, then prefixes, then typing errors.

        ``after`` is the ``next`` of the page before. The query's readings are tried in order until one finds something.
        """
        return self._store.ask(lambda connection: lookup.find(connection, query, limit, after))

    def show(self, number: str) -> Account:
        """Everything about one account, as it was at one moment; personal values as the caller's role may see them."""
        return picture.account(self._read(SHOW, parse_account_number(number), TIMELINE))

    def version(self, number: str) -> int:
        """What ``show`` would give as version: it moves with money and status."""
        return int(self._read(VERSION, parse_account_number(number)))

    def postings(self, number: str, bucket: str | None = None) -> tuple[Posting, ...]:
        """Every movement of one bucket, or of all, oldest first."""
        if bucket is not None:
            acts.one_of("bucket", bucket, BUCKETS)
        values = (parse_account_number(number),)
        rows = self._store.ask(lambda connection: connection.exec_driver_sql(POSTINGS, values).all())
        return tuple(line for line in map(picture.posting, rows) if bucket in (None, line.bucket))

    def activities(self, number: str, *, before_id: int | None = None, limit: int = TIMELINE) -> tuple[Activity, ...]:
        """The timeline, newest first, from the line after ``before_id``."""
        if not 1 <= limit <= lookup.MAX_PAGE:
            raise BadInput("limit", f"a page has 1 to {lookup.MAX_PAGE} lines, not {limit}")
        return tuple(map(picture.activity, self._read(ACTIVITIES, parse_account_number(number), before_id, limit)))

    # ---- work

    def note(self, number: str, text: str, *, submission_id: UUID | None = None) -> Activity:
        """Write a note; the same submission again gives the same note and writes nothing."""
        said = prose(text, "text", acts.NOTE_LENGTH, required=True)
        return picture.activity(self._write(acts.NOTE, parse_account_number(number), said, submission_id))

    def call(
        self, number: str, outcome: str, text: str = "", promised_on: date | None = None, promised: Money | None = None,
        *, submission_id: UUID | None = None,
    ) -> Activity:  # fmt: skip
        """Write down a call; one that reached the debtor moves an assigned account to in_contact."""
        acts.checked_call(outcome, promised_on, promised)
        said = prose(text, "text", acts.NOTE_LENGTH)
        amount = (None, None) if promised is None else (promised.minor, promised.currency)
        values = (parse_account_number(number), outcome, said, promised_on, *amount, submission_id)
        return picture.activity(self._write(acts.CALL, *values))

    def follow_up(self, number: str, on: date | None) -> Activity:
        """Set the day to come back to it, or take it away."""
        return picture.activity(self._write(acts.FOLLOW_UP, parse_account_number(number), on))

    def priority(self, number: str, priority: int) -> None:
        """Set the priority, 0 (highest) to 3."""
        if priority not in range(4):
            raise BadInput("priority", f"there is no priority {priority}", hint="0, 1, 2 or 3")
        self._write(acts.PRIORITY, parse_account_number(number), priority)

    def change_status(self, number: str, to: str, *, version: int, reason: str | None = None, note: str = "") -> int:
        """Move the status and give the new version; Stale where the account is not at ``version`` any more.

        ``reason`` is one of the move's reasons for ``closed``, words where the move needs some, else optional.
        """
        said, why = prose(note, "note", acts.NOTE_LENGTH // 2), prose(reason or "", "reason", acts.SHORT_LENGTH)
        return int(self._write(acts.STATUS, parse_account_number(number), acts.status(to), version, why, said))

    def assign(self, numbers: Sequence[str], to: str) -> int:
        """Give accounts to somebody, all or none, and say how many; supervisors and administrators only."""
        if not numbers:
            raise BadInput("account", "name at least one account")
        return int(
            self._write(acts.ASSIGN, [parse_account_number(number) for number in numbers], prose(to, "user", 60))
        )

    # ---- contacts and flags

    def save_contact(
        self,
        number: str,
        *,
        kind: str,
        value: str,
        label: str = "",
        contact_id: int | None = None,
        primary: bool = False,
    ) -> Contact:
        """Add a contact, or change the one with ``contact_id``; a primary one replaces the primary of its kind."""
        kept, named = acts.contact_value(kind, value), prose(label, "label", acts.LABEL_LENGTH)
        values = (parse_account_number(number), kind, kept, named, primary, contact_id)
        return picture.contact(self._write(acts.SAVE_CONTACT, *values))

    def remove_contact(self, number: str, contact_id: int) -> None:
        """Take a contact off the account; what was done by it stays in the timeline."""
        self._write(acts.REMOVE_CONTACT, parse_account_number(number), contact_id)

    def raise_flag(self, number: str, kind: str, note: str) -> None:
        """Raise a flag; a dispute makes the account disputed as well."""
        said = prose(note, "note", acts.SHORT_LENGTH)
        self._write(acts.RAISE_FLAG, parse_account_number(number), acts.flag_kind(kind), said)

    def lift_flag(self, number: str, kind: str, reason: str) -> None:
        """Lift a flag; a dispute gives the account back the status it had."""
        said = prose(reason, "reason", acts.SHORT_LENGTH, required=True)
        self._write(acts.LIFT_FLAG, parse_account_number(number), acts.flag_kind(kind), said)

    # ---- what is masked

    def reveal(self, number: str, field: str, reason: str) -> Revealed:
        """Show what is masked of one kind: phone, email, address, ssn, or bank (references of bank transfers).

        It counts against the person's limit, is a security event, and wants the password of the last minutes. Raises
        NotAllowed where the role may not or rule ``step_up`` wants the password, Refused (``reveal_limit``) where the
        limit is reached.
        """
        return revealing.reveal(self._store, parse_account_number(number), field, reason)

    # ---- presence

    def look(self, number: str) -> tuple[Viewer, ...]:
        """Say that I have the account open, and learn who else has; said every 30 seconds, forgotten after 45."""
        values = (parse_account_number(number),)
        rows = self._store.act(lambda connection: connection.exec_driver_sql(LOOK, values).all())
        return tuple(Viewer(row.login, row.since.astimezone(UTC)) for row in rows)

    def leave(self, number: str) -> None:
        """Say that I closed it."""
        self._write(LEAVE, parse_account_number(number))

    # ---- inside

    def _read(self, query: str, *values: object) -> Any:
        return self._store.ask(lambda connection: connection.exec_driver_sql(query, values).scalar_one())

    def _write(self, query: str, *values: object) -> Any:
        return self._store.act(lambda connection: connection.exec_driver_sql(query, values).scalar_one())

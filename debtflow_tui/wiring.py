"""A store becomes services: everybody who signs in comes through here."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from debtflow_tui.config import Settings
from debtflow_tui.whereabouts import open_store
from services.access import Access, Approvals, Failures, Rights, Session, Sessions
from services.store import Store

if TYPE_CHECKING:
    from services.accounts import Accounts
    from services.adjustments import Adjustments, Interest
    from services.audit import Audit
    from services.audit.archive import Archive
    from services.audit.archiving import Archiving
    from services.audit.proving import Proving
    from services.audit.sealing import Sealing
    from services.audit.verifying import Verifying
    from services.batches import PaymentBatches
    from services.charges import Charges
    from services.events import Events
    from services.gateways.base import Gateway
    from services.imports import Imports
    from services.imports.profiles import Profiles
    from services.imports.vault import Vault
    from services.jobs import Jobs
    from services.ledger import Doctor, Ledger
    from services.office import Agencies, Assigning, Clients, Teams, Users
    from services.payments import Payments
    from services.pii import Pii
    from services.plans import Plans, Promises, Settlements
    from services.pull import Pull
    from services.receipts import Receipts
    from services.webhooks import Webhooks


@dataclass(frozen=True)
class Office:
    """The back office of an installation: what works with or without a session."""

    store: Store

    @cached_property
    def agencies(self) -> Agencies:
        from services.office import Agencies

        return Agencies(self.store)

    @cached_property
    def clients(self) -> Clients:
        from services.office import Clients

        return Clients(self.store)

    @cached_property
    def users(self) -> Users:
        from services.office import Users

        return Users(self.store)

    def close(self) -> None:
        """Drop every connection."""
        self.store.close()


@dataclass(frozen=True)
class Services(Office):
    """What a signed-in person works with; each service is imported when it is first asked for."""

    session: Session
    settings: Settings | None = None

    @cached_property
    def gateway(self) -> Gateway | None:
        """Who takes card payments, None where nobody does; raises Misconfigured where it cannot work."""
        from debtflow_tui.provider import gateway_of

        return gateway_of(self.settings) if self.settings else None

    @cached_property
    def access(self) -> Access:
        return Access(self.store)

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(self.store)

    @cached_property
    def failures(self) -> Failures:
        from debtflow_tui.whereabouts import log_folder

        return Failures(self.store, log_folder(self.settings or Settings(Path.cwd())))

    @cached_property
    def rights(self) -> Rights:
        return Rights(self.store)

    @cached_property
    def approvals(self) -> Approvals:
        return Approvals(self.store)

    @cached_property
    def teams(self) -> Teams:
        from services.office import Teams

        return Teams(self.store)

    @cached_property
    def assigning(self) -> Assigning:
        from services.office import Assigning

        return Assigning(self.store)

    @cached_property
    def accounts(self) -> Accounts:
        from services.accounts import Accounts

        return Accounts(self.store)

    @cached_property
    def payments(self) -> Payments:
        from services.payments import Payments

        return Payments(self.store)

    @cached_property
    def receipts(self) -> Receipts:
        from services.receipts import Receipts

        return Receipts(self.store)

    @cached_property
    def adjustments(self) -> Adjustments:
        from services.adjustments import Adjustments

        return Adjustments(self.store)

    @cached_property
    def interest(self) -> Interest:
        from services.adjustments import Interest

        return Interest(self.store)

    @cached_property
    def promises(self) -> Promises:
        from services.plans import Promises

        return Promises(self.store)

    @cached_property
    def plans(self) -> Plans:
        from services.plans import Plans

        # The provider's library is loaded by a round that charges, not by whoever looks at a plan.
        return Plans(self.store, lambda: self.charges if self.gateway is not None else None)

    @cached_property
    def settlements(self) -> Settlements:
        from services.plans import Settlements

        return Settlements(self.store)

    @cached_property
    def batches(self) -> PaymentBatches:
        from services.batches import PaymentBatches

        return PaymentBatches(self.store)

    @cached_property
    def charges(self) -> Charges:
        from services.charges import Charges

        return Charges(self.store, self.gateway)

    @cached_property
    def imports(self) -> Imports:
        from services.imports import Imports

        return Imports(self.store, self.vault)

    @cached_property
    def vault(self) -> Vault:
        """Where clients' files lie outside of the database; a bucket is opened where one of them is asked for."""
        from debtflow_tui.buckets import vault_of

        return vault_of(self.settings or Settings(Path.cwd()))

    @cached_property
    def profiles(self) -> Profiles:
        from services.imports.profiles import Profiles

        return Profiles(self.store)

    @cached_property
    def pull(self) -> Pull:
        from debtflow_tui.sources import sources_of
        from services.imports.release import release
        from services.imports.staging import Terms, stage
        from services.pull import Pull

        settings = self.settings or Settings(Path.cwd())
        spool = settings.home / "pull" / self.session.agency
        return Pull(
            self.store,
            sources_of(settings),
            spool,
            lambda file, name, client, kind: stage(self.store, file, name, client, Terms(kind=kind), vault=self.vault),
            lambda batch, going_on: release(self.store, batch, leave_errors=True, progress=lambda _: going_on()),
        )

    @cached_property
    def pii(self) -> Pii:
        from services.pii import Pii

        return Pii(self.store, self.vault)

    @cached_property
    def audit(self) -> Audit:
        from services.audit import Audit

        return Audit(self.store)

    @cached_property
    def sealing(self) -> Sealing:
        from debtflow_tui.digests import shelves_of, signing_key_of
        from services.audit.sealing import Sealing

        settings = self.settings or Settings(Path.cwd())
        known = bool(settings.audit.public_keys)
        return Sealing(self.store, lambda: signing_key_of(settings), lambda: shelves_of(settings), must_sign=known)

    @cached_property
    def verifying(self) -> Verifying:
        from debtflow_tui.digests import public_keys_of, shelves_of
        from services.audit.verifying import Verifying

        settings = self.settings or Settings(Path.cwd())
        return Verifying(self.store, public_keys_of(settings), lambda: shelves_of(settings), self.vault)

    @cached_property
    def proving(self) -> Proving:
        from services.audit.proving import Proving

        return Proving(self.store, self.vault)

    @cached_property
    def archive(self) -> Archive:
        from services.audit.archive import Archive

        return Archive(self.store, self.vault)

    @cached_property
    def archiving(self) -> Archiving:
        from services.audit.archiving import Archiving

        return Archiving(self.store, self.vault)

    @cached_property
    def ledger(self) -> Ledger:
        from services.ledger import Ledger

        return Ledger(self.store)

    @cached_property
    def events(self) -> Events:
        from services.events import Events

        return Events(self.store)

    @cached_property
    def webhooks(self) -> Webhooks:
        from services.webhooks import Webhooks

        return Webhooks(self.store)

    @cached_property
    def jobs(self) -> Jobs:
        from services.jobs import Jobs

        return Jobs(self.store)

    @cached_property
    def doctor(self) -> Doctor:
        from services.ledger import Doctor

        return Doctor(self.store)


def sign_in(settings: Settings, user: str, password: str | None, doing: str | None = None) -> Services:
    """Connect as this PostgreSQL login and open its session; raises NotAllowed, Unreachable or Misconfigured."""
    store = open_store(settings, user, password)
    try:
        store.open_session(origin(), doing)
        return Services(store, Access(store).session(), settings)
    except BaseException:
        store.close()
        raise


def installer(settings: Settings, user: str | None, password: str | None, doing: str | None = None) -> Office:
    """The back office as the installation's owner, or, for any other login, as the person who signs in.

    Without a login on the embedded server its superuser acts: whoever may read its password owns the installation.
    """
    store = open_store(settings, user, password)
    try:
        if user is None or _owns_installation(store):
            return Office(store)
        store.open_session(origin(), doing)
        return Services(store, Access(store).session(), settings)
    except BaseException:
        store.close()
        raise


def _owns_installation(store: Store) -> bool:
    # Asked of the system's tables alone: nothing of ours may be there yet.
    member = "select coalesce(pg_has_role(session_user, to_regrole('debtflow_owner')::oid, 'member'), false)"
    return bool(store.ask(lambda c: c.exec_driver_sql(member).scalar_one()))


def origin() -> str:
    """Where this session comes from: the machine, its terminal, and who is at the other end of SSH."""
    parts = [socket.gethostname()]
    with suppress(OSError, ValueError, AttributeError):
        parts.append(os.ttyname(sys.stdin.fileno()))
    if ssh := os.environ.get("SSH_CLIENT"):
        parts.append(f"ssh {ssh.split(' ')[0]}")
    return " ".join(parts)

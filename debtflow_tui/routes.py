"""Which screen answers which wish; a screen's module is imported when it is first opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from screens.base import BaseScreen, Desk
from screens.navigation import (
    OpenAccount,
    OpenApprovals,
    OpenAudit,
    OpenBatch,
    OpenCharge,
    OpenDaySheet,
    OpenImports,
    OpenInbox,
    OpenJobs,
    OpenLedger,
    OpenLife,
    OpenPayment,
    OpenPaymentBatch,
    OpenPaymentBatches,
    OpenPeople,
    OpenPlan,
    OpenProfile,
    OpenRights,
    OpenSessions,
    OpenSpread,
    OpenStatement,
    OpenTransfer,
    OpenTrust,
    Travel,
)
from services.errors import SessionExpired

if TYPE_CHECKING:
    from debtflow_tui.wiring import Services

T = TypeVar("T")


class _Standing:
    """Stands for a service of whichever connection there is now: locking and unlocking replace it."""

    def __init__(self, current: Callable[[], object]) -> None:
        self._current = current

    def __getattr__(self, name: str) -> Callable[..., object]:
        def method(*args: object, **kwargs: object) -> object:
            answer: object = getattr(self._current(), name)(*args, **kwargs)
            return answer

        return method


class Routes:
    """Makes screens; they keep working when ``connect`` gives them another connection."""

    def __init__(self, desk: Desk, services: Services) -> None:
        self.desk = desk
        self._services: Services | None = services
        self.accounts = self._standing(lambda now: now.accounts)
        self.payments = self._standing(lambda now: now.payments)
        self.receipts = self._standing(lambda now: now.receipts)
        self.adjustments = self._standing(lambda now: now.adjustments)
        self.interest = self._standing(lambda now: now.interest)
        self.plans = self._standing(lambda now: now.plans)
        self.promises = self._standing(lambda now: now.promises)
        self.settlements = self._standing(lambda now: now.settlements)
        self.charges = self._standing(lambda now: now.charges)
        self.imports = self._standing(lambda now: now.imports)
        self.profiles = self._standing(lambda now: now.profiles)
        self.batches = self._standing(lambda now: now.batches)
        self.webhooks = self._standing(lambda now: now.webhooks)
        self.jobs = self._standing(lambda now: now.jobs)
        self.audit = self._standing(lambda now: now.audit)
        self.users = self._standing(lambda now: now.users)
        self.teams = self._standing(lambda now: now.teams)
        self.assigning = self._standing(lambda now: now.assigning)
        self.rights = self._standing(lambda now: now.rights)
        self.approvals = self._standing(lambda now: now.approvals)
        self.clients = self._standing(lambda now: now.clients)
        self.ledger = self._standing(lambda now: now.ledger)
        self.sessions = self._standing(lambda now: now.sessions)

    @property
    def services(self) -> Services:
        """The live connection; raises SessionExpired while the screen is locked."""
        if self._services is None:
            raise SessionExpired("the screen is locked")
        return self._services

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return self._services is not None

    def connect(self, services: Services | None) -> None:
        """Use another connection from now on, or none."""
        self._services = services
        if services is not None:
            self.desk.session = services.session

    def _standing(self, pick: Callable[[Services], T]) -> T:
        return cast("T", _Standing(lambda: pick(self.services)))

    def lookup(self) -> BaseScreen:
        """The screen at the bottom of them all."""
        from screens.accounts import AccountsScreen

        return AccountsScreen(self.desk, self.accounts)

    def _stack(self, wish: OpenPaymentBatches | OpenPaymentBatch) -> BaseScreen:
        from screens.keying import BatchesScreen, KeyingScreen

        if isinstance(wish, OpenPaymentBatch):
            return KeyingScreen(self.desk, self.batches, wish.batch)
        return BatchesScreen(self.desk, self.batches)

    def _till(self, wish: OpenPayment | OpenCharge) -> BaseScreen:
        """Where money is taken."""
        match wish:
            case OpenPayment(number, amount, method, reference):
                from screens.payment import PaymentScreen

                return PaymentScreen(
                    self.desk, self.payments, self.accounts, number, amount, method, reference, charges=self.charges
                )
            case OpenCharge():
                from screens.charge import ChargeScreen

                return ChargeScreen(self.desk, self.charges, wish.charge)

    def screen_for(self, wish: Travel) -> BaseScreen:
        """The screen that a wish asks for."""
        match wish:
            case OpenAccount(number, then):
                from screens.account import AccountScreen

                return AccountScreen(
                    self.desk, self.accounts, self.payments, number, then,
                    adjustments=self.adjustments, interest=self.interest, charges=self.charges,
                )  # fmt: skip
            case OpenPayment() | OpenCharge():
                return self._till(wish)
            case OpenSpread() | OpenPlan():
                return self._debts(wish)
            case OpenPaymentBatches() | OpenPaymentBatch():
                return self._stack(wish)
            case OpenImports() | OpenBatch() | OpenProfile():
                return self._files(wish)
            case OpenAudit() | OpenLife():
                return self._trail(wish)
            case OpenDaySheet():
                from screens.day_sheet import DaySheetScreen

                return DaySheetScreen(self.desk, self.payments)
            case OpenPeople() | OpenRights() | OpenApprovals():
                return self._staff(wish)
            case OpenLedger() | OpenTrust() | OpenStatement() | OpenTransfer():
                return self._book(wish)
            case _:
                return self._behind(wish)

    def _trail(self, wish: OpenAudit | OpenLife) -> BaseScreen:
        """What is on record."""
        from screens.audit import AuditScreen, LifeScreen

        if isinstance(wish, OpenLife):
            return LifeScreen(self.desk, self.audit, wish.entity, wish.at)
        return AuditScreen(self.desk, self.audit, wish.query)

    def _files(self, wish: OpenImports | OpenBatch | OpenProfile) -> BaseScreen:
        """What clients send."""
        match wish:
            case OpenImports():
                from screens.imports import ImportsScreen

                return ImportsScreen(self.desk, self.imports, self.clients)
            case OpenBatch(batch):
                from screens.batch import BatchScreen

                return BatchScreen(self.desk, self.imports, batch)
            case OpenProfile(client, kind, path):
                from screens.profile import ProfileScreen

                return ProfileScreen(self.desk, self.profiles, client, kind, path)

    def _staff(self, wish: OpenPeople | OpenRights | OpenApprovals) -> BaseScreen:
        """Who works here, and what they may."""
        match wish:
            case OpenPeople():
                from screens.people import PeopleScreen

                return PeopleScreen(self.desk, self.users, self.teams, self.assigning)
            case OpenRights():
                from screens.rights import RightsScreen

                return RightsScreen(self.desk, self.rights)
            case OpenApprovals():
                from screens.approvals import ApprovalsScreen

                return ApprovalsScreen(self.desk, self.approvals)

    def _behind(self, wish: Travel) -> BaseScreen:
        match wish:
            case OpenInbox(state):
                from screens.inbox import InboxScreen

                return InboxScreen(self.desk, self.webhooks, state or None)
            case OpenJobs():
                from screens.jobs import JobsScreen

                return JobsScreen(self.desk, self.jobs)
            case OpenSessions():
                from screens.signed_in import SignedInScreen

                return SignedInScreen(self.desk, self.sessions)
            case _:
                raise ValueError(f"no screen answers {type(wish).__name__}")

    def _debts(self, wish: OpenSpread | OpenPlan) -> BaseScreen:
        if isinstance(wish, OpenPlan):
            from screens.plan import PlanScreen

            return PlanScreen(self.desk, self.plans, self.promises, self.settlements, wish.number, charges=self.charges)
        from screens.spread import SpreadScreen

        return SpreadScreen(self.desk, self.receipts, wish.number)

    def _book(self, wish: OpenLedger | OpenTrust | OpenStatement | OpenTransfer) -> BaseScreen:
        from screens.ledger import LedgerScreen, StatementScreen, TransferScreen, TrustScreen

        match wish:
            case OpenStatement(of, at):
                return StatementScreen(self.desk, self.ledger, of, at)
            case OpenTransfer(ref):
                return TransferScreen(self.desk, self.ledger, ref)
            case OpenTrust():
                return TrustScreen(self.desk, self.ledger)
            case _:
                return LedgerScreen(self.desk, self.ledger)

"""The office itself: its agencies, clients and users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from services.domain.money import exponent
from services.errors import BadInput, NotFound
from services.office.assigning import STEP, Progress, silent, takers
from services.office.people import HandOver, OpenBatch, OpenWork, Person
from services.office.results import Agency, Client, Floor, User
from services.store import Store

BUCKETS = ("principal", "interest", "fees", "costs")
RULES = ("one_collector", "round_robin")
SPREADS = ("oldest_first", "largest_first", "smallest_first", "proportional")
SHORTEST_PASSWORD = 8


class Agencies:
    """Agencies; only the installation's owner adds one."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self) -> tuple[Agency, ...]:
        """All agencies for the installation's owner, one's own otherwise."""
        rows = self._store.ask(lambda c: c.exec_driver_sql("select * from debtflow.agency_list()").all())
        return tuple(Agency(*row) for row in rows)

    def add(self, code: str, name: str, zone: str, currency: str) -> Agency:
        """Open an agency; ``zone`` is an IANA name, ``currency`` an ISO-4217 code."""
        exponent(currency)
        values = (code, _named(name), zone, currency)
        self._store.act(lambda c: c.exec_driver_sql("select debtflow.agency_create(%s, %s, %s, %s)", values))
        return Agency(*values)


class _Floors:
    """What clients settle for, a term of their dated contracts."""

    _store: Store

    def settlement_floors(self, code: str | None = None) -> tuple[Floor, ...]:
        """The floors in force today, of one client or of all."""
        query = "select code, name, floor_bp, since from debtflow.client_settlement_floors()"
        rows = self._store.ask(lambda c: c.exec_driver_sql(query).all())
        found = tuple(Floor(*row) for row in rows if code in (None, row.code))
        if code is not None and not found:
            raise NotFound(f"there is no client {code}", rule="client", hint="debtflow client list")
        return found

    def set_settlement_floor(
        self, code: str, floor_bp: int | None, *, starts_on: date | None = None, agency: str | None = None
    ) -> None:
        """Set the least that the client settles for from a day on (today); None takes it away."""
        query = "select debtflow.client_settlement_floor(%s, %s, %s, %s)"
        self._store.act(lambda c: c.exec_driver_sql(query, (agency, code, floor_bp, starts_on)))


class Clients(_Floors):
    """Creditors and their dated contracts."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self) -> tuple[Client, ...]:
        """Clients with the contract in force today."""
        rows = self._store.ask(lambda c: c.exec_driver_sql("select * from debtflow.client_list()").all())
        return tuple(
            Client(
                row.code,
                row.name,
                row.commission_bp,
                tuple(BUCKETS[bucket - 1] for bucket in row.bucket_order),
                row.since,
                row.rule,
                tuple(row.collectors),
                row.accounts,
                row.spread_rule,
                row.interest_bp,
            )
            for row in rows
        )

    def show(self, code: str) -> Client:
        """One client by its code."""
        for client in self.list():
            if client.code == code:
                return client
        raise NotFound(f"there is no client {code}", rule="client", hint="debtflow client list")

    def add(
        self,
        code: str,
        name: str,
        *,
        commission_bp: int,
        buckets: Sequence[str] = ("costs", "fees", "interest", "principal"),
        rule: str = "one_collector",
        collectors: Sequence[str],
        starts_on: date,
        agency: str | None = None,
        currency: str | None = None,
        spread: str | None = None,
        interest_bp: int | None = None,
    ) -> Client:
        """Open a client with its first contract; ``commission_bp`` is basis points of what is collected."""
        if currency is not None:
            exponent(currency)
        values = (
            agency,
            code,
            _named(name),
            _commission(commission_bp),
            _order(buckets),
            starts_on,
            _rule(rule),
            list(collectors),
            currency,
            spread and _spread(spread),
            _interest(interest_bp),
        )
        query = "select debtflow.client_create(%s, %s, %s, %s, %s::smallint[], %s, %s, %s, %s, %s, %s)"
        self._store.act(lambda c: c.exec_driver_sql(query, values))
        return self.show(code)

    def edit(
        self,
        code: str,
        *,
        name: str | None = None,
        commission_bp: int | None = None,
        buckets: Sequence[str] | None = None,
        rule: str | None = None,
        collectors: Sequence[str] | None = None,
        starts_on: date | None = None,
        agency: str | None = None,
        spread: str | None = None,
        interest_bp: int | None = None,
    ) -> Client:
        """Change what is given; new terms make a new contract from ``starts_on`` (today) on."""
        values = (
            agency,
            code,
            name and _named(name),
            None if commission_bp is None else _commission(commission_bp),
            buckets and _order(buckets),
            starts_on,
            rule and _rule(rule),
            collectors and list(collectors),
            spread and _spread(spread),
            _interest(interest_bp),
        )
        query = "select debtflow.client_edit(%s, %s, %s, %s, %s::smallint[], %s, %s, %s::text[], %s, %s)"
        self._store.act(lambda c: c.exec_driver_sql(query, values))
        return self.show(code)


class Users:
    """Operators: each a PostgreSQL login of their own, in exactly one role."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self) -> tuple[User, ...]:
        """Users of the agency; of every agency for the installation's owner."""
        rows = self._store.ask(lambda c: c.exec_driver_sql("select * from debtflow.user_list()").all())
        return tuple(User(*row) for row in rows)

    def add(self, login: str, full_name: str, role: str, *, password: str, agency: str | None = None) -> User:
        """Make a login; its password leaves this process only as a SCRAM verifier."""
        values = (agency, login, _named(full_name), role, self._verifier(login, password))
        self._store.act(lambda c: c.exec_driver_sql("select debtflow.user_create(%s, %s, %s, %s, %s)", values))
        return self._found(login)

    def people(self) -> tuple[Person, ...]:
        """Everybody with what they hold, those who left last; for those who see who works what, others NotAllowed."""
        rows = self._store.ask(lambda c: c.exec_driver_sql("select * from debtflow.people_list()").all())
        return tuple(Person(*row) for row in rows)

    def open_work(self, login: str) -> OpenWork:
        """What somebody leaves open if they go now, or has left open."""
        found = self._store.ask(lambda c: c.exec_driver_sql("select debtflow.work_open(%s)", (login,)).scalar_one())
        batches = tuple(OpenBatch(**each) for each in found["batches"])
        return OpenWork(**found | {"batches": batches, "clients": tuple(found["clients"])})

    def disable(
        self,
        login: str,
        *,
        to: Sequence[str] = (),
        team: str | None = None,
        leave: bool = False,
        progress: Progress = silent,
    ) -> HandOver:
        """End a login's sessions and let it sign in no more; its open work goes to others, its history stays.

        Without anybody to take it there must be none, or ``leave`` lets it lie: Refused (open_work) otherwise. The
        login is shut and its first accounts are handed over in one act, further ones in steps after it.
        """
        receivers = takers(to, team) if to or team else None
        values = (login, receivers, team, leave)
        query = "select debtflow.user_disable(%s, %s, %s, %s)"
        first = self._store.act(lambda c: c.exec_driver_sql(query, values).scalar_one())
        return self._rest(HandOver(login, **first), receivers, team, progress)

    def hand_over(
        self, login: str, *, to: Sequence[str] = (), team: str | None = None, progress: Progress = silent
    ) -> HandOver:
        """Give everything somebody has under way to others, whether they have left or not; all of it has to fit."""
        receivers = takers(to, team)
        return self._rest(self._handed(login, receivers, team), receivers, team, progress)

    def _handed(self, login: str, receivers: Sequence[str] | None, team: str | None) -> HandOver:
        query = "select debtflow.work_hand_over(%s, %s, %s, %s)"
        values = (login, receivers, team, STEP)
        return HandOver(login, **self._store.act(lambda c: c.exec_driver_sql(query, values).scalar_one()))

    def _rest(self, done: HandOver, receivers: Sequence[str] | None, team: str | None, progress: Progress) -> HandOver:
        progress(done.accounts)
        while done.left:
            step = self._handed(done.login, receivers, team)
            done = replace(done, accounts=done.accounts + step.accounts, left=step.left)
            progress(done.accounts)
            if not step.accounts:
                break
        return done

    def enable(self, login: str, password: str) -> User:
        """Let somebody who left sign in again, in the role they had, with a new password."""
        values = (login, self._verifier(login, password))
        self._store.act(lambda c: c.exec_driver_sql("select debtflow.user_enable(%s, %s)", values))
        return self._found(login)

    def set_role(self, login: str, role: str) -> User:
        """Give somebody another role of people; whoever is signed in signs in again."""
        self._store.act(lambda c: c.exec_driver_sql("select debtflow.user_role(%s, %s)", (login, role)))
        return self._found(login)

    def unlock(self, login: str) -> User:
        """Let somebody in again who failed to sign in too often; never oneself."""
        self._store.act(lambda c: c.exec_driver_sql("select debtflow.user_unlock(%s)", (login,)))
        return self._found(login)

    def set_password(self, login: str, password: str) -> None:
        """Set one's own password, or as an administrator somebody's."""
        values = (login, self._verifier(login, password))
        self._store.act(lambda c: c.exec_driver_sql("select debtflow.user_password(%s, %s)", values))

    def _found(self, login: str) -> User:
        return next(user for user in self.list() if user.login == login)

    def _verifier(self, login: str, password: str) -> str:
        if len(password) < SHORTEST_PASSWORD:
            raise BadInput("password", f"a password has at least {SHORTEST_PASSWORD} characters")
        return self._store.verifier(login, password)


def _named(name: str) -> str:
    trimmed = " ".join(name.split())
    if not 1 <= len(trimmed) <= 120 or not trimmed.isprintable():
        raise BadInput("name", "a name has 1 to 120 printable characters")
    return trimmed


def _commission(basis_points: int) -> int:
    if not 0 <= basis_points <= 10_000:
        raise BadInput("commission", "a commission is 0 to 10,000 basis points", hint="25 % is 2500")
    return basis_points


def _spread(rule: str) -> str:
    if rule not in SPREADS:
        raise BadInput("spread", f"{rule} is not a way to spread a receipt", hint=", ".join(SPREADS))
    return rule


def _interest(basis_points: int | None) -> int | None:
    if basis_points is not None and not 0 <= basis_points <= 10_000:
        raise BadInput("interest", "a rate is 0 to 10,000 basis points a year", hint="6 % is 600")
    return basis_points


def _order(buckets: Sequence[str]) -> list[int]:
    if sorted(buckets) != sorted(BUCKETS):
        raise BadInput(
            "buckets", "name each of principal, interest, fees and costs once", hint="costs,fees,interest,principal"
        )
    return [BUCKETS.index(bucket) + 1 for bucket in buckets]


def _rule(rule: str) -> str:
    if rule not in RULES:
        raise BadInput("rule", f"{rule} is not an assignment rule", hint=" or ".join(RULES))
    return rule

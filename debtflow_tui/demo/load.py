"""The demo from an empty folder to a sign-in screen, once; whoever comes later finds it done.

home/demo.lock      one loader at a time
home/demo.json      how far it is: {"state": "loading"} or {"state": "ready"}, and how many accounts were asked for
home/imports/       the three files to try the import with
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from random import Random
from threading import Lock
from typing import Final

import psycopg
from psycopg import sql

from debtflow_tui import whereabouts, wiring
from debtflow_tui.config import Settings
from debtflow_tui.demo import agreed, clock, crew, files, history, morning, till
from debtflow_tui.demo.cast import FIRMS, HARBOR, Firm, Login
from debtflow_tui.demo.names import Someone
from debtflow_tui.embedded import EmbeddedServer
from debtflow_tui.embedded.locks import exclusive
from debtflow_tui.wiring import Office, Services
from migrations import runner
from services.errors import Misconfigured, Refused
from services.store.failures import translated

ACCOUNTS: Final = 5_400
SEED: Final = 20_251_121
CONTRACT_DAYS: Final = 500
FLOOR_BP: Final = 6000

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Made:
    """What a caller needs to sign in; the URL holds neither user nor password."""

    url: str
    logins: tuple[Login, ...]


def prepare(
    settings: Settings, progress: Progress, *, keep: bool = False, fresh: bool = False, accounts: int | None = None
) -> Made:
    """Start or join the server, and load the demo where it is not there yet, or not complete.

    Raises Misconfigured where the home holds an installation that is no demo.
    """
    progress("starting PostgreSQL", 0.0)
    server = whereabouts.joined(settings, create=True, keep=keep)
    with exclusive(settings.home / "demo.lock"), translated():
        if fresh or not _is_ready(settings, server):
            _load(settings, server, accounts or ACCOUNTS, progress)
        elif not runner.status(server.dsn(database=whereabouts.DATABASE)).up_to_date:
            progress("migrating", 0.5)
            runner.bootstrap(server.dsn(), whereabouts.DATABASE)
            runner.upgrade(server.dsn(database=whereabouts.DATABASE))
        crew.send_for(settings, server.url(whereabouts.DATABASE))
    progress("ready", 1.0)
    return Made(server.url(whereabouts.DATABASE), tuple(login for firm in FIRMS for login in firm.logins))


# ---- once ------------------------------------------------------------------------------------------------------------


def _is_ready(settings: Settings, server: EmbeddedServer) -> bool:
    state = _marker(settings).get("state")
    if not _exists(server):
        return False
    if state is None:
        raise Misconfigured(
            f"{settings.home} holds an installation that is no demo", hint="set DEBTFLOW_HOME to another folder"
        )
    return state == "ready"


def _exists(server: EmbeddedServer) -> bool:
    with psycopg.connect(server.dsn()) as connection:
        found = connection.execute("select from pg_database where datname = %s", [whereabouts.DATABASE]).fetchone()
        return found is not None


def _marker(settings: Settings) -> Mapping[str, object]:
    try:
        found = json.loads((settings.home / "demo.json").read_text())
    except FileNotFoundError:
        return {}
    return found if isinstance(found, dict) else {}


def _mark(settings: Settings, state: str, accounts: int) -> None:
    aside = settings.home / "demo.json.new"
    aside.write_text(json.dumps({"state": state, "accounts": accounts}) + "\n")
    aside.replace(settings.home / "demo.json")


def _load(settings: Settings, server: EmbeddedServer, accounts: int, progress: Progress) -> None:
    # A load that was killed is thrown away whole: half a history would be no help to anybody.
    if _exists(server):
        if not _marker(settings):
            raise Misconfigured(f"{settings.home} holds an installation that is no demo")
        _mark(settings, "loading", accounts)
        crew.send_home(settings)
        _throw_away(server)
    _mark(settings, "loading", accounts)
    progress("making roles and database", 0.05)
    runner.bootstrap(server.dsn(), whereabouts.DATABASE)
    progress("making tables and functions", 0.08)
    runner.upgrade(server.dsn(database=whereabouts.DATABASE))
    with _in_a_hurry(server):
        Loader(settings, server, accounts, progress).load()
    _mark(settings, "ready", accounts)


def _throw_away(server: EmbeddedServer) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(whereabouts.DATABASE)))
        for firm in FIRMS:
            for login in firm.logins:
                connection.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(login.user)))


@contextmanager
def _in_a_hurry(server: EmbeddedServer) -> Iterator[None]:
    """Commits do not wait for the disk: a load that a power cut interrupts is thrown away anyway."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        here = sql.Identifier(whereabouts.DATABASE)
        connection.execute(sql.SQL("alter database {} set synchronous_commit = off").format(here))
        yield
        connection.execute(sql.SQL("alter database {} reset synchronous_commit").format(here))
        connection.execute("checkpoint")


def _measure(server: EmbeddedServer) -> None:
    """Tell the planner what it has to do with now, not in a minute when autovacuum comes by."""
    with psycopg.connect(server.dsn(database=whereabouts.DATABASE), autocommit=True) as connection:
        connection.execute("analyze")


# ---- what -----------------------------------------------------------------------------------------------------------


class Loader:
    """Two agencies, their accounts and their year."""

    def __init__(self, settings: Settings, server: EmbeddedServer, accounts: int, progress: Progress) -> None:
        self._settings = settings
        self._server = server
        self._accounts = accounts
        self._progress = progress
        self._done = 0
        self._stopped = False
        self._guard = Lock()

    def load(self) -> None:
        placed: dict[str, dict[str, date]] = {}
        with clock.earlier(self._server.dsn(database=whereabouts.DATABASE)):
            self._progress("hiring", 0.12)
            office = wiring.installer(self._settings, None, None)
            for firm in FIRMS:
                self._found(office, firm)
            office.close()
            for firm in FIRMS:
                placed[firm.code] = self._place(firm)
            _measure(self._server)
            chosen = self._agree(HARBOR)
        self._done = 0
        for firm in FIRMS:
            self._work(firm, placed[firm.code], {row.number for row in chosen.values()})
        self._open(HARBOR, chosen)
        self._progress("sealing the trail", 0.95)
        self._prove(HARBOR)
        self._progress("writing the import files", 0.97)
        files.write_samples(self._settings.home / "imports", date.today())  # noqa: DTZ011 - any day near today will do

    def _found(self, office: Office, firm: Firm) -> None:
        office.agencies.add(firm.code, firm.name, firm.zone, firm.currency)
        for login in firm.logins:
            office.users.add(login.user, login.full_name, login.role, password=login.password, agency=firm.code)
        since = date.today() - timedelta(days=CONTRACT_DAYS)  # noqa: DTZ011
        for each in firm.creditors:
            office.clients.add(
                each.code, each.name, commission_bp=each.commission_bp, buckets=each.buckets, rule=each.rule,
                collectors=each.collectors, starts_on=since, agency=firm.code,
            )  # fmt: skip
            office.clients.set_settlement_floor(each.code, FLOOR_BP, agency=firm.code)

    def _place(self, firm: Firm) -> dict[str, date]:
        """Stage and release every file of the firm's clients; gives the day each account was placed on."""
        dice = Random(f"{SEED} {firm.code}")  # noqa: S311
        known: list[Someone] = []
        placed: dict[str, date] = {}
        with self._signed_in(firm.of_role("supervisor")[0]) as desk:
            today = clock.real_today(desk.session.today)
            sent = [
                file
                for each in firm.creditors
                for file in files.placements(each, round(self._accounts * firm.share * each.share), today, dice, known)
            ]
            for file in sorted(sent, key=lambda file: (file.placed_on, file.name)):
                batch = desk.imports.stage(file.data, file.name, file.client)
                desk.imports.release(batch.id, placed_on=file.placed_on)
                placed |= dict.fromkeys(_numbers(desk, batch.id), file.placed_on)
                self._advance(f"placing {file.name}", batch.rows, 0.15, 0.25)
        return placed

    def _work(self, firm: Firm, placed: Mapping[str, date], apart: Set[str]) -> None:
        """Payments are taken over today; the rest is written down day by day, the last of it today."""
        supervisor = firm.of_role("supervisor")[0]
        dice = {login.user: Random(f"{SEED} {login.user}") for login in firm.of_role("collector")}  # noqa: S311
        with ExitStack() as stack:
            years = [
                (year, stack.enter_context(self._signed_in(supervisor)))
                for year in self._years(stack, firm, placed, apart, dice)
            ]
            self._side_by_side([partial(year.take_over, desk) for year, desk in years])
        with self._signed_in(supervisor) as desk:
            bounced = [receipt for year, _ in years for receipt in year.bounced]
            history.bounce(desk, bounced, Random(f"{SEED} {firm.code}"))  # noqa: S311
        for nth, ago in enumerate((*clock.AT_WORK, None)):
            with ExitStack() as stack:
                if ago is not None:
                    stack.enter_context(clock.earlier(self._server.dsn(database=whereabouts.DATABASE), ago))
                days = self._years(stack, firm, placed, apart, dice)
                self._side_by_side([partial(year.write_down, nth, len(clock.AT_WORK) + 1) for year in days])

    def _years(
        self, stack: ExitStack, firm: Firm, placed: Mapping[str, date], apart: Set[str], dice: Mapping[str, Random]
    ) -> list[history.Year]:
        """The year of each collector, who is signed in as long as the stack stands."""
        return [
            history.Year(
                stack.enter_context(self._signed_in(login)), placed, apart, dice[login.user],
                date.today(),  # noqa: DTZ011 - any day near today will do
                lambda rows: self._advance("a year of calls and payments", rows, 0.4, 0.55),
            )
            for login in firm.of_role("collector")
        ]  # fmt: skip

    def _prove(self, firm: Firm) -> None:
        """Seal what is there, and check it: the trail tells of each event how far it is proved."""
        with self._signed_in(firm.of_role("agency_admin")[0]) as ada:
            ada.sealing.seal()
            ada.verifying.verify()

    def _agree(self, firm: Firm) -> agreed.Chosen:
        """What the first collector agrees on, weeks ago."""
        with self._signed_in(firm.of_role("collector")[0]) as ana:
            chosen = agreed.choose(ana)
            agreed.make(ana, chosen, clock.real_today(ana.session.today))
        with self._signed_in(firm.of_role("agency_admin")[0]) as ada:
            till.interest(ada, firm.creditors[-1].code)
        return chosen

    def _open(self, firm: Firm, chosen: agreed.Chosen) -> None:
        """The first morning of the first two collectors."""
        apart = {row.number for row in chosen.values()}
        dice = Random(f"{SEED} morning")  # noqa: S311
        with ExitStack() as stack:
            seats = firm.of_role("collector")[:2] + firm.of_role("supervisor")[:1]
            ana, ben, bea = (stack.enter_context(self._signed_in(login)) for login in seats)
            morning.before(bea)
            till.close_months(bea)
            bounced = morning.of_ana(ana, dice, apart)
            morning.of_ben(ben, dice)
            history.bounce(bea, bounced, dice)
            self._progress("promises, plans and offers", 0.9)
            agreed.pay(bea, chosen, dice)
            till.batches(ana, ben, bea, chosen, dice)
            till.spread(bea, "Marisol Adeyemi")
            till.adjust(ana, bea, chosen)
            self._progress("cards at the stand-in", 0.93)
            self._take_cards(firm, chosen, ana, bea)
            # As a worker does it, in the night.
            with clock.earlier(self._server.dsn(database=whereabouts.DATABASE), clock.THE_NIGHT):
                bea.interest.accrue()

    def _take_cards(self, firm: Firm, chosen: agreed.Chosen, ana: Services, bea: Services) -> None:
        from debtflow_tui.demo.cards import Counter, Provider
        from debtflow_tui.standin import beside
        from services.webhooks.intake import Intake

        hook = firm.of_role("webhook")[0]
        mail = whereabouts.open_store(self._settings, hook.user, hook.password)
        try:
            with self._signed_in(firm.of_role("worker")[0]) as worker:
                provider = Provider(beside.joined(self._settings.home))
                Counter(ana, bea, worker, Intake(mail), provider, chosen).work()
        finally:
            mail.close()

    def _side_by_side(self, jobs: Sequence[Callable[[], None]]) -> None:
        with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
            try:
                for future in as_completed([pool.submit(job) for job in jobs]):
                    future.result()
            except BaseException:
                self._stopped = True  # Ctrl-C, or the first one's error: the others stop at their next step
                raise

    @contextmanager
    def _signed_in(self, login: Login) -> Iterator[Services]:
        desk = wiring.sign_in(self._settings, login.user, login.password)
        desk.store.prove_itself()
        try:
            yield desk
        finally:
            desk.access.sign_out()

    def _advance(self, step: str, rows: int, start: float, length: float) -> None:
        with self._guard:
            if self._stopped:
                raise Refused("the load was stopped", rule="stopped")
            self._done += rows
            self._progress(step, start + length * min(1.0, self._done / self._accounts))


def _numbers(desk: Services, batch: int) -> Iterator[str]:
    after: str | None = None
    while True:
        page = desk.imports.rows(batch, state="released", after=after, limit=1000)
        yield from (row.account for row in page.rows if row.account)
        after = page.next
        if after is None:
            return

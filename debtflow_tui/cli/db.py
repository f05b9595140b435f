"""``debtflow db``: making, migrating and looking at the database."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import click

from debtflow_tui import config
from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import REFUSED, Report, facts
from debtflow_tui.cli.session import owner_credentials
from debtflow_tui.config import Settings
from services.errors import Misconfigured


@click.group(cls=Group)
def db() -> None:
    """Make, migrate and look at the database."""


@db.command()
@click.pass_obj
def start(report: Report) -> None:
    """Start the embedded server and leave it running."""
    from debtflow_tui import whereabouts
    from debtflow_tui.embedded import EmbeddedServer

    settings = _embedded_only("start")
    with EmbeddedServer(settings.home, settings.database.binaries, keep=True) as server:
        url = server.url(whereabouts.DATABASE)
    report.give({"running": True, "database_url": url}, url)


@db.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def stop(report: Report, yes: bool) -> None:
    """Stop the embedded server, whoever uses it."""
    from debtflow_tui.embedded import EmbeddedServer

    settings = _embedded_only("stop")
    report.confirm(f"Stop the server in {settings.home}, whoever uses it?", yes=yes)
    EmbeddedServer(settings.home, settings.database.binaries).stop()
    report.give({"running": False}, "stopped")


@db.command()
@click.pass_obj
def bootstrap(report: Report) -> None:
    """Make the cluster's roles and the empty database; safe to repeat.

    The login needs CREATEROLE and CREATEDB. A database configured by its URL need not exist yet.
    """
    from debtflow_tui import whereabouts
    from migrations import runner

    settings = config.load()
    database = whereabouts.database_name(settings)
    if settings.embedded:
        whereabouts.joined(settings, create=True)
    with _translated():
        left_undone = runner.bootstrap(owner_conninfo(settings, whereabouts.MAINTENANCE), database)
    for words in left_undone:
        report.say(words)
    document = {"database": database, "bootstrapped": True, "left_undone": left_undone}
    report.give(document, f"roles and database {database} are there")


@db.command()
@click.pass_obj
def migrate(report: Report) -> None:
    """Bring the database to this release; one transaction, safe to repeat."""
    from migrations import runner

    conninfo = owner_conninfo(config.load())
    with _translated():
        runner.upgrade(conninfo)
        found = runner.status(conninfo)
    report.give({"current": found.current, "head": found.head, "up_to_date": found.up_to_date}, f"at {found.current}")


@db.command()
@click.pass_context
def status(context: click.Context) -> None:
    """Say which revision the database is at. Exit code 1 where it is not this release's."""
    from migrations import runner

    report: Report = context.obj
    settings = config.load()
    with _translated():
        found = runner.status(owner_conninfo(settings))
    document = {
        "database": settings.database.url or f"embedded server in {settings.home}", "current": found.current,
        "head": found.head, "stale": found.stale, "up_to_date": found.up_to_date,
    }  # fmt: skip
    report.give(document, facts(document))
    context.exit(0 if found.up_to_date else REFUSED)


@db.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, metavar="[PSQL OPTIONS]")
def psql(words: tuple[str, ...]) -> None:
    """Open psql on the database, as the configured login; on the embedded server without one as its superuser."""
    settings = config.load()
    info = _parameters(settings)
    password = info.pop("password", None)
    program = _psql(settings)
    environment = os.environ | ({"PGPASSWORD": password} if password else {})
    where = " ".join(f"{key}='{_escaped(value)}'" for key, value in info.items())
    os.execve(program, [program, f"--dbname={where}", *words], environment)  # noqa: S606 - the person becomes psql


def _psql(settings: Settings) -> str:
    if settings.embedded:
        from debtflow_tui import whereabouts

        return str(whereabouts.joined(settings).programs()["psql"])
    if found := shutil.which("psql"):
        return found
    raise Misconfigured("psql is not installed", hint="install PostgreSQL's client programs")


def _parameters(settings: Settings) -> dict[str, str]:
    from psycopg.conninfo import conninfo_to_dict

    from debtflow_tui import whereabouts

    user, password = owner_credentials(settings)
    if settings.embedded and user is not None:
        info = whereabouts.joined(settings).dsn(user, whereabouts.DATABASE, password or "")
    else:
        info = whereabouts.conninfo(settings, user, password)
    return {key: str(value) for key, value in conninfo_to_dict(info).items()}


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _embedded_only(what: str) -> Settings:
    settings = config.load()
    if settings.database.url is not None:
        raise Misconfigured(
            f"the database is at {settings.database.url}: it is not ours to {what}",
            hint="unset DEBTFLOW_DATABASE_URL for the embedded server",
        )
    return settings


def owner_conninfo(settings: Settings, database: str | None = None) -> str:
    """As the configured login; on the embedded server as its superuser."""
    from debtflow_tui import whereabouts

    if settings.embedded:
        return whereabouts.conninfo(settings, None, None, database=database)
    user, password = owner_credentials(settings)
    return whereabouts.conninfo(settings, user, password, database=database)


@contextmanager
def _translated() -> Iterator[None]:
    from services.store.failures import translated

    with translated():
        yield

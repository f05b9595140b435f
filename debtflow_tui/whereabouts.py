"""Where the database is, and how to reach it: the embedded server of a home, or the one that is configured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from debtflow_tui.config import Settings
from services.errors import Misconfigured
from services.store import Store

if TYPE_CHECKING:
    from debtflow_tui.embedded import EmbeddedServer

DATABASE: Final = "debtflow"
"""The database's name on the embedded server."""

MAINTENANCE: Final = "postgres"
"""Where one connects to make another database."""

_joined: dict[Path, EmbeddedServer] = {}


def joined(settings: Settings, *, create: bool = False, keep: bool = False) -> EmbeddedServer:
    """The embedded server of the home, started or joined for the life of this process; ``keep`` asks it to stay after.

    Raises Misconfigured where there is none yet, unless it may ``create`` one.
    """
    from debtflow_tui.embedded import EmbeddedServer

    server = _joined.get(settings.home)
    if server is None:
        server = EmbeddedServer(settings.home, settings.database.binaries, keep=keep)
        if not create and not (settings.home / "pg" / "data").exists():
            raise Misconfigured(
                f"no database is configured, and there is no embedded server in {settings.home}",
                hint="set DEBTFLOW_DATABASE_URL, or run: debtflow demo",
            )
        _joined[settings.home] = server.start()
    return server


def address_of(settings: Settings) -> str:
    """How a remembered password names the server."""
    return settings.database.url or str(settings.home)


def conninfo(settings: Settings, user: str | None, password: str | None, *, database: str | None = None) -> str:
    """A libpq connection string for what works below the store: making, migrating and measuring a database."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import make_conninfo

    if settings.database.url is None:
        return joined(settings).dsn(database=database or DATABASE)
    given = {"user": user, "password": password, "dbname": database}
    try:
        return make_conninfo(settings.database.url, **{key: value for key, value in given.items() if value is not None})
    except ProgrammingError:
        raise Misconfigured(
            f"{settings.database.url} is not an address", hint="it looks like postgresql://host:5432/debtflow"
        ) from None


def worker_conninfo(settings: Settings, user: str, password: str | None) -> str:
    """How a worker's login reaches the queue, beside its store."""
    if settings.database.url is None:
        return joined(settings).dsn(user, DATABASE, password or "")
    return conninfo(settings, user, password)


def database_name(settings: Settings) -> str:
    """The database that this installation lives in."""
    if settings.database.url is None:
        return DATABASE
    name = unquote(urlsplit(settings.database.url).path.strip("/"))
    if not name:
        raise Misconfigured(
            f"{settings.database.url} names no database", hint="it looks like postgresql://host:5432/debtflow"
        )
    return name


def open_store(settings: Settings, user: str | None, password: str | None) -> Store:
    """A store without a session; nothing has been sent yet where a database is configured."""
    size, wait = settings.database.pool_size, settings.database.pool_wait
    if settings.database.url is not None:
        direct = settings.database.direct_url
        return Store(settings.database.url, user=user, password=password, size=size, wait=wait, direct=direct)
    server = joined(settings)
    if user is None:
        from debtflow_tui.embedded.cluster import SUPERUSER

        user, password = SUPERUSER, server.superuser_password
    return Store(server.url(DATABASE), user=user, password=password, size=size, wait=wait)


def log_folder(settings: Settings) -> Path | None:
    """Where the server writes its JSON log, None where nobody has named it."""
    if settings.database.log is not None or not settings.embedded:
        return settings.database.log
    from debtflow_tui.embedded import EmbeddedServer

    return EmbeddedServer(settings.home).journal

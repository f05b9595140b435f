"""A private PostgreSQL in one folder, shared by every process that uses it.

    with EmbeddedServer(home) as server:        # started or joined
        psycopg.connect(server.dsn())           # stopped when its last user is gone

server     what callers see: start, release, stop, where to connect
keeper     the process that stops the server when nobody is left
cluster    one data folder: made, started, stopped
binaries   where PostgreSQL's programs are
identity   whom they run as
folders    what is made, and what is left alone
locks      how users are counted
"""

from __future__ import annotations

import sys

from services.errors import Misconfigured

if sys.platform == "win32":
    raise Misconfigured(
        "the embedded server needs Unix sockets and file locks, which Windows lacks",
        hint="name a PostgreSQL 15 to 18 of your own: DEBTFLOW_DATABASE_URL, or url in [database]",
    )

from debtflow_tui.embedded.server import EmbeddedServer

__all__ = ["EmbeddedServer"]

"""The people, clients and helper functions that the template database starts with."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import psycopg

HARBOR: Final = {"ada": "agency_admin", "bea": "supervisor", "ana": "collector", "ben": "collector", "rex": "readonly"}
PLACE: Final = Path(__file__).with_name("place.sql")

SERVICES: Final = {
    "HARBOR": {"wally": "worker", "hook": "webhook"},
    "NORTHBY": {"wim": "worker", "hanna": "webhook"},
}
NORTHBY: Final = {"zed": "agency_admin", "zack": "supervisor", "zoe": "collector", "zia": "readonly"}


def password_of(login: str) -> str:
    return f"{login}-password"


def scram(connection: psycopg.Connection, login: str, password: str) -> str:
    return connection.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256").decode()


def furnish(connection: psycopg.Connection) -> None:
    """Two agencies: HARBOR with HXL (ana, 25 %) and MED (ana and ben in turn, 30 %), NORTHBY with ZEN (zoe)."""
    run = connection.execute
    run("select debtflow.agency_create('HARBOR', 'Harbor Collections', 'America/Chicago', 'USD')")
    run("select debtflow.agency_create('NORTHBY', 'Northby Recovery', 'Europe/Berlin', 'EUR')")
    for agency, people in (("HARBOR", HARBOR), ("NORTHBY", NORTHBY)):
        for login, role in {**people, **SERVICES[agency]}.items():
            verifier = scram(connection, login, password_of(login))
            run("select debtflow.user_create(%s, %s, %s, %s, %s)", [agency, login, login.title(), role, verifier])
            run(f"alter role {login} connection limit -1")  # a run's tests share the logins, side by side
    client = "select debtflow.client_create(%s, %s, %s, %s, '{4,3,2,1}', '2020-01-01', %s, %s)"
    run(client, ["HARBOR", "HXL", "Harbor Lending", 2500, "one_collector", ["ana"]])
    run(client, ["HARBOR", "MED", "Lakeside Medical", 3000, "round_robin", ["ana", "ben"]])
    run(client, ["NORTHBY", "ZEN", "Zentrum Bank", 2000, "one_collector", ["zoe"]])
    run(PLACE.read_text())

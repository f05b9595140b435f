"""Who is signed in, from sign-in to sign-out."""

from __future__ import annotations

from services.access.results import Session
from services.errors import BadInput, SessionExpired
from services.store import Store

WHOAMI = """
  select login, full_name, role, agency, agency_name, zone, currency, today, opened_at, expires_at, rights, limits
    from debtflow.session_whoami(), debtflow.session_rights()"""


class Access:
    """The session of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def session(self) -> Session:
        """The live session, read from the server; raises SessionExpired where there is none."""
        row = self._store.ask(lambda c: c.exec_driver_sql(WHOAMI).one_or_none())
        if row is None:
            raise SessionExpired("your session has ended", rule="session_live", hint="sign in again")
        return Session(*row)

    def renew(self, doing: str | None = None) -> Session:
        """Push the end of the session 15 minutes away: for an act of the person, never for a refresh.

        ``doing`` is the screen they are at, for those who see who is signed in; nothing personal belongs there.
        """
        query = "select debtflow.session_renew(), debtflow.session_doing(%s)"
        self._store.act(lambda c: c.exec_driver_sql(query, (doing,)))
        return self.session()

    def step_up(self, password: str) -> None:
        """Prove once more who sits here: for five minutes what wants the password again is done.

        Raises NotAllowed (rule ``sign_in``) where it is not the right one; behind a pooler the store needs an address
        past it.
        """
        if not password:
            raise BadInput("password", "type your password")
        self._store.step_up(password)

    def sign_out(self) -> None:
        """End the session on the server; every connection is dropped."""
        try:
            self._store.close_session("sign-out")
        finally:
            self._store.close()

    def lock(self) -> None:
        """End the session because the screen was locked; unlocking is a new sign-in."""
        try:
            self._store.close_session("lock")
        finally:
            self._store.close()

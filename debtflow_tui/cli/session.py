"""Signing in for one command: it opens a session of its own and closes it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from uuid import UUID

from debtflow_tui import config
from services.errors import BadInput, Busy, DebtFlowError, NotAllowed, Unreachable

if TYPE_CHECKING:
    from debtflow_tui.config import Settings
    from debtflow_tui.wiring import Office, Services


@contextmanager
def signed_in() -> Iterator[Services]:
    """The services of the configured login; raises NotAllowed where there is none and nobody to ask."""
    from debtflow_tui import wiring

    settings = config.load()
    user, password = credentials(settings)
    with _explaining(user, password):
        services = wiring.sign_in(settings, user, password, _doing())
    services.store.prove_itself()
    try:
        yield services
    finally:
        _sign_out(services)


@contextmanager
def in_office() -> Iterator[Office]:
    """The back office as the installation's owner or as a signed-in administrator."""
    from debtflow_tui import wiring

    settings = config.load()
    user, password = owner_credentials(settings)
    with _explaining(user, password):
        office = wiring.installer(settings, user, password, _doing())
    office.store.prove_itself()
    try:
        yield office
    finally:
        _sign_out(office)


def _doing() -> str | None:
    """The command, without what it was given: that may be a name."""
    import click

    context = click.get_current_context(silent=True)
    return context.command_path if context else None


def agency_of(office: Office, named: str | None) -> str | None:
    """The agency to work on: a session's own, or for the installation's owner the one named, or the only one."""
    from debtflow_tui.wiring import Services

    if named is not None or isinstance(office, Services):
        return named
    agencies = office.agencies.list()
    if len(agencies) == 1:
        return agencies[0].code
    known = ", ".join(agency.code for agency in agencies)
    raise BadInput(
        "agency", "say which agency", hint=f"--agency: {known}" if known else "there is none yet: debtflow agency add"
    )


@contextmanager
def repeatable(submission: UUID) -> Iterator[None]:
    """Where the outcome is open, says which submission to repeat: a new one would do the same a second time."""
    try:
        yield
    except (Busy, Unreachable) as error:
        error.hint = f"{error.hint}; repeat with --submission-id {submission}" if error.hint else str(submission)
        raise


def credentials(settings: Settings) -> tuple[str, str | None]:
    """User and password: from the environment, a file, the keyring, or the person at the terminal."""
    user = settings.user or _ask_user()
    return user, _password(settings, user)


def owner_credentials(settings: Settings) -> tuple[str | None, str | None]:
    """The same; nobody, where no login is configured and the embedded server's owner is meant."""
    if settings.embedded and settings.user is None:
        return None, None
    return credentials(settings)


def _ask_user() -> str:
    if not sys.stdin.isatty():
        raise NotAllowed(
            "no login is configured, and there is no terminal to ask at",
            rule="sign_in",
            hint="set DEBTFLOW_USER, and DEBTFLOW_PASSWORD or DEBTFLOW_PASSWORD_FILE",
        )
    import click

    return str(click.prompt("User", err=True))


def _password(settings: Settings, user: str) -> str | None:
    from debtflow_tui.secrets import find_password, prompt_password

    found = find_password(user, settings.database.url or str(settings.home))
    if found is not None or not (settings.embedded or sys.stdin.isatty()):
        return found  # a server of one's own may know us by peer, by certificate or through .pgpass
    return prompt_password(user)


@contextmanager
def _explaining(user: str | None, password: str | None) -> Iterator[None]:
    try:
        yield
    except NotAllowed as refused:
        if password is None and refused.rule == "sign_in":
            refused.message = f"the database wants a password of {user}, and there is none"
            refused.hint = "set DEBTFLOW_PASSWORD or DEBTFLOW_PASSWORD_FILE"
        raise


def _sign_out(office: Office) -> None:
    # The answer has been given by now: a server that goes away here must not turn it into an error.
    with suppress(DebtFlowError):
        office.store.close_session("done")
    office.close()

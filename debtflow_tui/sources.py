"""The clients' servers of this installation: settings and secrets become sources that files are fetched from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from debtflow_tui.config import ReleaseSettings, Settings, SftpSettings
from debtflow_tui.whereabouts import address_of
from services.domain.agreed import Agreed, share
from services.errors import Misconfigured
from services.gateways.drops import Login, Place
from services.pull import Source


def sources_of(settings: Settings) -> Mapping[str, Source]:
    """By the client's code; raises Misconfigured for a server without host or user."""
    return {client: _source(settings, client, each) for client, each in settings.sftp.items()}


def _source(settings: Settings, client: str, sftp: SftpSettings) -> Source:
    if sftp.host is None or sftp.user is None:
        missing = "host" if sftp.host is None else "user"
        raise Misconfigured(f"{settings.config_file}: [sftp.{client}] has no {missing}", hint="see docs/sftp.md")
    return Source(
        client,
        Place(sftp.host, sftp.user, sftp.host_key, sftp.folder, sftp.port),
        _login(client, sftp, address_of(settings)),
        sftp.pattern,
        timedelta(minutes=sftp.every),
        timedelta(seconds=sftp.settle),
        sftp.processed,
        sftp.quarantine,
        sftp.kind,
        sftp.kinds,
        _agreed(settings.release.get(client)),
    )


def _agreed(kept: ReleaseSettings | None) -> Agreed | None:
    if kept is None:
        return None
    return Agreed(share(kept.max_error_rate or "0%"), kept.max_new, no_conflicts=kept.no_conflicts)


def _login(client: str, sftp: SftpSettings, server: str) -> Callable[[], Login]:
    def find() -> Login:
        from debtflow_tui.secrets import find_sftp, key_text

        named = f"key_file in [sftp.{client}]"
        key = find_sftp(client, "key", server) or (key_text(named, sftp.key_file) if sftp.key_file else None)
        phrase = find_sftp(client, "passphrase", server) if key else None
        return Login(key, phrase, None if key else find_sftp(client, "password", server))

    return find

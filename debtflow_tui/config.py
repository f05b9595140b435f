"""Settings: the environment first, then one TOML file; a key nobody knows and a secret in the file are refused.

Loads next to nothing, for every command loads it.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from debtflow_tui.values import (
    Wrong,
    address,
    below,
    bucket,
    flag,
    folders,
    host_keys,
    keeping,
    keys,
    kind,
    kinds,
    page,
    path,
    percent,
    provider,
    public_keys,
    standin,
    storage,
    text,
    whole,
)
from services.domain.quoting import is_text
from services.errors import Misconfigured

SECRET: Final = re.compile(r"passw|secret|token|api_?key|credential", re.IGNORECASE)
SECRET_VALUE: Final = re.compile(r"\s*(?:[sr]k_|whsec_)")


def _key(read: Callable[[object], object], default: object = None) -> Any:
    return field(default=default, metadata={"read": read})


# ---- what there is ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Database:
    """``url`` without user and password; without any, the embedded server is used, with programs from ``binaries``.

    ``direct_url`` leads past a pooler, ``log`` is the folder that the server writes its JSON log to.
    """

    url: str | None = _key(address)
    direct_url: str | None = _key(address)
    log: Path | None = _key(path)
    binaries: Path | None = _key(path)
    pool_size: int = _key(whole(1, 50), 5)
    pool_wait: int = _key(whole(1, 60), 5)


@dataclass(frozen=True, slots=True)
class Ui:
    """``slow_line`` draws plainly and without animation; ``production`` says so in the title; ``keymap`` rebinds."""

    theme: str | None = _key(text)
    slow_line: bool = _key(flag, False)
    production: bool = _key(flag, False)
    keymap: Mapping[str, str] = field(default_factory=dict, metadata={"read": keys})


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """``user`` is the PostgreSQL login that the sign-in screen and the commands start from."""

    user: str | None = _key(text)


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Who takes card payments; ``thanks_url`` is where a payer lands, ``api_base`` a stand-in of tests and demo."""

    provider: str | None = _key(provider)
    thanks_url: str | None = _key(page)
    api_base: str | None = _key(standin)


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Where providers' webhooks come in; beyond this machine only behind something that speaks TLS."""

    host: str = _key(text, "127.0.0.1")
    port: int = _key(whole(0, 65_535), 8480)


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """``jobs`` at once; without ``listen`` the queue is polled, for a pooler that stands between."""

    jobs: int = _key(whole(1, 32), 4)
    listen: bool = _key(flag, True)


@dataclass(frozen=True, slots=True)
class FilesSettings:
    """Where clients' files are kept as they were sent: in the database by itself, or in an S3-compatible bucket."""

    keep: str = _key(keeping, "database")
    bucket: str | None = _key(bucket)
    endpoint: str | None = _key(storage)
    region: str = _key(text, "us-east-1")
    prefix: str = _key(folders, "debtflow")
    access_key_id: str | None = _key(text)


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """Where digests of the trail go beside the bucket, and the public keys that they may be signed with."""

    digests: Path | None = _key(path)
    public_keys: tuple[str, ...] = _key(public_keys, ())


@dataclass(frozen=True, slots=True)
class SftpSettings:
    """A client's server; ``every`` in minutes, ``settle`` the seconds that a file must stand still."""

    host: str | None = _key(text)
    port: int = _key(whole(1, 65_535), 22)
    user: str | None = _key(text)
    host_key: tuple[str, ...] = _key(host_keys, ())
    key_file: Path | None = _key(path)
    folder: str = _key(text, ".")
    pattern: str = _key(text, "*")
    every: int = _key(whole(1, 1440), 15)
    settle: int = _key(whole(1, 86_400), 60)
    processed: str = _key(below, "processed")
    quarantine: str = _key(below, "quarantine")
    kind: str = _key(kind, "placements")
    kinds: Mapping[str, str] = field(default_factory=dict, metadata={"read": kinds})


@dataclass(frozen=True, slots=True)
class ReleaseSettings:
    """What a client's batch must be to be released without anybody looking at it; None is no condition."""

    max_error_rate: str | None = _key(percent)
    max_new: int | None = _key(whole(0, 2**31 - 1))
    no_conflicts: bool = _key(flag, False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set; ``home`` is where the embedded server, drafts and state live."""

    home: Path
    config_file: Path | None = None
    log: Path | None = None
    database: Database = field(default_factory=Database)
    ui: Ui = field(default_factory=Ui)
    session: SessionSettings = field(default_factory=SessionSettings)
    gateway: GatewaySettings = field(default_factory=GatewaySettings)
    webhook: WebhookSettings = field(default_factory=WebhookSettings)
    worker: WorkerSettings = field(default_factory=WorkerSettings)
    files: FilesSettings = field(default_factory=FilesSettings)
    audit: AuditSettings = field(default_factory=AuditSettings)
    sftp: Mapping[str, SftpSettings] = field(default_factory=dict)
    release: Mapping[str, ReleaseSettings] = field(default_factory=dict)

    @property
    def user(self) -> str | None:
        return self.session.user

    @property
    def embedded(self) -> bool:
        return self.database.url is None


SECTIONS: Final = {
    "database": Database,
    "ui": Ui,
    "session": SessionSettings,
    "gateway": GatewaySettings,
    "webhook": WebhookSettings,
    "worker": WorkerSettings,
    "files": FilesSettings,
    "audit": AuditSettings,
}

PER_CLIENT: Final = {"sftp": SftpSettings, "release": ReleaseSettings}
"""Tables of tables: one for each client, by code."""


# ---- loading ---------------------------------------------------------------------------------------------------------


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the environment and the file it leads to; raises Misconfigured, naming file, line and key."""
    _refuse_undecodable(environ)
    home = _absolute(environ, "DEBTFLOW_HOME")
    named = _absolute(environ, "DEBTFLOW_CONFIG")
    # A home of one's own is complete: a demo in it must not follow the configuration of a real installation.
    file = named or (home / "config.toml" if home else _default_config())
    settings = Settings(home or default_home(), log=_absolute(environ, "DEBTFLOW_LOG"))
    if named or _is_there(file):
        settings = _with_file(settings, file)
    return _with_environment(settings, environ)


def _refuse_undecodable(environ: Mapping[str, str]) -> None:
    for name, value in environ.items():
        if name.startswith("DEBTFLOW_") and not is_text(value):
            raise Misconfigured(f"{name} holds bytes that are no text", hint="write it as UTF-8")


def _is_there(file: Path) -> bool:
    try:
        return file.exists()
    except OSError as error:
        raise Misconfigured(f"{file}: cannot be read: {error.strerror}") from None


def default_home() -> Path:
    from platformdirs import site_data_path, user_state_path

    if getattr(os, "geteuid", lambda: -1)() != 0:
        return user_state_path("debtflow", appauthor=False)
    # As root the embedded server runs as somebody else, who cannot reach root's own folders.
    return Path("/var/lib/debtflow") if sys.platform == "linux" else site_data_path("debtflow", appauthor=False)


def split_url(url: str) -> tuple[str, str | None, str | None]:
    """The address without user and password, the user, the password."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    user, password = query.get("user"), query.get("password")
    if "@" in parts.netloc:
        login, _, _ = parts.netloc.rpartition("@")
        name, colon, word = login.partition(":")
        user, password = unquote(name) or user, (unquote(word) if colon else password)
    kept = "&".join(part for part in parts.query.split("&") if part.partition("=")[0] not in {"user", "password"})
    clean = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=kept))
    # An empty host is dropped by urlunsplit, and libpq needs its slashes.
    return clean if "://" in clean else clean.replace(":", "://", 1), user, password


def _default_config() -> Path:
    from platformdirs import user_config_path

    return user_config_path("debtflow", appauthor=False) / "config.toml"


def _absolute(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(name)
    return Path(os.path.abspath(Path(value).expanduser())) if value else None  # noqa: PTH100 - links stay links


def _with_environment(settings: Settings, environ: Mapping[str, str]) -> Settings:
    user = environ.get("DEBTFLOW_USER") or None
    database = settings.database
    if url := environ.get("DEBTFLOW_DATABASE_URL"):
        try:
            clean, named, _ = split_url(address(url))
        except ValueError as wrong:
            raise Misconfigured(f"DEBTFLOW_DATABASE_URL {_reason(wrong)}") from None
        database, user = replace(database, url=clean), user or named
    session = replace(settings.session, user=user) if user else settings.session
    return replace(settings, database=database, session=session)


def _with_file(settings: Settings, file: Path) -> Settings:
    reader = _Reader.open(file)
    settings = replace(settings, config_file=file, **reader.sections())
    if settings.database.direct_url and split_url(settings.database.direct_url)[2] is not None:
        raise reader.secret("database", "direct_url")
    if settings.database.url:
        clean, user, password = split_url(settings.database.url)
        if password is not None:
            raise reader.secret("database", "url")
        session = replace(settings.session, user=settings.session.user or user)
        settings = replace(settings, database=replace(settings.database, url=clean), session=session)
    return settings


@dataclass(frozen=True, slots=True)
class _Reader:
    file: Path
    source: str
    content: dict[str, Any]

    @classmethod
    def open(cls, file: Path) -> _Reader:
        try:
            source = file.read_text(encoding="utf-8")
            return cls(file, source, tomllib.loads(source))
        except OSError as error:
            raise Misconfigured(f"{file}: cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise Misconfigured(f"{file}: is not UTF-8 text") from None
        except tomllib.TOMLDecodeError as error:
            raise Misconfigured(f"{file}: is not TOML: {error}") from None

    def sections(self) -> dict[str, Any]:
        for name, table in self.content.items():
            if SECRET.search(name) and not isinstance(table, dict):
                raise self.secret(None, name)
            if name not in {*SECTIONS, *PER_CLIENT} or not isinstance(table, dict):
                known = [f"[{section}]" for section in SECTIONS] + [f"[{section}.CLIENT]" for section in PER_CLIENT]
                raise self.unknown(None, name, known)
        plain = {name: kind(**dict(self._values(name, kind))) for name, kind in SECTIONS.items()}
        return plain | {name: dict(self._clients(name, kind)) for name, kind in PER_CLIENT.items()}

    def _clients(self, section: str, kind: type) -> Iterator[tuple[str, object]]:
        for code, table in self.content.get(section, {}).items():
            if not isinstance(table, dict):
                raise Misconfigured(f"{self._place(section, code)} must be a table", hint=f"[{section}.{code}]")
            yield code, kind(**dict(self._read(f"{section}.{code}", table, kind)))

    def _values(self, section: str, kind: type) -> Iterator[tuple[str, object]]:
        return self._read(section, self.content.get(section, {}), kind)

    def _read(self, section: str, table: Mapping[str, Any], kind: type) -> Iterator[tuple[str, object]]:
        known: dict[str, Field[Any]] = {entry.name: entry for entry in fields(kind)}
        for name, value in table.items():
            if SECRET.search(name) or (isinstance(value, str) and SECRET_VALUE.match(value)):
                raise self.secret(section, name)
            if name not in known:
                raise self.unknown(section, name, list(known))
            try:
                yield name, known[name].metadata["read"](value)
            except ValueError as wrong:
                raise Misconfigured(f"{self._place(section, name)} {_reason(wrong)}") from None

    def unknown(self, section: str | None, name: str, known: list[str]) -> Misconfigured:
        return Misconfigured(
            f"{self._place(section, name)} is not a setting",
            hint=f"{f'[{section}]' if section else 'the file'} knows: {', '.join(known)}",
        )

    def secret(self, section: str | None, name: str) -> Misconfigured:
        return Misconfigured(
            f"{self._place(section, name)} holds a secret, and this file may not",
            hint="take it out and change it; use the environment (DEBTFLOW_PASSWORD, DEBTFLOW_STRIPE_KEY), a file "
            "that it names, or the keyring",
        )

    def _place(self, section: str | None, name: str) -> str:
        line = _line_of(self.source, section, name)
        where = f"{self.file}:{line}" if line else str(self.file)
        return f"{where}: {name}{f' in [{section}]' if section else ''}"


def _line_of(source: str, section: str | None, name: str) -> int | None:
    """The line of a key in a table as people write it; None for the forms of TOML that hide it (dotted, inline)."""
    wanted = re.compile(rf"""\s*["']?{re.escape(name)}["']?\s*[=.]""")
    here: str | None = None
    for number, line in enumerate(source.splitlines(), start=1):
        if here == section and wanted.match(line):
            return number
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            here = header[1]
            if here in {name, f"{section}.{name}"}:
                return number
    return None


def _reason(wrong: ValueError) -> str:
    # urlsplit has words of its own, and may quote what was written, password and all.
    return str(wrong) if isinstance(wrong, Wrong) else "is not an address"

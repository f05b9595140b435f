"""A secret comes from the environment, a named file, or the system's keyring; for a password, a person is asked last.

An address in the environment may carry one, too. Nothing here is ever written to a file of ours, nor into a message.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from debtflow_tui.config import split_url
from services.errors import Misconfigured, NotAllowed

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

# Known to keep what they are given encrypted under the person's own login. Others, such as those of keyrings.alt,
# write plain text, and keyring would choose them without a word where it finds nothing better.
SECURE: Final = frozenset(
    f"keyring.backends.{name}" for name in ("SecretService", "libsecret", "kwallet", "macOS", "Windows")
)


def find_password(user: str, server: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """The password of a login on a server (its address), or None; raises Misconfigured for an unreadable file."""
    if password := environ.get("DEBTFLOW_PASSWORD"):
        return password
    if file := environ.get("DEBTFLOW_PASSWORD_FILE"):
        return _from_file("DEBTFLOW_PASSWORD_FILE", Path(file))
    _, _, in_url = split_url(environ.get("DEBTFLOW_DATABASE_URL", ""))
    return in_url if in_url is not None else _remembered(user, server)


KEYS: Final = {
    "stripe": ("DEBTFLOW_STRIPE_KEY", "DEBTFLOW_STRIPE_KEY_FILE"),
    "stripe-webhook": ("DEBTFLOW_STRIPE_WEBHOOK_SECRET", "DEBTFLOW_STRIPE_WEBHOOK_SECRET_FILE"),
    "paystack": ("DEBTFLOW_PAYSTACK_KEY", "DEBTFLOW_PAYSTACK_KEY_FILE"),
    "audit": ("DEBTFLOW_AUDIT_KEY", "DEBTFLOW_AUDIT_KEY_FILE"),
    "files": ("DEBTFLOW_FILES_SECRET_KEY", "DEBTFLOW_FILES_SECRET_KEY_FILE"),
}
"""What payment providers and the storage of files gave us, and what digests are signed with, by its name in a keyring:
the variable that holds it, and the one that names a file."""


def find_key(name: str, server: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """One of KEYS for this installation, or None; raises Misconfigured for an unreadable file."""
    variable, in_file = KEYS[name]
    if key := environ.get(variable, "").strip():
        return key
    if file := environ.get(in_file):
        return _from_file(in_file, Path(file)).strip()
    return _remembered(name, server)


SFTP: Final = {
    "key": "DEBTFLOW_SFTP_CLIENT_KEY",
    "passphrase": "DEBTFLOW_SFTP_CLIENT_PASSPHRASE",
    "password": "DEBTFLOW_SFTP_CLIENT_PASSWORD",
}
"""What a client's server may be shown: the variable with the client's code in it, or that and ``_FILE`` for a file; in
a keyring they are ``sftp-CLIENT-key`` and so on."""


def find_sftp(client: str, what: str, server: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """One of SFTP for a client's server, or None; a key is all of its file, a password the first line."""
    name = SFTP[what].replace("CLIENT", re.sub(r"[^A-Z0-9]", "_", client.upper()))
    if secret := environ.get(name):
        return secret
    if file := environ.get(f"{name}_FILE"):
        return key_text(f"{name}_FILE", Path(file)) if what == "key" else _from_file(f"{name}_FILE", Path(file))
    return _remembered(f"sftp-{client}-{what}", server)


def key_text(named_by: str, file: Path) -> str:
    """A private key as it stands in a file; raises Misconfigured where it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(f"{named_by}: {file} cannot be read as text") from None


def prompt_password(user: str) -> str:
    """Ask at the terminal; raises NotAllowed where there is none."""
    if not sys.stdin.isatty():
        raise NotAllowed(
            f"no password for {user}, and no terminal to ask at",
            hint="set DEBTFLOW_PASSWORD or DEBTFLOW_PASSWORD_FILE",
        )
    from getpass import getpass

    return getpass(f"Password of {user}: ")


def can_remember() -> bool:
    """Whether this system has a keyring that is safe."""
    return _backend() is not None


def remember_password(user: str, server: str, password: str) -> None:
    """Keep it in the system's keyring; raises Misconfigured where that is missing, locked or unsafe."""
    from keyring.errors import KeyringError

    backend = _backend()
    try:
        if backend is not None:
            return backend.set_password(_service(server), user, password)
    except KeyringError:
        pass
    raise Misconfigured(
        "the password cannot be remembered: this system has no secure keyring, or it is locked",
        hint="type it, or use DEBTFLOW_PASSWORD_FILE",
    )


def forget_password(user: str, server: str) -> None:
    """Remove it from the keyring; nothing happens where it is not there."""
    from keyring.errors import KeyringError

    try:
        if (backend := _backend()) is not None:
            backend.delete_password(_service(server), user)
    except KeyringError:
        pass


def _from_file(variable: str, file: Path) -> str:
    try:
        first, _, _ = file.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(f"{variable}: {file} cannot be read as text") from None
    if not (secret := first.rstrip("\r")):
        raise Misconfigured(f"{variable}: the first line of {file} is empty")
    return secret


def _remembered(user: str, server: str) -> str | None:
    from keyring.errors import KeyringError

    try:
        return backend.get_password(_service(server), user) if (backend := _backend()) else None
    except KeyringError:
        return None


def _backend() -> KeyringBackend | None:
    import keyring
    from keyring.backends.chainer import ChainerBackend

    chosen = keyring.get_keyring()
    members = chosen.backends if isinstance(chosen, ChainerBackend) else [chosen]
    return next((member for member in members if type(member).__module__ in SECURE), None)


def _service(server: str) -> str:
    return f"debtflow {server}"

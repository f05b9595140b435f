"""What the value of a setting may be: each function takes what TOML has and gives it as it is used, or raises Wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

HOST_KEY: Final = re.compile(r"(?:ssh-|ecdsa-|rsa-)[a-z0-9-]+ +[A-Za-z0-9+/]{40,}={0,2}(?:\s|$)")
PUBLIC_KEY: Final = re.compile(r"[A-Za-z0-9+/]{43}=")
KINDS: Final = ("placements", "adjustments", "payments", "recalls", "contacts")


class Wrong(ValueError):
    """What a value should have been; where it stands is added by whoever knows."""


def text(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value
    raise Wrong("must be a text in quotes")


def flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise Wrong("must be true or false")


def whole(least: int, most: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        raise Wrong(f"must be a whole number from {least} to {most}")

    return read


def path(value: object) -> Path:
    if (found := Path(text(value)).expanduser()).is_absolute():
        return found
    raise Wrong("must be an absolute path, or one that starts with ~")


def keys(value: object) -> Mapping[str, str]:
    if isinstance(value, dict) and all(isinstance(key, str) and key.strip() for key in value.values()):
        return dict(value)
    raise Wrong('must be a table of keys by action, such as "account.note" = "n"')


def address(value: object) -> str:
    if urlsplit(text(value)).scheme in {"postgresql", "postgres"}:
        return text(value)
    raise Wrong("must be an address such as postgresql://db.example.org/debtflow")


def provider(value: object) -> str:
    if value == "stripe":
        return "stripe"
    raise Wrong('must be "stripe"')


def standin(value: object) -> str:
    from services.gateways.keys import is_loopback

    if is_loopback(text(value)):
        return text(value).rstrip("/")
    raise Wrong("must be an address of this machine, such as http://127.0.0.1:4242: it is for a stand-in only")


def page(value: object) -> str:
    parts = urlsplit(text(value))
    if parts.scheme == "https" and parts.hostname and "@" not in parts.netloc:
        return text(value)
    raise Wrong("must be a page such as https://www.example.org/thank-you")


def host_keys(value: object) -> tuple[str, ...]:
    given = value if isinstance(value, list) else [value]
    lines = [" ".join(line.split()[:2]) for line in given if isinstance(line, str) and HOST_KEY.match(line)]
    if lines and len(lines) == len(given):
        return tuple(lines)
    raise Wrong('must be a line such as "ssh-ed25519 AAAAC3Nz…", or a list of them; debtflow sftp test CLIENT shows it')


def percent(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"(?:100|[0-9]{1,2}(?:\.[0-9]{1,4})?) ?%", value.strip()):
        return value.strip()
    raise Wrong('must be a share such as "0.5%"')


def below(value: object) -> str:
    if (name := text(value)).strip(".") and "/" not in name:
        return name
    raise Wrong("must be the name of a folder, without a slash")


def public_keys(value: object) -> tuple[str, ...]:
    found = [value] if isinstance(value, str) else value
    if isinstance(found, list) and all(isinstance(key, str) and PUBLIC_KEY.fullmatch(key) for key in found):
        return tuple(found)
    raise Wrong("must be public keys as `debtflow audit key` shows them")


def kind(value: object) -> str:
    if value in KINDS:
        return str(value)
    raise Wrong(f"must be one of {', '.join(KINDS)}")


def kinds(value: object) -> Mapping[str, str]:
    if isinstance(value, dict) and value:
        return {pattern: kind(each) for pattern, each in value.items()}
    raise Wrong('must be a table of kinds by pattern, such as { "pay*.csv" = "payments" }')


def keeping(value: object) -> str:
    if value in ("database", "bucket"):
        return str(value)
    raise Wrong('must be "database" or "bucket"')


def storage(value: object) -> str:
    from services.gateways.keys import is_loopback

    parts = urlsplit(text(value))
    safe = parts.scheme == "https" and parts.hostname and not parts.path.strip("/") and not parts.query
    if "@" not in parts.netloc and (safe or is_loopback(text(value))):
        return text(value).rstrip("/")
    raise Wrong("must be an address such as https://s3.example.org, or http:// on this machine")


def bucket(value: object) -> str:
    if re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", name := text(value)):
        return name
    raise Wrong("must be the name of a bucket: 3 to 63 small letters, digits, dots and hyphens")


def folders(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"(?:[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*)?", value):
        return value
    raise Wrong('must be folders such as "debtflow/files", or empty')

"""A profile as people write it: TOML, in the order in which one thinks of it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any

from services.domain.profile.model import LARGEST, Profile, profile_of
from services.domain.quoting import shown
from services.errors import BadInput

_ORDER = ("kind", "about", "ignore", "reading", "key", "dates", "numbers", "phones", "columns", "head", "trailer")
_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_INLINE = 3
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def read_toml(text: str) -> Profile:
    """The profile that a text describes; raises BadInput on ``profile``, with the line where the text is no TOML."""
    if len(text) > LARGEST * 2:
        raise BadInput("profile", f"the profile is larger than {LARGEST >> 9} KB", hint="shorten its maps of values")
    try:
        return profile_of(tomllib.loads(text.removeprefix("\ufeff")))
    except tomllib.TOMLDecodeError as problem:
        raise BadInput("profile", f"this is no TOML: {shown(str(problem), 120)}", hint="https://toml.io") from None
    except RecursionError:
        hint = "debtflow import profile show gives one that works"
        raise BadInput("profile", "its tables and lists are nested too deep", hint=hint) from None


def to_toml(profile: Profile) -> str:
    """The text that reads back as this profile."""
    body = profile.body()
    top = {name: body[name] for name in _ORDER if name in body}
    plain = [f"{name} = {_value(value)}" for name, value in top.items() if not isinstance(value, dict)]
    tables = (line for name, value in top.items() if isinstance(value, dict) for line in _table((name,), value))
    return "\n".join([*plain, *tables]) + "\n"


def changes(before: Profile | None, after: Profile) -> tuple[str, ...]:
    """What another version says differently, line by line: ``+`` what it adds, ``-`` what it leaves out."""
    old = to_toml(before).splitlines() if before else []
    lines = unified_diff(old, to_toml(after).splitlines(), lineterm="", n=1)
    return tuple(line for line in lines if not line.startswith(("---", "+++", "@@")) and line.strip(" +-"))


def _table(path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    deeper = {key: value for key, value in table.items() if isinstance(value, dict) and not _is_small(value)}
    flat = {key: value for key, value in table.items() if key not in deeper}
    if flat or not deeper:
        yield ""
        yield f"[{'.'.join(map(_key, path))}]"
        yield from (f"{_key(key)} = {_value(value)}" for key, value in flat.items())
    for key, value in deeper.items():
        yield from _table((*path, key), value)


def _is_small(table: Mapping[str, Any]) -> bool:
    """Whether it reads well on one line: a few values, none of them a table again; never one of our columns."""
    return (
        len(table) <= _INLINE
        and all(isinstance(value, str) and len(value) < 20 for value in table.values())
        and (not {"from", "default"} & table.keys())
    )


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items()) + " }"
    return '"' + "".join(_ESCAPES.get(char) or _shown(char) for char in str(value)) + '"'


def _shown(char: str) -> str:
    # What nobody sees, such as a hard space, is written so that it is seen, and survives a terminal or an editor.
    return char if char.isprintable() else f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _key(key: str) -> str:
    return key if key and set(key) <= _BARE else _value(key)

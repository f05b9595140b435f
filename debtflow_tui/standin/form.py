"""The provider's way of writing nested values into a form, read back, and what its fields may hold."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from debtflow_tui.standin.problems import invalid

Form = dict[str, Any]

_PART: Final = re.compile(r"\[([^\]]*)\]")
_NAME: Final = re.compile(r"[^\[]+")


def read(encoded: str) -> Form:
    """``a[b]=1&c[0]=2`` as ``{"a": {"b": "1"}, "c": ["2"]}``."""
    form: Form = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True, max_num_fields=500):
        head = _NAME.match(name)
        if head is None:
            raise invalid(f"Received unknown parameter: {name}", param=name, code="parameter_unknown")
        _put(form, [head.group(), *_PART.findall(name[head.end() :])], value)
    return {key: _lists(value) for key, value in form.items()}


def _put(form: Form, path: list[str], value: str) -> None:
    here = form
    for part in path[:-1]:
        inner = here.setdefault(part, {})
        if not isinstance(inner, dict):
            raise invalid("Invalid object", param=path[0])
        here = inner
    here[path[-1] or str(len(here))] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(item) for key, item in value.items()}
    return list(inner.values()) if inner and all(key.isdigit() for key in inner) else inner


def only(form: Form, known: Collection[str]) -> None:
    """Refuse what this endpoint has no parameter for."""
    for name in form:
        if name not in known:
            raise invalid(f"Received unknown parameter: {name}", param=name, code="parameter_unknown")


def text(form: Form, name: str, *, limit: int = 5000) -> str | None:
    """A text, or None where it is missing."""
    value = form.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > limit:
        raise invalid(f"Invalid string: {name}", param=name)
    return value


def needed(form: Form, name: str) -> str:
    """A text that must be there."""
    if (value := text(form, name)) is None:
        raise invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
    return value


def whole(form: Form, name: str) -> int | None:
    """A whole number, or None where it is missing."""
    value = text(form, name)
    if value is None:
        return None
    if not re.fullmatch(r"-?[0-9]{1,15}", value):
        raise invalid(f"Invalid integer: {value}", param=name, code="parameter_invalid_integer")
    return int(value)


def flag(form: Form, name: str) -> bool:
    """``true`` or ``false``; missing is false."""
    value = text(form, name) or "false"
    if value not in {"true", "false"}:
        raise invalid(f"Invalid boolean: {value}", param=name)
    return value == "true"


def metadata(form: Form) -> dict[str, str]:
    """Up to 50 pairs of 40 and 500 characters."""
    pairs = form.get("metadata") or {}
    if not isinstance(pairs, Mapping):
        raise invalid("Invalid object", param="metadata")
    if len(pairs) > 50:
        raise invalid("Metadata can have at most 50 keys.", param="metadata")
    for key, value in pairs.items():
        if len(key) > 40 or not isinstance(value, str) or len(value) > 500:
            raise invalid(f"Metadata values can have up to 500 characters: {key}", param=f"metadata[{key}]")
    return {str(key): value for key, value in pairs.items()}


def amount(value: int | None, currency: str, *, param: str = "amount") -> int:
    """What can be charged: 50 minor units or more, eight digits at most."""
    if value is None:
        raise invalid(f"Missing required param: {param}.", param=param, code="parameter_missing")
    if value < 1:
        raise invalid("This value must be greater than or equal to 1.", param=param, code="parameter_invalid_integer")
    if value < 50:
        raise invalid(f"Amount must be at least 50 {currency}", param=param, code="amount_too_small")
    if value > 99_999_999:
        raise invalid("Amount must be no more than 999,999.99", param=param, code="amount_too_large")
    return value


def currency(form: Form, name: str = "currency") -> str:
    """Three lower-case letters."""
    code = needed(form, name).lower()
    if not re.fullmatch(r"[a-z]{3}", code):
        raise invalid(f"Invalid currency: {code}", param=name)
    return code
